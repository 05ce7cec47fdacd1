"""What needs somebody's hand now, and how things go. Apps offer both; settings name them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import health
from .access import organizations_of, seats_of
from .models import Condition, Contact, Letter, Role, User

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .charts import Drawing

MOST = 99  # of one kind that are counted one by one
LETTERS = timedelta(days=30)  # after which a letter that was given up is no news


@dataclass(frozen=True, slots=True)
class Need:
    """Something for people to do. `look`: `red` where mail or data suffers meanwhile, `propagating` where it waits."""

    words: str
    url: str
    look: str = "propagating"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """What a look of a chart's columns means, and its number now."""

    look: str
    words: str
    number: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its title, what it says now, and the same as a table."""

    slug: str
    title: str
    now: str
    drawing: Drawing
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    keys: Sequence[Key] = field(default=())


def needs(user: User) -> list[Need]:
    """From every app, what is red first."""
    found = [need for path in settings.NEEDS for need in import_string(path)(user)]
    return sorted(found, key=lambda need: need.look != "red")


def charts(user: User) -> list[Chart]:
    return [chart for path in settings.CHARTS for chart in import_string(path)(user)]


def own_needs(user: User) -> list[Need]:
    """What the panel itself has: letters that did not arrive, processes that are away."""
    since = timezone.now() - LETTERS
    failed = Letter.objects.filter(state=Letter.State.FAILED, created_at__gt=since).exclude(error="expired")
    if not user.is_staff:
        return _contacts_that_bounce(user, failed)
    number = failed.order_by()[: MOST + 1].count()
    found = [
        Need(str(condition.name), reverse("panel:staff_system"), "red", condition.detail)
        for condition in Condition.failing()
    ]
    found += [
        Need(part.name, reverse("panel:staff_system"), "red", part.detail)
        for part in (health.worker(), health.beat())
        if not part.ok
    ]
    if number:
        words = ngettext("%(n)s letter was given up", "%(n)s letters were given up", number) % {"n": counted(number)}
        found.append(Need(words, reverse("panel:staff_mail") + "?state=failed"))
    return found


def _contacts_that_bounce(user: User, failed: object) -> list[Need]:
    """Of organizations that the user owns."""
    owned = organizations_of(user).filter(memberships__in=seats_of(user).filter(role=Role.OWNER))
    contacts = Contact.objects.filter(organization__in=owned).select_related("organization")
    letters = failed.values("recipient")  # type: ignore[attr-defined]
    bounce = contacts.filter(email__in=letters).order_by("organization_id", "pk")[:MOST]
    return [
        Need(
            _("The contact %(email)s cannot be reached") % {"email": contact.email},
            reverse("panel:organization", args=[contact.organization.code]),
        )
        for contact in bounce
    ]


def counted(number: int) -> str:
    return f"{MOST}+" if number > MOST else str(number)
