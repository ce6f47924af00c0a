"""The port of the bus: bounded hand-over in memory, and a live feed that anybody may follow.

Nothing here is a promise: the promise is the outbox row. What finds no room is dropped and claimed from the
outbox later.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol


class Bus(Protocol):
    def offer(self, stage: str, items: Sequence[Any]) -> int:
        """Queue items for a stage; answers how many found room (the first ones)."""
        ...

    async def take(self, stage: str, most: int) -> list[Any]:
        """At least one item, as soon as there is one, and at most `most`; none when woken by `wake`."""
        ...

    def wake(self, stage: str) -> None:
        """Let a waiting `take` come back, to look at the outbox."""
        ...

    def publish(self, topic: str, item: Any) -> None:
        """Tell the live feed; slow followers lose the oldest, never hold anybody up."""
        ...

    def follow(self, topic: str) -> AsyncIterator[Any]:
        """What is published on a topic from now on."""
        ...
