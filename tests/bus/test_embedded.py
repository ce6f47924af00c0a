"""The bus of one process: what followers leave behind."""

import asyncio
import gc
from contextlib import aclosing

import pytest

from wireroom.bus.embedded import EmbeddedBus


def followers(bus: EmbeddedBus, topic: str) -> int:
    return len(bus._followers[topic])


def test_a_closed_follower_is_gone_and_comes_to_its_end() -> None:
    async def story() -> None:
        bus = EmbeddedBus()
        heard = []
        async with aclosing(bus.follow("texts")) as feed:
            bus.publish("texts", 1)
            heard.append(await anext(feed))
            assert followers(bus, "texts") == 1
        assert followers(bus, "texts") == 0
        bus.publish("texts", 2)
        assert [*heard, *[item async for item in feed]] == [1]

    asyncio.run(story())


def test_a_follower_that_is_cancelled_while_it_waits_is_gone() -> None:
    async def story() -> None:
        bus = EmbeddedBus()
        feed = bus.follow("texts")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await anext(feed)
        assert followers(bus, "texts") == 0

    asyncio.run(story())


def test_a_follower_that_was_dropped_is_gone() -> None:
    async def story() -> None:
        bus = EmbeddedBus()
        feed = bus.follow("texts")
        assert followers(bus, "texts") == 1
        del feed
        gc.collect()
        assert followers(bus, "texts") == 0

    asyncio.run(story())
