"""What becomes of DKIM keys by themselves: the panel writes and removes their records in the zones that it manages,
withdraws what was replaced a week ago, and rotates where a service says so."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from itertools import batched

from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone

from panel.actors import SYSTEM
from panel.errors import Refused

from .dkim import same_key
from .models import DkimKey, Domain, Zone
from .providers import ProviderError, Write, deadline, open_provider
from .records import DEFAULT_TTL, Kind
from .rrset import Action, Fix, RRset, quote_txt, txt_text
from .zones.changes import request_change
from .zones.planning import preview
from .zones.reading import intents_of, read_for

log = logging.getLogger(__name__)

BATCH = 100
JOB_SECONDS = 30.0  # for one key's record in the platform's zone
PUT_BACK_SECONDS = 300.0  # for all of them
LOOKED_AT = 20  # keys at a time
TRY_AGAIN = timedelta(minutes=15)  # a provider that is away
GIVE_UP = timedelta(days=3)  # on removing a record: its zone's page says what stands there


def tend() -> int:
    """Returns how many keys were moved on. Safe to run twice."""
    return _write_waiting() + _withdraw() + _rotate_by_schedule()


def _write_waiting() -> int:
    """Ask for the zone changes that publish new keys."""
    written = 0
    now = timezone.now()
    keys = DkimKey.objects.filter(state=DkimKey.State.WAITING, to_write=True, due_at__lte=now)
    for key in keys.select_related("name")[:BATCH]:
        if key.hosted:
            written += _host(key)
            continue
        domain = _managed(key)
        if domain is None or domain.zone is None:
            DkimKey.objects.filter(pk=key.pk).update(to_write=False)  # no zone of ours any more: somebody publishes it
            continue
        try:
            planned = preview(read_for(domain), intents_of(domain))
        except ProviderError as error:
            _later(key, error)
            continue
        fixes = [fix for fix in planned.fixes([Kind.DKIM], mx=False) if fix.name == f"{key}.{key.name}."]
        request_change(domain.zone, domain.service, domain, fixes, planned.published, SYSTEM)
        written += DkimKey.objects.filter(pk=key.pk, to_write=True).update(to_write=False)
    return written


def _withdraw() -> int:
    """Let go of keys that were replaced a week ago; where the panel manages the zone, out of it as well."""
    withdrawn = 0
    now = timezone.now()
    due = DkimKey.objects.filter(state=DkimKey.State.RETIRING, due_at__lte=now)
    for key in due.select_related("name").order_by("due_at")[:BATCH]:
        domain = _managed(key)
        if key.hosted or (domain is not None and domain.zone is not None):
            try:
                if key.hosted:
                    _put_in_platform_zone(key, None)
                elif domain is not None and domain.zone is not None:
                    _remove_record(key, domain, domain.zone)
            except ProviderError as error:
                if key.due_at is not None and key.activated_at is not None and now - key.due_at < GIVE_UP:
                    _later(key, error)
                    continue
        withdrawn += key.withdraw()
    return withdrawn


def _host(key: DkimKey) -> int:
    """Write a new key into the zone of its platform."""
    try:
        _put_in_platform_zone(key, quote_txt(f"v=DKIM1; k=rsa; p={key.public_key}"))
    except ProviderError as error:
        _later(key, error)
        return 0
    now = timezone.now()
    return DkimKey.objects.filter(pk=key.pk, to_write=True).update(to_write=False, due_at=now)


def _put_in_platform_zone(key: DkimKey, text: str | None) -> None:
    """Nobody's domain is in that zone but the platform's, so that nobody applies or undoes it: it is written straight
    away. `text`: of the TXT record, None to remove it. Raises ProviderError."""
    name = f"{key.hosted}."
    zone = Zone.objects.select_related("provider").filter(dkim_of__isnull=False).filter(
        name=key.hosted.partition(".")[2]
    ).first()  # fmt: skip
    if zone is None:
        raise ProviderError("zone-removed")
    with deadline.job(JOB_SECONDS):
        provider = open_provider(zone.provider)
        before = provider.read(zone.name, {name}).get((name, "TXT"))
        after = RRset(name, "TXT", DEFAULT_TTL, (text,)) if text is not None else None
        if (before.values if before else ()) != (after.values if after else ()):
            provider.write(zone.name, [Write(before, after)], lambda _done: None)


def put_back(zone: Zone) -> int:
    """Write the keys that domains lead to and that the platform's zone does not have, as where it was made anew at its
    provider. Where it has the newest of them it has the others. Returns how many. Raises ProviderError."""
    written = 0
    rows = DkimKey.objects.filter(hosted=Concat(F("selector"), Value(f".{zone.name}")), to_write=False)
    rows = rows.filter(state__in=(DkimKey.State.ACTIVE, DkimKey.State.RETIRING, DkimKey.State.WAITING))
    with deadline.job(PUT_BACK_SECONDS):
        provider = open_provider(zone.provider)
        provider.test(zone.name)
        for keys in batched(rows.order_by("-pk"), LOOKED_AT):
            names = {f"{key.hosted}.": key for key in keys}
            published = provider.read(zone.name, names)
            writes = [
                Write(None, RRset(name, "TXT", DEFAULT_TTL, (quote_txt(f"v=DKIM1; k=rsa; p={key.public_key}"),)))
                for name, key in names.items()
                if (name, "TXT") not in published
            ]
            if not writes:
                break
            provider.write(zone.name, writes, lambda _done: None)
            written += len(writes)
    return written


def _remove_record(key: DkimKey, domain: Domain, zone: Zone) -> None:
    """Raises ProviderError. What stands there and is not this key stays."""
    name = f"{key}.{key.name}."
    published = open_provider(zone.provider).read(zone.name, {name})
    there = published.get((name, "TXT"))
    gone = tuple(value for value in there.values if same_key(txt_text(value), key.public_key)) if there else ()
    if gone:
        fix = Fix(Action.REMOVE, name, "TXT", there.ttl if there else None, gone)
        request_change(zone, domain.service, domain, [fix], published, SYSTEM)


def _later(key: DkimKey, error: ProviderError) -> None:
    log.info("the record of %s waits: %s", key, error.code)
    DkimKey.objects.filter(pk=key.pk).update(due_at=timezone.now() + TRY_AGAIN)


def _managed(key: DkimKey) -> Domain | None:
    """An attachment of the key's owner whose zone the panel manages."""
    rows = Domain.objects.select_related("name", "service__organization", "platform", "ownership", "zone__provider")
    return rows.filter(ownership=key.ownership_id, zone__isnull=False).order_by("pk").first()


def _rotate_by_schedule() -> int:
    """Where the service has a term and the panel writes the records: so that nobody has to do anything."""
    rotated = 0
    for domain in _due_by_schedule():
        try:
            DkimKey.rotate(domain, actor=SYSTEM)
        except Refused as refusal:  # one waits already, or the service was suspended meanwhile
            log.info("%s: not rotated: %s", domain, refusal.code)
            continue
        rotated += 1
    return rotated


def _due_by_schedule() -> Iterable[Domain]:
    now = timezone.now()
    found = []
    rows = Domain.objects.filter(
        Q(zone__isnull=False) | Q(ownership__dkim_keys__hosted__gt=""),
        state=Domain.State.VERIFIED,
        service__state="active",
        service__organization__state="active",
        service__dkim_rotation_days__isnull=False,
        ownership__dkim_keys__state=DkimKey.State.ACTIVE,
    ).exclude(ownership__dkim_keys__state=DkimKey.State.WAITING)
    rows = rows.annotate(
        signing_since=F("ownership__dkim_keys__activated_at"), made=F("ownership__dkim_keys__created_at")
    )
    for domain in rows.select_related("name", "service__organization", "platform", "ownership").iterator(
        chunk_size=500
    ):
        days = domain.service.dkim_rotation_days
        assert days is not None  # filtered
        since = domain.signing_since or domain.made
        if since + timedelta(days=days) <= now:
            found.append(domain)
        if len(found) == BATCH:
            break
    return found
