"""The DMARC policy that was meant by records that were not in effect: a step of its own, once one record is. Pure.

A change of a zone tells it by itself: what stood there, and what stands there since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..dmarc import Request, is_dmarc, parse_dmarc
from ..dmarc_repair import meant_policies, policies_at, repair_policies
from ..providers import Write
from ..rrset import Action, Fix, RRset, quote_txt, txt_text

PREFIX = "_dmarc."


@dataclass(frozen=True, slots=True)
class MeantPolicy:
    """`published`: the record set as it is since the change; `fixes` put `record` in place of its policy."""

    policy: Request
    record: str
    published: RRset
    fixes: tuple[Fix, ...]


def meant_policy(writes: Iterable[Write]) -> MeantPolicy | None:
    """What to offer after a change that wrote the mildest of what was meant; None where nothing stricter was."""
    texts_gone: list[str] = []
    mild: RRset | None = None
    for write in writes:
        before = write.before.values if write.before is not None and write.before.type == "TXT" else ()
        texts = meant_policies((value, txt_text(value)) for value in before)
        its = write.after or write.before
        if its is None or its.type != "TXT" or not its.name.startswith(PREFIX):
            continue
        if write.after is None or not _policies(write.after):
            texts_gone += texts.values()  # a slip that went
            continue
        if policies_at(before)[0]:
            return None  # it was in effect before
        mild = write.after
        texts_gone += texts.values()
    if mild is None or not texts_gone or len(_policies(mild)) != 1:
        return None
    value = _policies(mild)[0]
    repaired = repair_policies(texts_gone)
    if repaired.meant is None or parse_dmarc(txt_text(value)).p != parse_dmarc(repaired.text).p:
        return None
    fixes = (
        Fix(Action.REMOVE, mild.name, "TXT", mild.ttl, (value,)),
        Fix(Action.ADD, mild.name, "TXT", mild.ttl, (quote_txt(repaired.meant_text),)),
    )
    return MeantPolicy(repaired.meant, repaired.meant_text, mild, fixes)


def _policies(rrset: RRset) -> list[str]:
    return [value for value in rrset.values if is_dmarc(txt_text(value))]
