"""The forms of rules and replies. What a verb refuses is shown beside the field that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panel.errors import Refused
from panel.forms import DateInput

from . import terms, words
from .terms import ReplyTerms, Rule, RuleAction, RuleCondition, RuleFault
from .usecases import RuleRefused

SPARE = 3  # empty lines below those that are filled in
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
NONE = [("", "–")]


class ConditionForm(forms.Form):
    """One line; without a choice of what it looks at it does not count."""

    subject = forms.ChoiceField(
        label=_("What"), required=False, choices=lambda: [*NONE, *words.choices(words.SUBJECTS)]
    )
    header = forms.CharField(label=_("Name of the header"), required=False, widget=forms.TextInput(PLAIN))
    comparison = forms.ChoiceField(label=_("How"), required=False, choices=lambda: words.choices(words.COMPARED))
    value = forms.CharField(
        label=_("Text or number"), required=False, strip=False, widget=forms.TextInput({"autocomplete": "off"})
    )

    @property
    def condition(self) -> RuleCondition | None:
        data = self.cleaned_data
        if not data.get("subject"):
            return None
        return RuleCondition(data["subject"], data["comparison"], data["value"], data["header"])


class ActionForm(forms.Form):
    deed = forms.ChoiceField(
        label=_("What to do"), required=False, choices=lambda: [*NONE, *words.choices(words.DEEDS)]
    )
    value = forms.CharField(label=_("Folder or address"), required=False, widget=forms.TextInput(PLAIN))

    @property
    def action(self) -> RuleAction | None:
        data = self.cleaned_data
        return RuleAction(data["deed"], data["value"]) if data.get("deed") else None


class RuleForm(forms.Form):
    """A rule with its lines of conditions and actions, of which there are always some empty ones."""

    name = forms.CharField(label=_("Name"), required=False, max_length=terms.NAME_LENGTH)
    match_any = forms.TypedChoiceField(
        label=_("When"),
        choices=[("all", _("all of these are true")), ("any", _("any of these is true"))],
        coerce=lambda text: text == "any",
        initial="all",
    )
    enabled = forms.BooleanField(label=_("The rule is on"), required=False, initial=True)

    def __init__(self, data: Any = None, *, rule: Rule | None = None) -> None:
        initial: dict[str, Any] = {}
        conditions: list[dict[str, str]] = []
        actions: list[dict[str, str]] = []
        if rule is not None:
            initial = {"name": rule.name, "match_any": "any" if rule.match_any else "all", "enabled": rule.enabled}
            conditions = [condition.stored() for condition in rule.conditions]
            actions = [action.stored() for action in rule.actions]
        super().__init__(data, initial=initial)
        self._said: dict[str, list[Any]] = {}  # lines that are filled in
        self.conditions = _lines(ConditionForm, "condition", data, conditions, terms.CONDITIONS_AT_MOST)
        self.actions = _lines(ActionForm, "action", data, actions, terms.ACTIONS_AT_MOST)

    def is_valid(self) -> bool:
        return all([super().is_valid(), *(line.is_valid() for line in (*self.conditions, *self.actions))])

    @property
    def rule(self) -> Rule:
        data = self.cleaned_data
        self._said = {
            "conditions": [line for line in self.conditions if line.condition is not None],
            "actions": [line for line in self.actions if line.action is not None],
        }
        return Rule(
            name=data["name"],
            conditions=tuple(line.condition for line in self._said["conditions"]),
            actions=tuple(line.action for line in self._said["actions"]),
            match_any=data["match_any"],
            enabled=data["enabled"],
        )

    def mark(self, fault: RuleFault) -> None:
        """Beside the field that it names, of the line that it names."""
        said = words.fault_said(fault)
        if fault.place is not None:
            self._said[fault.part][fault.place].add_error(fault.entry, said)
            if not self.non_field_errors():
                self.add_error(None, _("Something is wrong in the lines below."))
        else:
            self.add_error(fault.part if fault.part in self.fields else None, said)


class ReplyForm(forms.Form):
    enabled = forms.BooleanField(label=_("Answer automatically"), required=False, initial=True)
    starts = forms.DateField(label=_("First day"), required=False, widget=DateInput())
    ends = forms.DateField(label=_("Last day"), required=False, widget=DateInput())
    subject = forms.CharField(
        label=_("Subject"),
        required=False,
        max_length=terms.SUBJECT_LENGTH,
        help_text=_("Empty: “Auto:” and the subject of the message that is answered."),
    )
    text = forms.CharField(label=_("Text"), max_length=terms.TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 6}))
    audience = forms.ChoiceField(label=_("Who gets an answer"), choices=lambda: words.choices(words.AUDIENCES))
    days = forms.IntegerField(
        label=_("Days until the same sender gets another one"), min_value=1, max_value=terms.DAYS_AT_MOST, initial=7
    )

    @property
    def reply(self) -> ReplyTerms:
        return ReplyTerms(**self.cleaned_data)

    def mark(self, fault: RuleFault) -> None:
        self.add_error(fault.part if fault.part in self.fields else None, words.fault_said(fault))


def done_or_marked(form: RuleForm | ReplyForm, verb: Callable[[], object]) -> bool:
    """Whether the verb did it; what it refused stands beside the fields."""
    try:
        verb()
    except RuleRefused as refused:
        for fault in refused.faults:
            form.mark(fault)
        return False
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    return True


def _lines(kind: type[Any], prefix: str, data: Any, initial: Sequence[dict[str, str]], most: int) -> list[Any]:
    """As many as are filled in and some more; of a form that is sent, as many as it has."""
    number = min(most, len(initial) + SPARE)
    if data is not None:
        number = sum(f"{prefix}-{place}-value" in data for place in range(most))
    return [
        kind(data, prefix=f"{prefix}-{place}", initial=initial[place] if place < len(initial) else None)
        for place in range(number)
    ]
