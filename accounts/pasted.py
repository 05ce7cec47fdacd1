"""What is wrong with addresses that were pasted, each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from panel.errors import Refused

from .words import fault_words


@dataclass(frozen=True, slots=True)
class RefusedAddress:
    """What was written, and why it cannot be taken: a code with its facts."""

    text: str
    code: str
    facts: Mapping[str, str | int]

    def __str__(self) -> str:
        return f"{self.text[:80]}: {fault_words(self.code, self.facts)}"


class AddressesRefused(Refused):
    """Nothing was done: each of these is to be put right, or left out."""

    def __init__(self, faults: Sequence[RefusedAddress], *, field: str = "addresses") -> None:
        super().__init__(faults[0].code, "\n".join(map(str, faults)), field=field)
        self.faults = faults
