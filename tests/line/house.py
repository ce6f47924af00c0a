"""The line and all that it stands on but HTTP: a real engine, the bus, a carrier that answers as told."""

import asyncio
import itertools
import os
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from wireroom.api.enums import EventType, MessageType, NumberCapability, NumberType
from wireroom.bus.embedded import EmbeddedBus
from wireroom.carriers.port import BindState, Handed, Hear, HearAnswers, OnDoubt, Outcome, Receipt, Segment
from wireroom.config import Settings, milliseconds
from wireroom.core.gates import Refused
from wireroom.core.ids import uuid7
from wireroom.delivery.line import Line
from wireroom.delivery.retention import Retention
from wireroom.delivery.sweep import Sweep
from wireroom.observe import Counters, MachineClock, ManualClock
from wireroom.sending import stories
from wireroom.sending.accept import Accepted, Draft, accept
from wireroom.store.engine import Engine
from wireroom.store.postgres import PostgresEngine
from wireroom.store.rows import Event, Message, Outbox, Part, PhoneNumber, Place
from wireroom.store.sqlite import SqliteEngine

ACCOUNT, REGION = "123456789012", "us-east-1"
NOW = 1_760_000_000_000
TEN_DLC, TOLL_FREE = "+12065550100", "+18335550100"
HANDSET = "+14255550101"


class ScriptedCarrier:
    """Takes everything unless told otherwise; hears a receipt when the test says so."""

    name = "scripted"

    def __init__(self, on_doubt: OnDoubt = OnDoubt.RESEND) -> None:
        self.on_doubt = on_doubt
        self.taken: list[Segment] = []
        self.answers: dict[tuple[str, int], deque[Outcome]] = defaultdict(deque)
        self.next: deque[Outcome] = deque()
        self.gate = asyncio.Event()
        self.gate.set()
        self.reached = asyncio.Event()
        self._hear: Hear | None = None
        self.hear_answers: HearAnswers | None = None
        self._serial = itertools.count(1)

    def receipts_for(self, origination_kind: str) -> bool:
        return origination_kind != "TOLL_FREE"

    def binds(self) -> list[BindState]:
        return []

    async def start(self, hear: Hear, hear_answers: HearAnswers | None = None) -> None:
        self._hear, self.hear_answers = hear, hear_answers

    async def submit(self, batch: Sequence[Segment]) -> Sequence[Outcome]:
        self.taken.extend(batch)
        self.reached.set()
        await self.gate.wait()
        return [self.next.popleft() if self.next else Handed(f"c{next(self._serial)}") for _ in batch]

    async def close(self) -> None:
        self._hear = None

    async def says(self, carrier_message_id: str, outcome: EventType = EventType.TEXT_DELIVERED) -> None:
        await self.hears([Receipt(carrier_message_id, outcome)])

    async def says_at_once(self, outcome: EventType, *carrier_message_ids: str) -> None:
        await self.hears([Receipt(each, outcome) for each in carrier_message_ids])

    async def hears(self, receipts: Sequence[Receipt]) -> None:
        assert self._hear is not None
        await self._hear(receipts)


class Home(NamedTuple):
    """Where the data are: a directory, or a database (and a directory for what is beside it)."""

    directory: Path
    database: str | None = None

    def open(self, counters: Counters) -> Engine:
        if self.database is None:
            return SqliteEngine.open(self.directory, MachineClock(), counters)
        return PostgresEngine.open(self.database, 8, counters)


class House:
    def __init__(
        self, engine: Engine, carrier: ScriptedCarrier, counters: Counters, settings: Settings
    ) -> None:
        self.engine = engine
        self.bus = EmbeddedBus()
        self.carrier = carrier
        self.clock = ManualClock(NOW)
        self.machine = MachineClock()
        self.counters = counters
        self.settings = settings
        self.forgotten: list[str] = []
        self.retention = Retention(engine, self.clock, self.settings, self._forget)
        self.line = Line(
            engine,
            self.bus,
            {carrier.name: carrier},
            self.clock,
            self.machine,
            counters,
            stickiness=milliseconds(self.settings.retention.stickiness),
            retention=self.retention,
        )
        self.sweeper = Sweep(
            engine, self.clock, self.machine, milliseconds(self.settings.retention.stickiness)
        )
        engine.on_commit(self.line.handed_over)
        engine.on_commit(stories.note_kept)

    async def _forget(self, message_ids: Sequence[str]) -> None:
        """What the carriers are told of texts that are to be deleted."""
        self.forgotten.extend(message_ids)

    def rows_written(self) -> int:
        return self.counters.snapshot().get("store.rows_written", 0)

    async def send(self, body: str = "hello", **draft: Any) -> str:
        """Accept a text and answer its id; the line does the rest."""
        wanted = Draft(
            ACCOUNT,
            REGION,
            draft.pop("destination", HANDSET),
            body,
            self.engine.owner,
            self.machine.now(),
            origination=draft.pop("origination", TEN_DLC),
            **draft,
        )
        outcome = await self.engine.run(
            lambda tx: accept(tx, self.clock.now(), self.new_id, self.settings, wanted), "accept"
        )
        assert isinstance(outcome, Accepted), outcome
        return outcome.message_id

    async def refused(self, body: str = "hello", **draft: Any) -> Refused:
        wanted = Draft(
            ACCOUNT, REGION, draft.pop("destination", HANDSET), body, "embedded", self.machine.now(), **draft
        )
        outcome = await self.engine.run(
            lambda tx: accept(tx, self.clock.now(), self.new_id, self.settings, wanted), "accept"
        )
        assert isinstance(outcome, Refused), outcome
        return outcome

    def new_id(self, prefix: str, /) -> str:
        return uuid7(self.machine.now(), os.urandom(16))

    async def message(self, message_id: str) -> Message:
        found = await self.engine.read(lambda tx: tx.get(Message, message_id), "message")
        assert found is not None
        return found

    async def parts(self, message_id: str) -> list[Part]:
        found: list[Part] = await self.engine.read(
            lambda tx: tx.all("parts_of_message", message_id=message_id), "parts"
        )
        return found

    async def events(self, message_id: str) -> list[tuple[str, bool]]:
        found = await self.engine.read(
            lambda tx: tx.page(Event, {"message_id": message_id}, None, 100), "events"
        )
        return [(event.event_type, event.is_final) for event in found]

    async def promised(self, message_id: str) -> Outbox | None:
        return await self.engine.read(lambda tx: tx.get(Outbox, message_id), "outbox")


def number(identity: str, number_type: NumberType, identity_id: str, country: str = "US") -> PhoneNumber:
    return PhoneNumber(
        account_id=ACCOUNT,
        region=REGION,
        phone_number_id=identity_id,
        phone_number=identity,
        active_at=NOW,
        country=country,
        message_type=MessageType.TRANSACTIONAL,
        capabilities=(NumberCapability.SMS,),
        number_type=number_type,
        monthly_price="1.00",
        two_way_enabled=False,
        two_way_channel_arn=None,
        two_way_channel_role=None,
        self_managed_opt_outs=False,
        opt_out_list="Default",
        international_sending=False,
        deletion_protection=False,
        pool_id=None,
        registration_id=None,
        created_at=NOW,
    )


@asynccontextmanager
async def house(
    home: Home,
    carrier: ScriptedCarrier | None = None,
    *,
    running: bool = True,
    settings: Settings | None = None,
) -> AsyncIterator[House]:
    """A house on its data; the same home may be opened again after it was closed."""
    counters = Counters()
    engine = home.open(counters)
    there = House(engine, carrier or ScriptedCarrier(), counters, settings or Settings())
    if await engine.read(lambda tx: tx.get(Place, ACCOUNT, REGION), "place") is None:
        await engine.run(
            lambda tx: tx.insert(
                Place(ACCOUNT, REGION, NOW, there.new_id("revision")),
                number(TEN_DLC, NumberType.TEN_DLC, "phone-" + "1" * 32),
                number(TOLL_FREE, NumberType.TOLL_FREE, "phone-" + "2" * 32),
            ),
            "furnish",
        )
    if running:
        await there.line.start()
    try:
        yield there
    finally:
        await there.line.stop()
        await engine.close()
