"""Forms of this app's pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import ListedSender, SpamFilter


class SpamForm(forms.ModelForm):
    class Meta:
        model = SpamFilter
        fields = ["action", "threshold"]
        widgets = {"action": forms.RadioSelect}
        help_texts = {
            "threshold": _(
                "The filter gives points for what is usual in spam. Lower catches more, and more by mistake."
            ),
        }


class ListedSenderForm(forms.Form):
    sender = forms.CharField(
        label=_("Sender"),
        max_length=320,
        help_text=_("An e-mail address, or a domain: it stands for itself and all below it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=_("Mail from there"),
        choices=[
            (ListedSender.Kind.BLOCK, _("is refused")),
            (ListedSender.Kind.ALLOW, _("is never spam")),
        ],
        widget=forms.RadioSelect,
    )
