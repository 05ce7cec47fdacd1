"""What becomes of a file, as far as it is told without a database: who would be configured, who is refused and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from accounts import preview, reading
from accounts.columns import Field
from accounts.passwords import BASE
from accounts.preview import Judge, RowOutcome, Way
from accounts.reading import Choices, OpenQuestion, TableReading

WORKBOOKS = Path(__file__).parent / "cases" / "workbooks"
DOMAINS = {"d.example": True, "wbk.example": True}


@dataclass(frozen=True, slots=True)
class Person:
    address: str
    first: str = ""
    last: str = ""
    display: str = ""
    password: str = ""  # empty: to be generated


@dataclass(frozen=True, slots=True)
class Result:
    reading: TableReading
    asked: list[OpenQuestion]
    people: list[Person]
    refused: list[tuple[int, str]]  # line, code of the first fault
    remarks: list[tuple[int, str]]

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(person.first, person.last) for person in self.people]


def result_of(
    data: bytes | str,
    choices: Choices | None = None,
    *,
    domain: str = "",
    columns: dict[int, Field] | None = None,
    ignored: tuple[int, ...] = (),
) -> Result:
    data = data.encode() if isinstance(data, str) else data
    found = reading.settle(data, choices or Choices(), domains=DOMAINS)
    fields = [(columns or {}).get(index, field) for index, field in enumerate(found.fields)]
    asked = reading.questions(
        found, fields, default_domain=domain, ignored=ignored, passwords_wanted=True, confirmed=bool(columns)
    )
    judge = Judge(domains=DOMAINS, policy=BASE, free_slots=1000, owner=True, way=Way.PASSWORDS)
    people, refused, remarks = [], [], []
    for line in reading.lines(data, found):
        if line.fault:
            row = preview.unread(line.number, *line.fault)
        else:
            row = preview.parse(line.number, preview.cells_of(line.cells, fields), default_domain=domain)
        verdict = judge.judge(row, None)
        remarks += [(line.number, str(remark.code)) for remark in row.remarks]
        if verdict.outcome is RowOutcome.GOOD:
            people.append(Person(row.address, row.first_name, row.last_name, row.display_name, row.password))
        else:
            refused.append((line.number, str(verdict.faults[0].code)))
    return Result(found, asked, people, refused, remarks)


def workbook(name: str) -> Result:
    return result_of((WORKBOOKS / name).read_bytes())
