"""What every provider can do, and how it says that something went wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from panel.metrics import count_calls

from ..rrset import RRset

# What a zone publishes at the names that were read, by (name, type). A name or type that is not there has no records.
type Published = Mapping[tuple[str, str], RRset]

# The record types that plans deal in, and those that stand in their way.
TYPES = ("CNAME", "MX", "TXT", "SRV", "A", "AAAA", "NS")


@dataclass(frozen=True, slots=True)
class Write:
    """One record set as it is now and as it shall be; None: none. At least one of the two is there."""

    before: RRset | None
    after: RRset | None

    @property
    def key(self) -> tuple[str, str]:
        rrset = self.after or self.before
        assert rrset is not None  # one of the two is there
        return rrset.name, rrset.type

    @property
    def reversed(self) -> Write:
        return Write(self.after, self.before)


class ProviderError(Exception):
    """A provider did not do what was asked. `code` is stable (see `domains.sentences`); `detail` is the provider's own
    word, never a secret; `done` counts the writes that were done before, of a provider that does them one by one."""

    def __init__(self, code: str, detail: str = "", *, done: int = 0) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail[:500]
        self.done = done


class Provider(ABC):
    """Names are absolute, lower case, with their final dot; zones have none. Everything raises ProviderError."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        """The operator sees how many calls there are, and how many fail."""
        super().__init_subclass__(**kwargs)
        for name in {"zones", "test", "read", "write"} & vars(cls).keys():
            setattr(cls, name, count_calls(cls.__module__.rpartition(".")[2], name, vars(cls)[name]))

    @abstractmethod
    def zones(self) -> list[str]:
        """All zones that can be changed here. Code `cannot-list` where the provider does not tell."""

    @abstractmethod
    def test(self, zone: str) -> None:
        """Whether `zone` can be read, and as far as one can tell without a change, written."""

    @abstractmethod
    def read(self, zone: str, names: Iterable[str]) -> Published:
        """What `zone` publishes at `names`: record sets of TYPES. Where a delegation below the apex takes one of the
        names away, the NS set of that delegation is among them, at its own name."""

    @abstractmethod
    def write(self, zone: str, writes: Sequence[Write], done: Callable[[int], None]) -> None:
        """Bring about `writes`, in their order. `done` is told how many are done by now.

        Refuses with `zone-changed` a zone in which a record set is neither as `before` nor as `after` says.
        """


def delegation(zone: str, name: str, published: Published) -> str | None:
    """The name below the apex of `zone` from where `name` is delegated away, if it is."""
    apex = f"{zone}."
    for owner, type_ in published:
        if type_ == "NS" and owner != apex and (name == owner or name.endswith(f".{owner}")):
            return owner
    return None


def require_room(zone: str, writes: Iterable[Write], published: Published) -> None:
    """Refuse with `zone-changed` where a record to be written would stand beside an alias, or below a delegation.

    Servers take such a record and say nothing, and nobody ever sees it.
    """
    writes = list(writes)
    after = published.keys() - {write.key for write in writes} | {write.key for write in writes if write.after}
    for write in writes:
        if write.after is None:
            continue
        name, type_ = write.key
        cut = delegation(zone, name, published)
        if cut is not None:
            raise ProviderError("zone-changed", f"{cut} NS")
        for owner, other in sorted(after):
            if owner == name and other != type_ and "CNAME" in (other, type_):
                raise ProviderError("zone-changed", f"{owner} {other}")


def removals_first(writes: Iterable[Write]) -> list[Write]:
    """An alias must be gone before other records can stand at its name, and the other way round."""
    return sorted(writes, key=lambda write: write.after is not None)
