"""Faults at a chosen statement: the server itself refuses it, so that all that follows is as it would be."""

from collections.abc import Callable
from threading import Lock
from weakref import WeakSet

import psycopg
import pytest
from psycopg import errors

from wireroom.store.postgres.journey import Road, Statement

SERIALIZATION, DEADLOCK, DISK_FULL = "40001", "40P01", "53100"
Travel = Callable[[Road], list[Statement]]


class Spoiler:
    """Stands between the sessions and the server, in every thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._travel: Travel = Road.travel
        self._lock = Lock()
        self._left = 0
        self._times = 0
        self._state = ""
        self._about = b""
        self.done = 0
        """How many statements were spoilt; behind one that the server refused by itself, they never came."""
        self._readers: WeakSet[Road] = WeakSet()
        self._at_commit: Callable[[Road, Travel], list[Statement]] | None = None
        monkeypatch.setattr(Road, "travel", lambda road: self._spoiling(road))

    def at(self, number: int, state: str, times: int = 1, about: bytes = b"") -> None:
        """Let the server refuse the statement that comes as this number (from 1 on) with this SQLSTATE; then,
        as often as `times` says, the first of each next journey. Only statements that hold `about` count, and
        none of those that only read."""
        self._left, self._state, self._times, self._about, self.done = number, state, times, about, 0

    def at_commit(self, do: Callable[[Road, Travel], list[Statement]]) -> None:
        """The next journey with a COMMIT that writes something goes as `do` has it, once."""
        self._at_commit = do

    def _spoiling(self, road: Road) -> list[Statement]:
        with self._lock:
            at_commit = None
            if any(b"READ ONLY" in statement.sql for statement in road._luggage):
                self._readers.add(road)
            if road not in self._readers:
                for statement in road._luggage:
                    self._consider(statement)
            if self._at_commit is not None and _writes(road):
                at_commit, self._at_commit = self._at_commit, None
        if at_commit is None:
            return self._travel(road)
        try:
            return at_commit(road, self._travel)
        except (
            errors.DivisionByZero
        ):  # what was expected of the money was not so, and it did not come to that
            self._at_commit = at_commit
            raise

    def _consider(self, statement: Statement) -> None:
        if not self._times or self._about not in statement.sql:
            return
        self._left -= 1
        if self._left <= 0:
            self._times -= 1
            self._left = 1
            self.done += 1
            statement.sql = b"DO $$ BEGIN RAISE 'a fault' USING ERRCODE = '%b'; END $$" % self._state.encode()
            statement.values = ()


def _writes(road: Road) -> bool:
    said = [statement.sql for statement in road._luggage]
    return b"COMMIT" in said and any(b"INSERT INTO messages" in sql for sql in said)


def lose_before_commit(road: Road, _: Travel) -> list[Statement]:
    """The connection goes before the server hears of the commit."""
    road._connection.close()
    raise psycopg.OperationalError("the connection is gone")


def lose_after_commit(road: Road, travel: Travel) -> list[Statement]:
    """The server commits, and the connection goes before it can say so."""
    travel(road)
    road._connection.close()
    raise psycopg.OperationalError("the connection is gone")
