"""Rules and replies in plain language."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from ..shown import shown
from ..words import FAULTS as ADDRESS_FAULTS
from ..words import fault_words
from .terms import Audience, Comparison, Deed, ReplyTerms, Rule, RuleAction, RuleCondition, RuleFault, Subject

FAULTS: dict[str, Promise | str] = {
    "rule-gone": gettext_lazy("This rule has been deleted in the meantime."),
    "rule-name": gettext_lazy("At most %(limit)s characters, without line breaks."),
    "rule-no-conditions": gettext_lazy("Give at least one condition."),
    "rule-no-actions": gettext_lazy("Choose at least one thing to do."),
    "rule-many-conditions": gettext_lazy("At most %(limit)s conditions."),
    "rule-many-actions": gettext_lazy("At most %(limit)s actions."),
    "rule-choice": gettext_lazy("Choose one of those that are offered."),
    "rule-comparison": gettext_lazy("This cannot be compared so."),
    "rule-header": gettext_lazy("A header's name has letters, digits and hyphens: List-Id."),
    "rule-size": gettext_lazy("A number of kilobytes, from 1 to %(limit)s."),
    "rule-empty": gettext_lazy("Something is missing here."),
    "rule-value": gettext_lazy("At most %(limit)s characters, without line breaks."),
    "rule-folder": gettext_lazy(
        "A folder's name has at most %(limit)s characters, and none of . \\ * %% ~ & # \"; a / divides folders from those inside them."  # noqa: E501
    ),
    "rule-ends-twice": gettext_lazy("A message is moved, kept in the inbox, or deleted: choose one of these."),
    "rule-action-twice": gettext_lazy("The same action is there twice."),
    "rules-many": gettext_lazy("An account has at most %(limit)s rules."),
    "rules-forward-many": gettext_lazy("The rules of an account forward to at most %(limit)s addresses."),
    "rules-large": gettext_lazy("What all rules of an account look for has at most %(limit)s characters together."),
    "reply-subject": gettext_lazy("At most %(limit)s characters, without line breaks."),
    "reply-empty": gettext_lazy("The text is missing."),
    "reply-long": gettext_lazy("At most %(limit)s characters."),
    "reply-characters": gettext_lazy("The text has characters that cannot be printed."),
    "reply-ends-before": gettext_lazy("The last day is before the first."),
    "reply-year": gettext_lazy("A day from 2000 to 2100."),
    "reply-days": gettext_lazy("A number of days, from 1 to %(limit)s."),
}

SUBJECTS: dict[str, Promise | str] = {
    Subject.FROM: pgettext_lazy("header of a message", "From"),
    Subject.TO: gettext_lazy("To or Cc"),
    Subject.SUBJECT: gettext_lazy("Subject"),
    Subject.HEADER: gettext_lazy("Header"),
    Subject.SIZE: gettext_lazy("Size (kB)"),
    Subject.ATTACHMENT: gettext_lazy("Attachment"),
    Subject.LIST: gettext_lazy("Mailing list"),
}
COMPARED: dict[str, Promise | str] = {
    Comparison.CONTAINS: gettext_lazy("contains"),
    Comparison.IS: gettext_lazy("is"),
    Comparison.BEGINS: gettext_lazy("begins with"),
    Comparison.ENDS: gettext_lazy("ends with"),
    Comparison.CONTAINS_NOT: gettext_lazy("does not contain"),
    Comparison.IS_NOT: gettext_lazy("is not"),
    Comparison.OVER: gettext_lazy("is over"),
    Comparison.UNDER: gettext_lazy("is under"),
    Comparison.YES: pgettext_lazy("condition of a rule", "yes"),
    Comparison.NO: pgettext_lazy("condition of a rule", "no"),
}
DEEDS: dict[str, Promise | str] = {
    Deed.MOVE: gettext_lazy("Move to a folder"),
    Deed.COPY: gettext_lazy("Put a copy into a folder"),
    Deed.READ: gettext_lazy("Mark as read"),
    Deed.FLAG: gettext_lazy("Flag"),
    Deed.FORWARD: gettext_lazy("Forward to an address"),
    Deed.KEEP: gettext_lazy("Keep in the inbox"),
    Deed.DISCARD: gettext_lazy("Delete at once"),
    Deed.STOP: gettext_lazy("Apply no further rules"),
}
AUDIENCES: dict[str, Promise | str] = {
    Audience.EVERYBODY: gettext_lazy("Everybody"),
    Audience.ORGANIZATION: gettext_lazy("Only senders at this organization's domains"),
}

# Sentences as a whole, so that every language can put its words as it likes.
_TEXTS: dict[str, Promise | str] = {
    Comparison.CONTAINS: gettext_lazy("%(what)s contains “%(value)s”"),
    Comparison.IS: gettext_lazy("%(what)s is “%(value)s”"),
    Comparison.BEGINS: gettext_lazy("%(what)s begins with “%(value)s”"),
    Comparison.ENDS: gettext_lazy("%(what)s ends with “%(value)s”"),
    Comparison.CONTAINS_NOT: gettext_lazy("%(what)s does not contain “%(value)s”"),
    Comparison.IS_NOT: gettext_lazy("%(what)s is not “%(value)s”"),
}
_PLAIN: dict[tuple[str, str], Promise | str] = {
    (Subject.SIZE, Comparison.OVER): gettext_lazy("the message is larger than %(value)s kB"),
    (Subject.SIZE, Comparison.UNDER): gettext_lazy("the message is smaller than %(value)s kB"),
    (Subject.ATTACHMENT, Comparison.YES): gettext_lazy("the message has an attachment"),
    (Subject.ATTACHMENT, Comparison.NO): gettext_lazy("the message has no attachment"),
    (Subject.LIST, Comparison.YES): gettext_lazy("the message comes from a mailing list"),
    (Subject.LIST, Comparison.NO): gettext_lazy("the message does not come from a mailing list"),
}
_DONE: dict[str, Promise | str] = {
    Deed.MOVE: gettext_lazy("move it to “%(value)s”"),
    Deed.COPY: gettext_lazy("put a copy into “%(value)s”"),
    Deed.READ: gettext_lazy("mark it as read"),
    Deed.FLAG: gettext_lazy("flag it"),
    Deed.FORWARD: gettext_lazy("forward it to %(value)s"),
    Deed.KEEP: gettext_lazy("keep it in the inbox"),
    Deed.DISCARD: gettext_lazy("delete it"),
    Deed.STOP: gettext_lazy("apply no further rules"),
}


def fault_said(fault: RuleFault) -> str:
    if fault.code in ADDRESS_FAULTS:
        return fault_words(fault.code, fault.facts)
    return str(FAULTS[fault.code]) % fault.facts


def sentence(rule: Rule) -> str:
    """When Subject contains “invoice”: move it to “Invoices”, apply no further rules."""
    conditions = [_condition(condition) for condition in rule.conditions]
    join = _(" or ") if rule.match_any else _(" and ")
    actions = ", ".join(_action(action) for action in rule.actions)
    return _("When %(conditions)s: %(actions)s.") % {"conditions": join.join(conditions), "actions": actions}


def reply_sentence(reply: ReplyTerms) -> str:
    """On which days, whom, and how often."""
    days = {
        "starts": date_format(reply.starts, "DATE_FORMAT") if reply.starts else "",
        "ends": date_format(reply.ends, "DATE_FORMAT") if reply.ends else "",
    }
    if reply.starts and reply.ends:
        when = _("From %(starts)s to %(ends)s") % days
    elif reply.starts:
        when = _("From %(starts)s on") % days
    elif reply.ends:
        when = _("Until %(ends)s") % days
    else:
        when = _("Until it is switched off")
    inside = reply.audience == Audience.ORGANIZATION
    whom = _("senders at this organization's domains") if inside else _("all who write")
    often = ngettext("once a day each", "once in %(n)d days each", reply.days) % {"n": reply.days}
    return _("%(when)s %(whom)s get an answer, %(often)s.") % {"when": when, "whom": whom, "often": often}


def _condition(condition: RuleCondition) -> str:
    plain = _PLAIN.get((condition.subject, condition.comparison))
    if plain is not None:
        return str(plain) % {"value": condition.value}
    header = condition.subject == Subject.HEADER
    what = f"{condition.header}:" if header else str(SUBJECTS[condition.subject])
    return str(_TEXTS[condition.comparison]) % {"what": what, "value": condition.value}


def _action(action: RuleAction) -> str:
    value = shown(action.value) if action.deed == Deed.FORWARD else action.value
    return str(_DONE[action.deed]) % {"value": value}


def choices(words: dict[str, Promise | str], of: Sequence[str] | None = None) -> list[tuple[str, Promise | str]]:
    return [(str(key), text) for key, text in words.items() if of is None or key in of]
