"""The transaction: a dozen verbs, the only way to the data for everything above.

A `Tx` is given to a synchronous function and is dead when that function returns. The verbs speak of rows
(`store.rows`) and of named queries (`queries.sql`); no SQL is spelled above this package.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

Row = TypeVar("Row", bound=Struct)
Value = str | int | bool | bytes | None


class Duplicate(Exception):
    """A row with this key, or with another unique value of it, is there already."""


class HandOver(Struct, frozen=True, gc=False):
    """Something for another stage or for the live feed, passed on in memory after the commit."""

    to: str
    item: Any


class Tx(Protocol):
    def get(self, kind: type[Row], *key: Value) -> Row | None:
        """The row with this whole primary key."""
        ...

    def insert(self, *rows: Struct) -> None:
        """Write new rows; raises Duplicate."""
        ...

    def insert_new(self, row: Struct) -> bool:
        """Write a row unless its key is taken; tells whether it was written."""
        ...

    def update(self, row: Row, **changes: object) -> Row:
        """Change some columns of the row with this key; answers the row as it is now."""
        ...

    def delete(self, row: Struct) -> None:
        """Remove the row with this key."""
        ...

    def page(
        self, kind: type[Row], scope: Mapping[str, Value], after: Sequence[Value] | None, limit: int
    ) -> list[Row]:
        """Rows whose columns equal `scope`, in the table's order, after an order key, at most `limit`."""
        ...

    def one(self, query: str, /, **parameters: Value) -> Any:
        """The first row of a named query, decoded as it says (a row, a tuple or a scalar), or None."""
        ...

    def all(self, query: str, /, **parameters: Value) -> list[Any]:
        """All rows of a named query."""
        ...

    def execute(self, query: str, /, **parameters: Value) -> int:
        """Run a named statement; answers how many rows it changed."""
        ...

    def execute_many(self, query: str, parameters: Iterable[Mapping[str, Value]]) -> None:
        """Run a named statement once for each mapping."""
        ...

    def hand_over(self, to: str, item: object) -> None:
        """Pass `item` on in memory once this transaction is committed; forgotten if it is undone."""
        ...
