"""The transaction: its verbs are the only way to the data for everything above.

A `Tx` is given to a synchronous function and is dead when that function returns. The verbs speak of rows
(`store.rows`) and of named queries (`queries.sql`); no SQL is spelled above this package.

What answers nothing (`insert`, `keep`, `update`, `delete`, `write`, `execute_many`, `alone`) may travel to a
database together with what comes next. What is wrong with it (Duplicate, LookupError) is raised there and
then, or by a later verb, or as the transaction ends; nothing of the transaction is kept then.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

Row = TypeVar("Row", bound=Struct)
Value = str | int | bool | bytes | None
Read = tuple[type[Struct], tuple[Value, ...]] | tuple[str, Mapping[str, Value]]
"""A read that is to come: a row type and its key, as `get` takes them, or a query and its parameters."""


class Duplicate(Exception):
    """A row with this key, or with another unique value of it, is there already."""


class HandOver(Struct, frozen=True, gc=False):
    """Something for another stage or for the live feed, passed on in memory after the commit."""

    to: str
    item: Any


class Tx(Protocol):
    slot: int
    """Which of `slots` rows this transaction changes where many would change one: nobody else does at the
    same time, as far as can be."""
    slots: int

    def get(self, kind: type[Row], *key: Value) -> Row | None:
        """The row with this whole primary key."""
        ...

    def insert(self, *rows: Struct) -> None:
        """Write new rows; raises Duplicate."""
        ...

    def insert_new(self, row: Struct) -> bool:
        """Write a row unless its key is taken; tells whether it was written."""
        ...

    def keep(self, row: Struct) -> None:
        """Write a row unless its key is taken, where nobody asks which."""
        ...

    def update(self, row: Row, **changes: object) -> Row:
        """Change some columns of the row with this key; answers the row as it is now. Raises LookupError."""
        ...

    def delete(self, row: Struct) -> None:
        """Remove the row with this key."""
        ...

    def page(
        self, kind: type[Row], scope: Mapping[str, Value], after: Sequence[Value] | None, limit: int
    ) -> list[Row]:
        """Rows whose columns equal `scope`, in the table's order, after an order key, at most `limit`."""
        ...

    def walk(self, kind: type[Row], after: Sequence[Value] | None, limit: int) -> list[Row]:
        """Rows of a table in the order of their primary key, after a key, at most `limit`."""
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

    def expect(self, query: str, /, **parameters: Value) -> bool:
        """Whether a named statement changed a row, which it mostly does: an engine may say yes before it
        knows, and begin the whole transaction again, better informed, where it was wrong."""
        ...

    def write(self, query: str, /, **parameters: Value) -> None:
        """Run a named statement of which nobody asks how many rows it changed."""
        ...

    def execute_each(self, query: str, parameters: Iterable[Mapping[str, Value]]) -> list[int]:
        """Run a named statement once for each mapping, and tell of each how many rows it changed."""
        ...

    def execute_many(self, query: str, parameters: Iterable[Mapping[str, Value]]) -> None:
        """Run a named statement once for each mapping."""
        ...

    def foresee(self, reads: Callable[[], Iterable[Read]]) -> None:
        """These reads come next, in all likelihood: where each would be a journey, they make it together.

        Nobody calls `reads` where none is. Each is answered once, as of this moment: what the transaction
        itself writes before it reads is not in it.
        """
        ...

    def alone(self, *names: str) -> None:
        """Until this transaction ends nobody else is inside one of these names; wait for who is.

        Names of one kind are taken in one call, which puts them in order, so that no two transactions wait
        for each other; kinds are taken in the order of docs/adr/0012. One writer is always alone.
        """
        ...

    def hand_over(self, to: str, item: object) -> None:
        """Pass `item` on in memory once this transaction is committed; forgotten if it is undone."""
        ...
