"""The receipts that the simulated network still owes, earliest first, in bounded memory.

What finds no room here is in the ledger and is read from it when there is room again. Knows no clock and no
database: the times come in, and so does the way to read the ledger.
"""

import asyncio
import heapq
from collections.abc import Callable, Iterable, Sequence

from wireroom.carriers.simulator.ledger import Owed

MOST = 20_000
"""Receipts held in memory."""
PAGE = 2_048
"""Receipts read from the ledger at once."""
FEW = 256
"""When so few are left, more are read."""


class Owing:
    """`read(n)` answers the `n` receipts of the ledger that are due first."""

    def __init__(self, read: Callable[[int], Sequence[Owed]]) -> None:
        self._read = read
        self._heap: list[Owed] = []
        self._held: set[int] = set()  # serials in the heap, and those taken and not settled
        self._more = True  # the ledger has receipts that are not in the heap
        self._arrived = asyncio.Event()

    def add(self, receipts: Iterable[Owed]) -> None:
        """Owe what the ledger has just recorded. While it has older ones to be read, they stay there, behind
        them."""
        self._arrived.set()
        if self._more:
            return
        for receipt in receipts:
            self._hold(receipt)
        self._more = len(self._heap) > MOST

    async def first(self) -> int:
        """When the next receipt is due; waits until one is owed."""
        while not self._filled():
            self._arrived.clear()
            await self._arrived.wait()
        return self._heap[0].due_at

    def take(self, now: int, most: int) -> list[Owed]:
        """What is due now. Each is to be settled or put back."""
        due: list[Owed] = []
        while len(due) < most and self._filled() and self._heap[0].due_at <= now:
            due.append(heapq.heappop(self._heap))
        return due

    def settle(self, receipts: Iterable[Owed]) -> None:
        """They were heard, and the ledger knows it."""
        self._held.difference_update([receipt.serial for receipt in receipts])

    def put_back(self, receipts: Iterable[Owed]) -> None:
        """They were not heard: owe them still."""
        self.settle(receipts)
        for receipt in receipts:
            self._hold(receipt)

    def read_again(self) -> None:
        """Receipts were deleted from the ledger: hold only what it still has."""
        self._held.difference_update([receipt.serial for receipt in self._heap])
        self._heap.clear()
        self._more = True
        self._arrived.set()

    def _hold(self, receipt: Owed) -> None:
        if receipt.serial not in self._held:
            self._held.add(receipt.serial)
            heapq.heappush(self._heap, receipt)

    def _filled(self) -> bool:
        if self._more and len(self._heap) < FEW:
            read = self._read(PAGE)
            self._more = len(read) == PAGE
            for receipt in read:
                self._hold(receipt)
        return bool(self._heap)
