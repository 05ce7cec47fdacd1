"""Forms of the panel's own pages. What a verb refuses is shown beside the field that it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .errors import Refused
from .models import Organization, Platform, Role, User
from .models.organizations import NOT_PRINTABLE
from .texts import is_printable

MAX_QUOTA = 100_000_000  # MiB


def carried_out(form: forms.BaseForm, verb: Callable[[], Any]) -> bool:
    """Whether the verb did it; what it refused becomes an error of the form."""
    try:
        verb()
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return False
    return True


def printable(text: str) -> None:
    if not is_printable(text):
        raise ValidationError(NOT_PRINTABLE)


class NameField(forms.CharField):
    """A name of something or somebody, as others will read it."""

    default_validators = [printable]


class LinesField(forms.CharField):
    """Several values, one on a line; as Python a list."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = value if isinstance(value, list) else (value or "").replace(",", "\n").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def contacts_field() -> LinesField:
    return LinesField(
        label=_("Contacts"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "E-mail addresses, one on each line, at most ten. Each confirms by e-mail first, and is then notified "
            "when a domain needs attention and when it recovers."
        ),
    )


class NewOrganization(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=32, help_text=Organization._meta.get_field("code").help_text)
    name = NameField(label=_("Name"), max_length=150)
    owner = forms.EmailField(
        max_length=254,
        label=_("First owner's e-mail address"),
        required=False,
        help_text=_("Receives an invitation; you can also copy its link."),
    )
    contacts = contacts_field()


class EditOrganization(forms.Form):
    """What its owners decide."""

    contacts = contacts_field()
    notify = forms.BooleanField(
        label=_("Notify the contacts when a domain needs attention and when it recovers"), required=False
    )


class EditOrganizationByStaff(EditOrganization):
    name = NameField(label=_("Name"), max_length=150)
    field_order = ["name", "contacts", "notify"]


class Invite(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.TECHNICIAN)


class ChangeRole(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class Join(forms.Form):
    """Someone new accepts an invitation."""

    name = NameField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("Password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        from django.contrib.auth.password_validation import validate_password

        data: dict[str, Any] = super().clean() or {}
        password = data.get("password", "")
        if password and "again" in data and data["again"] != password:
            self.add_error("again", _("The two passwords differ."))
        if password:
            try:
                validate_password(password, User(email=self.email, name=data.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class Yourself(forms.ModelForm):
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("as the browser asks")), *settings.LANGUAGES]
    )

    class Meta:
        model = User
        fields = ["name", "language"]
        field_classes = {"name": NameField}


class QuotaField(forms.IntegerField):
    """MiB; empty stands for 0, without limit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_QUOTA, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "" if value == 0 else value

    def clean(self, value: Any) -> int:
        return super().clean(value) or 0


class EditService(forms.Form):
    """What its owners decide."""

    display_name = NameField(
        label=_("Display name"),
        max_length=250,
        required=False,
        help_text=_("Shown beside the service's name, for instance the department that uses it."),
    )


class EditServiceByStaff(EditService):
    platform = forms.ModelChoiceField(
        label=_("Platform"),
        queryset=Platform.objects.all(),
        empty_label=None,
        help_text=_("Can be changed while no account is configured. The service keeps its name."),
    )
    account_limit = forms.IntegerField(
        label=_("Limit of accounts"),
        required=False,
        min_value=0,
        max_value=1_000_000_000,
        help_text=_("Empty: no limit."),
    )
    quota = QuotaField(
        label=_("Quota of a mailbox (MiB)"),
        required=False,
        help_text=_("For every account that has none of its own. Empty: no limit."),
    )
    dkim_rotation_days = forms.IntegerField(
        label=_("New DKIM keys every (days)"),
        required=False,
        min_value=30,
        max_value=3650,
        help_text=_("In zones that the panel manages. Empty: only on request."),
    )
    renews_on = forms.DateField(label=_("Renews on"), required=False, widget=DateInput())


class OrganizationField(forms.CharField):
    """An active organization, by its code or its whole name; while it is typed, those that match are offered."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        names = reverse_lazy("panel:staff_organization_names")
        return {
            **super().widget_attrs(widget),
            "list": "organization-names",
            "autocomplete": "off",
            "autocapitalize": "none",
            "spellcheck": "false",
            "hx-get": names,
            "hx-trigger": "input changed delay:150ms, focus once",
            "hx-target": "#organization-names",
            "hx-swap": "innerHTML",
        }

    def clean(self, value: Any) -> Organization:
        text = str(super().clean(value))
        active = Organization.objects.filter(state=Organization.State.ACTIVE)
        found = list(active.filter(code=text.lower())[:1]) or list(active.filter(name__iexact=text)[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise forms.ValidationError(_("Several organizations have this name: type the code."))
        raise forms.ValidationError(_("There is no active organization with this code or name."))


class NewService(forms.Form):
    organization = OrganizationField(
        label=_("Organization"), max_length=150, help_text=_("Type part of its name or code.")
    )
    platform = forms.ModelChoiceField(label=_("Platform"), queryset=Platform.objects.all(), empty_label=None)
    slots = forms.IntegerField(
        label=_("Accounts to configure"), min_value=0, max_value=100_000, initial=0, required=False
    )
    display_name = NameField(label=_("Display name"), max_length=250, required=False)
    account_limit = forms.IntegerField(
        label=_("Limit of accounts"),
        required=False,
        min_value=0,
        max_value=1_000_000_000,
        help_text=_("Empty: no limit."),
    )
    renews_on = forms.DateField(label=_("Renews on"), required=False, widget=DateInput())


class EndOn(forms.Form):
    day = forms.DateField(label=_("Ends on"), widget=DateInput())


class NewStaff(forms.Form):
    name = NameField(label=_("Name"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)


class EditUser(forms.Form):
    name = NameField(label=_("Name"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    is_active = forms.BooleanField(label=_("May sign in"), required=False)
    is_staff = forms.BooleanField(
        label=_("Staff"), required=False, help_text=_("Can view and change every organization.")
    )


class EditPlatform(forms.ModelForm):
    mx_hosts = LinesField(
        label=_("MX hosts, in order"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on each line, the preferred one first."),
    )
    outbound_addresses = LinesField(
        label=_("Outbound addresses"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("IPv4 and IPv6 addresses that send mail, one on each line. SPF must pass for each of them."),
    )

    class Meta:
        model = Platform
        fields = [
            "name",
            "is_default",
            "mx_hosts",
            "imap_host",
            "smtp_host",
            "webmail_host",
            "autodiscover_host",
            "verification_host",
            "spf_include",
            "outbound_addresses",
        ]
        help_texts = {
            "imap_host": _("Incoming mail, SSL/TLS on port 993. Shown as the service's server."),
            "smtp_host": _("Outgoing mail, STARTTLS on port 587."),
            "autodiscover_host": _("Target of SRV records and autodiscover names."),
            "verification_host": _("Target of the CNAME that verifies a domain."),
            "spf_include": _("The name that domains include in their SPF record; it must list the outbound addresses."),
        }

    def _post_clean(self) -> None:
        """The model's verbs validate; nothing is written to the instance here."""


class NewPlatform(EditPlatform):
    class Meta(EditPlatform.Meta):
        fields = ["slug", "kind", *EditPlatform.Meta.fields]
        help_texts = EditPlatform.Meta.help_texts | {
            "slug": _("Short name for addresses of pages and the command line; cannot be changed."),
            "kind": _("Decides how services are called: emailpro-… or mxplan-…; cannot be changed."),
        }


class ChangePlatform(EditPlatform):
    previous_until = forms.DateField(
        label=_("Old host names accepted until"),
        required=False,
        widget=DateInput(),
        help_text=_(
            "Needed when a host changes: until that day domains that still point to the old ones stay green, with "
            "the advice to change them."
        ),
    )

    def clean_previous_until(self) -> Any:
        day = self.cleaned_data["previous_until"]
        if day and day < timezone.localdate() and day != self.instance.previous_until:
            raise forms.ValidationError(_("This day has passed."))
        return day
