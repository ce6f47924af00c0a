"""Hypothesis strategies for request bodies, made from the structures themselves."""

from functools import cache
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct, inspect

from wireroom.api.shapes import NOT_BLANK, is_blank

Json = Any

_JUNK: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["\0", " ", "", "x" * 2000, "aGk="]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@cache
def right(input_type: type[Struct]) -> st.SearchStrategy[Json]:
    """Bodies, as JSON values, in which nothing is wrong."""
    return _right(inspect.type_info(input_type))


@cache
def doubtful(input_type: type[Struct]) -> st.SearchStrategy[Json]:
    """Bodies in which each part may be right, nearly right, of another type, or missing."""
    return _doubtful(inspect.type_info(input_type))


def _right(kind: inspect.Type) -> st.SearchStrategy[Json]:
    match kind:
        case inspect.StructType(fields=fields):
            return st.fixed_dictionaries(
                {f.encode_name: _right(f.type) for f in fields if f.required},
                optional={f.encode_name: _right(f.type) for f in fields if not f.required},
            )
        case inspect.UnionType(types=types):
            return st.one_of(*map(_right, types))
        case inspect.NoneType():
            return st.none()
        case inspect.ListType(item_type=item):
            least, most = _sizes(kind)
            return st.lists(_right(item), min_size=least, max_size=most)
        case inspect.DictType(key_type=key, value_type=value):
            least, most = _sizes(kind)
            return st.dictionaries(_right(key), _right(value), min_size=least, max_size=most)
        case inspect.Metadata(type=inspect.StrType() as text) if kind.extra == NOT_BLANK:
            return _text(text).filter(lambda value: not is_blank(value))
        case inspect.StrType():
            return _text(kind)
        case inspect.EnumType(cls=cls):
            return st.sampled_from([member.value for member in cls])
        case inspect.IntType():
            return st.integers(kind.ge, kind.le)
        case inspect.FloatType():
            return st.floats(kind.ge, kind.le)
        case inspect.BoolType():
            return st.booleans()
        case inspect.BytesType():
            return st.sampled_from(["aGk=", "AAAA", "aA=="])
    raise AssertionError(kind)


def _sizes(kind: inspect.ListType | inspect.DictType) -> tuple[int, int]:
    least = kind.min_length or 0
    return least, min(least + 2, kind.max_length or least + 2)


def _text(kind: inspect.StrType) -> st.SearchStrategy[str]:
    least, most = kind.min_length or 0, kind.max_length or 100
    if kind.pattern is None:
        anything = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
        return st.text(anything, min_size=least, max_size=min(most, least + 20))
    found = st.from_regex(kind.pattern).filter(lambda text: "\0" not in text and len(text) >= least)
    return (
        found.map(lambda text: text[:most])
        if kind.pattern.endswith(r"]+)\Z")
        else found.filter(lambda text: len(text) <= most)
    )


def _doubtful(kind: inspect.Type) -> st.SearchStrategy[Json]:
    near: st.SearchStrategy[Json]
    match kind:
        case inspect.StructType(fields=fields):
            near = st.fixed_dictionaries({}, optional={f.encode_name: _doubtful(f.type) for f in fields})
        case inspect.UnionType(types=types):
            return st.one_of(*map(_doubtful, types))
        case inspect.ListType(item_type=item):
            near = st.lists(_doubtful(item), max_size=7)
        case inspect.DictType(key_type=key, value_type=value):
            keys = _doubtful(key).filter(lambda found: isinstance(found, str))
            near = st.dictionaries(keys, _doubtful(value), max_size=7)
        case inspect.StrType() | inspect.Metadata():
            near = st.one_of(_right(kind), st.text(max_size=10))
        case _:
            near = _right(kind)
    return st.one_of(near, near, near, _right(kind), _JUNK)
