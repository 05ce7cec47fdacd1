from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.forms import DateInput, NameField

from .models import Area, Event
from .models.webhooks import URL_LENGTH

LONGEST = timedelta(days=2 * 366)
WHAT = (("", _("no access")), ("read", _("read")), ("write", _("read and change")))


class NewToken(forms.Form):
    name = NameField(label=_("Name"), max_length=60, help_text=_("Which program will use it."))
    expires = forms.DateField(label=_("Works until"), widget=DateInput())

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.initial.setdefault("expires", timezone.localdate() + timedelta(days=365))
        for area in Area:
            self.fields[area.value] = forms.ChoiceField(label=area.label, choices=WHAT, required=False)

    def clean_expires(self) -> object:
        day = self.cleaned_data["expires"]
        if day > timezone.localdate() + LONGEST:
            raise forms.ValidationError(_("A token works for two years at most."))
        return day

    @property
    def scopes(self) -> list[str]:
        return [f"{area.value}:{what}" for area in Area if (what := self.cleaned_data.get(area.value))]


class NewWebhook(forms.Form):
    url = forms.CharField(
        label=_("Address"), max_length=URL_LENGTH, help_text=_("Such as https://billing.example.com/hook")
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=[(event.value, event.label) for event in Event if event is not Event.TEST],
        widget=forms.CheckboxSelectMultiple,
    )
