"""The line, on one page: accept → route → submit → receipt → event.

Each stage is take → edge → settle: a transaction, at most one wait for somebody else, a transaction. What was
accepted lies in the outbox, leased to this process, and comes here in memory after the commit; what finds no
room in memory, waits for its turn, or was left by a process that died is claimed from the outbox again.
At-least-once: a hand-over whose outcome nobody knows is marked as doubtful, never silently done twice.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar, cast

from wireroom.bus.port import Bus
from wireroom.carriers.port import Answer, Awaited, Carrier, Outcome, Receipt
from wireroom.delivery import late, receipt, submit
from wireroom.delivery.overdue import Overdue
from wireroom.delivery.retention import Retention
from wireroom.delivery.route import ROUTE, Routed, claim, resume, route
from wireroom.delivery.sweep import EVERY, Sweep
from wireroom.observe import BusinessClock, Counters, MachineClock
from wireroom.sending.accept import LEASE, Job
from wireroom.store.engine import Engine, Unavailable
from wireroom.store.tx import HandOver, Tx

T = TypeVar("T")

BATCH = 64
"""Texts that one pass of the pump takes; several transactions settle them: none holds the loop long."""
CHUNK = 32
"""Texts or receipts that one transaction settles."""
PUMPS = 2
"""Passes under way at the same time: one writes while another waits for its link."""
STOP_SECONDS = 5.0
"""How long a pass that is under way may take to end when the server stops."""
SET_ASIDE = 60_000
"""Milliseconds of machine time before a text that broke a stage is tried again."""
SETTING_ASIDE = "text %s broke a stage of the line; it is set aside for a minute"
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0
"""Seconds of machine time between attempts while the store is unavailable."""

log = logging.getLogger(__name__)


class Line:
    """Takes accepted texts to their end. `app` wires `handed_over` to the engine's commits."""

    def __init__(
        self,
        engine: Engine,
        bus: Bus,
        carriers: Mapping[str, Carrier],
        clock: BusinessClock,
        machine: MachineClock,
        counters: Counters,
        *,
        stickiness: int,
        retention: Retention,
    ) -> None:
        """`stickiness`: how long (business time, ms) an identity is kept to after a delivery."""
        self._engine = engine
        self._bus = bus
        self._carriers = carriers
        self._clock = clock
        self._machine = machine
        self._counters = counters
        self._sweeper = Sweep(engine, clock, machine, stickiness)
        self._overdue = Overdue(engine, clock)
        self._retention = retention
        self._held: set[str] = set()
        self._awaiting: dict[str, _Awaiting] = {}
        self._backlog = 0
        self._hearing = 0
        self._claimable = True
        self._claiming = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._stopping = False
        self._pumps: list[asyncio.Task[None]] = []
        self._passing: set[asyncio.Task[None]] = set()
        self._chores: list[asyncio.Task[None]] = []

    @property
    def backlog(self) -> int:
        """How many texts wait for their carrier."""
        return self._backlog

    async def start(self) -> None:
        """Take up what the outbox holds, and listen to the carriers."""
        self._backlog = await self._engine.read(lambda tx: tx.one("outbox_size"), "outbox size")
        for carrier in self._carriers.values():
            await carrier.start(partial(self._hear, carrier), partial(self._hear_answers, carrier))
        self._pumps = [asyncio.create_task(self._pump(), name=f"line {number}") for number in range(PUMPS)]
        self._chores = [
            asyncio.create_task(self._sweep(), name="line sweep"),
            asyncio.create_task(self._retention.run(), name="line retention"),
        ]
        if not self._engine.sole:
            self._chores.append(asyncio.create_task(self._renew(), name="line leases"))
        for task in (*self._pumps, *self._chores):
            task.add_done_callback(_note_end)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self._sweeper.once()
                await self._overdue.once()
                await self.recount()
            except Unavailable as error:
                log.warning("nothing could be swept: %s", error)

    async def _renew(self) -> None:
        """Keep the leases of what is in memory from running out, or another process would take it too."""
        while True:
            await asyncio.sleep(LEASE / 3000)
            until = self._machine.now() + LEASE
            for some in _chunks(list(self._held)):
                await self._durably(
                    partial(_lease, message_ids=some, owner=self._engine.owner, until=until), "lease"
                )
            with contextlib.suppress(Unavailable):  # it is tried again
                if taken := await self._engine.take_over():
                    log.warning("%d texts of a process that is gone are taken over", taken)
            self._look()  # what nobody holds any more falls due, and nobody tells us

    async def recount(self) -> None:
        """Count the backlog afresh: a reset takes texts away that the line never sees again, and other
        processes accept and finish theirs."""
        if not (self._held and self._engine.sole):
            self._backlog = await self._engine.read(lambda tx: tx.one("outbox_size"), "outbox size")

    async def stop(self) -> None:
        """Begin nothing new; what is under way with a carrier may end, or is in doubt at the next start."""
        self._stopping = True
        if self._alarm is not None:
            self._alarm.cancel()
        for task in (*self._chores, *(pump for pump in self._pumps if pump not in self._passing)):
            task.cancel()
        if self._passing:
            await asyncio.wait(set(self._passing), timeout=STOP_SECONDS)
        for task in self._pumps:
            task.cancel()
        await asyncio.gather(*self._pumps, *self._chores, return_exceptions=True)
        for carrier in self._carriers.values():
            await carrier.close()

    async def idle(self) -> None:
        """Come back when nothing is due, in hand, or being heard."""
        while self._busy():
            self._idle.clear()
            await self._idle.wait()

    def handed_over(self, items: Sequence[HandOver]) -> None:
        """After a commit: give texts to the pump, and everybody else what they follow."""
        jobs: list[Job] = []
        for handed in items:
            if handed.to == ROUTE:
                jobs.append(handed.item)
            else:
                self._bus.publish(handed.to, handed.item)
        if jobs:
            self._backlog += len(jobs)
            self._retention.accepted(jobs)
            # A claim in another thread may have seen the commit before we hear of it, and has them in hand.
            jobs = [job for job in jobs if job.message.message_id not in self._held]
            room = self._bus.offer(ROUTE, jobs)
            self._held.update(job.message.message_id for job in jobs[:room])
            self._claimable = self._claimable or room < len(jobs)

    async def _pump(self) -> None:
        pump = cast("asyncio.Task[None]", asyncio.current_task())
        while not self._stopping:
            nearly_empty = len(self._held) <= PUMPS * BATCH
            jobs: list[Job] = []
            if not (self._claimable and nearly_empty):
                jobs = await self._bus.take(ROUTE, BATCH)
            if jobs := jobs or await self._claim():
                self._passing.add(pump)
                await self._safely(jobs)
                self._passing.discard(pump)
            self._rest()

    async def _safely(self, jobs: Sequence[Job]) -> None:
        """A text that breaks a stage is a bug of ours: it is set aside and stops no other text."""
        try:
            await self._pass(jobs)
        except Exception:
            if len(jobs) > 1:
                await self._one_by_one(jobs)
                return
            message_id = jobs[0].message.message_id
            log.exception(SETTING_ASIDE, message_id)
            await self._set_aside(message_id)

    async def _set_aside(self, message_id: str) -> None:
        due_at = self._machine.now() + SET_ASIDE
        await self._durably(
            lambda tx: tx.write("outbox_set_aside", message_id=message_id, due_at=due_at), "set aside"
        )
        self._held.discard(message_id)
        self._wake_in(SET_ASIDE)

    async def _one_by_one(self, jobs: Sequence[Job]) -> None:
        """One of many broke a stage: each goes on by itself, from where the outbox says that it is."""
        left = await self._durably(lambda tx: resume(tx, jobs), "resume")
        ended = {job.message.message_id for job in jobs} - {job.message.message_id for job in left}
        self._held.difference_update(ended)
        self._done(len(ended))
        for job in left:
            await self._safely([job])

    async def _claim(self) -> list[Job]:
        """What the outbox holds for us beside what is in memory; sets the alarm for what is due later."""
        self._claimable = False
        now = self._machine.now()

        def take(tx: Tx) -> tuple[list[Job], int | None]:
            return claim(tx, self._engine.owner, now, BATCH, self._held), tx.one("outbox_next_due", now=now)

        self._claiming += 1
        try:
            jobs, next_due = await self._durably(take, "claim")
        finally:
            self._claiming -= 1
        self._claimable = self._claimable or len(jobs) == BATCH
        # What was accepted in the same commit is in the outbox for us and in memory for the pump.
        jobs = [job for job in jobs if job.message.message_id not in self._held]
        self._held.update(job.message.message_id for job in jobs)
        if next_due is not None:
            self._wake_in(next_due - now)
        return jobs

    async def _pass(self, jobs: Sequence[Job]) -> None:
        """route · submit · settle, for one batch."""
        machine_now = self._machine.now()
        routed = await self._durably(
            lambda tx: route(tx, jobs, self._carriers, self._engine.owner, self._clock.now(), machine_now),
            "route",
        )
        for name, carrier in self._carriers.items():
            texts = [text for text in routed if text.carrier == name]
            if texts:
                await self._submit(carrier, texts)
        self._held.difference_update(
            job.message.message_id for job in jobs if job.message.message_id not in self._awaiting
        )
        handed = {text.job.message.message_id for text in routed}
        self._done(sum(job.message.message_id not in handed for job in jobs))

    async def _submit(self, carrier: Carrier, texts: Sequence[Routed]) -> None:
        outcomes = iter(await carrier.submit([segment for text in texts for segment in text.segments]))
        answered: list[_Awaiting] = []
        for text in texts:
            waiting = _Awaiting(text, [next(outcomes) for _ in text.segments])
            if waiting.over():
                answered.append(waiting)
            else:  # it stays in hand, in the outbox as HANDING
                self._awaiting[text.job.message.message_id] = waiting
        await self._settle(carrier, answered)

    async def _settle(self, carrier: Carrier, answered: Sequence["_Awaiting"]) -> None:
        settled = [(waiting.text, waiting.outcomes) for waiting in answered]
        now, machine_now = self._clock.now(), self._machine.now()

        def settle(tx: Tx, chunk: Sequence[tuple[Routed, list[Outcome]]]) -> list[int | None]:
            return submit.settle(tx, chunk, carrier, self._engine.owner, now, machine_now)

        delays = await asyncio.gather(
            *(self._durably(partial(settle, chunk=chunk), "submit") for chunk in _chunks(settled))
        )
        for delay in (delay for some in delays for delay in some):
            if delay is None:
                self._done(1)
            else:
                self._wake_in(delay)

    async def _hear(self, carrier: Carrier, receipts: Sequence[Receipt]) -> None:
        """Receipts of a link; when this comes back the link may acknowledge them."""
        self._hearing += 1
        try:
            now = self._clock.now()

            def settle(tx: Tx, chunk: Sequence[Receipt]) -> None:
                receipt.settle(tx, carrier, chunk, self._engine.owner, now)

            await asyncio.gather(
                *(
                    self._engine.run(partial(settle, chunk=chunk), "receipt", patient=True)
                    for chunk in _chunks(receipts)
                )
            )
            self._counters.add("receipts", len(receipts))
        finally:
            self._hearing -= 1
            self._rest()

    async def _hear_answers(self, carrier: Carrier, answers: Sequence[Answer]) -> None:
        """Answers of a link for which no pass waits any more."""
        self._hearing += 1
        try:
            over: list[_Awaiting] = []
            others: list[Answer] = []
            for answer in answers:
                waiting = self._awaiting.get(answer.message_id)
                if waiting is None or not waiting.hear(answer):
                    others.append(answer)
                elif waiting.over():
                    over.append(self._awaiting.pop(answer.message_id))
            await self._settle_safely(carrier, over)
            now, machine_now = self._clock.now(), self._machine.now()
            left = await self._durably(
                lambda tx: late.settle(tx, carrier, others, self._engine.owner, now, machine_now), "late"
            )
            self._done(left)
            self._look()
        finally:
            self._hearing -= 1
            self._rest()

    async def _settle_safely(self, carrier: Carrier, over: Sequence["_Awaiting"]) -> None:
        try:
            await self._settle(carrier, over)
        except Exception:
            if len(over) > 1:
                for waiting in over:
                    await self._settle_safely(carrier, [waiting])
            else:
                message_id = over[0].text.job.message.message_id
                log.exception(SETTING_ASIDE, message_id)
                await self._set_aside(message_id)
        self._held.difference_update(waiting.text.job.message.message_id for waiting in over)

    async def _durably(self, work: Callable[[Tx], T], name: str) -> T:
        """Do a stage's transaction, again and again while the store cannot."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._engine.run(work, name, patient=True)
            except Unavailable:
                log.warning("the store cannot take stage %r now; again in %.2f s", name, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _wake_in(self, milliseconds: int) -> None:
        """Look at the outbox again, at the earliest of all the times asked for."""
        loop = asyncio.get_running_loop()
        at = loop.time() + max(milliseconds, 1) / 1000
        if self._alarm is None or self._alarm.cancelled() or not loop.time() < self._alarm.when() <= at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = loop.call_at(at, self._look)

    def _look(self) -> None:
        self._claimable = True
        self._bus.wake(ROUTE)

    def _done(self, texts: int) -> None:
        self._backlog -= texts
        self._counters.add("texts handed over", texts)

    def _rest(self) -> None:
        if not self._busy():
            self._idle.set()

    def _busy(self) -> bool:
        return bool(self._held or self._hearing or self._claimable or self._claiming)


class _Awaiting:
    """A text that was offered, with what has been said of its segments so far."""

    def __init__(self, text: Routed, outcomes: list[Outcome]) -> None:
        self.text = text
        self.outcomes = outcomes

    def over(self) -> bool:
        return not any(isinstance(outcome, Awaited) for outcome in self.outcomes)

    def hear(self, answer: Answer) -> bool:
        """Was this what it waits for?"""
        for place, segment in enumerate(self.text.segments):
            if segment.number == answer.number and isinstance(self.outcomes[place], Awaited):
                self.outcomes[place] = answer.outcome
                return True
        return False


def _note_end(task: asyncio.Task[None]) -> None:
    """A pump or a chore that ends by itself is a bug of ours, and must not go unseen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("%s broke off; it is not there again before a restart", task.get_name(), exc_info=error)


def _lease(tx: Tx, message_ids: Sequence[str], owner: str, until: int) -> None:
    tx.execute_many(
        "outbox_lease", [{"message_id": each, "owner": owner, "until": until} for each in sorted(message_ids)]
    )


def _chunks(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[at : at + CHUNK] for at in range(0, len(items), CHUNK)]
