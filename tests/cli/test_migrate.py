"""`wireroom migrate`: every row arrives, is verified, and nothing is sent twice."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import psycopg
import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.conformance.store.samples import sample
from tests.postgres import Cluster
from wireroom.config import Settings, Simulator
from wireroom.core.ids import uuid7
from wireroom.observe import Counters, MachineClock
from wireroom.store import moving
from wireroom.store.engine import Engine, StoreError
from wireroom.store.postgres import PostgresEngine
from wireroom.store.rows import TABLES, Count, Message, Outbox, Tag
from wireroom.store.sqlite import SqliteEngine
from wireroom.testing import Server

Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def database(postgres: Cluster) -> Iterator[str]:
    """An empty one."""
    url = postgres.create()
    yield url
    postgres.drop(url)


def sqlite(directory: Path) -> SqliteEngine:
    return SqliteEngine.open(directory, MachineClock(), Counters())


def with_engine(engine: Engine, work: Callable[[Engine], Any]) -> Any:
    async def do() -> Any:
        try:
            return await work(engine)
        finally:
            await engine.close()

    return asyncio.run(do())


def write(engine: Engine, rows: list[Struct]) -> None:
    async def do(engine: Engine) -> None:
        for at in range(0, len(rows), 1000):
            await engine.run(lambda tx, at=at: tx.insert(*rows[at : at + 1000]), "fill")  # type: ignore[misc]

    with_engine(engine, do)


def everything(engine: Engine) -> dict[str, list[Struct]]:
    async def do(engine: Engine) -> dict[str, list[Struct]]:
        return {
            table.name: await engine.read(
                lambda tx, kind=kind: tx.walk(kind, moving._begin(kind), 100_000),  # type: ignore[misc]
                "all",
            )
            for kind, table in TABLES.items()
        }

    found: dict[str, list[Struct]] = with_engine(engine, do)
    return found


def filled(directory: Path) -> dict[str, list[Struct]]:
    """Some of every table, of one of them more than a stretch, and texts that are hard to carry."""
    rows = [sample(kind) for kind in TABLES] + [sample(kind, empty=True, mark=" too") for kind in TABLES]
    tags = [Tag("1", "r", "arn", f"key {number:05}", "\0\x1a\n\\ä𝄞"[: number % 7]) for number in range(1500)]
    directory.mkdir(exist_ok=True)
    write(sqlite(directory), [*rows, *tags])
    return everything(sqlite(directory))


def test_every_row_of_every_table_is_moved_and_the_old_database_put_aside(
    wireroom: Run, tmp_path: Path, database: str
) -> None:
    before = filled(tmp_path)
    done = wireroom("migrate", "--from", str(tmp_path), "--to", database)
    assert done.returncode == 0, done.stderr
    total = sum(map(len, before.values()))
    assert f"{total:,} rows are moved and verified" in done.stdout
    assert everything(PostgresEngine.open(database, 4, Counters())) == before
    assert not (tmp_path / "wireroom.db").exists()
    again = wireroom("migrate", "--from", str(tmp_path), "--to", database)
    assert again.returncode == 1
    assert "are moved already" in again.stderr
    assert everything(sqlite_of(tmp_path)) == before


def sqlite_of(directory: Path) -> SqliteEngine:
    """The database that was put aside."""
    (directory / "wireroom.db.moved").rename(directory / "wireroom.db")
    return sqlite(directory)


def test_a_database_that_has_rows_is_refused_and_neither_side_changes(
    wireroom: Run, tmp_path: Path, database: str
) -> None:
    before = filled(tmp_path)
    write(PostgresEngine.open(database, 4, Counters()), [Tag("1", "r", "arn", "mine", "x")])
    done = wireroom("migrate", "--from", str(tmp_path), "--to", database)
    assert done.returncode == 1
    assert "has rows already, in tags" in done.stderr
    assert everything(sqlite(tmp_path)) == before
    theirs = everything(PostgresEngine.open(database, 4, Counters()))
    assert {name: rows for name, rows in theirs.items() if rows} == {
        "tags": [Tag("1", "r", "arn", "mine", "x")]
    }


def test_a_directory_that_is_served_is_refused(wireroom: Run, tmp_path: Path, database: str) -> None:
    with Server(data_dir=str(tmp_path)):
        done = wireroom("migrate", "--from", str(tmp_path), "--to", database)
    assert done.returncode == 1
    assert "is served by another process" in done.stderr


def test_where_there_is_nothing_to_move_it_says_so(wireroom: Run, tmp_path: Path, database: str) -> None:
    done = wireroom("migrate", "--from", str(tmp_path), "--to", database)
    assert (done.returncode, "are not there" in done.stderr) == (1, True)
    assert wireroom("migrate", "--from", str(tmp_path)).returncode == 1


def test_a_move_that_broke_off_is_not_served_and_goes_on(
    wireroom: Run, tmp_path: Path, database: str
) -> None:
    before = filled(tmp_path)

    async def break_off(target: Engine) -> None:
        await moving._claim(target)
        await target.run(lambda tx: tx.insert(before["tags"][0], before["places"][0]), "half")

    with_engine(PostgresEngine.open(database, 4, Counters()), break_off)
    with pytest.raises(StoreError, match="broken off"), Server(Settings(database=database)):
        pass
    done = wireroom("migrate", "--from", str(tmp_path), "--to", database)
    assert done.returncode == 0, done.stderr
    assert everything(PostgresEngine.open(database, 4, Counters())) == before


@pytest.mark.parametrize("spoil", ["changed", "missing", "more"])
def test_a_row_that_differs_is_found_and_named_without_its_words(
    wireroom: Run, tmp_path: Path, database: str, spoil: str
) -> None:
    before = filled(tmp_path)
    tag = before["tags"][700]
    assert isinstance(tag, Tag)

    async def spoiled(target: Engine) -> None:
        await moving._claim(target)
        match spoil:
            case "changed":
                await target.run(lambda tx: tx.insert(replace(tag, value="secret words")), "spoil")
            case "more":
                await target.run(lambda tx: tx.insert(replace(tag, key=f"{tag.key}+")), "spoil")

    with_engine(PostgresEngine.open(database, 4, Counters()), spoiled)
    if spoil == "missing":
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "CREATE RULE lose AS ON INSERT TO tags WHERE new.key = 'key 00700' DO INSTEAD NOTHING"
            )
    done = wireroom("migrate", "--from", str(tmp_path), "--to", database)
    assert done.returncode == 1
    assert "of tags is not the same on both sides" in done.stderr
    assert "secret words" not in done.stderr
    assert everything(sqlite(tmp_path)) == before


def test_texts_under_way_arrive_once_and_an_sdks_retry_is_answered_after_the_move(
    wireroom: Run, tmp_path: Path, database: str
) -> None:
    """A server is killed with texts in its outbox; they go on from PostgreSQL."""
    settings = Settings(data_dir=str(tmp_path), simulator=Simulator(latency="5ms"))
    with Server(settings) as server:
        sms = server.client()
        sms.request_phone_number(
            IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TEN_DLC"
        )
        sent = sms.send_text_message(DestinationPhoneNumber="+14255550100", MessageBody="hello")["MessageId"]
        server.settled()
    message_id = uuid7(MachineClock().now(), b"0123456789")

    async def promise(engine: Engine) -> None:
        def work(tx: Any) -> None:
            message = tx.get(Message, sent)
            tx.insert(
                replace(message, message_id=message_id, status="ACCEPTED", retry_of="d" * 32),
                Outbox(message_id, "route", None, 0, "embedded", 0, 0, doubt=False),
            )

        await engine.run(work, "promise")

    with_engine(sqlite(tmp_path), promise)
    done = wireroom("migrate", "--from", str(tmp_path), "--to", database)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(database) as connection:
        assert connection.execute(
            "SELECT message_id FROM sent WHERE digest = %s", ("d" * 32,)
        ).fetchone() == (message_id,)
    with Server(replace(settings, database=database)) as server:
        server.settled()
        assert server.call(f"/messages/{message_id}")["parts"][0]["carrierMessageId"]
        assert [seen.accepted for seen in server.app.simulator.audit(message_id)] == [1]
        assert [seen.accepted for seen in server.app.simulator.audit(sent)] == [1]


def test_the_password_of_a_database_stays_secret(wireroom: Run, tmp_path: Path) -> None:
    filled(tmp_path)
    url = "postgresql://me:s3cret@127.0.0.1:1/none"
    for command in (
        ("migrate", "--from", str(tmp_path), "--to", url),
        ("doctor", "--database", url),
        ("serve", "--port", "0", "--database", url),
        ("restore", "--database", url),
    ):
        done = wireroom(*command)
        assert done.returncode == 1, command
        assert "cannot be used" in done.stdout + done.stderr
        assert "s3cret" not in done.stdout + done.stderr


def test_after_a_restore_of_the_database_nothing_is_sent_again(wireroom: Run, database: str) -> None:
    async def promise(engine: Engine) -> None:
        message = sample(Message)
        ready = replace(message, message_id=uuid7(MachineClock().now(), b"0123456789"), status="ACCEPTED")
        ready = replace(ready, part_count=1)
        await engine.run(
            lambda tx: tx.insert(
                ready, Outbox(ready.message_id, "route", None, 0, "gone", 0, 0, doubt=False)
            ),
            "promise",
        )

    with_engine(PostgresEngine.open(database, 4, Counters()), promise)
    done = wireroom("restore", "--database", database)
    assert done.returncode == 0, done.stderr
    assert "1 texts were under way" in done.stdout
    found = everything(PostgresEngine.open(database, 4, Counters()))
    assert found["outbox"] == []
    assert [message.status for message in found["messages"]] == ["UNKNOWN"]  # type: ignore[attr-defined]


def test_a_database_that_is_served_is_not_settled(wireroom: Run, database: str) -> None:
    with Server(Settings(database=database)):
        done = wireroom("restore", "--database", database)
    assert done.returncode == 1
    assert "1 processes serve this database" in done.stderr


def test_doctor_and_keys_work_on_postgresql(wireroom: Run, tmp_path: Path, database: str) -> None:
    looked = wireroom("doctor", "--database", database, "--data-dir", str(tmp_path), "--port", "0")
    assert "PostgreSQL: data can be committed" in looked.stdout
    made = wireroom("keys", "create", "--data-dir", str(tmp_path), WIREROOM_DATABASE=database)
    assert "AWS_SECRET_ACCESS_KEY" in made.stdout
    kept = everything(PostgresEngine.open(database, 4, Counters()))
    assert len(kept["access_keys"]) == 1
    assert not (tmp_path / "wireroom.db").exists()
    assert Count("", "", "moving", 1) not in kept["counters"]
