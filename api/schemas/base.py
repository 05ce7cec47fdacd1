"""What all schemas stand on."""

from typing import Annotated

from ninja import Path
from pydantic import BaseModel, ConfigDict, StringConstraints

ID_AT_MOST = 2**63 - 1
NO_NUL = r"^[^\x00]*$"

Text = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
Id = Annotated[int, Path(ge=1, le=ID_AT_MOST)]


class Wish(BaseModel):
    """What is asked for: a field that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Note(BaseModel):
    """A word on what was done, where there is nothing to show."""

    done: str
