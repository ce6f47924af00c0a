"""The transaction's verbs over SQL, the same for every engine.

An engine gives a `Session` of three primitives and ends the transaction itself. Rows are written with
positional parameters (`?`), named queries with `:name`; a session whose driver wants others translates. Every
statement is spelled once and kept: drivers prepare by text, and building it costs more than running it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

from wireroom.store.engine import StoreError
from wireroom.store.queries import QUERIES
from wireroom.store.rows import TABLES, Table
from wireroom.store.tx import HandOver, Read, Row, Value

Parameters = Sequence[Any] | Mapping[str, Any]


class Session(Protocol):
    """The primitives of an engine. Duplicate is raised when a key or a unique value is taken: by whatever
    wrote it, or later where the engine lets writes travel together."""

    travels: bool
    """A statement is a journey to a server, so that it is worth while to `foresee`."""
    slot: int
    slots: int

    def rows(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """All rows that the statement answers."""
        ...

    def change(self, sql: str, parameters: Parameters) -> int:
        """How many rows the statement changed."""
        ...

    def expect(self, sql: str, parameters: Parameters) -> bool:
        """As `Tx.expect` says."""
        ...

    def put(self, sql: str, parameters: Parameters, gone: str | None = None) -> None:
        """Run a statement whose count nobody wants; with `gone`, LookupError(gone) when it changed no row."""
        ...

    def change_each(self, sql: str, parameters: Iterable[Parameters]) -> list[int]:
        """Run the statement once for each set of parameters; how many rows each changed."""
        ...

    def change_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        """Run the statement once for each set of parameters."""
        ...

    def foresee(self, reads: Iterable[tuple[str, Parameters]]) -> None:
        """Ask for rows now that will be asked for by the same statement and parameters."""
        ...

    def alone(self, names: Iterable[str]) -> None:
        """As `Tx.alone` says."""
        ...


class _Spelled(NamedTuple):
    """The SQL of a row type's verbs."""

    table: Table
    get: str
    insert: str
    insert_new: str
    delete: str


@cache
def _spelled(kind: type[Struct]) -> _Spelled:
    table = TABLES[kind]
    names = ", ".join(table.columns)
    insert = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(table.columns))})"
    at_key = _equal(table.key)
    return _Spelled(
        table=table,
        get=f"SELECT {names} FROM {table.name} WHERE {at_key}",
        insert=insert,
        insert_new=f"{insert} ON CONFLICT ({', '.join(table.key)}) DO NOTHING",
        delete=f"DELETE FROM {table.name} WHERE {at_key}",
    )


def _equal(columns: Iterable[str]) -> str:
    return " AND ".join(f"{column} = ?" for column in columns)


@cache
def _update(kind: type[Struct], changed: tuple[str, ...]) -> str:
    table = TABLES[kind]
    if unknown := set(changed) - set(table.columns):
        raise TypeError(f"{table.name} has no column {', '.join(sorted(unknown))}")
    if keys := set(changed) & set(table.key):
        raise TypeError(f"{', '.join(sorted(keys))} is in the key of {table.name}: delete and insert instead")
    assignments = ", ".join(f"{column} = ?" for column in changed)
    return f"UPDATE {table.name} SET {assignments} WHERE {_equal(table.key)}"


class _Page(NamedTuple):
    """The SQL of a page, and which values of an order key go into it: those that the scope leaves open."""

    sql: str
    walked: tuple[int, ...]


@cache
def _page(kind: type[Struct], scope: tuple[str, ...], *, onwards: bool) -> _Page:
    table = TABLES[kind]
    if unknown := set(scope) - set(table.columns):
        raise TypeError(f"{table.name} has no column {', '.join(sorted(unknown))}")
    walk = [column for column in table.order if column not in scope]
    conditions = [f"{column} = ?" for column in scope]
    if onwards:
        conditions.append(f"({', '.join(walk)}) > ({', '.join('?' * len(walk))})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f" ORDER BY {', '.join(walk)}" if walk else ""
    return _Page(
        f"SELECT {', '.join(table.columns)} FROM {table.name}{where}{order} LIMIT ?",
        tuple(place for place, column in enumerate(table.order) if column in walk),
    )


@cache
def _walk(kind: type[Struct], *, onwards: bool) -> str:
    table = TABLES[kind]
    key = ", ".join(table.key)
    where = f" WHERE ({key}) > ({', '.join('?' * len(table.key))})" if onwards else ""
    return f"SELECT {', '.join(table.columns)} FROM {table.name}{where} ORDER BY {key} LIMIT ?"


class SqlTx:
    """A `Tx` over a session. `handed_over` and `end` are for the engine.

    After a Duplicate came out of a verb the transaction is good for nothing but being undone, because
    PostgreSQL has it so; going on raises StoreError on every engine. Where a taken key is no surprise,
    ask `insert_new`.
    """

    __slots__ = ("_session", "handed_over", "slot", "slots")

    def __init__(self, session: Session) -> None:
        self._session = session
        self.slot, self.slots = session.slot, session.slots
        self.handed_over: list[HandOver] = []

    def end(self) -> None:
        """Whoever kept this transaction can do nothing with it any more."""
        self._session = _ENDED

    def get(self, kind: type[Row], *key: Value) -> Row | None:
        spelled = _spelled(kind)
        found = self._session.rows(spelled.get, key)
        return spelled.table.decode(found[0]) if found else None

    def insert(self, *rows: Struct) -> None:
        for row in rows:
            spelled = _spelled(type(row))
            self._session.put(spelled.insert, spelled.table.encode(row))

    def insert_new(self, row: Struct) -> bool:
        spelled = _spelled(type(row))
        return self._session.change(spelled.insert_new, spelled.table.encode(row)) == 1

    def keep(self, row: Struct) -> None:
        spelled = _spelled(type(row))
        self._session.put(spelled.insert_new, spelled.table.encode(row))

    def update(self, row: Row, **changes: object) -> Row:
        """Raises LookupError when the row is gone, TypeError for a column of the key."""
        if not changes:
            return row
        kind = type(row)
        sql = _update(kind, tuple(changes))
        encoders = TABLES[kind].encoders
        values = [encoders[name](value) if name in encoders else value for name, value in changes.items()]
        gone = f"the row of {TABLES[kind].name} that should change is gone"
        self._session.put(sql, (*values, *_key(row)), gone)
        return replace(row, **changes)

    def delete(self, row: Struct) -> None:
        self._session.put(_spelled(type(row)).delete, _key(row))

    def page(
        self, kind: type[Row], scope: Mapping[str, Value], after: Sequence[Value] | None, limit: int
    ) -> list[Row]:
        page = _page(kind, tuple(scope), onwards=after is not None)
        walked = () if after is None else tuple(after[place] for place in page.walked)
        decode = TABLES[kind].decode
        return [decode(row) for row in self._session.rows(page.sql, (*scope.values(), *walked, limit))]

    def walk(self, kind: type[Row], after: Sequence[Value] | None, limit: int) -> list[Row]:
        sql = _walk(kind, onwards=after is not None)
        decode = TABLES[kind].decode
        return [decode(row) for row in self._session.rows(sql, (*(after or ()), limit))]

    def one(self, query: str, /, **parameters: Value) -> Any:
        sql, decode = QUERIES[query]
        found = self._session.rows(sql, parameters)
        return decode(found[0]) if found else None

    def all(self, query: str, /, **parameters: Value) -> list[Any]:
        sql, decode = QUERIES[query]
        return [decode(row) for row in self._session.rows(sql, parameters)]

    def execute(self, query: str, /, **parameters: Value) -> int:
        return self._session.change(QUERIES[query].sql, parameters)

    def expect(self, query: str, /, **parameters: Value) -> bool:
        return self._session.expect(QUERIES[query].sql, parameters)

    def write(self, query: str, /, **parameters: Value) -> None:
        self._session.put(QUERIES[query].sql, parameters)

    def execute_each(self, query: str, parameters: Iterable[Mapping[str, Value]]) -> list[int]:
        return self._session.change_each(QUERIES[query].sql, parameters)

    def execute_many(self, query: str, parameters: Iterable[Mapping[str, Value]]) -> None:
        self._session.change_many(QUERIES[query].sql, parameters)

    def foresee(self, reads: Callable[[], Iterable[Read]]) -> None:
        if self._session.travels:
            self._session.foresee([_read(*read) for read in reads()])

    def alone(self, *names: str) -> None:
        if self._session.travels:
            self._session.alone(names)

    def hand_over(self, to: str, item: object) -> None:
        self.handed_over.append(HandOver(to, item))


def _read(what: type[Struct] | str, of: Parameters) -> tuple[str, Parameters]:
    return (QUERIES[what].sql if isinstance(what, str) else _spelled(what).get), of


def _key(row: Struct) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in TABLES[type(row)].key)


class _Ended:
    """The session of a transaction that is over."""

    travels = True
    slot, slots = 0, 1

    def rows(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        raise _over()

    def change(self, sql: str, parameters: Parameters) -> int:
        raise _over()

    def expect(self, sql: str, parameters: Parameters) -> bool:
        raise _over()

    def put(self, sql: str, parameters: Parameters, gone: str | None = None) -> None:
        raise _over()

    def change_each(self, sql: str, parameters: Iterable[Parameters]) -> list[int]:
        raise _over()

    def change_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        raise _over()

    def foresee(self, reads: Iterable[tuple[str, Parameters]]) -> None:
        raise _over()

    def alone(self, names: Iterable[str]) -> None:
        raise _over()


def _over() -> StoreError:
    return StoreError("this transaction is over: a function may not keep its tx")


_ENDED = _Ended()
