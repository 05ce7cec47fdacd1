"""What else a person should know of a verdict, whatever its reason: all of it optional. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

type Said = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Facts that stand beside a reason (`why.py`). What was not set is not stored."""

    confirmed: bool | None = None  # red, and seen at the authoritative servers (False: those did not tell)
    unheard: Sequence[str] = ()  # where not confirmed: servers that did not tell; none where none could be found
    about: str = ""  # "name type": the question that the witnesses answered
    doubled: Sequence[str] = ()  # names published with the domain's name twice
    until: str = ""  # ISO date: hosts of the platform's previous names are accepted until then
    undotted: Sequence[str] = ()  # hosts of ours, with the zone's name behind them
    circle: str = ""  # an alias that leads in a circle
    others: bool = False  # what is wrong belongs to the other half of a split domain
    made_up: Sequence[str] = ()  # "name type": found, but by a wildcard, which ends once the fixes are published
    published: Said = ()  # propagating: the record sets that are right, as the authoritative servers have them
    zone_below: str = ""  # a zone cut off below the domain's own, which the changes belong into
    zone_below_servers: Sequence[str] = ()

    # NS
    lame: Sequence[str] = ()  # "host (address)": delegated to, without knowing the zone; or hosts that do not exist
    gone: Sequence[str] = ()  # those that do not exist
    ns_above: Sequence[str] | None = None  # name servers that only the parent names
    ns_here: Sequence[str] | None = None  # those that only the zone itself names

    # CNAME
    proof: bool | None = None  # True: seen at the delegated name servers; only then a domain may be verified
    zone: str | None = None  # where it was seen
    wildcard: str = ""  # the name for which only a wildcard answers
    others_tokens: Sequence[str] = ()  # published names that prove the domain for other organizations

    # MX
    accounts: int | None = None  # configured here
    moves_mail: bool | None = None  # mail goes elsewhere now, and the fix brings it here
    enters_elsewhere: bool | None = None  # split domain: no host is ours
    left: Sequence[str] = ()  # split domain, beside fixes: aliases of the other system that these do not mend
    left_targets: Sequence[str] = ()  # where they lead
    dead: Sequence[str] = ()  # split domain in order: hosts of the other system without an address

    # SPF
    misspelt: Sequence[str] = ()  # texts that were meant as an SPF record
    changes: Said | None = None  # what the fix does to the record: kind (ChangeKind), term, into
    ambiguous: Said = ()  # without fixes: code (AmbiguityCode), term, readings (what may have been meant)
    slip: str = ""  # ChangeKind or AmbiguityCode: what is amiss with the term of the error
    senders: int | None = None  # 4 or 6: only senders on that IP version run into the error
    ignored: Said = ()  # modifiers that were meant as mechanisms (`include=`): term, meant
    faults: Said = ()  # in the whole tree: problem, owner, term, position
    lookups: int | None = None  # of the whole tree, where it costs too much
    voids: int | None = None
    costs: Sequence[str] | None = None  # "term (look-ups)", the dearest first
    crowded: Sequence[str] = ()  # "mx term (names)", those with too many
    beyond: str = ""  # Problem: what the mended record would run into, so that there is no fix

    # DKIM and DMARC
    alias: str = ""  # a name that is an alias of `alias_target`, which holds nothing
    alias_target: str = ""
    obstacles: Said = ()  # on DKIM: code (DkimFaultCode), tag, value
    policy_name: str = ""  # on DMARC in order: where the policy is, if not at the domain's own name
    tags: Said = ()  # on DMARC: code (DmarcNoteCode), tag, value: what is amiss in the record
    removed: Sequence[str] = ()  # on DMARC: tags that RFC 9989 removed
    policy_changes: Said | None = None  # on DMARC: what the fix does: kind (PolicyChangeKind), tag, old, new
    meant_policy: str = ""  # on DMARC: asked for but not in effect, to be offered apart
    meant_record: str = ""

    def facts(self) -> dict[str, Any]:
        """As JSON values."""
        return {name: value for name, unset in _UNSET if (value := getattr(self, name)) != unset}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Self:
        return cls(**{name: facts[name] for name, _ in _UNSET if name in facts})


_UNSET = tuple((each.name, each.default) for each in fields(Beside))
NOTHING = Beside()
