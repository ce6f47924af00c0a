"""The embedded engine: SQLite in one file of the data directory, served by one process.

One connection writes (`group_commit` decides what and when), one reads what is committed, on the event loop,
and one copies the write-ahead log into the database in a thread, so that nobody waits for it.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import apsw

from wireroom.core.ids import uuid7_floor
from wireroom.core.message import RETRY_LIFE
from wireroom.observe import Counters, MachineClock
from wireroom.store.engine import StoreError, Unavailable
from wireroom.store.group_commit import PAGE_BYTES, GroupCommit
from wireroom.store.lock import DataDirLock
from wireroom.store.migrate import VERSION_QUERY, apply, pending
from wireroom.store.sqltx import Parameters, SqlTx
from wireroom.store.tx import Duplicate, HandOver, Tx

T = TypeVar("T")

MEMORY_FILE = Path(__file__).with_name("memory.sql")
DATABASE = "wireroom.db"

_OLDEST_LIBRARY = (3, 51, 3)
_INCREMENTAL = 2
"""`PRAGMA auto_vacuum`, as it answers."""
_LONGEST_LOG_BYTES = 64 * 1024 * 1024
_GIVE_PAGES = 32
"""Free pages that one transaction gives back: a tenth of a millisecond, more where they have to be read."""
_REMAKE_BYTES = 256 * 1024 * 1024
"""A larger database of an older release is not made anew by itself: that takes seconds, and room."""
_BUSY_MILLISECONDS = 20  # nobody but us writes: only a program that opens the file can be in the way, briefly

_DISK_TROUBLE = (
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.FullError,
    apsw.IOError,
    apsw.LockedError,
    apsw.NoMemError,
    apsw.NotADBError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
)
_TAKEN = (apsw.SQLITE_CONSTRAINT_PRIMARYKEY, apsw.SQLITE_CONSTRAINT_UNIQUE)

log = logging.getLogger(__name__)


class SqliteEngine:
    """The `Engine` of one process on one data directory. Everything is called on one event loop."""

    owner = "embedded"
    sole = True

    @classmethod
    def open(cls, directory: Path, clock: MachineClock, counters: Counters) -> Self:
        """Lock a directory that exists, bring its data up to this release and open them.

        Raises DataDirInUse, DataTooNew, or another StoreError in words.
        """
        _require_library(apsw.sqlite_lib_version())
        lock = DataDirLock(directory)
        try:
            _migrate(directory / DATABASE)
            return cls(directory / DATABASE, lock, clock, counters)
        except apsw.Error as error:
            lock.release()
            raise StoreError(f"the data in {directory} cannot be opened: {error}") from error
        except BaseException:
            lock.release()
            raise

    def __init__(self, path: Path, lock: DataDirLock, clock: MachineClock, counters: Counters) -> None:
        self._lock = lock
        self._monotonic = clock.monotonic
        self._counters = counters
        self._writer = SqliteWriter(path)
        self._writer.remember(uuid7_floor(clock.now() - RETRY_LIFE))
        self._reader = _connect(path, apsw.SQLITE_OPEN_READONLY)
        self._read_session = _ReadingSession(self._reader)
        self._group = GroupCommit(self._writer, clock.monotonic, counters)
        self._closing = False

    async def run(self, work: Callable[[Tx], T], name: str, *, patient: bool = False) -> T:
        if self._closing:
            raise Unavailable("the store is closed")
        return await self._group.run(work, name, patient=patient)

    async def read(self, work: Callable[[Tx], T], name: str) -> T:
        if self._closing:
            raise Unavailable("the store is closed")
        started = self._monotonic()
        session = self._read_session
        tx = SqlTx(session)
        try:
            session.begin()
            answer = work(tx)
        finally:
            tx.end()
            session.end()
        if tx.handed_over:
            raise StoreError(f"{name} only reads, and may hand over nothing")
        self._counters.add("store.reads")
        self._group.note_time(name, self._monotonic() - started)
        return answer

    def on_commit(self, listener: Callable[[Sequence[HandOver]], None]) -> None:
        self._group.listeners.append(listener)

    async def others(self) -> int:
        return 0

    async def take_over(self) -> int:
        return 0

    async def give_back(self, spare: int) -> bool:
        before = self._writer.pages_given_back
        more = await self.run(lambda _: self._writer.give_back(spare), "give back", patient=True)
        if not more and self._writer.pages_given_back > before:
            self._group.copy_log()  # only then the file shrinks
        return more

    async def empty_log(self) -> bool:
        """Nothing that was deleted is left in the files; False while another program reads an old state."""
        if self._closing:
            raise Unavailable("the store is closed")
        return await self._group.empty_log()

    async def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        await self._group.finish()
        await asyncio.to_thread(self._let_go)

    def _let_go(self) -> None:
        try:
            # The writer last: SQLite removes the log when the last connection that may write goes.
            self._reader.close()
            self._writer.close()
        finally:
            self._lock.release()


class SqliteWriter:
    """The `Writer` of group commit: a connection that writes, and one beside it that copies the log."""

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path)
        self._connection.set_wal_hook(self._note_log)
        self._copier = _connect(path)
        self.log_pages = 0
        self.session = _Session(self._connection)
        self._execute = self._connection.cursor().execute
        self.pages_given_back = 0

    def remember(self, since: str) -> None:
        """Make what is kept in memory only (memory.sql), from the messages with ids from `since` on."""
        self._execute(MEMORY_FILE.read_text(encoding="utf-8"))
        self._execute(
            "INSERT INTO sent SELECT retry_of, message_id FROM messages "
            "WHERE message_id >= ? AND retry_of IS NOT NULL ON CONFLICT DO NOTHING",
            (since,),
        )

    def begin(self) -> None:
        self.rollback()
        self._execute("BEGIN IMMEDIATE")

    def save(self) -> None:
        self._execute("SAVEPOINT operation")

    def keep(self) -> None:
        if self.session.spoilt:
            raise StoreError("an operation went on after a statement that was refused")
        self._execute("RELEASE operation")

    def undo(self) -> None:
        self.session.renew()
        self._execute("ROLLBACK TO operation")
        self._execute("RELEASE operation")

    def commit(self) -> None:
        self._execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._execute("ROLLBACK")

    def rows_written(self) -> int:
        return self._connection.total_changes() + self.pages_given_back

    def give_back(self, spare: int) -> bool:
        """Take a few free pages off the end of the database, where more than `spare` bytes are free; answers
        whether there are more. A page in use that stands there is moved to a free place."""
        free = self._free_pages()
        beyond = free - spare // PAGE_BYTES
        if beyond > 0:
            self.session.rows(f"PRAGMA incremental_vacuum({min(beyond, _GIVE_PAGES)})", ())
        given = free - self._free_pages()  # none in data of an older release that could not be made anew
        self.pages_given_back += given
        return 0 < given < beyond

    def _free_pages(self) -> int:
        return int(self.session.rows("PRAGMA freelist_count", ())[0][0])

    def copy_log(self) -> int:
        return self._copier.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)[1]

    def empty_log(self) -> bool:
        try:
            self._copier.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:
            return False
        self.log_pages = 0
        return True

    def close(self) -> None:
        self._copier.close()
        self._connection.close()

    def _note_log(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        """SQLite's hook after a commit, in the commit's thread."""
        self.log_pages = pages
        return apsw.SQLITE_OK


class _Session:
    """The primitives on one connection. After a refused statement it refuses all, as PostgreSQL would."""

    travels = False
    slot, slots = 0, 1  # one writer: nobody waits

    def __init__(self, connection: apsw.Connection) -> None:
        self._execute = connection.cursor().execute
        self._run: Callable[[str, Parameters], apsw.Cursor] = self._execute
        self._changes = connection.changes
        self.spoilt = False

    def rows(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        try:
            return self._run(sql, parameters).fetchall()
        except apsw.Error as error:
            raise self._refusal(error) from error

    def change(self, sql: str, parameters: Parameters) -> int:
        try:
            self._run(sql, parameters).fetchall()  # to its end, should it answer rows
        except apsw.Error as error:
            raise self._refusal(error) from error
        return self._changes()

    def expect(self, sql: str, parameters: Parameters) -> bool:
        return self.change(sql, parameters) > 0

    def put(self, sql: str, parameters: Parameters, gone: str | None = None) -> None:
        if self.change(sql, parameters) == 0 and gone is not None:
            raise LookupError(gone)

    def change_each(self, sql: str, parameters: Iterable[Parameters]) -> list[int]:
        return [self.change(sql, each) for each in parameters]

    def change_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        for each in parameters:
            self.change(sql, each)

    def foresee(self, reads: Iterable[tuple[str, Parameters]]) -> None:
        """Nothing is far away."""

    def alone(self, names: Iterable[str]) -> None:
        """There is one writer."""

    def renew(self) -> None:
        """Good again: what was spoilt is undone."""
        self._run = self._execute
        self.spoilt = False

    def _refusal(self, error: apsw.Error) -> Exception:
        self._run = self._refuse
        self.spoilt = True
        if error.extendedresult in _TAKEN:  # type: ignore[attr-defined]  # missing in apsw's stub
            return Duplicate(str(error))
        if isinstance(error, _DISK_TROUBLE):
            return Unavailable(f"the store could not do it: {error}")
        return StoreError(str(error))

    def _refuse(self, _sql: str, _parameters: Parameters) -> apsw.Cursor:
        raise StoreError("a statement was refused before, so that this transaction can only be undone")


class _ReadingSession(_Session):
    """The primitives on a connection that only reads."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(connection)
        self._connection = connection

    def begin(self) -> None:
        """Hold on to what is committed now, until `end`."""
        self.rows("BEGIN", ())

    def end(self) -> None:
        self.renew()
        if self._connection.in_transaction:
            self._execute("ROLLBACK", ())

    def change(self, sql: str, parameters: Parameters) -> int:
        raise StoreError("a read cannot write")

    def _refusal(self, error: apsw.Error) -> Exception:
        refusal = super()._refusal(error)
        return StoreError("a read cannot write") if isinstance(error, apsw.ReadOnlyError) else refusal


def _require_library(version: str) -> None:
    """An older one can corrupt the data when the log begins again while another connection checkpoints."""
    if tuple(map(int, version.split("."))) < _OLDEST_LIBRARY:
        raise StoreError(
            f"SQLite {version} is too old: Wireroom needs {'.'.join(map(str, _OLDEST_LIBRARY))} or later. "
            "The wheel of apsw carries its own: pip install --force-reinstall --only-binary apsw apsw"
        )


def _connect(
    path: Path, flags: int = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags, statementcachesize=512)
    connection.set_busy_timeout(_BUSY_MILLISECONDS)
    # Plans may not depend on bound values, or else binding a LIMIT prepares its statement anew (8 us each).
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    for pragma in (
        "synchronous = FULL",
        "fullfsync = TRUE",  # macOS: a plain fsync leaves the data in the drive's cache
        "checkpoint_fullfsync = TRUE",
        "wal_autocheckpoint = 0",
        f"journal_size_limit = {_LONGEST_LOG_BYTES}",
        "secure_delete = ON",  # what is deleted or moved is overwritten with zeros, from the first row on
        "temp_store = MEMORY",
        "cache_size = -16384",  # KiB, taken as they are needed
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def _migrate(path: Path) -> None:
    """Bring the database up to this release; an older one is copied first, a newer one is not touched."""
    found = version_of(path)
    left = pending(found, "sqlite")
    if not left:
        return
    if found:
        _copy(path, path.with_name(f"{path.name}.before-{left[0].version:04d}"))
    connection = _connect(path)
    try:
        # In force where there is no table yet; where there are some, once they are made anew.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        if connection.execute("PRAGMA journal_mode = WAL").fetchall() != [("wal",)]:
            raise StoreError(f"{path} is on a file system that SQLite's write-ahead log cannot use")
        for migration in left:
            apply(migration, connection.execute)
            log.log(logging.INFO if found else logging.DEBUG, "the data are at version %d", migration.version)
        if connection.execute("PRAGMA auto_vacuum").fetchall() != [(_INCREMENTAL,)]:
            _remake(connection, path)
    finally:
        connection.close()


def _remake(connection: apsw.Connection, path: Path) -> None:
    """Write an older release's database anew, so that it can give space back from now on."""
    if path.stat().st_size > _REMAKE_BYTES:
        log.warning(
            "%s cannot give space back to the disk, and is too large to be made anew in passing: when there "
            "is time, stop the server and run: sqlite3 %s 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM;'",
            path,
            path,
        )
        return
    connection.execute("VACUUM")


def version_of(path: Path) -> int:
    """Which version the data have, 0 for none; only reads."""
    if not path.exists() or path.stat().st_size == 0:
        return 0
    connection = _connect(path, apsw.SQLITE_OPEN_READONLY)
    try:
        return next(int(version) for (version,) in connection.execute(VERSION_QUERY))
    except apsw.SQLError:
        return 0  # no such table: the first start was interrupted
    finally:
        connection.close()


def _copy(path: Path, to: Path) -> None:
    """A whole, consistent copy, durable before this returns."""
    unfinished = to.with_name(f"{to.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    connection = _connect(path, apsw.SQLITE_OPEN_READONLY)
    try:
        connection.execute("VACUUM INTO ?", (str(unfinished),))
    finally:
        connection.close()
    for what in (unfinished, to.parent):
        descriptor = os.open(what, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    unfinished.replace(to)
