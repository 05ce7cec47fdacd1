"""What the rest of the panel may hear of. Both are sent when the transaction has been committed.

`domain_changed`: arguments `domain` and `what`, one of the words below. A detached domain still has its `pk`, but no
row any more. `zone_changed`: argument `domain`; records of its zone were changed through the panel just now.
"""

from django.dispatch import Signal

ATTACHED = "attached"
VERIFIED = "verified"
MODE = "mode"
DETACHED = "detached"
RELEASED = "released"  # verified no more: staff gave the name to someone who proved the right to it

domain_changed = Signal()
zone_changed = Signal()
