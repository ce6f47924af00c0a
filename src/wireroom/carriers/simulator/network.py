"""The simulated network: a carrier that takes everything and gives receipts as AWS's routes do.

AWS's simulator destinations succeed or fail (data-plane §8); any other number is a virtual handset that
receives. Texts arrive, and receipts fall due, a set latency of business time after acceptance. What is owed
is in the ledger before a batch is answered. Knows no message, only segments; never sees the store.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from wireroom.api.enums import EventType
from wireroom.carriers.port import (
    BindState,
    Handed,
    Hear,
    HearAnswers,
    Later,
    OnDoubt,
    Outcome,
    Receipt,
    Refused,
    Segment,
    Unknown,
)
from wireroom.carriers.simulator.ledger import FILE, Audited, Entry, Ledger, LedgerError, Owed, Received
from wireroom.carriers.simulator.owing import Owing
from wireroom.config import ConfigError, Settings, milliseconds
from wireroom.core.tables.simulator import DESTINATIONS
from wireroom.observe import BusinessClock, MachineClock

log = logging.getLogger(__name__)

WITHOUT_RECEIPT = frozenset({"SHORT_CODE", "TOLL_FREE", "SENDER_ID"})
"""Kinds of origination identity whose routes end with the carrier's acceptance (data-plane §6.6)."""
FAILING = frozenset(number for number, (_, outcome) in DESTINATIONS.items() if outcome == "failure")
FAILURES = (
    EventType.TEXT_INVALID,
    EventType.TEXT_INVALID_MESSAGE,
    EventType.TEXT_UNREACHABLE,
    EventType.TEXT_CARRIER_UNREACHABLE,
    EventType.TEXT_BLOCKED,
    EventType.TEXT_CARRIER_BLOCKED,
    EventType.TEXT_SPAM,
    EventType.TEXT_UNKNOWN,
    EventType.TEXT_TTL_EXPIRED,
)
"""What a failure destination can be set to fail with."""
RECEIPTS_AT_ONCE = 256
NOT_BOUND = Later(1000)
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0
"""Seconds of machine time between attempts to report receipts that were not heard."""


class HandsetText(Struct, frozen=True):
    """A whole text as a virtual handset shows it."""

    message_id: str
    origination: str
    text: str
    received_at: int
    """Business time (ms) of its last part."""
    times: int
    """How often it arrived; more than once only after a hand-over in doubt."""


class SimulatedNetwork:
    """Implements `carriers.port.Carrier`. A segment in doubt is offered again: the ledger counts both."""

    name = "simulator"
    on_doubt = OnDoubt.RESEND

    def __init__(
        self, directory: Path, settings: Settings, clock: BusinessClock, machine: MachineClock
    ) -> None:
        """The ledger is kept in `directory`. Raises ConfigError."""
        self._path = directory / FILE
        self._clock = clock
        self._machine = machine
        self._latency = milliseconds(settings.simulator.latency)
        self._failure = _failure(settings.simulator.failure)
        self._receipts_for_all = settings.simulate.receipts == "all"
        self._link: _Link | None = None
        self._answers: deque[Outcome] = deque()
        self._may_report = asyncio.Event()
        self._may_report.set()

    def receipts_for(self, origination_kind: str) -> bool:
        return self._receipts_for_all or origination_kind not in WITHOUT_RECEIPT

    def binds(self) -> list[BindState]:
        return []

    async def start(self, hear: Hear, hear_answers: HearAnswers | None = None) -> None:
        ledger = Ledger(self._path, self._machine.now())
        owing = Owing(ledger.owed)
        reporting = asyncio.create_task(self._report(hear, ledger, owing), name="simulator-receipts")
        self._link = _Link(ledger, owing, reporting)

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.reporting.cancel()
            await asyncio.wait([link.reporting])
            await link.ledger.close()

    async def submit(self, batch: Sequence[Segment]) -> Sequence[Outcome]:
        """Take segments: in the ledger before this comes back.

        A segment that fails on a route without receipts is refused, for that is the only way left to say so.
        """
        if self._link is None:
            return [NOT_BOUND] * len(batch)
        ledger, owing, _ = self._link
        now = self._clock.now()
        arrival = now + self._latency
        outcomes: list[Outcome] = []
        entries: list[Entry] = []
        owed: list[Owed] = []
        for segment in batch:
            if self._answers:
                outcomes.append(self._answers.popleft())
                continue
            fate = self._fate(segment, arrival)
            delivered = fate is EventType.TEXT_DELIVERED
            receipt = segment.receipt_wanted
            if not (delivered or receipt):
                outcomes.append(Refused(fate))
                continue
            serial = next(ledger.serials)
            outcomes.append(Handed(f"{serial:x}"))
            if receipt:
                owed.append(Owed(arrival, serial, fate))
            entries.append(
                Entry(
                    serial,
                    segment.message_id,
                    segment.number,
                    segment.count,
                    segment.origination,
                    segment.destination,
                    segment.text,
                    now,
                    arrival if delivered else None,
                    fate if receipt else None,
                    arrival if receipt else None,
                )
            )
        try:
            await ledger.record(entries)
        except LedgerError:
            return [Unknown() if isinstance(outcome, Handed) else outcome for outcome in outcomes]
        owing.add(owed)
        return outcomes

    def handset(self, number: str, most: int = 50) -> list[HandsetText]:
        """What the handset of this number shows, newest first: at most `most` whole texts, among those that
        the network took lately."""
        return _whole_texts(self._bound().ledger.received(number, self._clock.now()))[:most]

    def audit(self, message_id: str) -> list[Audited]:
        """How often each part of a message was accepted, delivered and its receipt acknowledged."""
        return self._bound().ledger.audit(message_id, self._clock.now())

    async def forget(self, message_ids: Sequence[str]) -> None:
        """Delete what the network knows of these messages, the receipts it owes included."""
        ledger, owing, _ = self._bound()
        owed = ledger.owes(message_ids)
        await ledger.forget(message_ids)
        if owed:  # else nothing of them is in memory
            owing.read_again()

    async def erase(self, number: str) -> None:
        """Delete all that a handset got, the receipts owed for it included."""
        ledger, owing, _ = self._bound()
        await ledger.erase(number)
        owing.read_again()

    async def empty_log(self) -> bool:
        """Nothing that was deleted is left in the ledger's files; False while another program reads them."""
        return await self._bound().ledger.empty_log()

    async def clear(self) -> None:
        """Delete everything the network knows."""
        ledger, owing, _ = self._bound()
        await ledger.clear()
        owing.read_again()

    def answer_next(self, *outcomes: Outcome) -> None:
        """Answer the next segments offered with these, one each, and do not take them."""
        self._answers.extend(outcomes)

    def hold_receipts(self) -> None:
        """Report no receipt until `release_receipts`."""
        self._may_report.clear()

    def release_receipts(self) -> None:
        """Report again what is due."""
        self._may_report.set()

    def _fate(self, segment: Segment, arrival: int) -> EventType:
        if segment.destination in FAILING:
            return self._failure
        if arrival > segment.validity_until:
            return EventType.TEXT_TTL_EXPIRED
        return EventType.TEXT_DELIVERED

    async def _report(self, hear: Hear, ledger: Ledger, owing: Owing) -> None:
        pause = FIRST_PAUSE
        while True:
            await self._clock.wait_until(await owing.first())
            await self._may_report.wait()
            due = owing.take(self._clock.now(), RECEIPTS_AT_ONCE)
            if not due:  # they were forgotten meanwhile
                continue
            try:
                await hear([Receipt(f"{receipt.serial:x}", receipt.outcome) for receipt in due])
                await ledger.acknowledge(due)
            except Exception:
                log.exception("%d receipts were not heard, and are reported again", len(due))
                owing.put_back(due)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                owing.settle(due)
                pause = FIRST_PAUSE

    def _bound(self) -> "_Link":
        if self._link is None:
            raise RuntimeError("the simulated network has not been started")
        return self._link


class _Link(NamedTuple):
    ledger: Ledger
    owing: Owing
    reporting: asyncio.Task[None]


def _failure(name: str) -> EventType:
    if name not in FAILURES:
        raise ConfigError(f"simulator.failure = {name!r}: it is one of {', '.join(FAILURES)}")
    return EventType(name)


def _whole_texts(received: Sequence[Received]) -> list[HandsetText]:
    messages: dict[str, dict[int, list[Received]]] = {}
    for part in received:
        messages.setdefault(part.message_id, {}).setdefault(part.number, []).append(part)
    texts: list[HandsetText] = []
    for message_id, parts in messages.items():
        any_part = next(iter(parts.values()))[0]
        if len(parts) < any_part.part_count:
            continue  # a handset shows a text when it has all of it
        texts.append(
            HandsetText(
                message_id=message_id,
                origination=any_part.origination,
                text="".join(parts[number][0].text for number in sorted(parts)),
                received_at=max(copies[0].delivered_at for copies in parts.values()),
                times=min(len(copies) for copies in parts.values()),
            )
        )
    return texts
