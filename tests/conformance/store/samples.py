"""A row of any type, made from its annotations, so that a new table is tested without a line here."""

from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from msgspec import Struct


def sample(kind: type[Struct], *, empty: bool = False, mark: str = "") -> Any:
    """A row whose values differ from column to column; with `empty`, None wherever a column may be None."""
    hints = get_type_hints(kind)
    return kind(
        *(_value(hints[name], f"{name}{mark}", place, empty=empty) for place, name in enumerate(hints))
    )


def _value(hint: Any, name: str, place: int, *, empty: bool) -> Any:
    if isinstance(hint, UnionType):
        if empty:
            return None
        hint = next(arg for arg in get_args(hint) if arg is not NoneType)
    if get_origin(hint) is tuple:
        member = get_args(hint)[0]
        return () if empty else (_value(member, name, 0, empty=False), _value(member, name, 1, empty=False))
    if get_origin(hint) is dict:
        return {"ключ": f'"{name}" 😀'}
    if hint is bool:
        return not empty
    if hint is int:
        return 1_795_000_000_000 + place
    if issubclass(hint, StrEnum):
        members = list(hint)
        return members[place % len(members)]
    assert hint is str, hint
    return f"{name} 😀 'quoted'"
