from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.secrets import EncryptedTextField


class DkimKey(models.Model):
    """A key pair that signs mail of a name. Belongs to the organization's standing with the name."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")

    ownership = models.ForeignKey("domains.Ownership", on_delete=models.CASCADE, related_name="dkim_keys")
    name = models.ForeignKey("domains.Name", on_delete=models.PROTECT, related_name="dkim_keys")
    selector = models.CharField(max_length=63)
    private_key = EncryptedTextField()  # PEM, PKCS #8
    public_key = models.TextField()  # base64 SubjectPublicKeyInfo, as `p=` has it
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "selector"], name="dkim_selector_unique")]

    def __str__(self) -> str:
        return f"{self.selector}._domainkey"
