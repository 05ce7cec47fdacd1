"""Verdicts on an MX that tests of the history follow with one another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from domains.records import Kind, Level
from domains.rrset import RRset
from domains.rules.verdicts import Doubt, Problem, Status, Verdict
from domains.rules.why import MxForeign, MxMissing, NoAnswer

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FOREIGN = (RRset("example.com.", "MX", 300, ("10 mail.other.test.",)),)
WAIT = 600  # seconds

OK = Verdict(Kind.MX, Status.OK, Level.REQUIRED)
WRONG = Verdict(
    kind=Kind.MX,
    status=Status.WRONG,
    level=Level.REQUIRED,
    why=MxForeign(hosts=["mx.other.example"]),
    problems=(Problem.MX_FOREIGN,),
    found=FOREIGN,
)
MISSING = Verdict(kind=Kind.MX, status=Status.MISSING, level=Level.REQUIRED, why=MxMissing())
UNKNOWN = Verdict(
    kind=Kind.MX,
    status=Status.UNKNOWN,
    level=Level.REQUIRED,
    why=NoAnswer(failure="timeout", name="example.com.", type="MX"),
)
DOUBTED = replace(UNKNOWN, doubt=Doubt("MX mx-foreign", WAIT, WRONG))
