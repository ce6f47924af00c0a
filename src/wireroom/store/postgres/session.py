"""The primitives of a transaction on one connection (`sqltx.Session`), and what its refusals mean.

What answers nothing waits for the next statement that does, and goes with it.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import psycopg
from psycopg import errors, pq

from wireroom.store.engine import Busy, StoreError, Unavailable
from wireroom.store.postgres.journey import Connection, Road, Statement
from wireroom.store.postgres.spelling import Wire, spelled
from wireroom.store.sqltx import Parameters
from wireroom.store.tx import Duplicate


class TryAgain(Exception):
    """Nothing was done. `otherwise` is what it comes to when trying again does not help; `stale`: the
    connection was no good."""

    def __init__(self, otherwise: StoreError, *, stale: bool) -> None:
        super().__init__(str(otherwise))
        self.otherwise = otherwise
        self.stale = stale


class Disappointed(Exception):
    """What was expected of a statement did not happen: nothing was done, and the next try waits and sees."""

    def __init__(self, journeys: int) -> None:
        super().__init__("what was expected did not happen")
        self.journeys = journeys + 1  # one more to undo it


class Manner(NamedTuple):
    """How a session goes about it. `trusting`: what is expected counts as true until the server says no."""

    writes: bool
    trusting: bool
    slot: int
    slots: int


class PostgresSession:
    """From `begin` to `commit`, and `end` whatever happened."""

    travels = True

    def __init__(self, connection: Connection, manner: Manner) -> None:
        self._connection = connection
        self._writes = manner.writes
        self._trusting = manner.trusting
        self.slot, self.slots = manner.slot, manner.slots
        self._road = Road(connection)
        self._committing = False
        self._spoilt = False
        self._foreseen: dict[tuple[bytes, tuple[Wire, ...]], Statement] = {}
        self._checked = False
        self.rows_written = 0

    @property
    def journeys(self) -> int:
        """How often it waited for the server."""
        return self._road.journeys

    def begin(self) -> None:
        try:
            self._road.open()
        except psycopg.Error as error:
            raise self._refusal(error) from error
        isolation = b"READ COMMITTED" if self._writes else b"REPEATABLE READ READ ONLY"
        self._pack(b"BEGIN ISOLATION LEVEL " + isolation, ())

    def rows(self, sql: str, parameters: Parameters) -> list[tuple[object, ...]]:
        key = spelled(sql, parameters)
        statement = self._foreseen.pop(key, None) or self._pack(*key)
        if not statement.back:
            self._travel()
        return statement.rows()

    def change(self, sql: str, parameters: Parameters) -> int:
        statement = self._pack(*spelled(sql, parameters))
        self._travel()
        return statement.changed

    def expect(self, sql: str, parameters: Parameters) -> bool:
        if not self._trusting:
            return self.change(sql, parameters) > 0
        statement, values = spelled(sql, parameters)
        self._pack(_OR_FAIL % statement, values)
        return True

    def put(self, sql: str, parameters: Parameters, gone: str | None = None) -> None:
        self._pack(*spelled(sql, parameters), gone)
        self._checked = self._checked or gone is not None

    def change_each(self, sql: str, parameters: Iterable[Parameters]) -> list[int]:
        statements = [self._pack(*spelled(sql, each)) for each in parameters]
        if statements:
            self._travel()
        return [statement.changed for statement in statements]

    def change_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        for each in parameters:
            self.put(sql, each)

    def foresee(self, reads: Iterable[tuple[str, Parameters]]) -> None:
        for sql, parameters in reads:
            key = spelled(sql, parameters)
            if key not in self._foreseen:
                self._foreseen[key] = self._pack(*key)

    def alone(self, names: Iterable[str]) -> None:
        keys = sorted({lock_key(name) for name in names})
        if keys:
            listed = "{" + ",".join(map(str, keys)) + "}"
            self._pack(_LOCK, (listed.encode(),))

    def commit(self) -> None:
        if self._checked:
            self._travel()  # a row that is gone must undo all of it, and a commit would not wait for that
        self._pack(b"COMMIT", ())
        self._committing = self._writes
        self._travel()

    def end(self) -> None:
        """Undo what was not committed; a connection that cannot even do that is closed."""
        try:
            self._road.close()
            if self._connection.pgconn.transaction_status != pq.TransactionStatus.IDLE:
                self._connection.execute("ROLLBACK")
        except psycopg.Error:
            self._connection.close()

    def _pack(self, sql: bytes, values: tuple[Wire, ...], gone: str | None = None) -> Statement:
        if self._spoilt:
            raise StoreError("a statement was refused before, so that this transaction can only be undone")
        return self._road.pack(Statement(sql, values, gone))

    def _travel(self) -> None:
        try:
            luggage = self._road.travel()
        except psycopg.Error as error:
            raise self._refusal(error) from error
        self._checked = False
        for statement in luggage:
            self.rows_written += statement.changed
            if statement.gone is not None and statement.changed == 0:
                self._spoilt = True
                raise LookupError(statement.gone)

    def _refusal(self, error: psycopg.Error) -> Exception:
        """What a refused statement means to whoever waits for it."""
        self._spoilt = True
        if self._connection.pgconn.status == pq.ConnStatus.BAD or self._connection.closed:
            if self._committing:
                return Unavailable(
                    f"the connection was lost in a commit, whose outcome nobody knows: {error}"
                )
            return TryAgain(Unavailable(f"the connection was lost: {error}"), stale=True)
        match error:
            case errors.DivisionByZero():
                return Disappointed(self.journeys)
            case errors.UniqueViolation():
                return Duplicate(str(error))
            case errors.SerializationFailure() | errors.DeadlockDetected():
                return TryAgain(Busy(f"others were in the way again and again: {error}"), stale=False)
            case errors.LockNotAvailable() | errors.QueryCanceled():
                return Busy(f"the database took too long: {error}")
            case errors.ReadOnlySqlTransaction() if not self._writes:
                return StoreError("a read cannot write")
            case psycopg.OperationalError() | errors.ReadOnlySqlTransaction() | errors.IoError():
                return Unavailable(f"the database could not do it: {error}")
        return StoreError(str(error))


_OR_FAIL = b"WITH changed AS (%b RETURNING 1) SELECT 1 / count(*) FROM changed"
"""A statement that fails, and with it all that travels behind it, where it changes no row."""
_LOCK = b"SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key"


def lock_key(name: str) -> int:
    """Two names with one key only wait for each other needlessly."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
