"""What answers are made of. One view of a resource serves all of its operations, each of which shows as much
of it as its own shape has members for: AWS's answers differ in what they leave out."""

from typing import TypeVar

import msgspec
from msgspec import Struct

Result = TypeVar("Result", bound=Struct)


def seconds(milliseconds: int) -> float:
    """A time as answers carry it: epoch seconds."""
    return milliseconds / 1000


def answer(kind: type[Result], view: Struct) -> Result:
    """The members of `view` that the result has."""
    return msgspec.convert(view, kind, from_attributes=True)
