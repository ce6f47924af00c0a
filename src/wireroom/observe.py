"""Counters and the two clocks, as plain objects that `app` makes and hands down.

*Business time* stamps messages and decides what is due; it may be turned forwards. *Machine time* drives
signatures, leases, rates and back-off; it is never turned. Nothing else below `app` may ask for the time.
"""

import asyncio
import heapq
import time
from collections import Counter
from typing import Protocol


class BusinessClock(Protocol):
    """UTC milliseconds that a user may turn forwards."""

    def now(self) -> int: ...

    async def wait_until(self, at: int) -> None:
        """Come back when business time has reached `at` (milliseconds)."""
        ...


class SystemClock:
    """Business time as the machine tells it."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    async def wait_until(self, at: int) -> None:
        while (left := at - self.now()) > 0:
            await asyncio.sleep(left / 1000)


class ManualClock:
    """Business time that stands still until somebody turns it: for tests."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = 0

    def now(self) -> int:
        return self._now

    def turn(self, milliseconds: int) -> None:
        """Go forwards and wake who waited for it. To be called on the loop of those who wait."""
        if milliseconds < 0:
            raise ValueError("a clock turns forwards only")
        self._now += milliseconds
        while self._sleepers and self._sleepers[0][0] <= self._now:
            sleeper = heapq.heappop(self._sleepers)[2]
            if not sleeper.done():
                sleeper.set_result(None)

    async def wait_until(self, at: int) -> None:
        if at <= self._now:
            return
        self._order += 1
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (at, self._order, sleeper))
        await sleeper


class MachineClock:
    """Wall and monotonic time of this machine."""

    def now(self) -> int:
        """UTC milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


class Counters:
    """Named counts since the start, read by the console and the benchmarks."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, n: int = 1) -> None:
        self._counts[name] += n

    def snapshot(self) -> dict[str, int]:
        return dict(self._counts)
