"""`python -m benchmarks`: run everything, and print each figure beside its floor and its aim (DESIGN §8)."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import binds, databases, pdus, sizes, small, writes
from benchmarks.load import Job, Result
from benchmarks.processes import Load, Started, Watch, data_dir, floor, new_key, new_pool, run, wireroom
from benchmarks.report import Line, show
from benchmarks.signed import Key

CONNECTIONS = {1: 6_000, 8: 20_000, 64: 30_000}
"""Connections → requests that are signed for each second of a run: more than can be answered."""
POLLERS = 32
WHOLE_PATH = 20_000


class Place(NamedTuple):
    """A running server and the floor beside it."""

    server: Started
    floor: Started
    key: Key
    pool_id: str
    watch: Watch
    fresh: Iterator[int]
    """Where the next run's handset numbers begin."""

    def sends(self, connections: int, seconds: float, count: int | None = None) -> Job:
        count = count or int(CONNECTIONS[connections] * seconds)
        first = next(self.fresh)
        return Job(self.server.url, "sends", connections, seconds, count, self.key, self.pool_id, first)

    def nothing(self, connections: int, seconds: float) -> Job:
        return Job(self.floor.url, "floor", connections, seconds, 10_000_000, self.key)

    def polls(self, seconds: float) -> Job:
        return Job(self.server.url, "polls", POLLERS, seconds, 10_000_000, self.key)


def sends_against_floor(place: Place, rounds: int, seconds: float) -> list[Line]:
    """Signed, durable sends, and an empty answer of the same HTTP server, in turns."""
    found: dict[int, list[tuple[Result, Result]]] = {connections: [] for connections in CONNECTIONS}
    for _ in range(rounds):
        for connections in CONNECTIONS:
            nothing = run(place.nothing(connections, seconds))
            sends = run(place.sends(connections, seconds))
            place.watch.wait()
            found[connections].append((sends, nothing))
    lines = []
    for connections, pairs in found.items():
        ratios = [sends.rate / nothing.rate for sends, nothing in pairs]
        lines += [
            Line(
                f"sends a second, {connections} connections",
                [sends.rate for sends, _ in pairs],
                floor=[nothing.rate for _, nothing in pairs],
                ratios=ratios,
                least=1 / 3 if connections == 64 else None,
            ),
            Line(
                "    p50 ms",
                [sends.p50 * 1000 for sends, _ in pairs],
                floor=[nothing.p50 * 1000 for _, nothing in pairs],
            ),
            Line(
                "    p99 ms",
                [sends.p99 * 1000 for sends, _ in pairs],
                floor=[nothing.p99 * 1000 for _, nothing in pairs],
                most=15 if connections == 64 else None,
            ),
        ]
    return lines


def sends_beside_pollers(place: Place, rounds: int, seconds: float) -> list[Line]:
    """64 connections that send, undisturbed and beside 32 that poll DescribePools flat out, in turns."""
    pairs: list[tuple[Result, Result]] = []
    polls: list[float] = []
    for _ in range(rounds):
        alone = run(place.sends(64, seconds))
        place.watch.wait()
        pollers, senders = Load(place.polls(seconds + 1)), Load(place.sends(64, seconds))
        pollers.go()
        time.sleep(0.5)
        senders.go()
        pairs.append((senders.result(), alone))
        polls.append(pollers.result().rate)
        place.watch.wait()
    return [
        Line(
            f"sends a second beside {POLLERS} pollers",
            [beside.rate for beside, _ in pairs],
            floor=[alone.rate for _, alone in pairs],
            ratios=[beside.rate / alone.rate for beside, alone in pairs],
            least=1 / 4,
        ),
        Line(
            "    p99 ms",
            [beside.p99 * 1000 for beside, _ in pairs],
            floor=[alone.p99 * 1000 for _, alone in pairs],
            most=50,
        ),
        Line("    polls a second meanwhile", polls),
    ]


def whole_path(place: Place, rounds: int, seconds: float) -> list[Line]:
    """From the first request to the last final event, receipts (200 ms after acceptance) included."""
    rates, floors = [], []
    for _ in range(rounds):
        floors.append(run(place.nothing(64, seconds)).rate)
        before = place.watch.final_events()
        waiting = Load(place.sends(64, 120, WHOLE_PATH))
        began = time.perf_counter()
        waiting.go()
        sent = waiting.result().answers
        place.watch.wait()
        rates.append(sent / (time.perf_counter() - began))
        ended = place.watch.final_events() - before
        if ended != sent:
            raise RuntimeError(f"{sent} texts were accepted and {ended} ended")
    return [
        Line(
            f"texts a second, accepted to final event ({WHOLE_PATH:,})",
            rates,
            floor=floors,
            ratios=[rate / nothing for rate, nothing in zip(rates, floors, strict=True)],
        )
    ]


def under_load(directory: Path, rounds: int, seconds: float, parts: Sequence[str]) -> list[Line]:
    key = new_key(directory)
    with wireroom(directory) as server, floor() as nothing:
        pool_id = new_pool(server.url, key)
        watch = Watch(directory)
        place = Place(server, nothing, key, pool_id, watch, iter(range(0, 7_000_000, 150_000)))
        run(place.nothing(64, 1))
        run(place.sends(64, 1))
        watch.wait()
        lines: list[Line] = []
        for name, measure in MEASURES.items():
            if name in parts:
                say(name)
                lines += measure(place, rounds, seconds)
        watch.close()
    return lines


MEASURES = {"sends": sends_against_floor, "pollers": sends_beside_pollers, "path": whole_path}
SIZES = {"crowd": sizes.crowd, "pages": sizes.pages, "retention": sizes.retention}
PARTS = (*MEASURES, "small", "writes", "databases", "pdus", "binds", *SIZES)


def say(what: str) -> None:
    sys.stderr.write(f"measuring: {what}\n")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; none: all")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=2.0, help="of one run under load")
    options.add_argument("--size", type=int, default=1_000_000, help="rows, for crowd, pages and retention")
    given = options.parse_args()
    parts = given.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        options.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    lines: list[Line] = []
    try:
        if set(parts) & set(MEASURES):
            with data_dir() as directory:
                lines += under_load(directory, given.rounds, given.seconds, parts)
        if "small" in parts:
            say("small")
            lines += small.measure(given.rounds)
        if "writes" in parts:
            say("writes")
            lines += writes.measure()
        if "databases" in parts:
            say("databases")
            lines += databases.measure(given.rounds, given.seconds)
        if "pdus" in parts:
            say("pdus")
            lines += pdus.measure(given.rounds)
        if "binds" in parts:
            say("binds")
            lines += binds.measure(given.rounds)
        for name, measure in SIZES.items():
            if name in parts:
                say(name)
                lines += measure(given.rounds, given.seconds, given.size)
    finally:
        show(lines)


if __name__ == "__main__":
    main()
