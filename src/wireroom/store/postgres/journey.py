"""Statements that travel to the server together: one send, one wait, all answers (libpq's pipeline mode).

Under psycopg's cursors each statement of a pipeline waits for the socket by itself, and each wait hands the
GIL over to whoever else is busy; with twenty threads that was most of a send's time (docs/adr/0013). So what
is here is written on psycopg's `pq`, and nothing else of ours is.
"""

import select
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import errors, pq

from wireroom.store.postgres.spelling import Wire, reader

Connection = psycopg.Connection[tuple[Any, ...]]

LONGEST_SILENCE = 45_000
"""Milliseconds without a word from the server; its own time limit for a statement is shorter."""

_prepared: WeakKeyDictionary[Connection, dict[bytes, bytes]] = WeakKeyDictionary()
"""What each connection has prepared: statement → name."""


class Statement:
    """A statement on its way, and its answer when it is back."""

    __slots__ = ("_result", "back", "changed", "gone", "sql", "values")

    def __init__(self, sql: bytes, values: Sequence[Wire], gone: str | None = None) -> None:
        """`gone`: what it means when no row was changed, where that is an error."""
        self.sql = sql
        self.values = values
        self.gone = gone
        self.back = False
        self.changed = 0
        self._result: pq.abc.PGresult | None = None

    def answer(self, result: pq.abc.PGresult) -> None:
        self.back = True
        if result.status == pq.ExecStatus.TUPLES_OK:
            self._result = result
        if not (result.command_status or b"").startswith((b"SELECT", b"BEGIN", b"COMMIT")):
            self.changed = result.command_tuples or 0

    def rows(self) -> list[tuple[Any, ...]]:
        result = self._result
        if result is None:
            return []
        get = result.get_value
        columns = [(number, reader(result.ftype(number))) for number in range(result.nfields)]
        return [
            tuple([None if (wire := get(row, number)) is None else read(wire) for number, read in columns])
            for row in range(result.ntuples)
        ]


class Road:
    """One connection's way to the server and back, from `open` to `close`. Raises psycopg.Error."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._known = _prepared.setdefault(connection, {})
        self._poll = select.poll()
        self._luggage: list[Statement] = []
        self.journeys = 0

    def open(self) -> None:
        self._pgconn.enter_pipeline_mode()
        self._poll.register(self._pgconn.socket, select.POLLIN)

    def close(self) -> None:
        """Nothing may be on the way."""
        self._luggage.clear()
        self._pgconn.exit_pipeline_mode()

    def pack(self, statement: Statement) -> Statement:
        """It goes with the next journey."""
        self._luggage.append(statement)
        return statement

    def travel(self) -> list[Statement]:
        """Send what is packed and come back with all answers; raises the first that is an error."""
        self.journeys += 1
        luggage, self._luggage = self._luggage, []
        fresh: set[bytes] = set()
        for statement in luggage:
            name = self._known.get(statement.sql)
            if name is None:
                name = self._known[statement.sql] = b"w%d" % len(self._known)
                fresh.add(statement.sql)
                self._pgconn.send_prepare(name, statement.sql)
            self._pgconn.send_query_prepared(name, statement.values)
        self._pgconn.pipeline_sync()
        self._flush()
        error: psycopg.Error | None = None
        for statement in luggage:
            if statement.sql in fresh:
                fresh.discard(statement.sql)
                failure = _failure(self._answer())
                if failure is not None:
                    del self._known[statement.sql]
                    error = error or failure
            result = self._answer()
            failure = _failure(result)
            if failure is None:
                statement.answer(result)
            else:
                error = error or failure
        self._next()  # the sync's
        if error is not None:
            raise error
        return luggage

    def _flush(self) -> None:
        while self._pgconn.flush():
            self._poll.modify(self._pgconn.socket, select.POLLIN | select.POLLOUT)
            self._wait()
            self._pgconn.consume_input()
        self._poll.modify(self._pgconn.socket, select.POLLIN)

    def _answer(self) -> pq.abc.PGresult:
        """Of one command, whose results end with none."""
        result = self._next()
        if result is None:
            raise psycopg.OperationalError("the server ended the connection")
        while self._next() is not None:
            pass
        return result

    def _next(self) -> pq.abc.PGresult | None:
        while self._pgconn.is_busy():
            self._wait()
            self._pgconn.consume_input()
        return self._pgconn.get_result()

    def _wait(self) -> None:
        if not self._poll.poll(LONGEST_SILENCE):
            self._connection.close()
            raise psycopg.OperationalError("the server is silent")


def _failure(result: pq.abc.PGresult) -> psycopg.Error | None:
    match result.status:
        case pq.ExecStatus.FATAL_ERROR:
            state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
            said = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or result.error_message
            # The primary line only: the values that broke a rule stand in the lines after it.
            kind = _kind(state)
            return kind(said.decode("utf-8", "replace").strip().partition("\n")[0])
        case pq.ExecStatus.PIPELINE_ABORTED:
            return errors.PipelineAborted("a statement before it was refused")
    return None


def _kind(state: str) -> type[psycopg.Error]:
    if not state:
        return psycopg.OperationalError  # libpq's own: the connection is gone
    try:
        return errors.lookup(state)
    except KeyError:
        # Classes of SQLSTATE: connection, resources, limits, operator's intervention, system.
        return (
            psycopg.OperationalError if state[:2] in ("08", "53", "54", "57", "58") else psycopg.DatabaseError
        )
