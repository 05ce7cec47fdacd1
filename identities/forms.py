from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from domains.forms import Secret
from domains.targets import literal
from panel.forms import LinesField, NameField
from panel.models import Role

from .models import STAFF, URL_LENGTH, IdentityProvider

MOST = 100  # groups


class ProviderForm(forms.Form):
    """Of one organization, or (`operators`) of staff."""

    name = NameField(label=_("Name"), max_length=60, help_text=_("As the button has it: Sign in with …"))
    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=URL_LENGTH,
        help_text=_("Its address, such as https://login.example.com/realms/staff. The panel reads the rest there."),
    )
    client_id = forms.CharField(label=_("Client ID"), max_length=255)
    client_secret = Secret(label=_("Client secret"))
    groups_claim = forms.CharField(
        label=_("Claim with the groups"), max_length=100, initial="groups", help_text=_("Usually “groups”.")
    )
    owner = LinesField(label=_("Groups of owners"), required=False)
    technician = LinesField(label=_("Groups of technicians"), required=False)
    viewer = LinesField(label=_("Groups of viewers"), required=False)
    staff = LinesField(label=_("Groups of staff"), help_text=_("One on a line. Only their people sign in here."))
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, row: IdentityProvider | None, operators: bool, **kwargs: Any) -> None:
        self.row = row
        self.groups = (STAFF,) if operators else tuple(Role.values)
        if row is not None:
            kwargs.setdefault("initial", self._stored(row))
        super().__init__(*args, **kwargs)
        for name in {STAFF, *Role.values} - set(self.groups):
            del self.fields[name]
        for name in self.groups:
            self.fields[name].widget.attrs["rows"] = 2
        if not operators:
            self.fields[Role.VIEWER.value].help_text = _(
                "One on a line. Without any, members keep the roles they have here; with some, nobody else signs in."
            )
        if row is not None and row.client_secret:
            self.fields["client_secret"].help_text = _("Stored. Leave empty to keep it.")

    def _stored(self, row: IdentityProvider) -> dict[str, Any]:
        simple = ("name", "issuer", "client_id", "groups_claim", "active")
        groups = {name: [group for group, role in row.roles.items() if role == name] for name in self.groups}
        return {**{name: getattr(row, name) for name in simple}, **groups}

    def clean_issuer(self) -> str:
        text = str(self.cleaned_data["issuer"]).strip()
        try:
            parts = urlsplit(text)
            fits = bool(parts.hostname) and text.isascii() and text.isprintable() and " " not in text
            bare = fits and not (parts.query or parts.fragment or parts.username or parts.password)
            secure = parts.scheme == "https" or (parts.scheme == "http" and _is_ours(parts.hostname or "", parts.port))
        except ValueError:
            bare = secure = False
        if not (bare and secure):
            raise forms.ValidationError(_("Enter an address that begins with https://, without “?” and “#”."))
        return text

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        groups = [group for name in self.groups for group in data.get(name) or []]
        if len(groups) > MOST or any(len(group) > 255 for group in groups):
            raise forms.ValidationError(_("A hundred groups at most, with names of 255 characters at most."))
        if len(set(groups)) < len(groups):
            raise forms.ValidationError(_("A group has one role: name it once."))
        return data

    @property
    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        simple = ("name", "issuer", "client_id", "client_secret", "groups_claim", "active")
        roles = {group: name for name in self.groups for group in data[name]}
        return {**{name: data[name] for name in simple}, "roles": roles}


def _is_ours(host: str, port: int | None) -> bool:
    """Of the operator's own network: there a provider may do without TLS."""
    address = literal(host)
    if address is None:
        return False
    nets = settings.ALLOWED_NETWORKS
    return (address, port) in settings.ALLOWED_SERVERS or any(
        address.version == net.version and address in net for net in nets
    )


class OrganizationCode(forms.Form):
    code = forms.CharField(
        label=_("Your organization's code"), max_length=32, help_text=_("Such as ab12345; its owners know it.")
    )
