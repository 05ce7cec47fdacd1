from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from ..forms import OwnPasswordForm, PasswordInput
from ..models.devices import NAME_LONGEST

_PLAIN = {"autocapitalize": "none", "spellcheck": "false"}


class MailboxSignIn(forms.Form):
    address = forms.CharField(
        label=_("E-mail address"),
        max_length=320,
        widget=forms.TextInput(attrs={"autocomplete": "username", "inputmode": "email", "autofocus": True, **_PLAIN}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ChangeOwnPassword(OwnPasswordForm):
    current = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(label=_("New password"), strip=False, widget=PasswordInput())
    again = forms.CharField(label=_("New password again"), strip=False, widget=PasswordInput())
    field_order = ["current", "password", "again"]


class NewDevice(forms.Form):
    name = forms.CharField(
        label=_("Device or program"),
        max_length=NAME_LONGEST,
        help_text=_("For instance phone, or tablet at home. It becomes part of the user name."),
        widget=forms.TextInput(attrs={"autocomplete": "off", **_PLAIN}),
    )
    seed = forms.CharField(widget=forms.HiddenInput, min_length=20, max_length=64)
