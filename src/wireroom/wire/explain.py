"""Says what is wrong with a body that the fast decode refused, slowly and completely (data-plane §10.3).

A wrong JSON type is a SerializationException, before everything else. Then every bad field is named: by the
wire names on the way to it, with dots, places in a list and keys of a map included (`Tags.0.Key`). A field is
named once, with the first limit that it breaks. Values are never repeated, only names, types and limits.

A list or map that is longer than allowed is walked as far as its limit, an object of more than `MOST_MEMBERS`
members is not read, and at most `MOST_FIELDS` fields are named: no body may hold up the server.
"""

import json
import re
from functools import cache
from typing import Never

import msgspec
from msgspec import Struct, inspect

from wireroom.api.enums import ValidationExceptionReason
from wireroom.api.shapes import NOT_BLANK, is_blank
from wireroom.errors import Validation
from wireroom.wire.framework import FrameworkError

MOST_MEMBERS = 10_000
MOST_FIELDS = 100
MOST_SAID = 10

_NULL = "Member must not be null"


class _Members(list[tuple[str, object]]):
    """A JSON object as it was written: a repeated name stays, for the fast decode looks at each one."""

    def __init__(self, members: list[tuple[str, object]]) -> None:
        if len(members) > MOST_MEMBERS:
            raise ValueError("too many members")
        super().__init__(members)


def explain(input_type: type[Struct], body: bytes) -> None:
    """Raises the error that a body deserves; returns when nothing is wrong with it.

    Raises FrameworkError (SerializationException) or Validation (MISSING_PARAMETER, FIELD_VALIDATION_FAILED).
    """
    walk = _Walk()
    walk.visit(_described(input_type), _parse(body), "")
    if walk.faults:
        raise walk.verdict()


@cache
def _described(input_type: type[Struct]) -> inspect.Type:
    return inspect.type_info(input_type)


def _parse(body: bytes) -> object:
    try:
        msgspec.json.decode(body)  # refuses what json.loads lets through: lone surrogates, NaN, 1e400
        return json.loads(body.decode(), object_pairs_hook=_Members)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise FrameworkError("SerializationException") from None


class _Walk:
    """One pass over a body beside its type; collects faults as (path, what the member must be)."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        self.only_missing = True

    def verdict(self) -> Validation:
        count = len(self.faults)
        said = "; ".join(
            f"Value at '{path}' failed to satisfy constraint: {message}"
            for path, message in list(self.faults.items())[:MOST_SAID]
        )
        reason = (
            ValidationExceptionReason.MISSING_PARAMETER
            if self.only_missing
            else ValidationExceptionReason.FIELD_VALIDATION_FAILED
        )
        errors = "1 validation error" if count == 1 else f"{count} validation errors"
        return Validation(reason, f"{errors} detected: {said}", *self.faults.items())

    def _fault(self, path: str, message: str) -> None:
        if path not in self.faults and len(self.faults) < MOST_FIELDS:
            self.faults[path] = message
            self.only_missing = self.only_missing and message == _NULL

    def visit(self, kind: inspect.Type, value: object, path: str) -> None:
        if isinstance(kind, inspect.UnionType):  # of one type and None: an optional member
            if value is None:
                return
            kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
        if value is None and path:
            self._fault(path, _NULL)
            return
        match kind:
            case inspect.StructType():
                self._structure(kind, value, path)
            case inspect.ListType():
                self._list(kind, value, path)
            case inspect.DictType():
                self._map(kind, value, path)
            case inspect.EnumType():
                self._enum(kind, value, path)
            case inspect.Metadata(type=inspect.StrType() as text):
                self._text(text, value, path, filled=kind.extra == NOT_BLANK)
            case inspect.StrType():
                self._text(kind, value, path, filled=False)
            case inspect.BytesType():
                self._blob(kind, value, path)
            case inspect.IntType():
                self._number(kind, value if type(value) is int else _wrong_type(value, "Integer", path), path)
            case inspect.FloatType():
                self._number(kind, _as_float(value, path), path)
            case inspect.BoolType():
                if type(value) is not bool:
                    _wrong_type(value, "Boolean", path)
            case _:
                raise AssertionError(f"explain knows no {kind}")

    def _structure(self, kind: inspect.StructType, value: object, path: str) -> None:
        if not isinstance(value, _Members):
            _wrong_type(value, "Structure", path)
        fields = {field.encode_name: field for field in kind.fields}
        given = set()
        for name, member in value:
            if name in fields:
                given.add(name)
                self.visit(fields[name].type, member, _below(path, name))
        for name, field in fields.items():
            if field.required and name not in given:
                self._fault(_below(path, name), _NULL)

    def _list(self, kind: inspect.ListType, value: object, path: str) -> None:
        if not isinstance(value, list) or isinstance(value, _Members):
            _wrong_type(value, "List", path)
        self._length(kind, len(value), path)
        for place, item in enumerate(value[: kind.max_length]):
            self.visit(kind.item_type, item, _below(path, place))

    def _map(self, kind: inspect.DictType, value: object, path: str) -> None:
        if not isinstance(value, _Members):
            _wrong_type(value, "Map", path)
        distinct = len({key for key, _ in value})
        self._length(kind, distinct, path)
        too_many = kind.max_length is not None and distinct > kind.max_length
        for key, item in value[: kind.max_length] if too_many else value:
            keys = _Walk()
            keys.visit(kind.key_type, key, path)
            for message in keys.faults.values():
                self._fault(path, f"Map keys must satisfy constraint: [{message}]")
            self.visit(kind.value_type, item, path if keys.faults else _below(path, key))

    def _enum(self, kind: inspect.EnumType, value: object, path: str) -> None:
        if not isinstance(value, str):
            _wrong_type(value, "String", path)
        allowed = [str(member.value) for member in kind.cls]
        if value not in allowed:
            self._fault(path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")

    def _text(self, kind: inspect.StrType, value: object, path: str, *, filled: bool) -> None:
        if not isinstance(value, str):
            _wrong_type(value, "String", path)
        self._length(kind, len(value), path)
        if "\0" in value:
            self._fault(path, "Member must not contain the character U+0000")
        if kind.pattern is not None and not re.search(kind.pattern, value):
            pattern = kind.pattern.removeprefix("(?a)^(?:").removesuffix(r")\Z")
            self._fault(path, f"Member must satisfy regular expression pattern: {pattern}")
        if filled and is_blank(value):
            self._fault(path, "Member must not be blank")

    def _blob(self, kind: inspect.BytesType, value: object, path: str) -> None:
        if not isinstance(value, str):
            _wrong_type(value, "Blob", path)
        try:
            self._length(kind, len(msgspec.convert(value, bytes)), path)
        except msgspec.ValidationError:
            raise _serialization(f"Invalid base64 at '{path}'") from None

    def _number(self, kind: inspect.IntType | inspect.FloatType, value: float, path: str) -> None:
        if kind.ge is not None and value < kind.ge:
            self._fault(path, f"Member must have value greater than or equal to {kind.ge}")
        if kind.le is not None and value > kind.le:
            self._fault(path, f"Member must have value less than or equal to {kind.le}")

    def _length(
        self,
        kind: inspect.StrType | inspect.BytesType | inspect.ListType | inspect.DictType,
        length: int,
        path: str,
    ) -> None:
        if kind.min_length is not None and length < kind.min_length:
            self._fault(path, f"Member must have length greater than or equal to {kind.min_length}")
        if kind.max_length is not None and length > kind.max_length:
            self._fault(path, f"Member must have length less than or equal to {kind.max_length}")


def _below(path: str, name: str | int) -> str:
    return f"{path}.{name}" if path else str(name)


def _as_float(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _wrong_type(value, "Double", path)
    return value


def _wrong_type(value: object, wanted: str, path: str) -> Never:
    if not path:  # the body itself is no object: broken JSON, as far as the service is concerned
        raise FrameworkError("SerializationException")
    raise _serialization(f"{_token(value)} can not be converted to {wanted} at '{path}'")


def _serialization(message: str) -> FrameworkError:
    return FrameworkError("SerializationException", message, key="Message")


def _token(value: object) -> str:
    """What AWS calls a JSON value of this type."""
    match value:
        case True:
            return "TRUE_VALUE"
        case False:
            return "FALSE_VALUE"
        case None:
            return "NULL_VALUE"
        case str():
            return "STRING_VALUE"
        case int():
            return "NUMBER_VALUE"
        case float():
            return "DECIMAL_VALUE"
        case _Members():
            return "START_OBJECT"
        case _:
            return "START_ARRAY"
