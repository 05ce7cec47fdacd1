"""App passwords: a secret for each device of a mailbox's owner, which can be taken back alone.

The owner makes them, in self-service; administrators see and revoke them. The secret is ours, never typed by somebody:
long enough to need no policy, and shown once.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.errors import Refused

from . import batch
from .device_names import device_name
from .hashing import hash_password
from .models import AppPassword, EmailAccount

if TYPE_CHECKING:
    from panel.actors import Actor

AT_MOST = 30  # for each account: every sign-in reads them
LETTERS = 20  # of base32: 100 bits
SHOWN_FOR = timedelta(minutes=10)  # to whoever sends the same form again


@dataclass(frozen=True, slots=True)
class DeviceUsed:
    """When an app password last signed in, and from which network."""

    at: datetime
    network: str


@dataclass(frozen=True, slots=True)
class Device:
    number: int
    name: str
    created_at: datetime
    use: DeviceUsed | None


def devices_of(account: EmailAccount) -> list[Device]:
    """Of one account, the oldest first; one more question says when they were used."""
    rows = list(AppPassword.objects.filter(account=account).only("pk", "name", "created_at"))
    used = uses_of([row.pk for row in rows])
    return [Device(row.pk, row.name, row.created_at, used.get(row.pk)) for row in rows]


def uses_of(numbers: Sequence[int]) -> dict[int, DeviceUsed]:
    """Whoever knows it is named by string in the settings."""
    found: dict[int, DeviceUsed] = import_string(settings.MAILBOX_DEVICES)(numbers) if numbers else {}
    return found


def secret_of(account: EmailAccount, seed: str) -> str:
    """The secret that a form with this seed makes: the same one however often it is sent, known to nobody without the
    panel's key and the form. `abcd-efgh-…`, without letters that are easily misread."""
    key = salted_hmac("accounts.app-passwords", f"{account.mailbox_id}\0{seed}", algorithm="sha256").digest()
    letters = base64.b32encode(key).decode().lower().translate(str.maketrans("lo", "89"))[:LETTERS]
    return "-".join(letters[i : i + 5] for i in range(0, LETTERS, 5))


def create(account: EmailAccount, name: str, *, seed: str, by: Actor) -> tuple[AppPassword, str]:
    """A secret for one more device, and the secret itself, which is kept nowhere. A form that is sent twice makes one.

    Raises Refused.
    """
    wanted = device_name(name)
    if not wanted:
        raise Refused("device-name", _("Give the device a name of letters and digits."), field="name")
    if len(seed) < LETTERS:
        raise Refused("seed", _("This form cannot be read: open the page again."))
    digest, secret = sha256(seed.encode()).hexdigest(), secret_of(account, seed)
    hashed = hash_password(secret)  # before the service's row is held
    with transaction.atomic():
        batch.locked(account.service_id)
        fresh = EmailAccount.objects.get(pk=account.pk)
        if fresh.is_slot or fresh.mailbox_id != account.mailbox_id:
            raise Refused("wrong-state", batch.NOT_CONFIGURED)
        rows = {row.name: row for row in AppPassword.objects.filter(account=fresh)}
        found = rows.get(wanted)
        if found is not None and hmac.compare_digest(found.seed, digest) and _is_fresh(found):
            return found, secret
        if found is not None or any(row.seed == digest for row in rows.values()):
            raise Refused("device-taken", _("There is an app password of this name already."), field="name")
        if len(rows) >= AT_MOST:
            words = _("The limit of app passwords of an account is %(limit)s.") % {"limit": AT_MOST}
            raise Refused("devices-many", words, field="name")
        made = AppPassword.objects.create(account=fresh, name=wanted, password_hash=hashed, seed=digest)
        _noted(fresh, "account.device_added", {"after": {"device": wanted}}, by)
    return made, secret


def _is_fresh(row: AppPassword) -> bool:
    return row.created_at > timezone.now() - SHOWN_FOR


@transaction.atomic
def revoke(account: EmailAccount, number: int, *, by: Actor) -> str:
    """No sign-in with it from now on; sessions that it opened end within a minute. Returns its name; empty where there
    is none. Raises Refused where the service is closed."""
    batch.locked(account.service_id)
    row = AppPassword.objects.filter(account=account, pk=number).first()
    if row is None:
        return ""
    row.delete()
    _noted(account, "account.device_revoked", {"before": {"device": row.name}}, by)
    return row.name


def _noted(account: EmailAccount, verb: str, facts: dict[str, dict[str, str]], by: Actor) -> None:
    EmailAccount.objects.filter(pk=account.pk).update(changed_at=timezone.now(), version=F("version") + 1)
    account.refresh_from_db(fields=["changed_at", "version"])
    before, after = facts.get("before"), facts.get("after")
    record(verb, actor=by, service=account.service, target=account.shown_address, before=before, after=after)
