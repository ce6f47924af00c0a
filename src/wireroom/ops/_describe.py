"""How the paginated operations read: each declares its rows, its filters and what it shows of a row.

The rules are the same for all (control-plane §0.5, §0.6): ids that are named must exist; Owner and ids
exclude each other; filters are joined by AND, the values of one by OR. Knows no resource.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from wireroom.api.enums import Owner, ValidationExceptionReason
from wireroom.errors import Validation
from wireroom.ops._op import Call
from wireroom.ops._pages import Page, Paged, Position, paged
from wireroom.store.rows import TABLES
from wireroom.store.tx import Value

Row = TypeVar("Row", bound=Struct)
Item = TypeVar("Item", bound=Struct)
Name = TypeVar("Name")

_FILTERED_STRIDE = 500


class Filter(Struct, Generic[Item], frozen=True):
    """What a filter looks at in what is shown, and which values there can be (None: any text)."""

    of: Callable[[Item], str | bool | Sequence[str] | None]
    among: frozenset[str] | None = None


def text(of: Callable[[Item], str | Sequence[str] | None]) -> Filter[Item]:
    return Filter(of)


def flag(of: Callable[[Item], bool | None]) -> Filter[Item]:
    return Filter(of, frozenset(("true", "false")))


def choice(kind: type[StrEnum], of: Callable[[Item], str | Sequence[str] | None]) -> Filter[Item]:
    """A value of an enum, or a list of them: a filter's value may be any one of the list."""
    return Filter(of, frozenset(kind))


class Condition(Protocol):
    """One of a request's Filters."""

    @property
    def name(self) -> StrEnum: ...
    @property
    def values(self) -> list[str]: ...


def describe(
    call: Call,
    req: Paged,
    kind: type[Row],
    show: Callable[[Call, Row], Item],
    *,
    named: Sequence[Name] | None = None,
    find: Callable[[Call, Name], Row] | None = None,
    scope: Mapping[str, Value] | None = None,
    conditions: Sequence[Condition] | None = None,
    filters: Mapping[Any, Filter[Item]] | None = None,
    owner: Owner | None = None,
) -> Page[Item]:
    """A page of what there is of a kind, or of what the caller `named`, each of which `find` must find.

    `scope` narrows the table beside account and Region. Raises Validation (INVALID_NEXT_TOKEN,
    INVALID_FILTER_VALUES, PARAMETERS_CANNOT_BE_USED_TOGETHER) and what `find` raises.
    """
    belongs = _belongs(conditions or (), filters or {})
    if owner is not None and named:
        raise _owner_with_ids()
    if owner is Owner.SHARED:
        return Page([], None)  # nothing can be shared with an account until resource policies exist
    found = [find(call, reference) for reference in named or ()] if find else []
    order = TABLES[kind].order

    def position(row: Row) -> Position:
        return tuple(getattr(row, column) for column in order)

    def of_table(after: Position | None, n: int) -> Sequence[Row]:
        place = {"account_id": call.caller.account_id, "region": call.caller.region}
        return call.tx.page(kind, {**place, **(scope or {})}, after, n)

    def of_named(after: Position | None, n: int) -> Sequence[Row]:
        unique = {position(row): row for row in found}
        return [unique[at] for at in sorted(unique) if after is None or at > after][:n]

    def item(row: Row) -> Item | None:
        shown = show(call, row)
        return shown if belongs(shown) else None

    stride = _FILTERED_STRIDE if conditions else None
    return paged(call, req, of_named if found else of_table, position, item, stride=stride)


def _belongs(conditions: Sequence[Condition], filters: Mapping[Any, Filter[Item]]) -> Callable[[Item], bool]:
    wanted = []
    for condition in conditions:
        declared = filters[condition.name]
        values = frozenset(condition.values)
        if declared.among is not None and not values <= declared.among:
            raise Validation(
                ValidationExceptionReason.INVALID_FILTER_VALUES,
                f"{condition.name} is one of {', '.join(sorted(declared.among))}.",
                ("Filters", f"{condition.name} cannot be {', '.join(sorted(values - declared.among))}"),
            )
        wanted.append((declared.of, values))
    return lambda item: all(not values.isdisjoint(_spelled(of(item))) for of, values in wanted)


def _spelled(value: str | bool | Sequence[str] | None) -> Sequence[str]:
    match value:
        case None:
            return ()
        case bool():
            return ("true" if value else "false",)
        case str():
            return (value,)
        case _:
            return value


def _owner_with_ids() -> Validation:
    said = "either names what is wanted or says whose it is"
    return Validation(
        ValidationExceptionReason.PARAMETERS_CANNOT_BE_USED_TOGETHER,
        f"A call {said}: leave Owner out where ids are given.",
        ("Owner", said),
    )
