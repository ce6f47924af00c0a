"""Operations that wait for a database run here, beside the event loop: one thread, one connection each.

Three crews share the work, so that nobody starves another: callers, patient work (stages of the line),
reads. Each thread takes the next job of its crew's queue. Knows no driver: `Transact` is what it asks of
one. Everything but `Job.do` is called on one event loop.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from wireroom.observe import Counters
from wireroom.store.engine import Busy, Unavailable
from wireroom.store.tx import HandOver, Tx

T = TypeVar("T")

QUEUE_SECONDS = 10.0
"""How long an operation may wait for a thread before its caller is asked to come again later."""
ANSWER_SECONDS = 30.0
"""How long a caller waits for an answer; a database that is frozen says nothing at all."""
STOP_SECONDS = 5.0
"""How long a thread may take to end when the store is closed."""

log = logging.getLogger(__name__)


class Done(NamedTuple):
    """What a transaction that is durable has to tell."""

    answer: Any
    handed_over: Sequence[HandOver]
    rows_written: int
    journeys: int
    """How often it waited for the server."""
    retries: int


Transact = Callable[[Callable[[Tx], Any], str, int], Done]
"""Does work in a transaction, until it is durable, or raises; called in a thread, whose number it is
given."""


class Job:
    """An operation on its way through a crew."""

    __slots__ = ("done", "error", "future", "name", "taken", "transact", "work")

    def __init__(
        self, work: Callable[[Tx], Any], name: str, transact: Transact, future: asyncio.Future[Any]
    ) -> None:
        self.work = work
        self.name = name
        self.transact = transact
        self.future = future
        self.taken = False
        self.done: Done | None = None
        self.error: BaseException | None = None

    def do(self, seat: int) -> None:
        """In a thread."""
        try:
            self.done = self.transact(self.work, self.name, seat)
        except BaseException as error:  # noqa: BLE001 -- it is the caller's, and comes out of run()
            self.error = error


class _Crew:
    """Threads that take jobs from one queue."""

    def __init__(self, name: str, seats: range) -> None:
        self.queue: SimpleQueue[tuple[Job, Callable[[Job], None]] | None] = SimpleQueue()
        self._threads = [
            Thread(target=self._work, args=(seat,), name=f"wireroom-{name}-{seat}", daemon=True)
            for seat in seats
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, seat: int) -> None:
        while (item := self.queue.get()) is not None:
            job, settle = item
            if not job.future.done():  # else its caller went away before anything was done
                job.taken = True
                job.do(seat)
            settle(job)
            del item, job  # whatever a caller waits for must not live until the next one comes

    def end(self) -> None:
        """Blocks; a thread that hangs in a frozen database is left behind."""
        for _ in self._threads:
            self.queue.put(None)
        for thread in self._threads:
            thread.join(STOP_SECONDS)


class Crews:
    """Runs operations in threads and brings what they say back to the event loop."""

    def __init__(self, callers: int, patient: int, readers: int, counters: Counters) -> None:
        aside = callers + patient
        self._callers = _Crew("caller", range(callers))
        self._patient = _Crew("stage", range(callers, aside))
        self._readers = _Crew("read", range(aside, aside + readers))
        self._counters = counters
        self._under_way = 0
        self._rested: asyncio.Event | None = None
        self.listeners: list[Callable[[Sequence[HandOver]], None]] = []

    async def run(self, work: Callable[[Tx], T], name: str, transact: Transact, *, patient: bool) -> T:
        """As `Engine.run` says."""
        done = await self._through(self._patient if patient else self._callers, work, name, transact)
        answer: T = done.answer
        return answer

    async def read(self, work: Callable[[Tx], T], name: str, transact: Transact) -> T:
        """As `Engine.read` says."""
        done = await self._through(self._readers, work, name, transact)
        answer: T = done.answer
        return answer

    async def finish(self) -> None:
        """Come back when nothing is under way and the threads are gone; nothing may be begun any more."""
        self._rested = asyncio.Event()
        while self._under_way:
            self._rested.clear()
            await self._rested.wait()
        for crew in (self._callers, self._patient, self._readers):
            await asyncio.to_thread(crew.end)

    async def _through(self, crew: _Crew, work: Callable[[Tx], Any], name: str, transact: Transact) -> Done:
        loop = asyncio.get_running_loop()
        job = Job(work, name, transact, loop.create_future())
        self._under_way += 1
        impatience = loop.call_later(QUEUE_SECONDS, self._lose_patience, loop, job)
        crew.queue.put((job, lambda job: _call(loop, self._settle, job)))
        try:
            done: Done = await job.future
        finally:
            impatience.cancel()
        return done

    def _lose_patience(self, loop: asyncio.AbstractEventLoop, job: Job) -> None:
        """It waits for a thread still, and then nothing is done; or for the database, and then nobody
        knows."""
        if job.future.done():
            return
        if not job.taken:
            job.future.set_exception(Busy(f"{job.name} waited {QUEUE_SECONDS:.0f} s for its turn"))
        else:
            loop.call_later(ANSWER_SECONDS - QUEUE_SECONDS, self._give_up, job)

    def _give_up(self, job: Job) -> None:
        if not job.future.done():
            job.future.set_exception(Unavailable(f"the database has not answered {job.name} in time"))

    def _settle(self, job: Job) -> None:
        """A job is over: pass on what it handed over, tell its caller if he is still there."""
        self._under_way -= 1
        if self._rested is not None:
            self._rested.set()
        if job.done is not None:
            self._count(job.done)
            if job.done.handed_over:
                self._pass_on(job.done.handed_over)
        if job.future.done():
            return
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.done)

    def _count(self, done: Done) -> None:
        counts = {
            "store.journeys": done.journeys,
            "store.retries": done.retries,
            "store.rows_written": done.rows_written,
            "store.commits": 1 if done.rows_written else 0,
        }
        for name, count in counts.items():
            if count:
                self._counters.add(name, count)

    def _pass_on(self, items: Sequence[HandOver]) -> None:
        for listener in self.listeners:
            try:
                listener(items)
            except Exception:
                log.exception("a listener failed; what was handed over is still in the outbox")


def _call(loop: asyncio.AbstractEventLoop, what: Callable[[Job], None], job: Job) -> None:
    """From a thread. A loop that is gone has nobody left to tell."""
    try:
        loop.call_soon_threadsafe(what, job)
    except RuntimeError:
        log.debug("%s ended after its server", job.name)
