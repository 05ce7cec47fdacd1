from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import Q
from django.utils import timezone

from panel.access import role_of
from panel.models import Organization

DAYS = 14  # that a link works
SALT = "diagnostics.share"


def _code() -> str:
    return secrets.token_urlsafe(12)


class Share(models.Model):
    """A page with a domain's changes for whoever runs its DNS: public for who has the link, until it ends."""

    domain = models.ForeignKey("domains.Domain", on_delete=models.CASCADE, related_name="shares")
    code = models.CharField(max_length=32, unique=True, default=_code)
    sent_to = models.EmailField(blank=True)
    language = models.CharField(max_length=8, blank=True)
    created_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["domain"], condition=Q(revoked_at=None), name="share_open")]

    def __str__(self) -> str:
        return f"{self.domain_id} until {self.expires_at:%Y-%m-%d}"

    @classmethod
    def until(cls) -> datetime:
        return timezone.now() + timedelta(days=DAYS)

    @classmethod
    def has_room(cls, organization: Organization) -> bool:
        """Whether one more of its links may work at one time."""
        working = cls.objects.filter(
            domain__service__organization=organization, revoked_at=None, expires_at__gt=timezone.now()
        )
        return working.count() < settings.OPEN_SHARES

    @property
    def token(self) -> str:
        """The signed part of the link."""
        return signing.Signer(salt=SALT).sign(self.code)

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    @classmethod
    def of_token(cls, token: str) -> Share | None:
        """The share that this link opens; None where it is forged, has expired or was revoked."""
        try:
            code = signing.Signer(salt=SALT).unsign(token)
        except signing.BadSignature:
            return None
        shares = cls.objects.select_related("domain__service__organization", "domain__name", "created_by")
        share = shares.filter(code=code).first()
        return share if share is not None and share.is_open and share.is_backed() else None

    def is_backed(self) -> bool:
        """Whether whoever made the link may see the domain still; the command line always may."""
        by = self.created_by
        if by is None:
            return True
        return by.is_active and role_of(by, self.domain.service.organization) is not None

    def revoke(self) -> bool:
        """End it now. False where it was ended before."""
        now = timezone.now()
        changed = Share.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now)
        self.revoked_at = self.revoked_at or now
        return bool(changed)
