"""The port of the store: what an engine owes to whoever uses it.

An operation is a synchronous function of a transaction (`Tx`). The engine decides where it runs and which
others share its commit; `run` answers only when what it wrote is durable. Knows no resource and calls no
one: `app` wires `on_commit`, and whatever a transaction handed over goes there after its commit.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from wireroom.store.tx import HandOver, Tx

T = TypeVar("T")


class StoreError(Exception):
    """Something is wrong with the store itself; the message is for the operator."""


class Unavailable(StoreError):
    """The outcome is a failure or is unknown: nobody may be told that it succeeded. Trying again is safe."""


class Busy(Unavailable):
    """The store has more to do than it can do in time, or others were in the way again and again."""


class DataDirInUse(StoreError):
    """Another process serves this data directory."""


class DataTooNew(StoreError):
    """The data were written by a newer release; they are left untouched."""


class Engine(Protocol):
    owner: str
    """The name that this process's leases carry; the same after a restart where the engine is sole."""
    sole: bool
    """No other process can serve these data at the same time, so every lease by `owner` is free at start."""

    async def run(self, work: Callable[[Tx], T], name: str, *, patient: bool = False) -> T:
        """Do `work` in a transaction of its own fate and answer when it is durable.

        An exception of `work` undoes what it wrote and comes out here. `name` is for the log of slow work.
        `patient` work (stages of the line) waits behind callers when both are queued, yet never starves.
        Raises Unavailable when the commit failed or its outcome is unknown, Busy when nothing was done.
        """
        ...

    async def read(self, work: Callable[[Tx], T], name: str) -> T:
        """Do `work`, which only reads, against everything committed so far."""
        ...

    def on_commit(self, listener: Callable[[Sequence[HandOver]], None]) -> None:
        """Call `listener` on the loop with what transactions handed over, after each commit."""
        ...

    async def others(self) -> int:
        """How many other processes serve these data now. Raises Unavailable."""
        ...

    async def take_over(self) -> int:
        """Free the leases of processes that are gone; answers of how many texts. None where this one is sole.

        Raises Unavailable.
        """
        ...

    async def give_back(self, spare: int) -> bool:
        """Return to the file system a little of the space that deletions freed, above `spare` bytes of it.

        Patient work. Answers whether there is more to return; never, where the database sees to it by itself.
        Raises Unavailable.
        """
        ...

    async def empty_log(self) -> bool:
        """Nothing that was deleted is left in the files; False where something may be, for a while."""
        ...

    async def close(self) -> None:
        """Finish what was queued, then let go of the data."""
        ...
