"""The database is away, frozen or crowded: errors to try again, nothing lost, and it heals by itself."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from tests.faults.conftest import QUICK, ended, send
from tests.postgres import Cluster
from wireroom.config import Settings
from wireroom.console import web
from wireroom.observe import Counters
from wireroom.store import crew
from wireroom.store.engine import DataTooNew, StoreError
from wireroom.store.postgres import PostgresEngine
from wireroom.store.postgres.session import lock_key
from wireroom.store.rows import Part
from wireroom.testing import ACCOUNT, REGION, CallFailed, Server

RETRYABLE = {"ThrottlingException", "InternalServerException"}


class Senders:
    """Threads that send until they are told to stop, and note what they were answered."""

    def __init__(self, sms: Any, pool: str, number: int = 4) -> None:
        self.acknowledged: list[str] = []
        self.errors: list[str] = []
        self._stop = threading.Event()
        self._moved = threading.Condition()
        self._threads = [threading.Thread(target=self._work, args=(sms, pool)) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def _work(self, sms: Any, pool: str) -> None:
        while not self._stop.is_set():
            try:
                answer, kept = send(sms, pool, "word " * 40), self.acknowledged
            except ClientError as error:
                answer, kept = error.response["Error"]["Code"], self.errors
            with self._moved:
                kept.append(answer)
                self._moved.notify_all()

    def more(self, number: int) -> None:
        """Come back when so many more were acknowledged."""
        with self._moved:
            enough = len(self.acknowledged) + number
            assert self._moved.wait_for(lambda: len(self.acknowledged) >= enough, 60)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def readiness(server: Server) -> tuple[bool, list[str]]:
    try:
        said = server.call("/ready")
    except CallFailed as failed:
        said = failed.answer
    return said["ready"], said["reasons"]


def until(condition: Callable[[], bool]) -> None:
    """Ask again and again; what is asked takes its time by itself."""
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit


def account_for(server: Server, acknowledged: list[str]) -> None:
    """Each text that was acknowledged has its one final event, and every part once with the carrier."""
    for message_id, text in ended(server, *acknowledged).items():
        assert [event["isFinal"] for event in text["events"]].count(True) == 1, text
        accepted = [seen.accepted for seen in server.run(_audit(server, message_id))]
        parts = server.run(_parts(server, message_id))
        assert all(times == 1 or part.doubt for times, part in zip(accepted, parts, strict=True)), text


async def _parts(server: Server, message_id: str) -> list[Part]:
    return await server.app.engine.read(lambda tx: tx.all("parts_of_message", message_id=message_id), "parts")


async def _audit(server: Server, message_id: str) -> Any:
    return server.app.simulator.audit(message_id)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_of_the_database_loses_nothing_and_heals(
    own_postgres: Cluster, server: Server, sms: Any, pool: str, mode: Any
) -> None:
    senders = Senders(sms, pool)
    senders.more(20)
    own_postgres.stop(mode)
    until(lambda: not readiness(server)[0])
    own_postgres.start()
    until(lambda: readiness(server)[0])
    senders.more(20)
    senders.stop()
    assert set(senders.errors) <= RETRYABLE
    assert senders.errors
    account_for(server, senders.acknowledged)


def test_connections_that_are_ended_are_noticed_by_nobody_who_tries_again(
    own_postgres: Cluster, server: Server, client_of: Callable[..., Any], pool: str, database: str
) -> None:
    senders = Senders(client_of(server, 5), pool)
    for _ in range(5):
        senders.more(5)
        own_postgres.terminate_backends(database)
    senders.more(5)
    senders.stop()
    assert senders.errors == []
    account_for(server, senders.acknowledged)


@contextmanager
def frozen(database: str) -> Iterator[None]:
    """No backend of this database moves."""
    with psycopg.connect(database, autocommit=True) as connection:
        backends = [
            pid
            for (pid,) in connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchall()
        ]
    for pid in backends:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in backends:
            os.kill(pid, signal.SIGCONT)


def test_a_frozen_database_is_not_ready_and_is_again_when_it_moves(
    monkeypatch: pytest.MonkeyPatch, server: Server, sms: Any, pool: str, database: str
) -> None:
    monkeypatch.setattr(web, "_READY_SECONDS", 0.2)
    monkeypatch.setattr(crew, "QUEUE_SECONDS", 0.3)
    monkeypatch.setattr(crew, "ANSWER_SECONDS", 0.5)
    assert readiness(server) == (True, [])
    with frozen(database):
        assert readiness(server) == (False, ["The store does not answer."])
        with pytest.raises(ClientError) as raised:
            send(sms, pool)
    assert raised.value.response["Error"]["Code"] in RETRYABLE
    until(lambda: readiness(server)[0])
    message_id = send(sms, pool)
    account_for(server, [message_id])


def test_who_finds_no_thread_in_time_is_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch, server: Server, client_of: Callable[..., Any], pool: str, database: str
) -> None:
    """Somebody else holds the lock of the place, and every thread waits for it."""
    monkeypatch.setattr(crew, "QUEUE_SECONDS", 0.5)
    sms = client_of(server)
    answers: list[str] = []

    def change() -> None:
        try:
            sms.create_opt_out_list(OptOutListName=f"list-{threading.get_ident()}")
        except ClientError as error:
            answers.append(error.response["Error"]["Code"])
        else:
            answers.append("made")

    threads = [threading.Thread(target=change) for _ in range(24)]
    with psycopg.connect(database) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock_key(f"place/{ACCOUNT}/{REGION}"),))
        for thread in threads:
            thread.start()
        until(lambda: len(answers) >= 10)  # those in the queue; others have a thread
        assert set(answers) == {"ThrottlingException"}
        connection.rollback()
    for thread in threads:
        thread.join()
    assert answers.count("made") == len(threads) - answers.count("ThrottlingException") > 0
    assert send(sms, pool)
    assert readiness(server) == (True, [])


def test_a_lock_that_is_held_for_too_long_is_a_reason_to_come_again(
    server: Server, sms: Any, database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (lock_key(f"place/{ACCOUNT}/{REGION}"),))
        with pytest.raises(ClientError) as raised:
            _impatiently(server, lambda: sms.create_opt_out_list(OptOutListName="mine"))
    assert raised.value.response["Error"]["Code"] == "ThrottlingException"
    assert sms.create_opt_out_list(OptOutListName="mine")["OptOutListName"] == "mine"


def _impatiently(server: Server, call: Callable[[], object]) -> None:
    """Every connection of the pool waits for a lock no longer than a moment."""
    pool = server.app.engine._pool  # type: ignore[attr-defined]  # PostgreSQL's
    connections = [pool.getconn() for _ in range(pool.max_size)]
    for connection in connections:
        connection.execute("SET lock_timeout = '100ms'")
        pool.putconn(connection)
    call()


def test_a_server_stops_although_its_database_is_away(own_postgres: Cluster, database: str) -> None:
    with Server(Settings(database=database, simulator=QUICK)):
        own_postgres.stop("immediate")
    own_postgres.start()
    with Server(Settings(database=database, simulator=QUICK)) as again:
        assert readiness(again) == (True, [])


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:s3cret@127.0.0.1:1/none", "cannot be used"),
        ("postgresql://me:s3cret@/none?host=/nowhere", "cannot be used"),
        ("postgresql://me:s3cret@127.0.0.1:notaport/none", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(url: str, said: str) -> None:
    with pytest.raises(StoreError) as raised:
        PostgresEngine.open(url, 4, Counters())
    assert said in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_newer_data_are_refused_and_left_alone(own_postgres: Cluster, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO schema_version (version) VALUES (9999)")
        with pytest.raises(DataTooNew, match="9999"):
            PostgresEngine.open(database, 4, Counters())
        assert connection.execute("SELECT count(*) FROM processes").fetchone() == (0,)


def test_a_database_that_cannot_hold_every_text_is_refused(own_postgres: Cluster) -> None:
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS ascii")
        connection.execute(
            "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        try:
            with pytest.raises(StoreError, match="encoding is SQL_ASCII"):
                PostgresEngine.open(own_postgres.url("ascii"), 4, Counters())
        finally:
            connection.execute("DROP DATABASE ascii WITH (FORCE)")
