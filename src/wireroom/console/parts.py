"""What the console is given by app, and how it says no. Knows no engine and no carrier by name."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from wireroom.bus.port import Bus
from wireroom.edge.callers import Callers
from wireroom.edge.keys import KeyStore
from wireroom.store.engine import Engine


class Parts(Struct, frozen=True):
    """`forget` makes the carriers forget messages by id; None makes them forget everything."""

    engine: Engine
    bus: Bus
    callers: Callers
    keys: KeyStore
    stopping: asyncio.Event
    forget: Callable[[Sequence[str] | None], Awaitable[None]]


class Problem(Exception):
    """A request that cannot be answered: a status, and a sentence for who asked."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said
