from .attached import detach, mode
from .changes import change, change_again, change_policy, change_undo, changes, plan, plan_card
from .disputes import dispute, disputes
from .footers import footer, footer_preview, footer_remove
from .keys import host_keys, rotate
from .many import apply_many, attach_many, mode_many
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
    "apply_many",
    "attach",
    "attach_many",
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
    "footer",
    "footer_preview",
    "footer_remove",
    "host_keys",
    "mode",
    "mode_many",
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
