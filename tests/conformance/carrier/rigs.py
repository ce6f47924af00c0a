"""What the carrier suite needs of an implementation: links to one network, on a clock of its own."""

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tests.carriers.smpp.smsc import Link, Smsc
from wireroom.carrier_settings import CarrierSettings
from wireroom.carriers.port import Carrier, Receipt, Segment
from wireroom.carriers.simulator import SimulatedNetwork
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.carrier import SmppCarrier
from wireroom.config import Settings
from wireroom.observe import Counters, MachineClock, ManualClock

NOON = 1_800_000_000_000
_serial = itertools.count(1)


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


class SmppRig:
    """The carrier over SMPP, and an SMSC on a pair of sockets that gives receipts until they are taken."""

    def __init__(self, directory: Path) -> None:
        self.clock = ManualClock(NOON)
        self.latency = 200
        self.failing = "+14254147167"
        self._smsc = Smsc()
        self._smsc.on_taken = self._owe
        self._smsc.on_receipt = self._heard
        self._smsc.on_bound = self._remind
        self._owed: dict[str, str] = {}
        """Message id → what its receipt says; those that are due."""
        self._waiting: list[asyncio.Task[None]] = []

    def carrier(self) -> SmppCarrier:
        settings = CarrierSettings(hosts=("smsc:2775",), system_id="wireroom", window=100)
        return SmppCarrier("smpp", settings, self.clock, MachineClock(), Counters(), ways=[self._smsc.way()])

    def _owe(self, link: Link, text: p.SubmitSm, message_id: str) -> None:
        if text.registered_delivery:
            stat = "UNDELIV" if text.destination_addr == self.failing[1:] else "DELIVRD"
            due = self.clock.now() + self.latency
            task = asyncio.get_running_loop().create_task(self._give(message_id, stat, due))
            self._waiting.append(task)

    async def _give(self, message_id: str, stat: str, due: int) -> None:
        await self.clock.wait_until(due)
        self._owed[message_id] = stat
        self._tell(message_id)

    def _tell(self, message_id: str) -> None:
        bound = self._smsc.hearing
        if bound and message_id in self._owed:
            self._smsc.send_receipt(message_id, self._owed[message_id], link=bound[0], tag=message_id)

    def _heard(self, tag: object, status: int) -> None:
        message_id = str(tag)
        if status == 0:
            self._owed.pop(message_id, None)
        else:
            asyncio.get_running_loop().call_later(0.01, self._tell, message_id)

    def _remind(self) -> None:
        for message_id in self._owed:
            asyncio.get_running_loop().call_soon(self._tell, message_id)


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
    message_id: str | None = None,
    destination: str = "+12065550142",
    text: str = "Hello",
    receipt_wanted: bool = True,
    validity_until: int = NOON + 86_400_000,
    body: str = "",
    encoding: str = "GSM",
) -> Segment:
    """One segment of a text; all segments of a `count` above 1 are of the same one, and full."""
    if count > 1 and text == "Hello":
        full = [f"{each:03}{'x' * 150}" for each in range(1, count + 1)]
        text, body = full[number - 1], "".join(full)
    return Segment(
        message_id=message_id or ("of-many" if count > 1 else f"text-{next(_serial)}"),
        number=number,
        count=count,
        origination="+12065550100",
        destination=destination,
        country="US",
        text=text,
        encoding=encoding,
        receipt_wanted=receipt_wanted,
        validity_until=validity_until,
        body=body,
    )
