"""Forms for DNS providers: one for each kind, with what is secret apart from what is not."""

from __future__ import annotations

import json
from copy import copy
from typing import Any, ClassVar
from urllib.parse import urlsplit

import dns.exception
import dns.name
from django import forms
from django.utils.translation import gettext_lazy as _

from panel.models import Organization

from .models import DnsProvider
from .names import NameRefused, RefusalCode, host_to_ascii
from .providers import ovh, rfc2136
from .providers.other import OFFERED
from .sentences import NAME_SENTENCES, name_sentence, provider_sentence
from .targets import literal


class Secret(forms.CharField):
    """A stored secret is never shown again; left empty it stays."""

    def __init__(self, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "off"}, render_value=False)
        super().__init__(widget=widget, required=False, **options)


class ProviderForm(forms.Form):
    """Subclasses name their fields; `SECRETS` go to the encrypted credentials, the rest to the settings.

    `tried`: a row as it was typed before, not stored, with which the panel could not work.
    """

    KIND: ClassVar[str]
    SECRETS: ClassVar[tuple[str, ...]] = ()
    OPTIONAL: ClassVar[tuple[str, ...]] = ()  # secrets that may be empty

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("What you call it, such as “our name servers”.")
    )

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        row: DnsProvider | None = None,
        tried: DnsProvider | None = None,
        **kwargs: Any,
    ) -> None:
        self.organization, self.row = organization, row
        self.known = tried or row
        if self.known is not None:
            kwargs.setdefault("initial", {"name": self.known.name, **self.known.settings})
        super().__init__(*args, **kwargs)
        self.stored: dict[str, str] = json.loads(self.known.credentials or "{}") if self.known else {}
        for name in self.SECRETS:
            if self.stored.get(name):
                self.fields[name].help_text = _("Stored. Leave empty to keep it.")
            elif name not in self.OPTIONAL:
                self.fields[name].required = True

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        others = DnsProvider.objects.filter(organization=self.organization, name=name)
        if self.row is not None:
            others = others.exclude(pk=self.row.pk)
        if others.exists():
            raise forms.ValidationError(_("There is already a DNS provider with this name."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.SECRETS:
            missing = not cleaned.get(name) and not self.stored.get(name)
            if missing and name not in self.OPTIONAL and name not in self.errors:
                self.add_error(name, _("This field is required."))
        return cleaned

    def typed(self) -> DnsProvider:
        """The row as a valid form has it; nothing is stored."""
        row = copy(self.row) or DnsProvider(organization=self.organization, kind=self.KIND)
        settings = {name: value for name, value in self.cleaned_data.items() if name not in self.SECRETS}
        row.name = settings.pop("name")
        row.settings = settings
        given = {name: self.cleaned_data[name] for name in self.SECRETS if self.cleaned_data.get(name)}
        row.credentials = json.dumps(self.stored | given)
        return row


class Rfc2136Form(ProviderForm):
    KIND = "rfc2136"
    SECRETS = ("secret",)
    OPTIONAL = ("secret",)

    server = forms.CharField(
        label=_("Server"), max_length=253, help_text=_("Host name or address of the primary name server.")
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=53)
    key_name = forms.CharField(label=_("TSIG key name"), max_length=253, required=False)
    algorithm = forms.ChoiceField(label=_("TSIG algorithm"), choices=[(a, a) for a in rfc2136.ALGORITHMS])
    secret = Secret(label=_("TSIG secret"), max_length=500, help_text=_("In base64, as in the server's configuration."))

    catalog = forms.CharField(
        label=_("Catalog zone"),
        max_length=253,
        required=False,
        help_text=_("RFC 9432: the list of zones is taken from it. Without one, add your zones by name."),
    )

    def clean_catalog(self) -> str:
        catalog = str(self.cleaned_data["catalog"]).strip().strip(".").lower()
        try:
            dns.name.from_text(f"{catalog}.")
        except dns.exception.DNSException as error:
            raise forms.ValidationError(str(NAME_SENTENCES[RefusalCode.EMPTY])) from error
        return catalog

    def clean_server(self) -> str:
        return host_or_error(self.cleaned_data["server"])


class PowerDnsForm(ProviderForm):
    KIND = "powerdns"
    SECRETS = ("api_key",)

    url = forms.URLField(
        label=_("Address of the API"),
        assume_scheme="https",
        help_text=_("Such as https://dns.example.com:8081, without the path."),
    )
    server_id = forms.CharField(label=_("Server id"), max_length=63, initial="localhost")
    api_key = Secret(label=_("API key"), max_length=500)

    def clean_url(self) -> str:
        """A password in the address would be no secret: it belongs to no field that is encrypted."""
        parts = urlsplit(self.cleaned_data["url"])
        if parts.scheme not in {"http", "https"} or parts.username or parts.password:
            raise forms.ValidationError(provider_sentence("bad-url"))
        return str(self.cleaned_data["url"])

    def clean(self) -> dict[str, Any]:
        """The stored key goes to no other address than the one it was typed for."""
        if self.known is not None:
            url = self.known.settings["url"]
            if self.cleaned_data.get("url", url) != url:
                self.stored = {}
        return super().clean()


class CloudflareForm(ProviderForm):
    KIND = "cloudflare"
    SECRETS = ("token",)

    token = Secret(
        label=_("API token"),
        max_length=500,
        help_text=_("With the permissions Zone: Read and DNS: Edit for your zones."),
    )


class OvhForm(ProviderForm):
    KIND = "ovh"
    SECRETS = ovh.SECRETS

    entrypoint = forms.ChoiceField(label=_("Region"), choices=[(name, name) for name in ovh.ENDPOINTS])
    application_key = Secret(label=_("Application key"), max_length=200)
    application_secret = Secret(label=_("Application secret"), max_length=200)
    consumer_key = Secret(
        label=_("Consumer key"), max_length=200, help_text=_("With the rights GET, POST, PUT and DELETE on /domain/*.")
    )


class OtherForm(ProviderForm):
    """Which secrets a provider wants depends on the provider."""

    KIND = "lexicon"
    SECRETS = ("auth_username", "auth_token", "auth_key", "auth_secret", "api_key")
    OPTIONAL = SECRETS

    provider = forms.ChoiceField(label=_("Provider"), choices=sorted((key, value[0]) for key, value in OFFERED.items()))
    auth_username = Secret(label=_("User name"), max_length=200, help_text=_("easyDNS only."))
    auth_token = Secret(label=_("API token"), max_length=500)
    auth_key = Secret(label=_("API key"), max_length=500, help_text=_("GoDaddy and Porkbun only."))
    auth_secret = Secret(label=_("API secret"), max_length=500, help_text=_("GoDaddy and Porkbun only."))
    api_key = Secret(label=_("API key"), max_length=500, help_text=_("IONOS only."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in OFFERED.get(cleaned.get("provider", ""), ("", ()))[1]:
            if not cleaned.get(name) and not self.stored.get(name):
                self.add_error(name, _("This field is required."))
        return cleaned


FORMS: dict[str, type[ProviderForm]] = {
    form.KIND: form for form in (Rfc2136Form, PowerDnsForm, CloudflareForm, OvhForm, OtherForm)
}


def host_or_error(text: str) -> str:
    """A host name as A-labels, or an address."""
    address = literal(text.strip())
    if address is not None:
        return str(address)
    try:
        return host_to_ascii(text)
    except NameRefused as refusal:
        raise forms.ValidationError(name_sentence(refusal)) from refusal
