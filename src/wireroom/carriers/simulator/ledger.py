"""The simulated network's own book: each segment it took, and the receipt it owes for it.

One SQLite file beside the data, never part of the store: a carrier is somebody else. What is written here is
durable before anybody is answered, so receipts survive `kill -9` as a real carrier's would. Statements run on
the event loop and only COMMIT in a helper thread (a thread that runs statements beside a busy loop starves,
speed §E); everything that waits shares one commit. Knows nothing of the line.
"""

import asyncio
import itertools
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from wireroom.api.enums import EventType

log = logging.getLogger(__name__)

BLOCK_AT_MOST = 0.003
"""Seconds for which the loop waits for a COMMIT before it goes on with other work."""
LOOK_BACK = 10_000
"""Segments through which a handset's texts are looked for: an index by destination would double the cost of
every segment, for its pages are hit at random."""
FORGET_AT_ONCE = 500
ERASE_AT_ONCE = 1_000
"""Segments that one transaction looks through for a number."""
EMPTYING_MILLISECONDS = 500
"""How long emptying the log may wait for somebody who reads."""
FILE = "simulator.db"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS segments (
    serial INTEGER PRIMARY KEY,     -- the carrier's message id; grows
    message_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    part_count INTEGER NOT NULL,
    origination TEXT NOT NULL,
    destination TEXT NOT NULL,
    text TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,   -- this and the other times: business time, ms
    delivered_at INTEGER,           -- when the handset shows it; NULL: never
    outcome TEXT,                   -- what the receipt says; NULL: this route has none
    due_at INTEGER                  -- when the receipt is due; NULL: none, or acknowledged
);
CREATE INDEX IF NOT EXISTS segments_by_message ON segments (message_id, number);
CREATE INDEX IF NOT EXISTS segments_by_due ON segments (due_at) WHERE due_at IS NOT NULL;
"""
_RECORD = "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ACKNOWLEDGE = "UPDATE segments SET due_at = NULL WHERE serial = ?"
_OWED = (
    "SELECT due_at, serial, outcome FROM segments WHERE due_at IS NOT NULL ORDER BY due_at, serial LIMIT ?"
)
_FORGET = "DELETE FROM segments WHERE message_id = ?"
_OWES = "SELECT EXISTS (SELECT 1 FROM segments WHERE message_id = ? AND due_at IS NOT NULL)"
_STRETCH = "SELECT max(serial) FROM (SELECT serial FROM segments WHERE serial > ? ORDER BY serial LIMIT ?)"
_ERASE = "DELETE FROM segments WHERE serial > ? AND serial <= ? AND destination = ?"
_AUDIT = """
SELECT number, count(*), count(*) FILTER (WHERE delivered_at <= ?2),
       count(*) FILTER (WHERE outcome IS NOT NULL AND due_at IS NULL)
FROM segments WHERE message_id = ?1 GROUP BY number ORDER BY number
"""
_RECEIVED = """
SELECT message_id, number, part_count, origination, text, delivered_at
FROM (SELECT * FROM segments ORDER BY serial DESC LIMIT ?3) WHERE destination = ?1 AND delivered_at <= ?2
"""


class LedgerError(Exception):
    """The ledger could not be written; whether it has what was to be written is not known."""


class Entry(NamedTuple):
    """A segment as it was taken; its fields are the table's columns."""

    serial: int
    message_id: str
    number: int
    part_count: int
    origination: str
    destination: str
    text: str
    accepted_at: int
    delivered_at: int | None
    outcome: EventType | None
    due_at: int | None


class Owed(NamedTuple):
    """A receipt to be given at `due_at` (business time, ms)."""

    due_at: int
    serial: int
    outcome: EventType


class Audited(NamedTuple):
    """How often one part of a message was accepted, shown on the handset, and its receipt acknowledged."""

    number: int
    accepted: int
    delivered: int
    acknowledged: int


class Received(NamedTuple):
    """One part of a text on a handset."""

    message_id: str
    number: int
    part_count: int
    origination: str
    text: str
    delivered_at: int


class _Write(NamedTuple):
    statement: str
    rows: Iterable[Sequence[Any]]
    done: asyncio.Future[None]


class Ledger:
    """Open ledger. Every `async` method is durable when it comes back, or raises LedgerError."""

    def __init__(self, path: Path, now: int) -> None:
        """`now` is machine time (ms): serials start from it, so that they are new even after `clear`."""
        self._connection = apsw.Connection(str(path))
        self._connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA secure_delete = ON").fetchall()  # with zeros, from the first row on
        self._connection.execute(_SCHEMA)
        self._reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        last: int = self._connection.execute("SELECT coalesce(max(serial), 0) FROM segments").get
        self.serials = itertools.count(max(last + 1, now << 20))
        self._helper = ThreadPoolExecutor(1, thread_name_prefix="simulator-commit")
        self._waiting: list[_Write] = []
        self._emptying: asyncio.Future[bool] | None = None
        self._writer: asyncio.Task[None] | None = None

    async def record(self, entries: Sequence[Entry]) -> None:
        """Write what was taken and the receipts that are owed for it."""
        await self._write(_RECORD, entries)

    async def acknowledge(self, receipts: Sequence[Owed]) -> None:
        """Note that these receipts were heard."""
        await self._write(_ACKNOWLEDGE, [(receipt.serial,) for receipt in receipts])

    async def forget(self, message_ids: Sequence[str]) -> None:
        """Delete what is known of these messages, a few at a time so that the loop is not held up."""
        for start in range(0, len(message_ids), FORGET_AT_ONCE):
            await self._write(_FORGET, [(each,) for each in message_ids[start : start + FORGET_AT_ONCE]])

    async def erase(self, number: str) -> None:
        """Delete every segment to this number. There is no index by destination: all are looked through."""
        last = 0
        while (until := self._reader.execute(_STRETCH, (last, ERASE_AT_ONCE)).get) is not None:
            await self._write(_ERASE, [(last, until, number)])
            last = until

    async def empty_log(self) -> bool:
        """Nothing that was deleted is left in the files; False while another program reads an old state."""
        self._emptying = self._emptying or asyncio.get_running_loop().create_future()
        self._begin()
        return await asyncio.shield(self._emptying)

    async def clear(self) -> None:
        """Delete everything."""
        await self._write("DELETE FROM segments", [()])

    def owes(self, message_ids: Sequence[str]) -> bool:
        """A receipt of one of these messages is still to be given."""
        return any(self._reader.execute(_OWES, (each,)).get for each in message_ids)

    def owed(self, most: int) -> list[Owed]:
        """The receipts that are due first."""
        return [
            Owed(due_at, serial, EventType(outcome))
            for due_at, serial, outcome in self._reader.execute(_OWED, (most,))
        ]

    def audit(self, message_id: str, now: int) -> list[Audited]:
        """Each part of a message that was ever taken."""
        return [Audited(*row) for row in self._reader.execute(_AUDIT, (message_id, now))]

    def received(self, destination: str, now: int) -> list[Received]:
        """Parts that a handset has, newest first, among the newest LOOK_BACK segments."""
        return [Received(*row) for row in self._reader.execute(_RECEIVED, (destination, now, LOOK_BACK))]

    async def close(self) -> None:
        """Let what was begun end, then let go of the file."""
        if self._writer is not None:
            await self._writer
        self._helper.shutdown()
        self._reader.close()
        self._connection.close()

    async def _write(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        write = _Write(statement, rows, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        self._begin()
        await write.done

    def _begin(self) -> None:
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write_all())

    async def _write_all(self) -> None:
        while self._waiting or self._emptying:
            group, self._waiting = self._waiting, []
            if group:
                await self._write_group(group)
            if self._emptying:
                emptying, self._emptying = self._emptying, None
                emptying.set_result(await self._empty())
        self._writer = None

    async def _write_group(self, group: Sequence[_Write]) -> None:
        failure: LedgerError | None = None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for write in group:
                self._connection.executemany(write.statement, write.rows)
            await self._commit()
        except Exception as error:
            log.exception("the ledger of the simulated network could not be written")
            failure = LedgerError(str(error))
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        for write in group:
            if write.done.done():  # whoever waited has gone
                continue
            if failure is None:
                write.done.set_result(None)
            else:
                write.done.set_exception(failure)

    async def _commit(self) -> None:
        committing = self._helper.submit(self._connection.execute, "COMMIT")
        wait((committing,), BLOCK_AT_MOST)
        await asyncio.wrap_future(committing)

    async def _empty(self) -> bool:
        """Cut the write-ahead log to nothing; nobody writes meanwhile."""
        self._connection.set_busy_timeout(EMPTYING_MILLISECONDS)
        empty = partial(self._connection.wal_checkpoint, mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        try:
            await asyncio.wrap_future(self._helper.submit(empty))
        except apsw.Error as error:
            log.warning("the log of the simulated network's ledger is not emptied: %s", error)
            return False
        finally:
            self._connection.set_busy_timeout(0)
        return True
