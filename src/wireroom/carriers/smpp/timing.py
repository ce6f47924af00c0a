"""The time that binds live by: milliseconds of machine time that never go back, and what is done at one."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from wireroom.observe import MachineClock


class Timer(Protocol):
    def cancel(self) -> None: ...


class Timing(Protocol):
    def now(self) -> int: ...

    def at(self, when: int, do: Callable[[], None]) -> Timer:
        """Do it then, or as soon as that has passed; on the loop of whoever asks."""
        ...


class LoopTiming:
    """As the running loop and the machine have it."""

    def __init__(self, machine: MachineClock) -> None:
        self._machine = machine

    def now(self) -> int:
        return int(self._machine.monotonic() * 1000)

    def at(self, when: int, do: Callable[[], None]) -> Timer:
        # A millisecond more, for `now` is rounded down: a timer that is early has nothing to do.
        return asyncio.get_running_loop().call_later(max(0, when - self.now()) / 1000 + 0.001, do)
