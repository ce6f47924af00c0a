"""Space that deletions freed goes back to the file system, in data of every release."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.store.conftest import open_engine
from wireroom.store import migrate, sqlite
from wireroom.store.rows import Tag
from wireroom.store.sqlite import DATABASE, SqliteEngine
from wireroom.store.tx import Tx

Run = Callable[..., Any]

MIB = 1024 * 1024
TAGS = [Tag("123456789012", "eu-central-1", "arn", f"{number:04}", "x" * 100_000) for number in range(100)]


def fill(tx: Tx) -> None:
    tx.insert(*TAGS)


def empty(tx: Tx) -> None:
    for tag in TAGS[:-1]:
        tx.delete(tag)


async def give_all_back(engine: SqliteEngine, spare: int = 0) -> int:
    """How often it was asked before there was no more to give."""
    times = 1
    while await engine.give_back(spare):
        times += 1
    return times


def free_bytes(engine: SqliteEngine) -> int:
    return 4096 * engine._writer._free_pages()


def test_the_file_is_smaller_after_a_deletion_while_the_data_are_open(
    tmp_path: Path, engine: SqliteEngine, run: Run
) -> None:
    async def size() -> int:
        """Once what was written is copied from the log."""
        await engine.empty_log()
        return (tmp_path / DATABASE).stat().st_size

    async def work() -> None:
        await engine.run(fill, "fill")
        full = await size()
        await engine.run(empty, "empty")
        assert await size() >= full > 9 * MIB, "SQLite keeps what is free"
        await give_all_back(engine)
        assert await size() < MIB

    run(work())
    assert run(engine.read(lambda tx: tx.page(Tag, {}, None, 100), "left")) == TAGS[-1:]


def test_what_was_given_back_leaves_the_file_without_being_asked(
    tmp_path: Path, engine: SqliteEngine, run: Run
) -> None:
    async def work() -> None:
        await engine.run(fill, "fill")
        await engine.run(empty, "empty")
        await engine.empty_log()
        await give_all_back(engine)
        while engine._group._copying:
            await engine.run(lambda tx: None, "wait")

    run(work())
    assert (tmp_path / DATABASE).stat().st_size < MIB


def test_some_is_kept_for_what_comes_next(engine: SqliteEngine, run: Run) -> None:
    async def work() -> None:
        await engine.run(fill, "fill")
        await engine.run(empty, "empty")
        await give_all_back(engine, spare=2 * MIB)
        assert free_bytes(engine) == 2 * MIB
        assert await give_all_back(engine, spare=2 * MIB) == 1
        assert free_bytes(engine) == 2 * MIB

    run(work())


def test_little_is_given_back_at_a_time_and_others_have_their_turn(engine: SqliteEngine, run: Run) -> None:
    async def work() -> None:
        await engine.run(fill, "fill")
        await engine.run(empty, "empty")
        giving = asyncio.create_task(give_all_back(engine))
        commits, turns = engine._counters.snapshot()["store.commits"], 0
        while not giving.done():
            await engine.run(lambda tx: None, "other")
            turns += 1
        times = await giving
        assert times == -(-99 * 25 // 32), "32 pages at a time of 99 tags on 25 pages each"
        assert turns >= times
        assert engine._counters.snapshot()["store.commits"] - commits == times, "not on the event loop"

    run(work())


def of_the_first_release(directory: Path) -> Path:
    """A database as the first release made it, with room in it that is free."""
    path = directory / DATABASE
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    migrate.apply(migrate.migrations()[0], connection.execute)
    connection.execute("CREATE TABLE much (a); INSERT INTO much VALUES (zeroblob(1000000)); DROP TABLE much")
    connection.close()
    return path


def test_older_data_are_made_anew_once_and_can_give_space_back_from_then_on(tmp_path: Path, run: Run) -> None:
    path = of_the_first_release(tmp_path)
    size = path.stat().st_size
    engine = open_engine(tmp_path)
    assert path.stat().st_size < size

    async def work() -> None:
        await engine.run(fill, "fill")
        await engine.run(empty, "empty")
        await give_all_back(engine)
        assert free_bytes(engine) == 0
        await engine.close()

    run(work())


def test_large_older_data_are_left_as_they_are_with_a_word_how_to_change_it(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = of_the_first_release(tmp_path)
    monkeypatch.setattr(sqlite, "_REMAKE_BYTES", 1_000_000)
    with caplog.at_level(logging.WARNING):
        engine = open_engine(tmp_path)
    assert f"sqlite3 {path} 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM;'" in caplog.text
    assert free_bytes(engine) > 900_000
    assert run(give_all_back(engine)) == 1, "and nobody asks for ever"
    run(engine.close())
    caplog.clear()
    run(open_engine(tmp_path).close())
    assert caplog.text == ""


def test_the_words_how_to_change_it_are_right(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = of_the_first_release(tmp_path)
    monkeypatch.setattr(sqlite, "_REMAKE_BYTES", 0)
    run(open_engine(tmp_path).close())
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")
    connection.close()
    engine = open_engine(tmp_path)
    run(engine.run(fill, "fill"))
    run(engine.run(empty, "empty"))
    run(give_all_back(engine))
    assert free_bytes(engine) == 0
    run(engine.close())
