"""The bus of one process: deques on one event loop. Nothing here survives it, and nothing needs to.

To be used on one event loop only; no method but `take` and a follower's `anext` waits.
"""

import asyncio
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Any

ROOM = 10_000
"""Items held for a stage; what finds no room stays in the outbox."""
FOLLOWER_ROOM = 1_000
"""Items held for a follower; a slower one loses the oldest."""


class EmbeddedBus:
    """Implements `bus.port.Bus`."""

    def __init__(self) -> None:
        self._stages: dict[str, _Stage] = {}
        self._followers: dict[str, weakref.WeakSet[Follower]] = {}

    def offer(self, stage: str, items: Sequence[Any]) -> int:
        return self._stage(stage).offer(items)

    async def take(self, stage: str, most: int) -> list[Any]:
        return await self._stage(stage).take(most)

    def wake(self, stage: str) -> None:
        self._stage(stage).wake()

    def publish(self, topic: str, item: Any) -> None:
        for follower in self._followers.get(topic, ()):
            follower.hear(item)

    def follow(self, topic: str) -> "Follower":
        """Follow from now on, until it is closed, dropped, or cancelled while it waits."""
        followers = self._followers.setdefault(topic, weakref.WeakSet())
        follower = Follower(followers)
        followers.add(follower)
        return follower

    def _stage(self, name: str) -> "_Stage":
        stage = self._stages.get(name)
        if stage is None:
            stage = self._stages[name] = _Stage()
        return stage


class _Stage:
    """Items for one stage, and those who wait for them, first come first served."""

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._woken = False
        self._waiters: deque[asyncio.Future[None]] = deque()

    def offer(self, items: Sequence[Any]) -> int:
        room = ROOM - len(self._items)
        if len(items) > room:
            items = items[:room]
        self._items.extend(items)
        if items:
            self._call_one()
        return len(items)

    async def take(self, most: int) -> list[Any]:
        while not (self._items or self._woken):
            await self._wait()
        if not self._items:
            self._woken = False
            return []
        items = self._items
        taken = [items.popleft() for _ in range(min(most, len(items)))]
        if items:
            self._call_one()
        return taken

    def wake(self) -> None:
        self._woken = True
        self._call_one()

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._call_one()  # it was called and cannot come: the next one goes
            elif waiter in self._waiters:
                self._waiters.remove(waiter)
            raise

    def _call_one(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return


class Follower:
    """What is published on a topic since it was made, as an async iterator."""

    def __init__(self, followers: "weakref.WeakSet[Follower]") -> None:
        self._followers = followers
        self._items: deque[Any] = deque(maxlen=FOLLOWER_ROOM)
        self._arrived = asyncio.Event()
        self._closed = False

    def hear(self, item: Any) -> None:
        """Take one more; the oldest goes when there is no room."""
        self._items.append(item)
        self._arrived.set()

    def __aiter__(self) -> "Follower":
        return self

    async def __anext__(self) -> Any:
        try:
            while not self._items and not self._closed:
                self._arrived.clear()
                await self._arrived.wait()
        except asyncio.CancelledError:
            await self.aclose()
            raise
        if self._closed:
            raise StopAsyncIteration
        return self._items.popleft()

    async def aclose(self) -> None:
        """Follow no more: whoever waits comes to the end."""
        self._followers.discard(self)
        self._closed = True
        self._arrived.set()
