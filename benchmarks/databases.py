"""Sends on PostgreSQL beside SQLite, in one run: one hot account, and as many as there are connections.

The server of each engine has a CPU of its own, as everywhere here; PostgreSQL, on this machine too, takes
what the server and the load leave of both. It runs with fsync, on the disk.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Protocol

import apsw
import psycopg

from benchmarks.load import Job, Result
from benchmarks.processes import LONGEST_DRAIN, Watch, data_dir, new_key, new_pool, run, wireroom
from benchmarks.report import Line
from benchmarks.signed import Key, get, post
from tests.postgres import start_cluster

CONNECTIONS = 64
ACCOUNTS = (1, 64)
PER_SECOND = {"sqlite": 9_000, "postgres": 4_000}
"""Requests that are signed for each second of a run: more than can be answered."""
COUNTED = ("store.journeys", "store.retries", "store.commits")


class Ends(Protocol):
    def wait(self) -> None: ...
    def close(self) -> None: ...


class DatabaseWatch:
    """As `Watch`, where the texts are in PostgreSQL."""

    def __init__(self, url: str, directory: Path) -> None:
        self._store = psycopg.connect(url, autocommit=True)
        self._carrier = apsw.Connection(str(directory / "simulator.db"), flags=apsw.SQLITE_OPEN_READONLY)

    def wait(self) -> None:
        until = time.perf_counter() + LONGEST_DRAIN
        while not self._finished():
            if time.perf_counter() > until:
                raise RuntimeError("texts were accepted and did not arrive")
            time.sleep(0.05)

    def _finished(self) -> bool:
        left = self._store.execute("SELECT EXISTS (SELECT 1 FROM outbox)").fetchone()
        owed = self._carrier.execute("SELECT EXISTS (SELECT 1 FROM segments WHERE due_at IS NOT NULL)").get
        return not owed and left == (False,)

    def close(self) -> None:
        self._store.close()
        self._carrier.close()


class Place(NamedTuple):
    """A server on one engine, with accounts that send."""

    engine: str
    url: str
    admin: Key
    accounts: list[tuple[Key, str]]
    watch: Ends
    fresh: Iterator[int]

    def sends(self, accounts: int, seconds: float) -> tuple[Result, Mapping[str, float]]:
        """A run, and what was counted for each send of it, from the request to the final event."""
        (key, pool_id), *others = self.accounts[:accounts]
        count = int(PER_SECOND[self.engine] * seconds)
        first = next(self.fresh)
        before = get(self.url, "/_wireroom/counters", self.admin)
        job = Job(self.url, "sends", CONNECTIONS, seconds, count, key, pool_id, first, others)
        result = run(job)
        self.watch.wait()
        after = get(self.url, "/_wireroom/counters", self.admin)
        counted = {name: (after.get(name, 0) - before.get(name, 0)) / result.answers for name in COUNTED}
        return result, counted


def measure(rounds: int, seconds: float) -> list[Line]:
    with ExitStack() as stack:
        places = [stack.enter_context(_sqlite()), stack.enter_context(_postgres())]
        for place in places:
            place.sends(1, 1.0)
        lines: list[Line] = []
        for accounts in ACCOUNTS:
            found = [[place.sends(accounts, seconds) for place in places] for _ in range(rounds)]
            lines += _lines(accounts, [tuple(each) for each in found])
        return lines


def _lines(accounts: int, found: list[tuple[tuple[Result, Mapping[str, float]], ...]]) -> Iterator[Line]:
    who = "one hot account" if accounts == 1 else f"{accounts} accounts"
    sqlite = [one[0] for one, _ in found]
    postgres = [two[0] for _, two in found]
    yield Line(
        f"PostgreSQL beside SQLite: sends a second, {CONNECTIONS} connections, {who}",
        [result.rate for result in postgres],
        floor=[result.rate for result in sqlite],
        ratios=[two.rate / one.rate for one, two in zip(sqlite, postgres, strict=True)],
    )
    for name, figure in (("p50", Result.median), ("p99", Result.slowest)):
        yield Line(
            f"    {name} ms",
            [figure(result) * 1000 for result in postgres],
            floor=[figure(result) * 1000 for result in sqlite],
        )
    for name in COUNTED:
        yield Line(
            f"    {name.removeprefix('store.')} for each send, to its final event",
            [two[1][name] for _, two in found],
            floor=[one[1][name] for one, _ in found],
        )


@contextlib.contextmanager
def _sqlite() -> Iterator[Place]:
    with data_dir() as directory, _place("sqlite", directory, {}) as place:
        yield place


@contextlib.contextmanager
def _postgres() -> Iterator[Place]:
    with data_dir() as directory:
        cluster = start_cluster(directory.resolve() / "pg", fsync=True)
        try:
            with _place("postgres", directory, {"WIREROOM_DATABASE": cluster.create()}) as place:
                yield place
        finally:
            cluster.close()


@contextlib.contextmanager
def _place(engine: str, directory: Path, settings: Mapping[str, str]) -> Iterator[Place]:
    admin = new_key(directory, "--admin", **settings)
    with wireroom(directory, **settings) as server:
        accounts = []
        for number in range(max(ACCOUNTS)):
            made = post(server.url, "/_wireroom/keys", {"account": f"{number + 1:012d}"}, admin)
            key = Key(made["accessKeyId"], made["secretAccessKey"])
            accounts.append((key, new_pool(server.url, key)))
        database = settings.get("WIREROOM_DATABASE")
        watch: Ends = Watch(directory) if database is None else DatabaseWatch(database, directory)
        try:
            yield Place(engine, server.url, admin, accounts, watch, iter(range(0, 7_000_000, 150_000)))
        finally:
            watch.close()
