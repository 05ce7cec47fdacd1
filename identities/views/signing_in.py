"""The way to an identity provider and back. What is asked of the provider, a worker asks (`identities.outside`)."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from domains import readings
from domains.models import Reading
from domains.providers import ProviderError
from domains.views.waiting import StillReading, waits
from panel.access import person
from panel.errors import Refused
from panel.limits import allowed, network_of
from panel.models import Invitation

from .. import session
from ..forms import OrganizationCode
from ..models import IdentityProvider
from ..sentences import sentence
from ..usecases import join as join_organization
from ..usecases import link as link_identity
from ..usecases import sign_in

TIMES, SECONDS = 30, 300  # attempts from one network


def provider_or_404(code: str) -> IdentityProvider:
    """An organization's, or (without a code) the operator's, while it is in use."""
    providers = IdentityProvider.objects.select_related("organization").filter(active=True)
    found = providers.filter(organization__code=code) if code else providers.filter(organization=None)
    provider = found.first()
    if provider is None:
        raise Http404
    return provider


@never_cache
def choose(request: HttpRequest) -> HttpResponse:
    """Which organization's provider somebody wants to sign in at."""
    form = OrganizationCode(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            # Not straight to the provider: a form may lead to no other site (Content-Security-Policy).
            return onward(request, provider_or_404(form.cleaned_data["code"].strip().lower()))
        except Http404:
            form.add_error("code", _("There is no organization with this code that signs in this way."))
    return render(request, "identities/choose.html", {"form": form}, status=400 if form.errors else 200)


@never_cache
@waits
def go(request: HttpRequest, code: str = "") -> HttpResponse:
    """To the provider."""
    provider = provider_or_404(code)
    intended = request.session.get(session.PURPOSE) or {}
    if request.user.is_authenticated and intended.get("what") != session.LINK:
        return redirect("panel:services")
    if not allowed("identity", network_of(request), times=TIMES, seconds=SECONDS):
        return _trouble(request, _("Too many attempts. Wait a few minutes."), 429)
    subject = {"issuer": provider.issuer}
    found = readings.ask("sign-in-discovery", subject, organization=provider.organization, anew=False)
    if not found.is_over:
        raise StillReading(found)
    try:
        doors = readings.result(found)
    except ProviderError as error:
        return _trouble(request, sentence(error.code), 502)
    return redirect(session.begin(request, provider, doors))


@never_cache
def callback(request: HttpRequest, code: str = "") -> HttpResponse:
    """Back from the provider: whom its code stands for is asked by a worker, while the page waits."""
    provider = provider_or_404(code)
    attempt = session.arrived(request, provider)
    if attempt is None:
        return _trouble(request, _("This sign-in has expired or has been used. Start again."), 400)
    if request.GET.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
        return _trouble(request, sentence("wrong-issuer"), 400)
    if "code" not in request.GET:
        return _trouble(request, _("The identity provider did not sign you in."), 403)
    subject = {
        "provider": provider.pk,
        "code": request.GET["code"][:4000],
        "verifier": attempt["verifier"],
        "nonce": attempt["nonce"],
    }
    asked = readings.ask("sign-in-exchange", subject, organization=provider.organization)
    request.session[session.PENDING] = {**attempt, "reading": asked.pk}
    return redirect("identities:finish")


@never_cache
@waits
def finish(request: HttpRequest) -> HttpResponse:
    """What came of it, as soon as a worker knows."""
    pending: dict[str, Any] | None = request.session.get(session.PENDING)
    found = Reading.objects.filter(pk=pending["reading"], kind="sign-in-exchange").first() if pending else None
    if pending is None or found is None:
        return _trouble(request, _("This sign-in has expired or has been used. Start again."), 400)
    if not found.is_over:
        raise StillReading(found)
    del request.session[session.PENDING]
    providers = IdentityProvider.objects.select_related("organization").filter(active=True)
    provider = providers.filter(pk=pending["provider"]).first()
    if provider is None or pending["user"] != request.user.pk:
        return _trouble(request, sentence("no-provider"), 400)
    try:
        claims = readings.result(found)
        return _finished(request, provider, pending, claims)
    except ProviderError as error:
        return _trouble(request, sentence(error.code), 403, provider)
    except Refused as refusal:
        return _trouble(request, str(refusal), 403, provider)
    finally:
        found.delete()  # its claims and its code are of no more use


def _finished(
    request: HttpRequest, provider: IdentityProvider, pending: dict[str, Any], claims: dict[str, Any]
) -> HttpResponse:
    """Raises Refused."""
    if pending["what"] == session.LINK:
        link_identity(provider, person(request), claims)
        messages.success(request, _("You can now sign in with %(name)s.") % {"name": provider.name})
        return redirect("identities:yours")
    if pending["what"] == session.JOIN:
        invitation = Invitation.open_one(pending["token"])
        if invitation is None:
            raise Refused("invitation-lapsed", _("This invitation has expired or has been used."))
        identity = join_organization(provider, invitation, claims, language=get_language() or "")
    else:
        identity = sign_in(provider, claims)
    record_authentication(request, identity.user, method="identity", provider=provider.pk)
    # The steps of any sign-in follow, a second factor among them.
    return perform_login(request, Login(user=identity.user, signal_kwargs={"identity": identity.pk}))


@never_cache
@require_POST
def join(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """Accept an invitation through the organization's provider, in place of a password."""
    provider, invitation = provider_or_404(code), Invitation.open_one(token)
    if invitation is None or invitation.organization_id != provider.organization_id or request.user.is_authenticated:
        raise Http404
    session.intend(request, provider, session.JOIN, token)
    return onward(request, provider)


def onward(request: HttpRequest, provider: IdentityProvider) -> HttpResponse:
    """A page that goes on to the provider: a form itself may lead to no other site (Content-Security-Policy)."""
    response = render(request, "identities/onward.html", {"provider": provider, "address": provider.address("go")})
    response.headers["Refresh"] = f"0; url={provider.address('go')}"
    return response


def _trouble(request: HttpRequest, words: str, status: int, provider: IdentityProvider | None = None) -> HttpResponse:
    return render(request, "identities/trouble.html", {"words": words, "provider": provider}, status=status)
