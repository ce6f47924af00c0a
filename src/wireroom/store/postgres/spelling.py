"""Statements, values and rows as PostgreSQL has them: $1 for `?` and `:name`, text on the wire, no NUL.

One text of SQL serves both engines; what only PostgreSQL is to read stands in `/*pg … */`. Knows no
connection.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from wireroom.store.sqltx import Parameters

_PARAMETER = re.compile(r"\?|(?<!:):([a-z_]+)")
_ONLY_HERE = re.compile(r"/\*pg (.*?)\*/")
_SUB = b"\x1a"

Wire = bytes | None
"""A value as it travels: its text in UTF-8, or NULL."""


def spelled(sql: str, parameters: Parameters) -> tuple[bytes, tuple[Wire, ...]]:
    """A statement with its parameters, as the server takes them."""
    numbered, names = _numbered(sql)
    values = [parameters[name] for name in names] if isinstance(parameters, Mapping) else parameters
    return numbered, tuple([_on_the_wire(value) for value in values])


@cache
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with $1, $2, … and the names that these stand for, none where it was written with `?`."""
    places: dict[str, int] = {}
    asked = 0

    def number(found: re.Match[str]) -> str:
        nonlocal asked
        if found[1] is None:
            asked += 1
            return f"${asked}"
        return f"${places.setdefault(found[1], len(places) + 1)}"

    text = _PARAMETER.sub(number, _ONLY_HERE.sub(r"\1", sql))
    return text.encode(), tuple(places)


def _on_the_wire(value: object) -> Wire:
    if isinstance(value, str):
        text = value.encode()
        # No text of PostgreSQL's holds a NUL, which AWS takes in a message body, and so may we: SUB stands
        # for it.
        if b"\0" in text or _SUB in text:
            return text.replace(_SUB, _SUB + b"S").replace(b"\0", _SUB + b"0")
        return text
    if value is None:
        return None
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int):
        return b"%d" % value
    raise TypeError(f"the store keeps no {type(value).__name__}")


def _text(wire: bytes) -> str:
    if _SUB in wire:
        wire = wire.replace(_SUB + b"0", b"\0").replace(_SUB + b"S", _SUB)
    return wire.decode()


def _boolean(wire: bytes) -> bool:
    return wire == b"t"


_READERS: Mapping[int, Callable[[bytes], Any]] = {16: _boolean, 20: int, 21: int, 23: int}
"""By the oid of a type: bool, int8, int2, int4. Everything else that we select is text."""


def reader(oid: int) -> Callable[[bytes], Any]:
    """Makes a value of a column of this type (never NULL) what it is in Python."""
    return _READERS.get(oid, _text)


def migration(sql: str) -> bytes:
    """A migration's text. Texts compare by their bytes, whatever the locale: pages walk along them."""
    return re.sub(r"\bTEXT\b", 'TEXT COLLATE "C"', sql.replace("WITHOUT ROWID", "")).encode()
