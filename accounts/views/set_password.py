from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from panel.activity import record
from panel.actors import ActorKind, Program
from panel.errors import Refused
from panel.forms import carried_out
from panel.limits import allowed, network_of

from .. import batch
from ..forms import OwnPasswordForm
from ..hashing import hash_password
from ..models import EmailAccount, PasswordLink, PasswordPolicy
from ..words import rule_list

TRIES_A_MINUTE = 60  # from one address, behind which a whole office may be
PERSON = Program(ActorKind.HOLDER, "link")  # stands in the activity log for whoever holds the link


@never_cache
@sensitive_post_parameters("password", "again")
def set_password(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link chooses the password of its account, once. Open to people who never sign in here."""
    if not allowed("set-password", network_of(request), times=TRIES_A_MINUTE, seconds=60):
        return render(request, "429.html", status=429)
    link = PasswordLink.open_one(token)
    if link is None:
        return render(request, "accounts/set_password.html", {"gone": True}, status=410)
    account, policy = link.account, PasswordPolicy.of(link.account.service_id)
    form = OwnPasswordForm(request.POST or None, account=account)
    context = {"account": account, "form": form, "platform": account.service.platform}
    if request.method == "POST" and form.is_valid() and form.is_new():
        hashed = hash_password(form.cleaned_data["password"])
        if carried_out(form, lambda: _use(link, hashed)):
            return render(request, "accounts/set_password.html", {**context, "done": True})
    names = (account.address_key.partition("@")[0], account.display_name)
    context["rules"] = rule_list("", names, policy)
    return render(request, "accounts/set_password.html", context)


@transaction.atomic
def _use(link: PasswordLink, hashed: str) -> None:
    now = timezone.now()
    service = batch.locked(link.account.service_id)
    mailbox = EmailAccount.objects.values_list("mailbox_id", flat=True).get(pk=link.account_id)
    used = PasswordLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=now).update(used_at=now)
    if not used or mailbox != link.mailbox_id:
        raise Refused("link-used", _("This link has been used or has expired."))
    batch.set_passwords(service, {link.account_id: hashed}, now, by_owner=True, known=False)
    record("account.password", actor=PERSON, service=service, target=link.account.shown_address)
