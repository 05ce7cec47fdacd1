"""What all schemas stand on."""

import re
from datetime import date, datetime
from typing import Annotated

from ninja import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

ID_AT_MOST = 2**63 - 1
NO_NUL = r"^[^\x00]*$"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(_DAY.pattern + r"[Tt ]\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)


def _written(value: object) -> object:
    """Numbers, and numbers in quotes, are no days: pydantic would take them for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date", "A day is written as 2027-01-31.")


def _written_with_time(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime", "A moment is written as 2027-01-31T12:00:00Z.")


Day = Annotated[date, BeforeValidator(_written, json_schema_input_type=date)]
Moment = Annotated[datetime, BeforeValidator(_written_with_time, json_schema_input_type=datetime)]
Text = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
Id = Annotated[int, Path(ge=1, le=ID_AT_MOST)]


class Wish(BaseModel):
    """What is asked for: a field that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Note(BaseModel):
    """A word on what was done, where there is nothing to show."""

    done: str
