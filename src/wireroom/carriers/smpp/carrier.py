"""A real carrier over SMPP: several binds, one queue, receipts; implements `carriers.port.Carrier`.

Joins `sending` (what goes out), `receiving` (what comes in) and the binds, and says of every answer what it
means for its segments. A segment whose bind is lost, or that is not answered in time, has an unknown outcome;
an answer that comes after all is told, with its message id (duties 6, 10, 11, 12 and 15).
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence

from wireroom.carrier_settings import CarrierSettings
from wireroom.carriers.port import (
    Answer,
    BindState,
    Handed,
    Hear,
    HearAnswers,
    Later,
    OnDoubt,
    Outcome,
    Refused,
    Segment,
    Unknown,
)
from wireroom.carriers.smpp import codes, meanings
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.alphabets import Alphabet
from wireroom.carriers.smpp.client import Bind
from wireroom.carriers.smpp.events import (
    Answered,
    Asked,
    Bound,
    Ended,
    Event,
    Late,
    Throttled,
    TimedOut,
    Told,
    Unreadable,
)
from wireroom.carriers.smpp.meanings import Ids
from wireroom.carriers.smpp.message_ids import Rule
from wireroom.carriers.smpp.offers import Batch, Offer
from wireroom.carriers.smpp.pace import Bucket, Patience, Reconnects, Turns
from wireroom.carriers.smpp.receiving import Receiver
from wireroom.carriers.smpp.rules import Limits
from wireroom.carriers.smpp.sending import Queue
from wireroom.carriers.smpp.timing import LoopTiming, Timer, Timing
from wireroom.carriers.smpp.ways import BadFile, Way, ways_of
from wireroom.carriers.smpp.writing import Writer
from wireroom.config import ConfigError, milliseconds
from wireroom.observe import BusinessClock, Counters, MachineClock

log = logging.getLogger(__name__)

ANSWER_WITHIN = 1_000
"""Milliseconds after which who has offered is not kept waiting for answers any longer."""
SEND_WITHIN = 5_000
"""Milliseconds after which what has found no room is offered later."""
NOT_NOW = Later(1_000)
BETWEEN_BINDS = 200
"""Milliseconds from one bind's attempt to the next one's."""
FIRST_PAUSE, LONGEST_PAUSE = 1_000, 60_000
"""After a temporary error."""
LONGEST_COUNTER = 60
MOST_UNMAPPED = 200
"""Codes that are counted by name: a carrier that makes up new ones without end does not fill our memory."""


class SmppCarrier:
    """One carrier, by its settings."""

    def __init__(
        self,
        name: str,
        carrier: CarrierSettings,
        clock: BusinessClock,
        machine: MachineClock,
        counters: Counters,
        *,
        ways: Sequence[Way] | None = None,
        timing: Timing | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`ways`: in place of the hosts, for a carrier that is in this process. Raises ConfigError."""
        self.name = name
        self.on_doubt = OnDoubt(carrier.on_doubt)
        self._carrier = carrier
        self._machine = machine
        self._clock = clock
        self._counters = counters
        self._timing = timing or LoopTiming(machine)
        self._chance = chance
        try:
            self._ways = ways_of(carrier) if ways is None else ways
        except BadFile as error:
            raise ConfigError(f"carriers.{name}: {error}") from error
        self._overlay = meanings.overlay_of(carrier)
        self._ids = Ids(carrier.ids, self._learned)
        self._binds = self._make_binds()
        self._queue = Queue(
            self._binds,
            Writer(carrier),
            Bucket(carrier.rate, self._timing.now()),
            clock,
            self._timing,
            self._cannot_write,
        )
        self._patience = Patience(FIRST_PAUSE, LONGEST_PAUSE)
        self._open = False
        self._receiver: Receiver | None = None
        self._hear_answers: HearAnswers | None = None
        self._late: list[Answer] = []
        self._telling: asyncio.Task[None] | None = None
        self._unmapped: set[str] = set()
        self._alarmed: set[int] = set()

    def receipts_for(self, origination_kind: str) -> bool:
        return self._carrier.receipts == "all" and origination_kind not in self._carrier.without_receipts

    def binds(self) -> list[BindState]:
        behind = self._machine.now() - self._timing.now()
        return [BindState(bind.name, bind.standing, bind.since + behind) for bind in self._binds]

    async def start(self, hear: Hear, hear_answers: HearAnswers | None = None) -> None:
        """Begin to bind; nobody waits for it, and what is submitted meanwhile waits in the queue."""
        alphabet = Alphabet(self._carrier.alphabet)
        self._receiver = Receiver(self.name, hear, self._ids, self._overlay, alphabet, self._count)
        self._hear_answers = hear_answers
        self._open = True
        for bind in self._binds:
            bind.start()

    async def submit(self, batch: Sequence[Segment]) -> Sequence[Outcome]:
        if not self._open or not batch:
            return [NOT_NOW] * len(batch)
        offered = Batch(batch, self._told_late)
        self._queue.add(offered.texts)
        tired = _Tired(offered, self._timing)
        try:
            await offered.done
        finally:
            tired.cancel()
            outcomes = offered.leave()
            offered.withdraw(NOT_NOW)  # who waits was cancelled: nothing more of it is sent
        return outcomes

    async def close(self) -> None:
        if not self._open:
            return
        self._open = False
        self._queue.clear(NOT_NOW)
        await asyncio.gather(*(bind.close() for bind in self._binds))
        if self._receiver is not None:
            await self._receiver.rest()
        if self._telling is not None:
            await self._telling

    # What the binds tell

    def happened(self, bind: Bind, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Answered(Offer() as offer, response):
                    self._answered(bind, offer, response)
                case Asked(request) if self._receiver is not None:
                    self._receiver.asked(bind, request)
                case TimedOut(Offer() as offer):
                    self._count("unanswered")
                    offer.text.answered(offer, Unknown())
                case Late(Offer() as offer, response):
                    self._count("answered late")
                    self._answered(bind, offer, response)
                case Bound():
                    self._alarmed.clear()
                case Throttled():
                    self._count("throttled")
                case Told() | Unreadable():
                    self._count(type(event).__name__.lower())
                case Ended(_, in_doubt):
                    self._ended(bind, in_doubt)
        if self._receiver is not None:
            self._receiver.attend()
        if self._open:
            self._queue.pump()

    def _answered(self, bind: Bind, offer: Offer, response: p.Response) -> None:
        """What an answer means for its segments."""
        nack = isinstance(response, p.GenericNack)
        status = (response.status or st.RUNKNOWNERR) if nack else response.status
        outcome: Handed | Refused | Later
        match codes.verdict_on(status, self._overlay, self._told_unmapped):
            case codes.Taken():
                self._patience.fine()
                outcome = Handed(self._id_of(offer, response))
            case codes.Retry(throttled):
                pause = self._patience.trouble(self._timing.now()) if not throttled else bind.pause
                outcome = Later(max(pause, FIRST_PAUSE))
            case codes.RetryPlainly(failure):
                if self._open and not offer.plain:
                    offer.plain = True
                    offer.pdu = _without_times(offer.pdu)
                    self._queue.again(offer)
                    return
                outcome = Refused(failure)
            case codes.Failed(failure, alarm):
                if alarm:
                    self._alarm(status)
                outcome = Refused(failure)
        offer.text.answered(offer, outcome)

    def _id_of(self, offer: Offer, response: p.Response) -> str:
        given = response.message_id if isinstance(response, p.SubmitSmResp) else ""
        # A carrier that names nothing gives no receipt that could be matched, either.
        return self._ids.answered(given) or f"{offer.text.segments[0].message_id}/{offer.numbers[0]}"

    def _ended(self, bind: Bind, in_doubt: Sequence[object]) -> None:
        self._queue.lost(bind)
        for tag in in_doubt:
            if isinstance(tag, Offer):
                self._count("in doubt")
                tag.text.answered(tag, Unknown())

    def _told_late(self, answer: Answer) -> None:
        """An answer for which nobody waits any more."""
        if self._hear_answers is not None:
            self._late.append(answer)
            if self._telling is None or self._telling.done():
                self._telling = asyncio.get_running_loop().create_task(self._tell_late(), name=self.name)

    async def _tell_late(self) -> None:
        hear = self._hear_answers
        while self._late and hear is not None:
            answers, self._late = self._late, []
            try:
                await hear(answers)
            except Exception:
                log.exception("%s: %d late answers were not heard", self.name, len(answers))

    # What is odd

    def _alarm(self, status: int) -> None:
        self._count("alarms")
        if status not in self._alarmed:  # once for a bind; the counter has the rest
            self._alarmed.add(status)
            log.error("%s refuses texts with %s: look at what we send", self.name, st.name_of(status))

    def _cannot_write(self, why: str) -> None:
        self._count("texts that cannot be written")
        log.error("%s: a text cannot be written as this carrier wants it: %s", self.name, why)

    def _learned(self, rule: Rule) -> None:
        said = "%s: message ids are %s in answers and %s in receipts; say so in `ids`"
        log.info(said, self.name, rule.answer, rule.receipt)

    def _told_unmapped(self, what: str) -> None:
        self._count(f"unmapped {what}")

    def _count(self, what: str) -> None:
        if what.startswith("unmapped ") and what not in self._unmapped:
            if len(self._unmapped) >= MOST_UNMAPPED:
                what = "unmapped others"
            self._unmapped.add(what)
        self._counters.add(f"carriers.{self.name}.{what[:LONGEST_COUNTER]}")

    # How it is made

    def _make_binds(self) -> list[Bind]:
        carrier = self._carrier
        kinds: tuple[tuple[str, type[p.Bind]], ...] = (("trx", p.BindTransceiver),)
        if carrier.bind == "tx+rx":
            kinds = (("tx", p.BindTransmitter), ("rx", p.BindReceiver))
        turns = Turns(BETWEEN_BINDS)
        spread = carrier.prefer == "spread"
        return [
            Bind(
                f"{self.name} {kind} {number}",
                self._ways,
                request(
                    system_id=carrier.system_id,
                    password=carrier.password,
                    system_type=carrier.system_type,
                    address_range=carrier.address_range,
                ),
                _limits(carrier),
                self,
                self._timing,
                self._reconnects(),
                first=number - 1 if spread else 0,
                stable=milliseconds(carrier.stable),
                turns=turns,
            )
            for number in range(1, carrier.binds + 1)
            for kind, request in kinds
        ]

    def _reconnects(self) -> Reconnects:
        carrier = self._carrier
        return Reconnects(
            milliseconds(carrier.reconnect),
            milliseconds(carrier.reconnect_most),
            milliseconds(carrier.refused),
            self._chance,
        )


class _Tired:
    """Lets who has offered come back in time, whatever the carrier does."""

    def __init__(self, batch: Batch, timing: Timing) -> None:
        self._batch = batch
        self._timing = timing
        self._began = timing.now()
        self._timer: Timer = timing.at(self._began + ANSWER_WITHIN, self._look)

    def cancel(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        now = self._timing.now()
        if self._batch.unsent and now < self._began + SEND_WITHIN:
            self._timer = self._timing.at(now + ANSWER_WITHIN, self._look)
            return
        self._batch.withdraw(NOT_NOW)
        self._batch.end()


def _limits(carrier: CarrierSettings) -> Limits:
    return Limits(
        window=carrier.window,
        session_init=milliseconds(carrier.session_init),
        enquire_link=milliseconds(carrier.enquire_link),
        enquire_answer=milliseconds(carrier.enquire_answer),
        inactivity=milliseconds(carrier.inactivity),
        response=milliseconds(carrier.response),
        tlvs=carrier.tlvs,
    )


def _without_times(pdu: p.SubmitSm) -> p.SubmitSm:
    fields = {name: getattr(pdu, name) for name in pdu.__struct_fields__}
    return p.SubmitSm(**fields | {"schedule_delivery_time": "", "validity_period": ""})
