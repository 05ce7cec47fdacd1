"""Sentences for people: what a check's reason, its facts and its problems mean, in the reader's language.

Judges return codes and facts; only here do they become words. What came from the DNS is bounded here and escaped by
whoever prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from domains.names import to_unicode
from domains.records import Kind, Level
from domains.rules.beside import Beside
from domains.rules.verdicts import RED, Status, Verdict
from domains.rules.why import UNSAID, NsNotDelegated, Why, read_why

from .repair_words import ambiguities, dkim_notes, dmarc_notes, spf_notes
from .words import FAILURES, PROBLEMS, REASONS, STATUS_WORDS

MAX_ITEMS = 4  # of a list in one sentence
MAX_TEXT = 120  # characters of one item


def sentence(reason: str, facts: Mapping[str, object]) -> str:
    """One sentence that says what is the case; empty for a check in order."""
    words, why = REASONS.get(reason), read_why(reason, facts)
    return _fill(words.says, why) if words and why else ""


def consequence(reason: str, facts: Mapping[str, object]) -> str:
    """What follows from it and what to do."""
    words, why = REASONS.get(reason), read_why(reason, facts)
    return _fill(words.follows, why) if words and words.follows and why else ""


def whole(verdict: Verdict) -> str:
    """What there is to say where no page shows the rest: what is the case and, where no fix says it, what to do."""
    if verdict.status == Status.OK:
        return ""
    said = [sentence(verdict.reason, verdict.facts)]
    if verdict.status in RED and verdict.level == Level.REQUIRED and not verdict.fixes:
        beyond = _beyond(verdict.beside) or list(ambiguities(verdict.beside))
        said += beyond or [consequence(verdict.reason, verdict.facts)]
    if verdict.breaks_at is not None:
        at = date_format(localtime(verdict.breaks_at), "DATETIME_FORMAT")
        said.append(gettext("Will break by %(at)s: resolvers still have the right copy.") % {"at": at})
    return " ".join(filter(None, said))


def _beyond(beside: Beside) -> list[str]:
    """Why an SPF record has no fix, and what to do then."""
    if not beside.beyond:
        return []
    return [
        gettext(
            "The panel cannot fix this: with our entry added, %(problem)s. Remove from the record what is no longer "
            "needed, then check again."
        )
        % {"problem": problem(beside.beyond)}
    ]


def short(status: str, reason: str, facts: Mapping[str, object], *, intended: bool = False) -> str:
    """For a button's title: what is the case, or just that all is well."""
    if intended:
        return gettext("as intended")
    return sentence(reason, facts) or status_word(status)


def status_word(status: str) -> str:
    return str(STATUS_WORDS[Status(status)])


def problem(code: str) -> str:
    return str(PROBLEMS.get(code, code))  # type: ignore[call-overload]


def notes(kind: str, reason: str, facts: Mapping[str, object]) -> list[str]:
    """What else the facts say that a person should know, a sentence each."""
    said = []
    beside, why = Beside.read(facts), read_why(reason, facts)
    if beside.confirmed is False:
        said.append(_unconfirmed(why, beside))
    if beside.doubled:
        said.append(
            gettext(
                "Published under a doubled name: %(names)s. Most forms add the domain automatically; type only the "
                "part before it."
            )
            % {"names": _text(beside.doubled)}
        )
    if beside.zone_below:
        said.append(
            gettext("%(zone)s is a separate zone, on other name servers: %(servers)s. Publish its records there.")
            % {"zone": _text(beside.zone_below), "servers": _text(beside.zone_below_servers)}
        )
    if beside.left:
        said.append(
            gettext(
                "The changes below do not fix this: an MX record names an alias of the other system, %(hosts)s. Name "
                "the host that it leads to (%(targets)s), or have the alias replaced by addresses."
            )
            % {"hosts": _text(beside.left), "targets": _text(beside.left_targets)}
        )
    if beside.undotted:
        said.append(
            gettext(
                "%(hosts)s: the name of the zone was appended to the host name. In a form or file that does this, end"
                " the host name with a dot."
            )
            % {"hosts": _text(beside.undotted)}
        )
    if beside.circle:
        said.append(
            gettext("%(name)s is an alias that leads in a circle, so nothing can be found there.")
            % {"name": _text(beside.circle)}
        )
    if beside.until:
        said.append(
            gettext("The platform's host names have changed; the old ones are accepted until %(until)s.")
            % {"until": _text(beside.until)}
        )
    gone = beside.gone
    if lame := [host for host in beside.lame if host not in gone]:
        said.append(
            gettext("The parent zone delegates to name servers that do not know this zone: %(servers)s.")
            % {"servers": _text(lame)}
        )
    if gone:
        said.append(
            gettext("The parent zone delegates to name servers that do not exist: %(servers)s.")
            % {"servers": _text(gone)}
        )
    if beside.ns_above is not None:
        said.append(
            gettext(
                "The parent zone and the zone itself name different name servers: only above %(above)s, only in the "
                "zone %(here)s. Resolvers may believe either: make both the same."
            )
            % {"above": _text(beside.ns_above or UNSAID), "here": _text(beside.ns_here or UNSAID)}
        )
    if beside.misspelt:
        said.append(
            gettext(
                "Probably meant as an SPF record, but receivers do not recognise it: %(texts)s. It must begin with "
                "“v=spf1 ”."
            )
            % {"texts": _text(beside.misspelt)}
        )
    said += spf_notes(why, beside) if kind == Kind.SPF else ()
    said += dmarc_notes(beside) if kind == Kind.DMARC else ()
    said += dkim_notes(beside) if kind == Kind.DKIM else ()
    if kind == Kind.CNAME and beside.wildcard:
        said.append(
            gettext("A wildcard record (*) gives this answer: %(name)s itself is free, and its own record comes first.")
            % {"name": _text(beside.wildcard)}
        )
    if kind == Kind.CNAME and beside.others_tokens:
        said.append(others_tokens(facts))
    said += _of_spf_tree(beside)
    if beside.removed:
        said.append(
            gettext("The DMARC standard has dropped these tags, and receivers ignore them: %(tags)s.")
            % {"tags": _text(beside.removed)}
        )
    said += _beyond(beside)
    if kind == Kind.MX and beside.enters_elsewhere:
        said.append(gettext("Mail enters through the other system, which must pass unknown recipients on to this one."))
    return said


def others_tokens(facts: Mapping[str, object]) -> str:
    """Which published records prove the name for other customers; empty where none does."""
    names = Beside.read(facts).others_tokens
    if not names:
        return ""
    return gettext(
        "Another customer’s proof of this domain is published, too: %(names)s (CNAME). Remove it, unless both of you "
        "use the domain: as long as it is there, that customer can prove the domain again."
    ) % {"names": _text(names)}


def _unconfirmed(why: Why | None, beside: Beside) -> str:
    """Who should have confirmed what the resolvers say, and did not."""
    if isinstance(why, NsNotDelegated):
        words = gettext("Not confirmed by the name servers of %(zone)s: they gave no usable answer.")
        return words % {"zone": _text(why.zone)}
    if beside.unheard:
        return gettext("Not confirmed by the authoritative servers: no usable answer came from %(servers)s.") % {
            "servers": _text(beside.unheard)
        }
    return gettext("Not confirmed by the authoritative servers: the domain's name servers could not be found.")


def _of_spf_tree(beside: Beside) -> list[str]:
    """Where the faults of an SPF record and of all that it includes are, and what costs too much."""
    said = [
        gettext("%(term)s, at character %(position)s of the record of %(owner)s: %(problem)s.")
        % {
            "term": _item(fault["term"]),
            "position": int(fault["position"]) + 1,
            "owner": _item(fault["owner"]),
            "problem": problem(fault["problem"]),
        }
        for fault in beside.faults
    ]
    if beside.costs:
        said.append(
            gettext("DNS queries needed in the worst case: %(lookups)s. What costs most: %(costs)s.")
            % {"lookups": _text(beside.lookups), "costs": _text(beside.costs)}
        )
    if beside.crowded:
        said.append(gettext("More than 10 mail servers behind one term: %(terms)s.") % {"terms": _text(beside.crowded)})
    return said


def mx_warning(accounts: int) -> str:
    """What stands before every change that moves a domain's mail here."""
    return ngettext(
        "This change brings the domain's mail here. %(count)d account is configured here; mail to every other address "
        "will be refused.",
        "This change brings the domain's mail here. %(count)d accounts are configured here; mail to every other "
        "address will be refused.",
        accounts,
    ) % {"count": accounts}


def _fill(words: Any, why: Why) -> str:
    """The sentence with its facts in place; a test sees to it that none asks for what its reason does not have."""
    text = str(words)
    if "%(" not in text:
        return text
    facts = why.facts()
    filled = {key: _text(value) for key, value in facts.items()}
    if "failure" in facts:
        filled["failure"] = str(FAILURES.get(str(facts["failure"]), facts["failure"]))  # type: ignore[call-overload]
    if "then" in facts:
        # Its own facts are not kept, and read as a dash.
        filled["then"] = sentence(str(facts["then"]), facts)
    if "problem" in facts:
        filled["problem"] = problem(str(facts["problem"]))
    return text % filled


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        items = [_item(item) for item in value[:MAX_ITEMS]]
        if len(value) > MAX_ITEMS:
            rest = len(value) - MAX_ITEMS
            items.append(ngettext("%(count)d more", "%(count)d more", rest) % {"count": rest})
        return ", ".join(items)
    return _item(value)


def _item(value: object) -> str:
    text = to_unicode(str(value).removesuffix(".")) or str(value)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
