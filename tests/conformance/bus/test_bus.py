"""What every bus owes to the line and to the live feed (`bus/port.py`)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from wireroom.bus.embedded import EmbeddedBus
from wireroom.bus.port import Bus


@pytest.fixture(params=[EmbeddedBus])
def make(request: pytest.FixtureRequest) -> Callable[[], Bus]:
    made: Callable[[], Bus] = request.param
    return made


def play(make: Callable[[], Bus], story: Callable[[Bus], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(10):
            await story(make())

    asyncio.run(run())


async def begin(bus: Bus, stage: str, most: int) -> "asyncio.Task[list[object]]":
    """A `take` that waits already."""
    task = asyncio.ensure_future(bus.take(stage, most))
    await turn()
    assert not task.done()
    return task


async def turn() -> None:
    """Let everything that can go on go on once."""
    ready = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(ready.set_result, None)
    await ready


def test_what_was_offered_is_taken_in_order_and_at_most_as_much_as_asked(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        assert bus.offer("route", [1, 2, 3]) == 3
        assert bus.offer("route", [4]) == 1
        assert await bus.take("route", 3) == [1, 2, 3]
        assert await bus.take("route", 3) == [4]

    play(make, story)


def test_stages_do_not_see_each_other(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        waiting = await begin(bus, "submit", 5)
        bus.offer("route", ["a"])
        await turn()
        assert not waiting.done()
        bus.offer("submit", ["b"])
        assert await waiting == ["b"]

    play(make, story)


def test_who_waits_gets_items_as_soon_as_there_are_some(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        first = await begin(bus, "route", 2)
        second = await begin(bus, "route", 2)
        bus.offer("route", [1, 2, 3])
        assert await first == [1, 2]
        assert await second == [3]

    play(make, story)


def test_nothing_is_lost_when_the_one_who_was_called_goes_away(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        gone = await begin(bus, "route", 2)
        left = await begin(bus, "route", 2)
        bus.offer("route", [1])
        gone.cancel()
        assert await left == [1]
        assert gone.cancelled()

    play(make, story)


def test_who_gave_up_waiting_takes_nothing(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        gone = await begin(bus, "route", 2)
        gone.cancel()
        await turn()
        bus.offer("route", [1])
        assert await bus.take("route", 2) == [1]

    play(make, story)


def test_no_more_than_ten_thousand_items_are_held_for_a_stage(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        assert bus.offer("route", range(9_990)) == 9_990
        assert bus.offer("route", range(20)) == 10
        assert bus.offer("route", ["x"]) == 0
        assert bus.offer("submit", ["x"]) == 1
        assert (await bus.take("route", 10_000))[-11:] == [9_989, *range(10)]
        assert bus.offer("route", ["x"]) == 1

    play(make, story)


def test_waking_sends_a_waiting_stage_to_its_outbox(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        waiting = await begin(bus, "route", 2)
        bus.wake("route")
        assert await waiting == []
        await begin(bus, "route", 2)

    play(make, story)


def test_a_wake_while_nobody_waits_is_kept_behind_the_items(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        bus.wake("route")
        bus.wake("route")
        bus.offer("route", [1])
        assert await bus.take("route", 2) == [1]
        assert await bus.take("route", 2) == []
        await begin(bus, "route", 2)

    play(make, story)


def test_a_follower_hears_what_is_published_from_the_moment_it_follows(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        bus.publish("texts", "before")
        one = bus.follow("texts")
        bus.publish("texts", "a")
        other = bus.follow("texts")
        bus.publish("receipts", "not this")
        bus.publish("texts", "b")
        assert [await anext(one), await anext(one)] == ["a", "b"]
        assert await anext(other) == "b"
        waiting = asyncio.ensure_future(anext(one))
        await turn()
        bus.publish("texts", "c")
        assert await waiting == "c"

    play(make, story)


def test_a_slow_follower_loses_the_oldest_and_holds_nobody_up(make: Callable[[], Bus]) -> None:
    async def story(bus: Bus) -> None:
        slow = bus.follow("texts")
        for item in range(100_000):
            bus.publish("texts", item)
        oldest = await anext(slow)
        assert 0 < oldest < 99_999
        assert await anext(slow) == oldest + 1

    play(make, story)
