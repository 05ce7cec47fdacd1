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
from domains.rules.verdicts import RED, Status, Verdict

from .repair_words import dkim_notes, dmarc_notes, spf_notes
from .words import FAILURES, PROBLEMS, REASONS, STATUS_WORDS

MAX_ITEMS = 4  # of a list in one sentence
MAX_TEXT = 120  # characters of one item


def sentence(reason: str, facts: Mapping[str, object]) -> str:
    """One sentence that says what is the case; empty for a check in order."""
    words = REASONS.get(reason)
    return _fill(words.says, facts) if words else ""


def consequence(reason: str, facts: Mapping[str, object]) -> str:
    """What follows from it and what to do."""
    words = REASONS.get(reason)
    return _fill(words.follows, facts) if words and words.follows else ""


def whole(verdict: Verdict) -> str:
    """What there is to say where no page shows the rest: what is the case and, where no fix says it, what to do."""
    if verdict.status == Status.OK:
        return ""
    said = [sentence(verdict.reason, verdict.facts)]
    if verdict.status in RED and verdict.level == Level.REQUIRED and not verdict.fixes:
        beyond = _beyond(verdict.facts) or list(spf_notes({"ambiguous": verdict.facts.get("ambiguous", [])}))
        said += beyond or [consequence(verdict.reason, verdict.facts)]
    if verdict.breaks_at is not None:
        at = date_format(localtime(verdict.breaks_at), "DATETIME_FORMAT")
        said.append(gettext("Will break by %(at)s: resolvers still have the right copy.") % {"at": at})
    return " ".join(filter(None, said))


def _beyond(facts: Mapping[str, object]) -> list[str]:
    """Why an SPF record has no fix, and what to do then."""
    beyond = facts.get("beyond")
    if not beyond:
        return []
    return [
        gettext(
            "The panel cannot fix this: with our entry added, %(problem)s. Remove from the record what is no longer "
            "needed, then check again."
        )
        % {"problem": problem(str(beyond))}
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


def notes(kind: str, facts: Mapping[str, object]) -> list[str]:
    """What else the facts say that a person should know, a sentence each."""
    said = []
    if facts.get("confirmed") is False:
        said.append(_unconfirmed(kind, facts))
    if doubled := facts.get("doubled"):
        said.append(
            gettext(
                "Published under a doubled name: %(names)s. Most forms add the domain automatically; type only the "
                "part before it."
            )
            % {"names": _text(doubled)}
        )
    if zone_below := facts.get("zone_below"):
        said.append(
            gettext("%(zone)s is a separate zone, on other name servers: %(servers)s. Publish its records there.")
            % {"zone": _text(zone_below), "servers": _text(facts.get("zone_below_servers", []))}
        )
    if left := facts.get("left"):
        said.append(
            gettext(
                "The changes below do not fix this: an MX record names an alias of the other system, %(hosts)s. Name "
                "the host that it leads to (%(targets)s), or have the alias replaced by addresses."
            )
            % {"hosts": _text(left), "targets": _text(facts.get("left_targets", []))}
        )
    if undotted := facts.get("undotted"):
        said.append(
            gettext(
                "%(hosts)s: the name of the zone was appended to the host name. In a form or file that does this, end"
                " the host name with a dot."
            )
            % {"hosts": _text(undotted)}
        )
    if circle := facts.get("circle"):
        said.append(
            gettext("%(name)s is an alias that leads in a circle, so nothing can be found there.")
            % {"name": _text(circle)}
        )
    if until := facts.get("until"):
        said.append(
            gettext("The platform's host names have changed; the old ones are accepted until %(until)s.")
            % {"until": _text(until)}
        )
    gone = facts.get("gone") or []
    if lame := _without(facts.get("lame"), gone):
        said.append(
            gettext("The parent zone delegates to name servers that do not know this zone: %(servers)s.")
            % {"servers": _text(lame)}
        )
    if gone:
        said.append(
            gettext("The parent zone delegates to name servers that do not exist: %(servers)s.")
            % {"servers": _text(gone)}
        )
    if "ns_above" in facts:
        said.append(
            gettext(
                "The parent zone and the zone itself name different name servers: only above %(above)s, only in the "
                "zone %(here)s. Resolvers may believe either: make both the same."
            )
            % {"above": _text(facts["ns_above"] or "–"), "here": _text(facts.get("ns_here") or "–")}
        )
    if misspelt := facts.get("misspelt"):
        said.append(
            gettext(
                "Probably meant as an SPF record, but receivers do not recognise it: %(texts)s. It must begin with "
                "“v=spf1 ”."
            )
            % {"texts": _text(misspelt)}
        )
    said += spf_notes(facts) if kind == Kind.SPF else ()
    said += dmarc_notes(facts) if kind == Kind.DMARC else ()
    said += dkim_notes(facts) if kind == Kind.DKIM else ()
    if kind == Kind.CNAME and (wildcard := facts.get("wildcard")):
        said.append(
            gettext("A wildcard record (*) gives this answer: %(name)s itself is free, and its own record comes first.")
            % {"name": _text(wildcard)}
        )
    said += _of_spf_tree(facts)
    if removed := facts.get("removed"):
        said.append(
            gettext("The DMARC standard has dropped these tags, and receivers ignore them: %(tags)s.")
            % {"tags": _text(removed)}
        )
    said += _beyond(facts)
    if kind == Kind.MX and facts.get("enters_elsewhere"):
        said.append(gettext("Mail enters through the other system, which must pass unknown recipients on to this one."))
    return said


def _without(hosts: object, others: object) -> list[object]:
    gone = others if isinstance(others, list) else []
    return [host for host in hosts if host not in gone] if isinstance(hosts, list) else []


def _unconfirmed(kind: str, facts: Mapping[str, object]) -> str:
    """Who should have confirmed what the resolvers say, and did not."""
    if kind == Kind.NS:
        words = gettext("Not confirmed by the name servers of %(zone)s: they gave no usable answer.")
        return words % {"zone": _text(facts.get("zone"))}
    if unheard := facts.get("unheard"):
        return gettext("Not confirmed by the authoritative servers: no usable answer came from %(servers)s.") % {
            "servers": _text(unheard)
        }
    return gettext("Not confirmed by the authoritative servers: the domain's name servers could not be found.")


def _of_spf_tree(facts: Mapping[str, object]) -> list[str]:
    """Where the faults of an SPF record and of all that it includes are, and what costs too much."""
    faults = facts.get("faults")
    said = [
        gettext("%(term)s, at character %(position)s of the record of %(owner)s: %(problem)s.")
        % {
            "term": _item(fault["term"]),
            "position": int(fault["position"]) + 1,
            "owner": _item(fault["owner"]),
            "problem": problem(fault["problem"]),
        }
        for fault in (faults if isinstance(faults, list) else [])
    ]
    if costs := facts.get("costs"):
        said.append(
            gettext("DNS queries needed in the worst case: %(lookups)s. What costs most: %(costs)s.")
            % {"lookups": _text(facts.get("lookups")), "costs": _text(costs)}
        )
    if crowded := facts.get("crowded"):
        said.append(gettext("More than 10 mail servers behind one term: %(terms)s.") % {"terms": _text(crowded)})
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


class _Facts(dict[str, str]):
    """A fact that a judge did not give reads as a dash rather than breaking the page."""

    def __missing__(self, key: str) -> str:
        return "–"


def _fill(words: Any, facts: Mapping[str, object]) -> str:
    text = str(words)
    if "%(" not in text:
        return text
    filled = _Facts({key: _text(value) for key, value in facts.items()})
    if "%(failure)" in text:
        filled["failure"] = str(FAILURES.get(str(facts.get("failure")), facts.get("failure", "")))  # type: ignore[call-overload]
    if "%(then)" in text:
        filled["then"] = sentence(str(facts.get("then", "")), facts)
    if "%(problem)" in text:
        filled["problem"] = problem(str(facts.get("problem", "")))
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
