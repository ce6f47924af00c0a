"""Copies of SQLite files that others write at this moment, all of them as of one instant.

Made for a process of its own beside the server, as `wireroom backup` is: the write-ahead log lets any process
of the same machine read a snapshot while another one writes, and its locks are the operating system's. Nobody
waits for the copy; the log only grows until it is done. Knows no table.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw

from wireroom.store.engine import StoreError

TRIES = 10_000
"""Of an instant at which nobody writes; between two commits of a busy server one in two finds it."""
PAGES_AT_ONCE = 1024
BUSY_MILLISECONDS = 2_000
"""How long a reader waits where the writer cuts its log; that takes less."""


def copy_together(files: Sequence[Path], to: Path) -> None:
    """Copy databases into the directory `to`, under their own names; durable before this returns.

    What is committed to one of them before something else is committed to another is so in the copies too.
    Raises StoreError, and OSError.
    """
    try:
        with _one_instant(files) as readers:
            for file, reader in zip(files, readers, strict=True):
                _copy(reader, to / file.name)
    except apsw.Error as error:
        raise StoreError(f"the data cannot be copied: {error}") from error


def sync(path: Path) -> None:
    """A file's bytes, or a directory's names, are on the disk when this comes back."""
    if sys.platform == "win32" and path.is_dir():
        return  # there is no such thing
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _one_instant(files: Sequence[Path]) -> Iterator[list[apsw.Connection]]:
    """Readers that hold on to snapshots between whose beginnings nobody committed anything."""
    with contextlib.ExitStack() as closing:
        readers = [_reader(file, closing) for file in files]
        watchers = [_reader(file, closing) for file in files]
        for _ in range(TRIES):
            before = [_commits_seen(watcher) for watcher in watchers]
            for reader in readers:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # the snapshot is taken here
            if [_commits_seen(watcher) for watcher in watchers] == before:
                yield readers
                return
            for reader in readers:
                reader.execute("ROLLBACK")
        raise StoreError("the data are written too fast for a copy of one instant: try again")


def _reader(file: Path, closing: contextlib.ExitStack) -> apsw.Connection:
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    closing.callback(connection.close)
    connection.set_busy_timeout(BUSY_MILLISECONDS)
    return connection


def _commits_seen(watcher: apsw.Connection) -> int:
    """Another number after each commit of anybody else."""
    return int(watcher.execute("PRAGMA data_version").get)


def _copy(reader: apsw.Connection, path: Path) -> None:
    with contextlib.closing(apsw.Connection(str(path))) as copy:
        # A copy that was broken off is worth nothing, so it needs no journal; its bytes are synced once.
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            copy.execute(f"PRAGMA {pragma}").fetchall()
        with copy.backup("main", reader, "main") as pages:
            while not pages.done:
                pages.step(PAGES_AT_ONCE)
    sync(path)
