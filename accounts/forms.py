"""Forms of accounts. What they hold true is decided by the pure modules that bulk and command line use too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from domains.models import Domain
from panel.forms import MAX_QUOTA
from panel.models import Service

from . import choosing, credentials, passwords, preview, rules
from .addresses import TEXT_AT_MOST, split_addresses
from .batch import Placement
from .columns import Field
from .groups import GroupWish
from .models import EmailAccount, MailGroup, PasswordPolicy
from .models.orders import AT_MOST
from .preview import Judge, Row, RowOutcome, RowProblem
from .runs.checking import existing_of
from .words import fault_words

FORM_FIELDS = {
    Field.ADDRESS: "name",
    Field.NAME: "name",
    Field.DOMAIN: "domain",
    Field.FIRST_NAME: "first_name",
    Field.LAST_NAME: "last_name",
    Field.DISPLAY_NAME: "display_name",
}


class PasswordInput(forms.PasswordInput):
    def __init__(self, **attrs: str) -> None:
        super().__init__(attrs={"autocomplete": "new-password", "maxlength": 128, "spellcheck": "false", **attrs})


class DomainSelect(forms.Select):
    """A list of domains, in which those that cannot be chosen yet are shown and greyed."""

    def __init__(self, greyed: set[str]) -> None:
        super().__init__()
        self.greyed = greyed

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.greyed:
            option["attrs"]["disabled"] = True
        return option


class DomainInput(forms.TextInput):
    """A field that offers the domains whose names hold what was typed; without a script the whole name is typed."""

    def __init__(self, names: str) -> None:
        super().__init__(
            {
                "list": "domain-names",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "hx-get": names,
                "hx-trigger": "input changed delay:150ms, focus once",
                "hx-target": "#domain-names",
                "hx-swap": "innerHTML",
            }
        )


class OrderForm(forms.Form):
    quantity = forms.IntegerField(label=_("How many accounts"), min_value=1, max_value=AT_MOST)
    note = forms.CharField(
        label=_("Note for the approver"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CancelSlotsForm(forms.Form):
    quantity = forms.IntegerField(label=_("How many unused accounts"), min_value=1, max_value=AT_MOST)


class NamesForm(forms.Form):
    """Address and names of an account."""

    name = forms.CharField(
        label=_("Account name"),
        max_length=128,
        help_text=_("2 to 32 letters without accents, digits, and . , - _"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    domain = forms.ChoiceField(label=_("Domain"))
    first_name = forms.CharField(label=_("First name"), required=False, max_length=256)
    last_name = forms.CharField(label=_("Last name"), required=False, max_length=256)
    display_name = forms.CharField(
        label=_("Display name"),
        required=False,
        max_length=256,
        help_text=_("The sender that people see. Empty: first and last name."),
    )

    def __init__(self, *args: Any, account: EmailAccount, owner: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.owner = owner
        self.service: Service = account.service
        self.policy = PasswordPolicy.of(self.service.pk)
        self.domains, self.many_domains = choosing.listed(self.service.pk, verified=True)
        field = self.fields["domain"]
        assert isinstance(field, forms.ChoiceField)
        if self.many_domains:
            names = reverse("accounts:domain_names", args=[self.service.name])
            self.fields["domain"] = forms.CharField(
                label=field.label,
                max_length=choosing.TEXT_AT_MOST,
                help_text=_("Type part of the name: matching domains are suggested."),
                widget=DomainInput(names + "?verified=1"),
            )
        else:
            waiting = choosing.pending(self.service.pk) if self.domains else []
            field.widget = DomainSelect({domain.name.name for domain in waiting})
            field.choices = [
                *((domain.name.name, domain.name.unicode) for domain in self.domains),
                *((domain.name.name, choosing.why_not(domain)) for domain in waiting),
            ]
        self.row = Row(0)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "name" not in data or "domain" not in data:
            return data
        chosen = self._chosen(data)
        if "@" in data["name"]:
            self.add_error("name", fault_words(rules.NameRule.NAME_CHARACTERS))
            return data
        values: dict[Field, str] = {
            field: data.get(name, "") for field, name in FORM_FIELDS.items() if field is not Field.ADDRESS
        }
        self.row = preview.parse(0, values)
        judge = Judge(domains=chosen, policy=self.policy, free_slots=1, owner=self._may_be_reserved())
        existing = existing_of(self.service.pk, [self.row], chosen).get(self.row.address)
        if self.row.address == self.account.address_key:
            existing = None
        verdict = judge.judge(self.row, existing)
        if verdict.outcome is RowOutcome.ALREADY:
            self.add_error("name", fault_words(RowProblem.ADDRESS_TAKEN))
        for fault in verdict.faults:
            self.add_error(FORM_FIELDS[fault.field], fault_words(fault.code, fault.facts))
        return data

    def _chosen(self, data: dict[str, Any]) -> dict[str, bool]:
        """The domain that was chosen, whether it is verified; the form's data have its name as it is stored."""
        found = choosing.named(self.service.pk, data["domain"])
        if found is None:
            return {}
        data["domain"] = found.name.name
        return {found.name.name: found.state == Domain.State.VERIFIED}

    def _may_be_reserved(self) -> bool:
        return self.owner or self.row.address == self.account.address_key

    @property
    def suggestion(self) -> str:
        """An account name that would do, where the one typed has accents or blanks."""
        return rules.suggest_name(self["name"].value() or "") if "name" in self.errors else ""

    def placement(self, password_hash: str = "") -> Placement:
        row = self.row
        return Placement(
            name=row.name,
            domain=row.domain,
            first_name=row.first_name,
            last_name=row.last_name,
            display_name=row.display_name,
            password_hash=password_hash,
        )


class AddressesForm(forms.Form):
    """Several addresses at once, typed or pasted."""

    addresses = forms.CharField(
        label=_("New aliases"),
        max_length=TEXT_AT_MOST,
        help_text=_(
            "One or several, divided by line breaks, blanks or semicolons. Without a domain the account's own is meant."
        ),
        widget=forms.Textarea(
            attrs={"rows": 4, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class DomainForm(forms.Form):
    """Chooses a verified domain of the service."""

    domain = forms.CharField(label=_("Domain"), max_length=choosing.TEXT_AT_MOST)

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service = service
        domains, self.many_domains = choosing.listed(service.pk, verified=True)
        field = self.fields["domain"]
        if self.many_domains:
            field.help_text = _("Type part of the name: matching domains are suggested.")
            field.widget = DomainInput(reverse("accounts:domain_names", args=[service.name]) + "?verified=1")
        else:
            field.widget = forms.Select(choices=[(d.name.name, d.name.unicode) for d in domains if self.suits(d)])

    def suits(self, domain: Domain) -> bool:
        return True

    def clean_domain(self) -> Domain:
        found = choosing.named(self.service.pk, self.cleaned_data["domain"])
        if found is None:
            raise forms.ValidationError(fault_words(RowProblem.DOMAIN_UNKNOWN))
        return found


class CatchAllForm(DomainForm):
    """An authoritative domain, and the account that takes what nobody else does."""

    account = forms.CharField(
        label=_("E-mail account"),
        max_length=320,
        help_text=_("The address of an account of this service."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def suits(self, domain: Domain) -> bool:
        return domain.is_authoritative


class ForwardingForm(forms.Form):
    addresses = forms.CharField(
        label=_("Forward to"),
        required=False,
        max_length=TEXT_AT_MOST,
        help_text=_("At most twenty addresses, divided by line breaks, blanks or semicolons. None ends forwarding."),
        widget=forms.Textarea(
            attrs={"rows": 4, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    keep = forms.BooleanField(label=_("Keep a copy in this mailbox"), required=False)


class GroupForm(forms.Form):
    title = forms.CharField(
        label=_("Name"), required=False, max_length=64, help_text=_("For you and your colleagues: nobody else sees it.")
    )
    senders = forms.ChoiceField(
        label=_("Who may write to it"),
        choices=MailGroup.Senders.choices,
        help_text=_(
            "Accounts of this panel are known by their sign-in: mail that only bears their address is refused."
        ),
    )
    named = forms.CharField(
        label=_("These addresses"),
        required=False,
        max_length=TEXT_AT_MOST,
        help_text=_("Where only these addresses may write to it."),
        widget=forms.Textarea(
            attrs={"rows": 3, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    @property
    def wish(self) -> GroupWish:
        data = self.cleaned_data
        return GroupWish(data["title"], data["senders"], split_addresses(data["named"]))


class NewGroupForm(GroupForm, DomainForm):
    name = forms.CharField(
        label=_("Address before the @"),
        max_length=128,
        help_text=_("2 to 32 letters without accents, digits, and . , - _"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ["name", "domain", "title", "senders", "named"]


class PasswordFields(forms.Form):
    """A new password, twice. `names` are the account's and the display name."""

    password = forms.CharField(label=_("Password"), strip=False, widget=PasswordInput())
    again = forms.CharField(label=_("Password again"), strip=False, widget=PasswordInput())

    def check_password(self, data: dict[str, Any], names: tuple[str, str], policy: passwords.Policy) -> None:
        if "password" not in data:
            return
        password = data["password"]
        for rule in passwords.broken(password, names, policy):
            self.add_error("password", fault_words(rule, {"minimum": policy.min_length}))
        if "again" in data and data["again"] != password:
            self.add_error("again", _("The two passwords differ."))


class ConfigureForm(NamesForm, PasswordFields):
    """Everything that makes a slot a mailbox."""

    field_order = ["name", "domain", "first_name", "last_name", "display_name", "password", "again"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.check_password(data, (self.row.name, self.row.display_name), self.policy)
        return data


class PasswordForm(PasswordFields):
    def __init__(self, *args: Any, account: EmailAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.policy = PasswordPolicy.of(account.service_id)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        name = self.account.address_key.partition("@")[0]
        self.check_password(data, (name, self.account.display_name), self.policy)
        return data


class OwnPasswordForm(PasswordForm):
    """A password that the mailbox's owner chooses."""

    def is_new(self) -> bool:
        """Whether it is none of the latest, where the policy asks for that. Said to nobody who may not change it."""
        if credentials.is_used(self.account, self.cleaned_data["password"]):
            self.add_error("password", _("This password was used before: choose one that is new."))
            return False
        return True


class QuotaForm(forms.Form):
    quota = forms.IntegerField(
        label=_("Quota (MiB)"),
        required=False,
        min_value=0,
        max_value=MAX_QUOTA,
        help_text=_("Empty: the limit of the service. 0: no limit."),
    )


@dataclass(frozen=True, slots=True)
class FormSection:
    """Some fields of a long form under a heading."""

    slug: str  # of its anchor
    title: str
    fields: list[forms.BoundField]

    @property
    def faulty(self) -> bool:
        return any(field.errors for field in self.fields)


class PolicyForm(forms.ModelForm):
    NUMBERS = ("lockout_threshold", "lockout_reset", "lockout_duration", "min_age", "max_age", "history")

    class Meta:
        model = PasswordPolicy
        fields = [
            "min_length",
            "symbol",
            "pieces",
            "forward_outside",
            "lockout_threshold",
            "lockout_reset",
            "lockout_duration",
            "lockout_everybody",
            "min_age",
            "max_age",
            "history",
            "change_first",
            "main_for_web",
        ]

    SECTIONS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
        ("passwords", _("What a password is made of"), ("min_length", "symbol", "pieces", "history")),
        ("changing", _("Changing passwords"), ("change_first", "min_age", "max_age")),
        (
            "lockout",
            _("Wrong passwords"),
            ("lockout_threshold", "lockout_reset", "lockout_duration", "lockout_everybody"),
        ),
        ("programs", _("Mail programs and phones"), ("main_for_web",)),
        ("forwarding", _("Forwarding"), ("forward_outside",)),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.NUMBERS:
            self.fields[name].required = False

    def sections(self) -> list[FormSection]:
        """Its fields by what they are about, each of them once."""
        return [FormSection(slug, title, [self[name] for name in names]) for slug, title, names in self.SECTIONS]

    def clean(self) -> dict[str, Any]:
        """A number that was left empty stays as it is."""
        data: dict[str, Any] = super().clean() or {}
        stored = PasswordPolicy.objects.filter(pk=self.instance.pk).first() or PasswordPolicy()
        for name in self.NUMBERS:
            if data.get(name) is None and name not in self.errors:
                data[name] = getattr(stored, name)
        return data


class UploadForm(forms.Form):
    """A file, or cells pasted from a spreadsheet."""

    file = forms.FileField(label=_("File"), required=False, help_text=_("CSV, XLSX, ODS or XLS."))
    cells = forms.CharField(
        label=_("…or paste cells from a spreadsheet"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "mono"}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and bool(data.get("file")) == bool(data.get("cells", "").strip()):
            raise forms.ValidationError(_("Choose a file, or paste cells."))
        return data
