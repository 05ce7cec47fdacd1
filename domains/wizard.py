"""The state of the attach wizard, which lives in the address of the page: Back, reload and a second tab just work, and
nothing is written before the last step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from panel.secrets import decrypt, encrypt

from .facts import with_keys_of
from .keys import Identity, new_identity
from .models import Domain, Ownership
from .models.domains import mode_or_refuse, name_or_refuse
from .platforms import platform_facts
from .records import DomainFacts, Kind, Mode, PlatformFacts
from .zones.planning import BOXES, usual_boxes

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase
    from django.http import QueryDict

    from panel.models import Service

SESSION_KEY = "attach_identity"
NOW, LATER = "now", "later"


@dataclass(frozen=True, slots=True)
class Choice:
    """What has been chosen so far. `name` is an A-label name; an empty text: not chosen yet."""

    name: str
    mode: str = ""
    target: str = ""
    boxes: tuple[Kind, ...] = BOXES
    removals: bool = False  # records of others may go
    mx: str = ""  # "now" or "later", where the MX takes live mail from someone
    plan: str = ""  # fingerprint of the plan that was shown; empty: no records are written
    seen: bool = False  # the boxes have been shown: those that are not there are not ticked

    @classmethod
    def read(cls, data: QueryDict) -> Choice:
        """Raises Refused where the name is none."""
        seen = "seen" in data
        ticked = set(data.getlist("box"))
        mx, mode = data.get("mx", ""), data.get("mode", "")
        return cls(
            name=name_or_refuse(data.get("name", "")),
            mode=str(mode_or_refuse(mode)) if mode else "",
            target=data.get("target", "").strip()[:300],
            boxes=tuple(kind for kind in BOXES if kind.value in ticked) if seen else usual_boxes(mode),
            removals="removals" in data,
            mx=mx if mx in {NOW, LATER} else "",
            plan=data.get("plan", "")[:64],
            seen=seen,
        )

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """As names and values of a query or of hidden fields."""
        pairs = [
            ("name", self.name),
            ("mode", self.mode),
            ("target", self.target),
            ("mx", self.mx),
            ("plan", self.plan),
        ]
        pairs += [("box", kind.value) for kind in self.boxes] if self.seen else []
        pairs += [("seen", "1")] if self.seen else []
        pairs += [("removals", "1")] if self.removals else []
        return [(name, value) for name, value in pairs if value]

    @property
    def query(self) -> str:
        return "?" + urlencode(self.pairs)

    def but(self, **changes: Any) -> Choice:
        return replace(self, **changes)


def facts_before(
    choice: Choice, service: Service, session: SessionBase, today: Any
) -> tuple[DomainFacts, PlatformFacts]:
    """The facts on a domain that is not attached yet, with the token and the key that it will have."""
    ownership = Ownership.objects.filter(organization=service.organization, name__name=choice.name).first()
    identity = candidate(session, service, choice.name)
    facts = DomainFacts(
        name=choice.name,
        mode=Mode(choice.mode),
        target=choice.target,
        token=ownership.token if ownership else identity.token,
        dkim={identity.selector: identity.public_key},
        managed=True,
    )
    return with_keys_of(ownership, facts), platform_facts(service.platform, today)


def candidate(session: SessionBase, service: Service, name: str) -> Identity:
    """The token and key that `name` gets if it is attached and new to the organization: the same at every step.

    They wait in the session, the private key encrypted.
    """
    owner = f"{service.organization_id}:{name}"
    kept = session.get(SESSION_KEY)
    if kept and kept["for"] == owner:
        return Identity(kept["token"], kept["selector"], decrypt(kept["private_key"]), kept["public_key"])
    identity = new_identity()
    session[SESSION_KEY] = {
        "for": owner,
        "token": identity.token,
        "selector": identity.selector,
        "private_key": encrypt(identity.private_key),
        "public_key": identity.public_key,
    }
    return identity


def forget_candidate(session: SessionBase) -> None:
    session.pop(SESSION_KEY, None)


def attached_here(service: Service, name: str) -> bool:
    return Domain.objects.filter(service=service, name__name=name).exists()
