from .attached import detach, mode
from .changes import change, change_again, change_policy, change_undo, changes, plan, plan_card
from .disputes import dispute, disputes
from .keys import rotate
from .providers import (
    provider,
    provider_new,
    provider_remove,
    provider_test,
    providers,
    zone_remove,
    zones_add,
    zones_list,
)
from .wizard import attach, attach_mode, attach_records, attach_review

__all__ = [
    "attach",
    "attach_mode",
    "attach_records",
    "attach_review",
    "change",
    "change_again",
    "change_policy",
    "change_undo",
    "changes",
    "detach",
    "dispute",
    "disputes",
    "mode",
    "plan",
    "plan_card",
    "provider",
    "provider_new",
    "provider_remove",
    "provider_test",
    "providers",
    "rotate",
    "zone_remove",
    "zones_add",
    "zones_list",
]
