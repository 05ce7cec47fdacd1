"""Letters to people whose mailbox is nearly full: at 80 % and at 95 %, once each time it gets there."""

from __future__ import annotations

from django.conf import settings
from django.db.models import BigIntegerField, F, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce

from accounts.models import EmailAccount
from accounts.shown import shown
from accounts.usage import FULL, MIB, NEARLY
from panel import mail

from .models import Use

EASED = 5  # per cent below a mark, from which on it is told of again
BATCH = 500


def warn() -> int:
    """Safe to run twice. Returns how many letters were sent."""
    accounts = EmailAccount.objects.filter(mailbox_id=OuterRef("mailbox"))
    quota = Cast(Coalesce("quota", "service__quota"), BigIntegerField())  # in octets it is beyond 32 bits
    rows = Use.objects.annotate(limit=Subquery(accounts.annotate(limit=quota * MIB).values("limit")[:1]))
    near = Q(limit__gt=0, bytes__gte=F("limit") * (NEARLY - EASED) / 100)
    Use.objects.filter(warned__gt=0).exclude(pk__in=rows.filter(near).values("pk")).update(warned=0)
    sent = 0
    for use in rows.filter(near).order_by("pk").iterator(chunk_size=BATCH):
        percent = (use.bytes or 0) * 100 // use.limit
        mark = FULL if percent >= FULL else NEARLY if percent >= NEARLY else 0
        if mark < use.warned and percent >= use.warned - EASED:
            continue
        if mark == use.warned or not Use.objects.filter(pk=use.pk, warned=use.warned).update(warned=mark):
            continue
        if mark > use.warned:
            sent += _send(use, percent)
    return sent


def _send(use: Use, percent: int) -> bool:
    account = EmailAccount.objects.select_related("service").filter(mailbox_id=use.mailbox).first()
    if account is None:
        return False
    quota = account.service.quota if account.quota is None else account.quota
    context = {"address": shown(account.shown_address), "percent": percent, "quota": quota}
    mail.send("mailflow/mail/nearly_full.txt", account.shown_address, context, language=settings.LANGUAGE_CODE)
    return True
