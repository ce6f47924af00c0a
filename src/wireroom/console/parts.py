"""What the console is given by app, and how it says no. Knows no engine and no carrier by name."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct

from wireroom.bus.port import Bus
from wireroom.carriers.port import BindState
from wireroom.edge.callers import Callers
from wireroom.edge.disk import Disk
from wireroom.edge.keys import KeyStore
from wireroom.observe import Counters
from wireroom.store.engine import Engine


class Books(Struct, frozen=True):
    """What is kept of texts beside the store's rows: the carriers' own books, and the logs of all files."""

    forget: Callable[[Sequence[str]], Awaitable[None]]
    """The carriers forget messages, by id."""
    forget_number: Callable[[str], Awaitable[None]]
    """The carriers forget whatever this number got."""
    forget_all: Callable[[], Awaitable[None]]
    """The carriers forget everything."""
    empty_logs: Callable[[], Awaitable[bool]]
    """Nothing that was deleted is left in a file; False while another program reads what was before."""
    sole: bool = True
    """All files are ours. Else the database's server has what was deleted for a while yet."""


class Parts(Struct, frozen=True):
    engine: Engine
    bus: Bus
    callers: Callers
    keys: KeyStore
    stopping: asyncio.Event
    disk: Disk
    books: Books
    counters: Counters
    binds: Callable[[], Mapping[str, Sequence[BindState]]]
    """Each carrier's, as they are now."""


class Problem(Exception):
    """A request that cannot be answered: a status, and a sentence for who asked."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said
