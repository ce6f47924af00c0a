"""The load generator, a process of its own: `python -m benchmarks.load`.

Reads a Job (a line of JSON), signs its requests, says `ready`, waits for a line, sends one request at a time
on each of its connections, and writes a Result.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from typing import Literal, cast
from urllib.parse import urlsplit

import msgspec
import uvloop
from msgspec import Struct

from benchmarks import signed

LONGEST_ANSWER = 20.0


class Job(Struct):
    """At most `count` requests in at most `seconds`."""

    url: str
    kind: Literal["sends", "polls", "floor"]
    connections: int
    seconds: float
    count: int
    key: signed.Key
    pool_id: str = ""
    first: int = 0
    others: list[tuple[signed.Key, str]] = []
    """More accounts that send, each with its pool, in turn."""


class Result(Struct):
    """Times in seconds. `wrong`: answers other than 200, and connections that ended."""

    answers: int
    seconds: float
    p50: float
    p99: float
    wrong: int
    complaint: str = ""

    @property
    def rate(self) -> float:
        return self.answers / self.seconds

    def median(self) -> float:
        return self.p50

    def slowest(self) -> float:
        return self.p99


def prepare(job: Job) -> Iterator[bytes]:
    """Signed beforehand. Sends are all distinct; the others are repeated."""
    if job.kind == "sends":
        places = [(job.key, job.pool_id), *job.others]
        each = [
            signed.sends(job.url, key, pool_id, job.first, at, len(places))
            for at, (key, pool_id) in enumerate(places)
        ]
        endless = itertools.chain.from_iterable(zip(*each, strict=True))
        return iter(list(itertools.islice(endless, job.count)))
    if job.kind == "polls":
        some = list(itertools.islice(signed.polls(job.url, job.key), 500))
    else:
        some = list(itertools.islice(signed.sends(job.url, job.key, "pool-" + 32 * "0", 0), 500))
    return itertools.islice(itertools.cycle(some), job.count)


class Run:
    """What all connections share."""

    def __init__(self, requests: Iterator[bytes], seconds: float, connections: int) -> None:
        self.requests = requests
        self.latencies: list[float] = []
        self.wrong = 0
        self.complaint = ""
        self.open = connections
        self.over = asyncio.get_running_loop().create_future()
        self.began = time.perf_counter()
        self.until = self.began + seconds
        self.ended = self.began

    def one_less(self) -> None:
        self.open -= 1
        if not self.open and not self.over.done():
            self.over.set_result(None)


class Connection(asyncio.Protocol):
    """One request at a time."""

    transport: asyncio.Transport
    run: Run

    def __init__(self) -> None:
        self.got = b""
        self.sent_at = 0.0
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def begin(self, run: Run) -> None:
        self.run = run
        self.send(time.perf_counter())

    def send(self, now: float) -> None:
        request = next(self.run.requests, None) if now < self.run.until else None
        self.busy = request is not None
        if request is None:
            self.transport.close()
        else:
            self.sent_at = now
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.got += data
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.got[:end].lower()
        at = head.index(b"content-length:") + 15
        stop = head.find(b"\r\n", at)
        if len(self.got) - end - 4 < int(head[at : stop if stop > 0 else end]):
            return
        now = time.perf_counter()
        self.run.latencies.append(now - self.sent_at)
        self.run.ended = now
        if not head.startswith(b"http/1.1 200"):
            self.run.wrong += 1
            self.run.complaint = self.got.decode(errors="replace")
        self.got = b""
        self.send(now)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.busy:
            self.run.wrong += 1
            self.run.complaint = f"a connection ended: {exc}"
        self.run.one_less()


async def run(job: Job, requests: Iterator[bytes]) -> Result:
    place = urlsplit(job.url)
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(Connection, place.hostname or "", place.port or 80))[1]
        for _ in range(job.connections)
    ]
    state = Run(requests, job.seconds, job.connections)
    for connection in connections:
        connection.begin(state)
    await asyncio.wait_for(state.over, job.seconds + LONGEST_ANSWER)
    latencies = sorted(state.latencies)
    return Result(
        answers=len(latencies),
        seconds=state.ended - state.began,
        p50=latencies[len(latencies) // 2],
        p99=latencies[int(len(latencies) * 0.99)],
        wrong=state.wrong,
        complaint=state.complaint,
    )


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    requests = prepare(job)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.buffer.readline()
    sys.stdout.write(msgspec.json.encode(uvloop.run(run(job, requests))).decode() + "\n")


if __name__ == "__main__":
    main()
