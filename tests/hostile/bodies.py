"""Bodies that nobody should send: right ones of every operation, and what can be done to them.

All chance comes from one `random.Random`, so that a seed makes the same bodies again.
"""

import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from msgspec import Struct, inspect

from wireroom.api.operations import Operation
from wireroom.api.shapes import NOT_BLANK

LONGEST = 1_200_000
"""Bytes: a little more than the server takes."""

Json = Any
Known = Mapping[str, Sequence[Json]]
"""Member name → values that mean something to the server, such as the id of a pool that is there."""


class Raw(Struct, frozen=True):
    """JSON as it stands, or what only looks like it."""

    text: str


class Pairs(Struct, frozen=True):
    """An object whose names may be repeated."""

    members: list[tuple[str, Json]]


def write(value: Json) -> str:
    """The text of a body in which there may be Raw and Pairs."""
    match value:
        case Raw(text=text):
            return text
        case Pairs(members=members):
            return "{" + ",".join(f"{json.dumps(name)}:{write(each)}" for name, each in members) + "}"
        case dict():
            return write(Pairs(list(value.items())))
        case list():
            return "[" + ",".join(map(write, value)) + "]"
        case _:
            return json.dumps(value)


# -------- what is right

_TEXTS = (
    "abc",
    "US",
    "STOP",
    "+14255550100",
    "0.05",
    ".5",
    "hello there",
    "arn:aws:sms-voice:us-east-1:123456789012:pool/pool-0",
    "arn:aws:iam::123456789012:role/hostile",
    "https://example.com/x",
    "s3://bucket/key",
    "UNSET_DEFAULT_TEMPLATE",
    "0" * 20,
)


_described = cache(inspect.type_info)


def right(rng: Random, operation: Operation, known: Known) -> dict[str, Json]:
    """An input of the operation in which nothing is wrong."""
    body = _right(rng, _described(operation.input), "", known)
    assert isinstance(body, dict)
    return body


def _right(rng: Random, kind: inspect.Type, name: str, known: Known) -> Json:
    if name in known and rng.random() < 0.8:
        return rng.choice(known[name])
    match kind:
        case inspect.StructType(fields=fields):
            return {
                field.encode_name: _right(rng, field.type, field.encode_name, known)
                for field in fields
                if field.required or rng.random() < 0.4
            }
        case inspect.UnionType(types=types):
            kinds = [each for each in types if not isinstance(each, inspect.NoneType)]
            return _right(rng, rng.choice(kinds), name, known)
        case inspect.ListType(item_type=item):
            count = max(kind.min_length or 0, rng.randint(0, 2))
            return [_right(rng, item, name, known) for _ in range(count)]
        case inspect.DictType(key_type=key, value_type=value):
            return {
                _right(rng, key, name, {}): _right(rng, value, name, {}) for _ in range(rng.randint(0, 2))
            }
        case inspect.Metadata(type=inspect.StrType() as text) if kind.extra == NOT_BLANK:
            return _text(rng, text)
        case inspect.StrType():
            return _text(rng, kind)
        case inspect.EnumType(cls=cls):
            return rng.choice([member.value for member in cls])
        case inspect.IntType():
            return rng.randint(kind.ge or 0, min(kind.le or 100, 1000))
        case inspect.FloatType():
            return 1764000000.5
        case inspect.BoolType():
            return rng.random() < 0.5
        case inspect.BytesType():
            return "aGk="
    raise AssertionError(kind)


def _text(rng: Random, kind: inspect.StrType) -> str:
    least, most = kind.min_length or 0, kind.max_length or 1000
    fitting = _fitting(kind.pattern, least, most)
    return rng.choice(fitting) if fitting else "A" * max(least, 1)


@cache
def _fitting(pattern: str | None, least: int, most: int) -> Sequence[str]:
    return [
        text
        for text in _TEXTS
        if least <= len(text) <= most and (pattern is None or re.search(pattern, text))
    ]


# -------- what is wrong with a value

_OTHERS: tuple[Json, ...] = (
    *(None, True, False, 0, -1, 1.5, "", " ", "x", "\n", [], {}, [[]], [None], {"a": {"b": [1]}}, {"": ""}),
    *(2**31, 2**63, -(2**63) - 1, 2**64, 1e308, -0.0),
    *map(Raw, ("NaN", "-Infinity", "1e400", "-1E+400", "1" + "0" * 400, "1e-999", "-0", "01", "0x10")),
    *map(Raw, ("+1", ".5", "5.", "1_000", "undefined", "nul", "'x'", '"\\x41"', '"\\u12"', '"a\tb"', "\x00")),
    *map(Raw, ('"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d"', '"\\u0000"', '"\\\\u0000"', '"\\uD83D\\uDE00"')),
)
_STRINGS = (
    *(
        "\0",
        "a\0b",
        "\ufeff",
        "\u202ereversed",
        "ＵＳ",
        "＋１４２５５５５０１００",
        "٠١٢٣",
        "Ａ",
        "ß",
        "İ",
        "ﬀ",
    ),
    *("x" * 257, "x" * 5000, "é" * 2000, "😀" * 800, "\r\nX-Injected: 1", "%0d%0a", "%00", "%s%n", "{0}"),
    *("'; DROP TABLE messages;--", "../../etc/passwd", "<script>alert(1)</script>", "${jndi:x}", "\x1b[31m"),
    *("arn:", "arn:aws:sms-voice:::pool/", "arn:aws:sms-voice:us-east-1:1:pool/x", "arn:" + "a" * 300),
    *("pool-", "phone-" + "0" * 32, "phone-" + "g" * 32, "+", "+0", "+999999999999999", "-1", "1e5", "NaN"),
    *("v1.AAAA", "A" * 1024, "Default", "null", "true"),
)


def _another(rng: Random, _: Json) -> Json:
    return rng.choice(_OTHERS)


def _another_text(rng: Random, _: Json) -> Json:
    return rng.choice(_STRINGS)


def _scratched(rng: Random, value: Json) -> Json:
    """A text with some characters changed; of anything else, its text."""
    letters = list(value if isinstance(value, str) else str(value))
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(letters) + 1)
        letters[at : at + rng.randint(0, 2)] = rng.choice(
            ("", "0", "Ａ", "\u200b", " ", "\0", "/", ":", "😀")
        )
    return "".join(letters).swapcase() if rng.random() < 0.2 else "".join(letters)


def _too_many(rng: Random, value: Json) -> Json:
    items = ",".join(map(write, value or ["x"])) if isinstance(value, list) else write(value)
    return Raw("[" + ",".join([items] * rng.choice((1, 2, 6, 101, 2000 if len(items) < 1000 else 3))) + "]")


def _too_deep(rng: Random, value: Json) -> Json:
    depth = rng.choice((20, 600, 5000))
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}")))
    return Raw(opening * depth + write(value) + closing * rng.choice((depth, depth - 1)))


def _as_float(rng: Random, value: Json) -> Json:
    if type(value) is int:
        return Raw(rng.choice((f"{value}.0", f"{value}e0", f"{value}.5", f'"{value}"')))
    return float(rng.randint(-5, 5))


def _other_members(rng: Random, value: Json) -> Json:
    """An object with a name missing, repeated, misspelt or made up, or with very many."""
    if not isinstance(value, dict) or not value:
        return {"Nonsense": value}
    members = list(value.items())
    at = rng.randrange(len(members))
    name, member = members[at]
    match rng.randrange(6):
        case 0:
            del members[at]
        case 1:
            members.append((name, rng.choice(_OTHERS)))
        case 2:
            members.insert(0, (name, rng.choice(_OTHERS)))
        case 3:
            members[at] = (rng.choice((name.lower(), name + "\0", " " + name, "Ρ" + name[1:], "")), member)
        case 4:
            members.append((rng.choice(_STRINGS), rng.choice(_OTHERS)))
        case _:
            members += [(f"Unknown{n}", n) for n in range(rng.choice((50, 50, 50, 12_000)))]
    return Pairs(members)


_SPOILERS: tuple[Callable[[Random, Json], Json], ...] = (
    *(_another, _another, _another, _another_text, _another_text),
    *(_scratched, _too_many, _too_deep, _as_float, _other_members),
)


def _spoilt(rng: Random, value: Json) -> Json:
    """The value with something wrong in it, at any depth."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        name = rng.choice(list(value))
        return {**value, name: _spoilt(rng, value[name])}
    if isinstance(value, list) and value and rng.random() < 0.6:
        at = rng.randrange(len(value))
        return [*value[:at], _spoilt(rng, value[at]), *value[at + 1 :]]
    return rng.choice(_SPOILERS)(rng, value)


# -------- what is wrong with bytes


def _damaged(rng: Random, body: bytes) -> bytes:
    at = rng.randrange(len(body) + 1)
    match rng.randrange(11):
        case 0:
            return b"\xef\xbb\xbf" + body
        case 1:
            return body[:at] + rng.choice((b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80")) + body[at:]
        case 2:
            return body[:at]
        case 3:
            return body + rng.choice((b"{}", b"\0", b"]", b",", b"garbage", b"\n\n", body))
        case 4:
            return body.decode(errors="replace").encode("utf-16")
        case 5:
            return gzip.compress(body, mtime=0)
        case 6:
            return b" " * rng.choice((1, 5000)) + body + b"\r\n\t "
        case 7:
            return b"/* a comment */" + body
        case 8:
            return body.replace(b'"', b"'")
        case 9:
            flipped = bytearray(body or b"{")
            for _ in range(rng.randint(1, 8)):
                flipped[rng.randrange(len(flipped))] = rng.randrange(256)
            return bytes(flipped)
        case _:
            return rng.choice((b"", b" ", b"\0", b"null", b'"text"', b"[]", b"[" * 3000, rng.randbytes(200)))


def hostile(rng: Random, operation: Operation, known: Known) -> bytes:
    """A body for the operation: mostly wrong somewhere, sometimes in several places, now and then right."""
    value: Json = right(rng, operation, known)
    for _ in range(rng.choice((0, 0, 1, 1, 1, 1, 2, 3))):
        if isinstance(value, dict):
            value = _spoilt(rng, value)
    body = write(value).encode("utf-8", "surrogatepass")
    return (_damaged(rng, body) if rng.random() < 0.12 else body)[:LONGEST]
