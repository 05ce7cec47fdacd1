"""Numbers as workbooks store and show them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from .cells import CellKind, marked

GENERAL = frozenset({"", "general", "standard", "@"})
DIGITS = 15  # of a number that a double keeps exactly
_FIRST_DAY = datetime(1899, 12, 30, tzinfo=UTC)  # of serial numbers; a sheet has no time zone
_FIRST_DAY_1904 = datetime(1904, 1, 1, tzinfo=UTC)
# ECMA-376 part 1, §18.8.30: formats that a file need not write down.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0",
    48: "##0.0E+0", 49: "@",
}  # fmt: skip


def plain_number(text: str) -> str:
    """A stored number without its exponent and a fraction of zeros; a text that is no number stays."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value.adjusted()) > 40:
        return text
    if value == value.to_integral_value():
        return format(value.to_integral_value(), "f")
    return format(Decimal(repr(float(value))), "f")


def number_cell(text: str, code: str, *, epoch_1904: bool = False) -> str:
    """The cell of a stored number under a display format: the plain number where a person sees just that."""
    read = plain_number(text)
    if code.strip().lower() in GENERAL:
        if len(read.strip("-").partition(".")[0]) > DIGITS or "e" in read.lower():
            return marked(CellKind.NUMBER, read, read)
        return read
    if is_date(code):
        moment = date_of(text, epoch_1904=epoch_1904)
        return marked(CellKind.DATE, moment, moment)
    shown = shown_as(read, code)
    return read if shown == read else marked(CellKind.NUMBER, read, shown or f"{read} ({code})")


@lru_cache(maxsize=256)
def is_date(code: str) -> bool:
    bare = re.sub(r'"[^"]*"|\\.|\[(?![hmsHMS]+\])[^\]]*\]|_.|\*.', "", code.split(";", 1)[0])
    return re.search(r"[ymdhsYMDHS]", bare) is not None


def shown_as(read: str, code: str) -> str:
    """The number as the commonest formats show it; empty for the others."""
    first = code.split(";", 1)[0].strip()
    try:
        value = Decimal(read)
    except InvalidOperation:
        return ""
    if re.fullmatch(r"#*0+", first):
        whole = str(abs(value).quantize(Decimal(1), ROUND_HALF_UP))
        return ("-" if value < 0 else "") + whole.zfill(first.count("0"))
    percent = re.fullmatch(r"0(?:\.(0+))?%", first)
    if percent:
        places = Decimal(1).scaleb(-len(percent[1] or ""))
        return f"{(value * 100).quantize(places, ROUND_HALF_UP)}%"
    fixed = re.fullmatch(r"0\.(0+)", first)
    return str(value.quantize(Decimal(1).scaleb(-len(fixed[1])), ROUND_HALF_UP)) if fixed else ""


def date_of(text: str, *, epoch_1904: bool = False) -> str:
    """The day, the time or both that a serial number stands for, in ISO form."""
    try:
        days = float(text)
        if days < 1:
            return str((_FIRST_DAY + timedelta(seconds=round(days * 86400))).time())
        moment = (_FIRST_DAY_1904 if epoch_1904 else _FIRST_DAY) + timedelta(seconds=round(days * 86400))
    except (ValueError, OverflowError):
        return text
    return str(moment.date()) if moment.time() == time() else str(moment.replace(tzinfo=None))
