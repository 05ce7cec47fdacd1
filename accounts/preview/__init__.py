"""What becomes of each row of an uploaded table, told before anything is done. Over a snapshot of the state."""

from .codes import PasswordFrom, RowAction, RowAdvice, RowOutcome, RowProblem, TableMode, Way
from .hosts import is_mail_address, to_ascii
from .judging import ALIASES_AT_MOST, Judge
from .parsing import asked_to_generate, cells_of, parse, unread
from .rows import Existing, Fault, Row, RowVerdict

__all__ = [
    "ALIASES_AT_MOST",
    "Existing",
    "Fault",
    "Judge",
    "PasswordFrom",
    "Row",
    "RowAction",
    "RowAdvice",
    "RowOutcome",
    "RowProblem",
    "RowVerdict",
    "TableMode",
    "Way",
    "asked_to_generate",
    "cells_of",
    "is_mail_address",
    "parse",
    "to_ascii",
    "unread",
]
