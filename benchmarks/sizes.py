"""Whether a full house is slower than an empty one: many identities, many rows, rows that are being deleted.

Both are served in the same run and asked in turns, each by the same load.
"""

import contextlib
import itertools
import sys
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks import filled
from benchmarks.load import Job, Result
from benchmarks.processes import Started, Watch, data_dir, new_key, new_pool, run, wireroom
from benchmarks.report import Line
from benchmarks.signed import Key, get

T = TypeVar("T")

CONNECTIONS, SIGNED_A_SECOND = 64, 30_000
APART = 150_000
"""Between the handset numbers of two runs."""
PAGES_A_ROUND = 10
KEPT = 1_000
"""Texts that retention wants to keep: all others are too many, for longer than it is measured."""
LONGEST_START = 120.0


class Side(NamedTuple):
    """A server on its own data, and what is needed to send through it."""

    server: Started
    key: Key
    pool_id: str
    watch: Watch

    def sends(self, first: int, seconds: float) -> Result:
        """Texts flat out, to handsets from `first` on; comes back when all have arrived."""
        count = int(SIGNED_A_SECOND * seconds)
        result = run(
            Job(self.server.url, "sends", CONNECTIONS, seconds, count, self.key, self.pool_id, first)
        )
        self.watch.wait()
        return result


class House(NamedTuple):
    """A data directory with a key, and with a pool where one was put into it."""

    directory: Path
    key: Key
    pool_id: str | None = None

    @contextlib.contextmanager
    def served(self, **settings: str) -> Iterator[Side]:
        with wireroom(self.directory, **settings) as server:
            watch = Watch(self.directory)
            pool_id = self.pool_id or new_pool(server.url, self.key)
            try:
                yield Side(server, self.key, pool_id, watch)
            finally:
                watch.close()


@contextlib.contextmanager
def house(fill: Callable[[Path], str | None] = lambda _: None) -> Iterator[House]:
    with data_dir() as directory:
        key = new_key(directory)
        yield House(directory, key, fill(directory))


def crowd(rounds: int, seconds: float, size: int) -> list[Line]:
    """100 identities in the pool, `size` opted-out numbers, `size` sticky handsets; and nothing of it."""

    def fill(directory: Path) -> str:
        return _timed(filled.crowd, directory, size)

    with house(fill) as full, house() as empty, full.served() as one, empty.served() as other:
        return _sends_in_turns(f"crowd of {size:,}", one, other, rounds, seconds, least=1 / 1.2)


def pages(rounds: int, seconds: float, size: int) -> list[Line]:
    """`size` texts stored: pages of the list, and sends, beside a store that has none."""
    stored: list[str] = []

    def fill(directory: Path) -> None:
        stored.extend(_timed(filled.messages, directory, size))

    with house(fill) as full, house() as empty, full.served() as one, empty.served() as other:
        lines = [
            _page(name, query, one, other, rounds)
            for name, query in {
                "first": "",
                "from the middle": f"&nextToken={stored[len(stored) // 2]}",
                "of the newest destination": f"&destination=%2B1425{len(stored) - 1:07d}",
                "of a destination without texts": "&destination=%2B14259999999",
            }.items()
        ]
        return lines + _sends_in_turns(f"{size:,} stored", one, other, rounds, seconds, least=1 / 1.1)


def _page(name: str, query: str, one: Side, other: Side, rounds: int) -> Line:
    path = f"/_wireroom/messages?limit=50{query}"
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, times in zip((one, other), took, strict=True):
            for _ in range(PAGES_A_ROUND):
                began = time.perf_counter()
                get(side.server.url, path, side.key)
                times.append((time.perf_counter() - began) * 1000)
    return Line(f"page {name}, ms", took[0], floor=took[1], most=100)


def retention(rounds: int, seconds: float, size: int) -> list[Line]:
    """`size` texts stored, sends beside their deletion and without it; the server starts anew for each."""
    pairs: list[tuple[Result, Result]] = []
    deleted: list[float] = []
    firsts = itertools.count(0, APART)
    stored: list[str] = []

    def fill(directory: Path) -> None:
        stored.extend(_timed(filled.messages, directory, size))

    with house(fill) as full:
        with full.served() as side:
            full = full._replace(pool_id=side.pool_id)
        for _ in range(rounds):
            with full.served() as side:
                side.sends(next(firsts), 1)
                quiet = side.sends(next(firsts), seconds)
            with full.served(WIREROOM_RETENTION=f"{{ newest = {KEPT} }}") as side:
                _wait_until_it_deletes(side.watch)
                side.sends(next(firsts), 1)
                before, began = bisect(stored, side.watch.oldest()), time.perf_counter()
                busy = side.sends(next(firsts), seconds)
                took = time.perf_counter() - began
                deleted.append((bisect(stored, side.watch.oldest()) - before) / took)
            if not deleted[-1]:
                raise RuntimeError("nothing was deleted beside the sends")
            pairs.append((busy, quiet))
    return [
        Line(
            f"p99 ms beside deletion, {size:,} stored",
            [busy.p99 * 1000 for busy, _ in pairs],
            floor=[quiet.p99 * 1000 for _, quiet in pairs],
            ratios=[busy.p99 / quiet.p99 for busy, quiet in pairs],
            most_ratio=1.2,
        ),
        Line(
            "    sends a second",
            [busy.rate for busy, _ in pairs],
            floor=[quiet.rate for _, quiet in pairs],
            ratios=[busy.rate / quiet.rate for busy, quiet in pairs],
        ),
        Line("    texts deleted a second meanwhile", deleted),
    ]


def _sends_in_turns(
    name: str, one: Side, other: Side, rounds: int, seconds: float, *, least: float
) -> list[Line]:
    """The sends of `one` beside those of `other`; `least` is the aim for their ratio."""
    firsts = itertools.count(0, APART)
    for side in (one, other):
        side.sends(next(firsts), 1)
    pairs = []
    for first in itertools.islice(firsts, rounds):
        pairs.append((one.sends(first, seconds), other.sends(first, seconds)))
    return [
        Line(
            f"sends a second, {name}",
            [here.rate for here, _ in pairs],
            floor=[there.rate for _, there in pairs],
            ratios=[here.rate / there.rate for here, there in pairs],
            least=least,
        ),
        Line(
            "    p99 ms",
            [here.p99 * 1000 for here, _ in pairs],
            floor=[there.p99 * 1000 for _, there in pairs],
            ratios=[here.p99 / there.p99 for here, there in pairs],
        ),
    ]


def _wait_until_it_deletes(watch: Watch) -> None:
    """It counts what there is before it deletes."""
    oldest, until = watch.oldest(), time.perf_counter() + LONGEST_START
    while watch.oldest() == oldest:
        if time.perf_counter() > until:
            raise RuntimeError("nothing is being deleted")
        time.sleep(0.02)


def _timed(fill: Callable[[Path, int], T], directory: Path, size: int) -> T:
    began = time.perf_counter()
    filled_with = fill(directory, size)
    sys.stderr.write(f"    filled in {time.perf_counter() - began:.0f} s\n")
    return filled_with
