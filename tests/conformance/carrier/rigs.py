"""What the carrier suite needs of an implementation: links to one network, on a clock of its own."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from wireroom.carriers.port import Carrier, Receipt, Segment
from wireroom.carriers.simulator import SimulatedNetwork
from wireroom.config import Settings
from wireroom.observe import MachineClock, ManualClock

NOON = 1_800_000_000_000


class Rig(Protocol):
    clock: ManualClock
    latency: int
    """Business milliseconds from a hand-over to its receipt."""
    failing: str
    """A destination that ends in TEXT_CARRIER_UNREACHABLE."""

    def carrier(self) -> Carrier:
        """A link that was not started yet; each call is a restart on our side."""
        ...


class SimulatorRig:
    def __init__(self, directory: Path) -> None:
        self.clock = ManualClock(NOON)
        self.latency = 200
        self.failing = "+14254147167"
        self._directory = directory

    def carrier(self) -> SimulatedNetwork:
        return SimulatedNetwork(self._directory, Settings(), self.clock, MachineClock())


class Ear:
    """Hears receipts, and fails as often as it was told to."""

    def __init__(self, deaf: int = 0) -> None:
        self.receipts: list[Receipt] = []
        self.unheard: list[Receipt] = []
        self._deaf = deaf
        self._more = asyncio.Event()

    async def hear(self, receipts: Sequence[Receipt]) -> None:
        if self._deaf:
            self._deaf -= 1
            self.unheard += receipts
            self._more.set()
            raise RuntimeError("the store is away")
        self.receipts += receipts
        self._more.set()

    async def heard(self, count: int) -> list[Receipt]:
        """Wait until so many were heard."""
        async with asyncio.timeout(10):
            while len(self.receipts) < count:
                self._more.clear()
                await self._more.wait()
        return self.receipts

    async def missed(self) -> None:
        """Wait until some were reported and not heard."""
        async with asyncio.timeout(10):
            while not self.unheard:
                self._more.clear()
                await self._more.wait()


def segment(
    number: int = 1,
    *,
    count: int = 1,
    message_id: str = "019a0000-0000-7000-8000-000000000001",
    destination: str = "+12065550142",
    text: str = "Hello",
    receipt_wanted: bool = True,
    validity_until: int = NOON + 86_400_000,
) -> Segment:
    return Segment(
        message_id=message_id,
        number=number,
        count=count,
        origination="+12065550100",
        destination=destination,
        country="US",
        text=text,
        encoding="GSM",
        receipt_wanted=receipt_wanted,
        validity_until=validity_until,
    )
