"""What the rest of the panel may hear of.

`check_told`: arguments `check` and `red`; the check turned red, or recovered, and a second look said the same. Sent in
the transaction that notes it, once per real change.
"""

from django.dispatch import Signal

check_told = Signal()
