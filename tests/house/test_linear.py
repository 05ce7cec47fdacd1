"""No expression and no parser takes more than linear time, whatever a customer, a DNS operator or a file feeds it.

Each runs over n and 2n characters of one kind, alone and with an end that does not match. `n` grows until one run
takes 20 ms, or is longer than anything that is ever read.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from domains import dkim, dmarc, dmarc_repair, names, rrset, spf, taglist, targets
from domains.spf import macros
from tests.linear import is_linear

ROOT = Path(__file__).parents[2]
APPS = ("panel", "domains", "diagnostics", "accounts", "mailflow", "api")
KINDS = {"blanks": " ", "digits": "7", "letters": "a", "dots": ".", "quotes": '"', "backslashes": "\\"}
ENDS = ("", "\n!", ".")
LONGEST = 1 << 16  # octets of the longest record data; a cell of a table is shorter

PARSERS: dict[str, Callable[[str], object]] = {
    "taglist.split_tags": lambda text: list(taglist.split_tags(text)),
    "dkim.resembles_key": dkim.resembles_key,
    "dkim.parse_key": dkim.parse_key,
    "dmarc.is_dmarc": dmarc.is_dmarc,
    "dmarc.resembles_dmarc": dmarc.resembles_dmarc,
    "dmarc.parse_dmarc": dmarc.parse_dmarc,
    "dmarc_repair.repair_policies": lambda text: dmarc_repair.repair_policies([text]),
    "spf.is_spf": spf.is_spf,
    "spf.parse": spf.parse,
    "spf.meant": spf.meant,
    "spf.mend": spf.mend,
    "spf.merge": lambda text: spf.merge([f"v=spf1 {text}"], "spf.mail.example"),
    "macros.parse_macro_string": lambda text: _quietly(macros.parse_macro_string, text),
    "names.to_ascii": lambda text: _quietly(names.to_ascii, text),
    "targets.parse_target": lambda text: _quietly(targets.parse_target, text),
    "rrset.txt_text": lambda text: _quietly(rrset.txt_text, rrset.quote_txt(text)),
}


def _quietly(parse: Callable[[str], object], text: str) -> object:
    try:
        return parse(text)
    except ValueError as refusal:
        return refusal


def expressions() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Every expression that a module of the program holds by name, in each way in which that module uses it."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            if "migrations" in path.parts or "re.compile" not in source:
                continue
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    for way in sorted(set(re.findall(rf"\b{name}\.(\w+)\(", source))):
                        method = getattr(value, way)
                        run = partial(method, "") if way in ("sub", "subn") else lambda text, m=method: _all(m(text))
                        yield f"{module.__name__}.{name}.{way}", run


def _all(found: object) -> object:
    return list(found) if isinstance(found, Iterator) else found


def grows_linearly(run: Callable[[str], object], letter: str, end: str) -> tuple[bool, str]:
    linear, told = is_linear(lambda length: partial(run, letter * length + end), 1 << 13, LONGEST)
    return linear, f"{letter!r} and {end!r}, {told}"


@pytest.mark.parametrize("letter", KINDS.values(), ids=KINDS)
def test_expressions_take_linear_time(letter: str) -> None:
    slow = []
    for name, run in expressions():
        for end in ENDS:
            linear, told = grows_linearly(run, letter, end)
            if not linear:
                slow.append(f"{name}: {told}")
    assert not slow, "\n".join(slow)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("letter", KINDS.values(), ids=KINDS)
def test_parsers_take_linear_time(parser: str, letter: str) -> None:
    run = inspect.unwrap(PARSERS[parser])
    for end in ENDS:
        linear, told = grows_linearly(run, letter, end)
        assert linear, told
