"""Staff who open the panel as a member sees it: read-only unless they say why, for an hour at most, all of it logged.

The person stays who he is in the log, but for the request he is no longer staff: he has the role of that one membership
in that one organization, and nothing else. So no page need know of it, and what asks elsewhere finds no membership of
his and refuses. Pages of the person's own (password, factors, invitations) are closed meanwhile: they are not the
member's. docs/decisions/0280-staff-see-with-the-eyes-of-a-member.md
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from .activity import record
from .errors import Refused
from .models import Membership, Role, User

if TYPE_CHECKING:
    from .models import Organization

Handler = Callable[[HttpRequest], HttpResponse]

KEY = "as_member"  # in the session
LASTS = timedelta(hours=1)
WHY_LENGTH = 500
SAFE = {"GET", "HEAD", "OPTIONS"}
ALWAYS = ("/acting/", "/account/logout/", "/language/")  # that may be sent to even while nothing may be changed
OWN = ("/account/", "/you/", "/invitations/", "/sign-in/")  # the person's own, not the member's


@dataclass(frozen=True, slots=True)
class Acting:
    """Whose eyes somebody of the staff sees with."""

    membership_id: int
    organization_id: int
    organization: str
    email: str
    role: Role
    why: str  # empty: nothing may be changed

    @property
    def read_only(self) -> bool:
        return not self.why


def begin(request: HttpRequest, membership: Membership, why: str) -> None:
    """From the next request on. Who may is decided by the caller. Raises Refused."""
    if not membership.user.is_active:
        raise Refused("member-inactive", _("This member may not sign in, and sees nothing."))
    why = why.strip()[:WHY_LENGTH]
    until = (timezone.now() + LASTS).timestamp()
    request.session[KEY] = {"membership": membership.pk, "why": why, "until": until}
    _record("staff.acting", request, membership.organization, membership.user.email, why)


def say_why(request: HttpRequest, acting: Acting, why: str) -> None:
    """Changes are allowed from the next request on. Raises Refused."""
    why = why.strip()[:WHY_LENGTH]
    if not why:
        raise Refused("why", _("Say why, so that the customer can understand it."), field="why")
    request.session[KEY] = {**request.session[KEY], "why": why}
    _record("staff.acting_changes", request, _organization(acting), acting.email, why)


def end(request: HttpRequest, acting: Acting) -> None:
    request.session.pop(KEY, None)
    _record("staff.acting_ended", request, _organization(acting), acting.email, "")


def _organization(acting: Acting) -> Organization:
    return Membership.objects.select_related("organization").get(pk=acting.membership_id).organization


def _record(verb: str, request: HttpRequest, organization: Organization, email: str, why: str) -> None:
    assert isinstance(request.user.pk, int)
    record(verb, actor=User.objects.get(pk=request.user.pk), organization=organization, target=email, note=why)


def sees_as_member(get_response: Handler) -> Handler:
    """Give the request the member's eyes, where its session says so and everything that it rests on still holds."""

    def middleware(request: HttpRequest) -> HttpResponse:
        kept = request.session.get(KEY) if request.user.is_authenticated else None
        if kept is None:
            return get_response(request)
        acting = _still(request, kept)
        if acting is None:
            del request.session[KEY]
            messages.info(request, _("You see the panel as yourself again."))
            return get_response(request)
        user = request.user
        assert user.is_authenticated
        user.acting, user.is_staff, user.is_superuser = acting, False, False
        if request.path.startswith(OWN) and not request.path.startswith(ALWAYS):
            return render(request, "panel/acting/own.html", status=403)
        if acting.read_only and request.method not in SAFE and not request.path.startswith(ALWAYS):
            if request.htmx:  # type: ignore[attr-defined]
                messages.warning(request, _("Nothing was changed: you are only viewing."))
                return HttpResponseClientRefresh()
            return render(request, "panel/acting/read_only.html", status=403)
        return get_response(request)

    return middleware


def _still(request: HttpRequest, kept: dict[str, object]) -> Acting | None:
    """None where the time is over, or the person is no longer staff, or the membership has ended."""
    user = request.user
    if not user.is_authenticated or not user.is_staff or timezone.now().timestamp() > float(str(kept["until"])):
        return None
    found = Membership.objects.select_related("organization", "user").filter(pk=int(str(kept["membership"]))).first()
    if found is None or not found.user.is_active:
        return None
    return Acting(
        found.pk, found.organization_id, found.organization.name, found.user.email, Role(found.role), str(kept["why"])
    )
