from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..footers import HTML_AT_MOST, TEXT_AT_MOST


class Footer(models.Model):
    """What the policy server adds to messages that leave from a domain. `html` is clean already."""

    domain = models.OneToOneField("domains.Domain", on_delete=models.CASCADE, related_name="footer")
    active = models.BooleanField(_("Add this footer"), default=True)
    only_outside = models.BooleanField(_("Only when a recipient is outside of the domain"), default=False)
    text = models.TextField(_("Text"), max_length=TEXT_AT_MOST, blank=True)  # empty: made of the HTML
    html = models.TextField(_("HTML"), max_length=HTML_AT_MOST, blank=True)  # empty: made of the text
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(name="footer_says_something", condition=~Q(text="", html=""))]

    def __str__(self) -> str:
        return f"footer of {self.domain_id}"
