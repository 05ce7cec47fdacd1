"""The words for how a record stands."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .records import Standing

OPTIONAL = _("Not needed in this mode: the records that set mail programs up by themselves would lead all users here.")

STANDINGS = {
    Standing.OK: _("OK"),
    Standing.INTENDED: _("as intended"),
    Standing.PROPAGATING: _("propagating"),
    Standing.MISSING: pgettext_lazy("record", "missing"),
    Standing.WRONG: pgettext_lazy("record", "wrong"),
    Standing.REMOVE: pgettext_lazy("record", "to be removed"),
    Standing.UNDECIDED: pgettext_lazy("record", "needs a decision"),
    Standing.UNKNOWN: _("unknown"),
    Standing.UNCHECKED: _("Not checked yet"),
    Standing.OPTIONAL: pgettext_lazy("record", "optional"),
}
