"""Copies of files that are being written, and a log that is emptied between two batches."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from wireroom.store import copying
from wireroom.store.copying import copy_together
from wireroom.store.engine import StoreError
from wireroom.store.rows import Tag
from wireroom.store.sqlite import DATABASE, SqliteEngine
from wireroom.store.tx import Tx

Run = Callable[..., Any]


def database(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = OFF").fetchall()
    connection.execute("CREATE TABLE IF NOT EXISTS steps (step INTEGER)")
    return connection


def last_step(path: Path) -> int:
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.execute("PRAGMA integrity_check").get == "ok"
        return int(connection.execute("SELECT coalesce(max(step), 0) FROM steps").get)


def test_two_files_are_copied_as_of_one_instant_while_they_are_written(tmp_path: Path) -> None:
    """The writer goes from one file to the other: the first is never more than one step ahead."""
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    for path in (first, second):
        database(path).close()
    enough = threading.Event()
    steps = 0

    def write() -> None:
        nonlocal steps
        with closing(database(first)) as ahead, closing(database(second)) as behind:
            while not enough.is_set():
                steps += 1
                ahead.execute("INSERT INTO steps VALUES (?)", (steps,))
                behind.execute("INSERT INTO steps VALUES (?)", (steps,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [tmp_path / f"copy {number}" for number in range(40)]
        for copy in copies:
            copy.mkdir()
            copy_together([first, second], copy)
    finally:
        enough.set()
        writer.join()
    ahead = [last_step(copy / "first.db") - last_step(copy / "second.db") for copy in copies]
    assert set(ahead) <= {0, 1}
    assert last_step(copies[0] / "first.db") < last_step(copies[-1] / "first.db") <= steps


def test_nobody_waits_for_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / DATABASE
    with closing(database(path)) as writer:
        writer.execute("INSERT INTO steps VALUES (1)")
        copied = copying._copy

        def write_first(reader: apsw.Connection, to: Path) -> None:
            writer.execute("INSERT INTO steps VALUES (2)")
            copied(reader, to)

        monkeypatch.setattr(copying, "_copy", write_first)
        (tmp_path / "copy").mkdir()
        copy_together([path], tmp_path / "copy")
        assert last_step(path) == 2
    assert last_step(tmp_path / "copy" / DATABASE) == 1
    assert {file.name for file in (tmp_path / "copy").iterdir()} == {DATABASE}


def test_a_file_that_is_no_database_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"this is a letter\n" * 500)
    with pytest.raises(StoreError, match="cannot be copied"):
        copy_together([tmp_path / DATABASE], tmp_path)


# --------------------------------------------------------------------------------------------- an emptied log


def write(number: int) -> Callable[[Tx], None]:
    return lambda tx: tx.insert(Tag("123456789012", "eu-central-1", "arn", f"{number:08}", "x" * 1000))


def test_the_log_is_emptied_between_writes_and_stops_nobody(
    engine: SqliteEngine, run: Run, tmp_path: Path
) -> None:
    async def work() -> bool:
        writes = [asyncio.create_task(engine.run(write(number), "write")) for number in range(500)]
        emptied = await engine.empty_log()
        await asyncio.gather(*writes)
        return emptied

    assert run(work())
    assert run(engine.empty_log())
    assert (tmp_path / f"{DATABASE}-wal").stat().st_size == 0
    run(engine.run(write(500), "write"))
    assert run(engine.read(lambda tx: len(tx.page(Tag, {}, None, 1000)), "count")) == 501


def test_a_log_that_another_program_reads_is_not_emptied(
    engine: SqliteEngine, run: Run, tmp_path: Path
) -> None:
    run(engine.run(write(1), "write"))
    with closing(apsw.Connection(str(tmp_path / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tags").fetchall()
        run(engine.run(write(2), "write"))
        assert not run(engine.empty_log())
        run(engine.run(write(3), "write"))
        reader.execute("ROLLBACK")
    assert run(engine.empty_log())
    assert (tmp_path / f"{DATABASE}-wal").stat().st_size == 0
