"""What surrounds accounts: the security policy, quotas, blocks, mail that is kept."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import verbs
from accounts.models import PasswordPolicy, RetiredMailbox
from accounts.policies import change_policy
from accounts.restoring import purge, restore
from mailflow import blocking
from panel.errors import Refused

from ..access import account_of, kept_mailbox_of, service_of
from ..framework import Asked, operation
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.accounts import AccountOut
from ..schemas.base import Id, Note
from ..schemas.mailboxes import KeptMailOut, PolicyChange, PolicyOut, QuotaWish, RestoreWish
from .accounts import ONE as ACCOUNT
from .services import ServiceInPath

READ, WRITE = "accounts:read", "accounts:write"
POLICY = "/services/{service_name}/password-policy"
KEPT = "/services/{service_name}/kept-mail"


@operation("GET", POLICY, scope=READ, response=PolicyOut)
def get_password_policy(request: Asked, service_name: ServiceInPath) -> PolicyOut:
    """What a service asks of passwords, and when wrong ones lock an account."""
    service = service_of(request.auth, service_name)
    stored = PasswordPolicy.objects.filter(service=service).first()
    return PolicyOut.of(stored or PasswordPolicy(service=service))


@operation("PATCH", POLICY, scope=WRITE, response=PolicyOut)
def change_password_policy(request: Asked, service_name: ServiceInPath, wish: PolicyChange) -> PolicyOut:
    """Change the security policy of a service: for new passwords and future sign-ins."""
    service = service_of(request.auth, service_name)
    fields = {name: value for name, value in wish.model_dump(exclude_unset=True).items() if value is not None}
    return PolicyOut.of(change_policy(service, fields, by=request.auth))


@operation("PATCH", f"{ACCOUNT}/quota", scope=WRITE, response=AccountOut, staff=True)
def set_quota(request: Asked, service_name: ServiceInPath, account_id: Id, wish: QuotaWish) -> AccountOut:
    """Give an account a quota of its own."""
    account = account_of(request.auth, service_name, account_id)
    verbs.set_quota(account, wish.quota, by=request.auth)
    return AccountOut.of(account_of(request.auth, service_name, account_id))


@operation("POST", f"{ACCOUNT}/block", scope=WRITE, response=Note, staff=True)
def block_account(request: Asked, service_name: ServiceInPath, account_id: Id) -> Note:
    """Stop an account from sending; it still receives."""
    account = account_of(request.auth, service_name, account_id)
    blocking.block(account, by=request.auth)
    return Note(done=_("%(address)s can send no mail until it is unblocked.") % {"address": account.shown_address})


@operation("POST", f"{ACCOUNT}/unblock", scope=WRITE, response=Note)
def unblock_account(request: Asked, service_name: ServiceInPath, account_id: Id) -> Note:
    """Let a blocked account send again.

    Organizations may, where the operator lets owners do it.
    """
    account = account_of(request.auth, service_name, account_id)
    if not (request.auth.is_staff or settings.MAIL_OWNERS_UNBLOCK):
        raise Refused("staff-only", _("Only the operator can unblock this account."))
    blocking.unblock(account, by=request.auth)
    return Note(done=_("%(address)s can send again.") % {"address": account.shown_address})


@operation("GET", KEPT, scope=READ, response=Page[KeptMailOut])
def list_kept_mail(
    request: Asked, service_name: ServiceInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[KeptMailOut]:
    """Mail of accounts that were reset, the newest first: kept for 30 days."""
    rows = RetiredMailbox.objects.filter(service=service_of(request.auth, service_name))
    return page_of(request, rows, KeptMailOut.of, key="id", after=after, limit=limit, falling=True)


@operation("POST", f"{KEPT}/{{mailbox_id}}/purge", scope=WRITE, response=Note)
def purge_kept_mail(request: Asked, service_name: ServiceInPath, mailbox_id: Id) -> Note:
    """Let kept mail go at once."""
    mailbox = kept_mailbox_of(request.auth, service_name, mailbox_id)
    purge(mailbox, by=request.auth)
    return Note(done=_("The mail of %(address)s may now be deleted.") % {"address": mailbox.address})


@operation("POST", f"{KEPT}/{{mailbox_id}}/restore", scope=WRITE, response=AccountOut, staff=True)
def restore_kept_mail(request: Asked, service_name: ServiceInPath, mailbox_id: Id, wish: RestoreWish) -> AccountOut:
    """Put kept mail back into a slot of the service.

    Nobody knows the account's password: set one, or make a link.
    """
    mailbox = kept_mailbox_of(request.auth, service_name, mailbox_id)
    return AccountOut.of(restore(mailbox, by=request.auth, address=wish.address.strip()[:320]))
