"""What is SQLite's own: its library, its log, and a disk that is full."""

import asyncio
import resource
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from wireroom.store.engine import StoreError, Unavailable
from wireroom.store.rows import Count, Tag
from wireroom.store.sqlite import DATABASE, SqliteEngine, _require_library
from wireroom.store.tx import Tx

Run = Callable[..., Any]

ACCOUNT, REGION = "123456789012", "eu-central-1"
ARN = "arn:aws:sms-voice:pool/1"
LONGEST_LOG = 64 * 1024 * 1024


def write(number: int, size: int = 10) -> Callable[[Tx], None]:
    return lambda tx: tx.insert(Tag(ACCOUNT, REGION, ARN, f"{number:08}", "x" * size))


def written(tx: Tx) -> int:
    return len(tx.page(Tag, {"account_id": ACCOUNT, "region": REGION}, None, 1_000_000))


def test_an_older_library_is_refused_in_words() -> None:
    with pytest.raises(StoreError, match=r"SQLite 3\.51\.2 is too old: Wireroom needs 3\.51\.3 or later"):
        _require_library("3.51.2")
    _require_library("3.51.3")


def test_every_connection_is_as_durable_as_promised(engine: SqliteEngine) -> None:
    for connection in (engine._writer._connection, engine._writer._copier):
        assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
        assert connection.execute("PRAGMA synchronous").fetchall() == [(2,)]
        assert connection.execute("PRAGMA wal_autocheckpoint").fetchall() == [(0,)]


def test_the_log_stays_short_however_much_is_written(engine: SqliteEngine, run: Run, tmp_path: Path) -> None:
    log = tmp_path / f"{DATABASE}-wal"
    longest = 0

    async def work() -> None:
        nonlocal longest
        for hundred in range(16):
            writes = [engine.run(write(hundred * 100 + n, size=64 * 1024), "write") for n in range(100)]
            await asyncio.gather(*writes)
            longest = max(longest, log.stat().st_size)

    run(work())
    assert (tmp_path / DATABASE).stat().st_size > longest
    assert 4 * 1024 * 1024 < longest <= LONGEST_LOG
    assert run(engine.read(written, "count")) == 1600


def test_a_closed_engine_leaves_one_file_and_no_thread(
    tmp_path: Path, engine: SqliteEngine, run: Run
) -> None:
    run(engine.run(write(1), "write"))
    helpers = set(engine._group._helpers._threads)
    run(engine.close())
    assert {file.name for file in tmp_path.iterdir()} == {DATABASE, "lock"}
    assert helpers
    assert [thread.name for thread in helpers if thread.is_alive()] == []


def test_an_operation_that_finds_no_room_is_unavailable_and_the_others_are_not(
    engine: SqliteEngine, run: Run
) -> None:
    connection = engine._writer._connection
    ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
    connection.execute(f"PRAGMA max_page_count = {int(str(pages)) + 2}").fetchall()

    async def work() -> list[Any]:
        writes = [write(1), write(2, size=1_000_000), write(3)]
        return await asyncio.gather(*(engine.run(one, "write") for one in writes), return_exceptions=True)

    answers = run(work())
    assert isinstance(answers[1], Unavailable)
    told = [answer is None for answer in answers]
    assert run(engine.read(written, "count")) == sum(told)
    connection.execute("PRAGMA max_page_count = 1000000").fetchall()
    run(engine.run(write(2, size=1_000_000), "large"))
    assert run(engine.read(written, "count")) == sum(told) + 1


@contextmanager
def files_no_longer_than(size: int) -> Generator[None]:
    """As on a full disk: what goes beyond is not written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_on_a_full_disk_nobody_is_told_success_and_room_heals_it(
    engine: SqliteEngine, run: Run, tmp_path: Path
) -> None:
    run(engine.run(write(0), "write"))

    async def work() -> list[Any]:
        return await asyncio.gather(
            *(engine.run(write(number, size=5000), "write") for number in range(1, 20)),
            return_exceptions=True,
        )

    with files_no_longer_than((tmp_path / f"{DATABASE}-wal").stat().st_size):
        for _ in range(3):
            assert [type(answer) for answer in run(work())] == [Unavailable] * 19
            assert run(engine.read(written, "count")) == 1
    assert run(work()) == [None] * 19
    assert run(engine.read(written, "count")) == 20
    assert engine._writer._connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_another_program_that_writes_makes_us_unavailable_for_so_long(
    engine: SqliteEngine, run: Run, tmp_path: Path
) -> None:
    other = apsw.Connection(str(tmp_path / DATABASE))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        run(engine.run(write(1), "write"))
    other.execute("ROLLBACK")
    other.close()
    run(engine.run(write(1), "write"))


def test_a_value_that_is_missing_is_an_error_of_its_own_and_no_duplicate(
    engine: SqliteEngine, run: Run
) -> None:
    row = Count(ACCOUNT, REGION, "n", None)  # type: ignore[arg-type]  # the bug that is tried
    with pytest.raises(StoreError, match="NOT NULL constraint failed"):
        run(engine.run(lambda tx: tx.insert(row), "write"))


def test_a_transaction_that_could_not_even_be_rolled_back_is_before_the_next(
    engine: SqliteEngine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise apsw.IOError("disk I/O error")

    def fail_for_good() -> None:
        broken.setattr(engine._writer, "rollback", fail)
        fail()

    with monkeypatch.context() as broken:
        broken.setattr(engine._writer, "commit", fail_for_good)
        with pytest.raises(Unavailable):
            run(engine.run(write(1), "write"))
    run(engine.run(write(2), "write"))
    assert run(engine.read(written, "count")) == 1
