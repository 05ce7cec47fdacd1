"""App passwords of an account's devices: their owner makes them, in self-service."""

from django.http import Http404

from accounts import app_passwords
from accounts.models import AppPassword

from ..access import account_of
from ..framework import Asked, operation
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.base import Id, Note
from ..schemas.mailboxes import AppPasswordOut
from .accounts import ONE as ACCOUNT
from .services import ServiceInPath

READ, WRITE = "accounts:read", "accounts:write"
ALL = f"{ACCOUNT}/app-passwords"


@operation("GET", ALL, scope=READ, response=Page[AppPasswordOut])
def list_app_passwords(
    request: Asked, service_name: ServiceInPath, account_id: Id, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[AppPasswordOut]:
    """Devices with an app password of an account, the oldest first. No secret is among them."""
    account = account_of(request.auth, service_name, account_id)
    uses = app_passwords.uses_of(list(AppPassword.objects.filter(account=account).values_list("pk", flat=True)))
    rows = AppPassword.objects.filter(account=account).only("pk", "name", "created_at")
    return page_of(
        request, rows, lambda row: AppPasswordOut.of(row, uses.get(row.pk)), key="id", after=after, limit=limit
    )


@operation("DELETE", f"{ALL}/{{app_password_id}}", scope=WRITE, response=Note)
def revoke_app_password(request: Asked, service_name: ServiceInPath, account_id: Id, app_password_id: Id) -> Note:
    """Take a device's app password back: it signs in no more, and its open sessions end within a minute."""
    account = account_of(request.auth, service_name, account_id)
    name = app_passwords.revoke(account, app_password_id, by=request.auth)
    if not name:
        raise Http404
    return Note(done=name)
