"""Twenty thousand requests that nobody should send, to a server process, over sockets.

A failure shows what was sent; the same seed sends it again.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

import wireroom.ops
from tests.hostile.bodies import Known
from tests.hostile.broken import broken
from tests.hostile.house import REGULAR, House
from tests.hostile.requests import Sent, request
from tests.hostile.talk import Answer, leave_early, outlast, pipeline
from wireroom.ops._op import WRITTEN

assert wireroom.ops.__all__
SEED = 20261123
TOTAL, WAVE, SETTLED = 20_000, 500, 5_000
MOST_GROWTH = 12.0
"""MiB of memory that may be added by all that comes after the first 5,000: SQLite's caches fill slowly."""
TALKERS = 8
_GOODBYE = b"GET /_wireroom/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    running = House(tmp_path)
    yield running
    running.kill()


class Strangers:
    """Whoever talks to a house, and what they heard."""

    def __init__(self, house: House, known: Known, rng: Random) -> None:
        self._url = house.url
        self._known = known
        self._rng = rng
        self._written = sorted(WRITTEN)
        self.heard: Counter[str] = Counter()
        self.request_ids: set[bytes] = set()
        self.answers = 0
        self._slow: list[asyncio.Task[None]] = []

    async def come(self, count: int) -> None:
        """`count` requests, by several strangers at once."""
        rng, visits = self._rng, []
        while count > 0:
            size = min(count, rng.choice((1, 2, 5, 10, 20)))
            visits.append([request(rng, self._known, self._written) for _ in range(size)])
            count -= size
        plans = [(visit, Random(rng.random())) for visit in visits]
        queue = iter(plans)

        async def talk() -> None:
            for visit, chance in queue:
                await self._visit(visit, chance)

        async with asyncio.TaskGroup() as talkers:
            for _ in range(TALKERS):
                talkers.create_task(talk())

    async def _visit(self, visit: list[Sent], rng: Random) -> None:
        way = rng.random()
        if way < 0.10:
            whole = b"".join(sent.data for sent in visit[:-1])
            # Some of these are only told that their time is over: others need not wait for it.
            self._slow.append(asyncio.create_task(self._break(whole + broken(rng, visit[-1]))))
        elif way < 0.15:
            await leave_early(self._url, b"".join(sent.data for sent in visit), rng)
        elif way < 0.17:
            self._note(await pipeline(self._url, visit[:1], dribble=len(visit[0].data) < 2000))
            self._note(await pipeline(self._url, visit[1:]))
        else:
            self._note(await pipeline(self._url, visit))

    async def _break(self, data: bytes) -> None:
        self._note(await outlast(self._url, data, then=_GOODBYE))

    async def go(self) -> None:
        """Come back when all have left."""
        await asyncio.gather(*self._slow)

    def _note(self, answers: list[Answer]) -> None:
        for answer in answers:
            self.answers += 1
            self.heard[answer.error or str(answer.status)] += 1
            request_id = answer.headers.get(b"x-amzn-requestid")
            if request_id is not None:
                assert request_id not in self.request_ids
                self.request_ids.add(request_id)


def test_twenty_thousand_hostile_requests_do_no_harm(house: House) -> None:
    pool_id = house.furnish(REGULAR)
    strangers = Strangers(house, house.known(), Random(SEED))
    memory: dict[int, float] = {}

    async def all_come() -> None:
        for come in range(0, TOTAL, WAVE):
            memory[come] = house.resident_mebibytes()
            await strangers.come(WAVE)
            assert house.call(
                "SendTextMessage",
                REGULAR,
                DestinationPhoneNumber="+14255550100",
                OriginationIdentity=pool_id,
                MessageBody=f"after {come}",
            )["MessageId"]
        await strangers.go()

    asyncio.run(all_come())
    assert house.resident_mebibytes() - memory[SETTLED] < MOST_GROWTH, memory
    assert house.stop() == (0, [])
    # They reached what they were meant to reach.
    assert strangers.answers > TOTAL * 0.8
    for kind in ("200", "ValidationException", "SerializationException", "ResourceNotFoundException"):
        assert strangers.heard[kind] > TOTAL / 50, strangers.heard
    for kind in ("400", "404", "408", "413", "ConflictException", "UnknownOperationException"):
        assert strangers.heard[kind], strangers.heard
