"""Everything that waits shares one commit, on one writer, from one event loop.

Where things run (measured; docs/adr has the figures): the statements of a batch on the event loop, because
each hands over the GIL and a thread beside a busy loop starves; only the commit, which waits for the disk, in
a helper thread. The loop stands still for it, but not longer than COMMIT_WAIT: a slow disk never freezes it.
Work that comes meanwhile queues for the next batch. Another helper thread copies the log into the database.

Knows no driver: `Writer` is what it asks of one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from wireroom.observe import Counters
from wireroom.store.engine import Unavailable
from wireroom.store.sqltx import Session, SqlTx
from wireroom.store.tx import HandOver, Tx

T = TypeVar("T")

BATCH_OPERATIONS = 64
BATCH_SECONDS = 0.002
PATIENT_SHARE = 0.15
"""What is kept of a batch for patient work when there is some, in operations and in time; at least one."""
GATHER_SECONDS = 0.0005
"""How long the first caller of a batch may wait for others; a pass of a busy loop alone takes longer."""
LINGER = 0.003
"""Seconds that patient work alone waits for a caller whose commit it can share."""
COMMIT_WAIT = 0.003
"""Seconds that the loop stands still for a commit before it turns to something else."""
SLOW_SECONDS = 0.002
SLOW_SILENCE = 10.0

PAGE_BYTES = 4096
CHECKPOINT_PAGES = 4 * 1024 * 1024 // PAGE_BYTES
"""A checkpoint begins when the log has grown by so much since the last."""
PAUSE_PAGES = 16 * 1024 * 1024 // PAGE_BYTES
"""A log that grows while it is copied never ends: when it is so long, the writer waits for the copy."""

log = logging.getLogger(__name__)


class Writer(Protocol):
    """The one connection that writes. Whatever raises has not happened; the caller then rolls back."""

    @property
    def session(self) -> Session: ...

    @property
    def log_pages(self) -> int:
        """How long the write-ahead log is since the last commit; it shrinks when SQLite begins it again."""
        ...

    def begin(self) -> None:
        """Begin a transaction, and end what a failed rollback left behind."""
        ...

    def save(self) -> None:
        """Begin an operation that can be undone by itself."""
        ...

    def keep(self) -> None:
        """End the operation; raises when its session refused a statement and the operation went on."""
        ...

    def undo(self) -> None:
        """Undo the operation and end it."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None:
        """End the transaction if there is one."""
        ...

    def rows_written(self) -> int:
        """By all transactions so far; a page that was given back counts as one."""
        ...

    def copy_log(self) -> int:
        """Copy the log into the database (in another thread); answers how many of its pages are copied."""
        ...

    def empty_log(self) -> bool:
        """Copy the whole log and cut its file to nothing (in another thread, while nobody writes); False when
        somebody holds an old snapshot."""
        ...


class _Job:
    """An operation that waits for its commit, and what its caller will be told after it."""

    __slots__ = ("answer", "error", "future", "name", "work")

    def __init__(self, work: Callable[[Tx], Any], name: str, future: asyncio.Future[Any]) -> None:
        self.work = work
        self.name = name
        self.future = future
        self.answer: Any = None
        self.error: Exception | None = None

    def tell(self) -> None:
        if self.future.done():
            return  # its caller went away meanwhile
        if self.error is None:
            self.future.set_result(self.answer)
        else:
            self.future.set_exception(self.error)


class _Batch:
    """Operations that share a commit."""

    __slots__ = ("handed_over", "jobs")

    def __init__(self) -> None:
        self.jobs: list[_Job] = []
        self.handed_over: list[HandOver] = []


class GroupCommit:
    """Runs work in batches. Everything is called on one event loop."""

    def __init__(self, writer: Writer, monotonic: Callable[[], float], counters: Counters) -> None:
        self._writer = writer
        self._monotonic = monotonic
        self._counters = counters
        # One commit and one copy of the log at a time: two threads, each at rest or waiting for the disk.
        self._helpers = ThreadPoolExecutor(2, "wireroom-store")
        self._callers: deque[_Job] = deque()
        self._patient: deque[_Job] = deque()
        self._at_work = False  # a batch is due or in flight, or the writer pauses
        self._crowded = False  # the last batch had no room for all patient work
        self._called = False  # the last batch had callers: more of them will come
        self._lingering: asyncio.TimerHandle | None = None
        self._copying = False
        self._paused = False
        self._copied_pages = 0
        self._pause_at = PAUSE_PAGES
        self._emptying: asyncio.Future[bool] | None = None
        self._silent_until: dict[str, float] = {}
        self._rested: asyncio.Event | None = None
        self.listeners: list[Callable[[Sequence[HandOver]], None]] = []

    async def run(self, work: Callable[[Tx], T], name: str, *, patient: bool) -> T:
        """As `Engine.run` says."""
        loop = asyncio.get_running_loop()
        job = _Job(work, name, loop.create_future())
        (self._patient if patient else self._callers).append(job)
        if not self._at_work:
            self._begin(loop)
        answer: T = await job.future
        return answer

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Something came while nothing was in flight: a caller goes at once, patient work lingers."""
        if self._callers:
            self._at_work = True
            if self._lingering is not None:
                self._lingering.cancel()
                self._lingering = None
            loop.call_soon(self._gather, loop, 0, self._monotonic() + GATHER_SECONDS)
        elif self._lingering is None:
            self._lingering = loop.call_later(LINGER, self._stop_lingering, loop)

    def _stop_lingering(self, loop: asyncio.AbstractEventLoop) -> None:
        self._lingering = None
        self._at_work = True
        self._do_batch(loop)

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int, until: float) -> None:
        """Begin once a pass of the loop has brought no further caller: one commit serves many."""
        there = len(self._callers)
        if seen < there < BATCH_OPERATIONS and self._monotonic() < until:
            loop.call_soon(self._gather, loop, there, until)
        else:
            self._do_batch(loop)

    def copy_log(self) -> None:
        """Copy the log now, however short it is, while work goes on."""
        if not self._copying:
            self._copy_log(asyncio.get_running_loop())

    async def empty_log(self) -> bool:
        """Cut the log to nothing, so that it holds nothing that was deleted; the writer pauses meanwhile.

        False when another program reads an old state, as a backup does while it is being made.
        """
        loop = asyncio.get_running_loop()
        self._emptying = self._emptying or loop.create_future()
        if not self._at_work:
            self._at_work = True
            if self._lingering is not None:
                self._lingering.cancel()
                self._lingering = None
            self._go_on(loop)
        return await asyncio.shield(self._emptying)

    async def finish(self) -> None:
        """Come back when nothing waits and nothing is in flight; `run` may not be called any more."""
        self._rested = asyncio.Event()
        while self._at_work or self._copying or self._lingering is not None:
            self._rested.clear()
            await self._rested.wait()
        self._helpers.shutdown()

    def note_time(self, name: str, seconds: float) -> None:
        """Log what kept the loop for too long; a name only now and then: a busy machine makes all slow."""
        if seconds <= SLOW_SECONDS:
            return
        self._counters.add("store.slow_operations")
        now = self._monotonic()
        if now >= self._silent_until.get(name, now):
            self._silent_until[name] = now + SLOW_SILENCE
            log.warning("%s kept the event loop for %.1f ms", name, seconds * 1000)

    # ----------------------------------------------------------------------------------------------- a batch

    def _do_batch(self, loop: asyncio.AbstractEventLoop) -> None:
        """The statements of what waits, then one commit for them; `_settle` tells everybody."""
        batch = _Batch()
        try:
            self._writer.begin()
            before = self._writer.rows_written()
            self._take_jobs(batch)
            written = self._writer.rows_written() - before
            if not written:
                self._writer.commit()
        except BaseException as error:
            self._settle(loop, batch, error)
            if not isinstance(error, Exception):
                raise
            return
        if not written:
            self._settle(loop, batch, None)
            return
        self._counters.add("store.commits")
        self._counters.add("store.rows_written", written)
        commit = self._helpers.submit(self._writer.commit)
        try:
            failure = commit.exception(COMMIT_WAIT)
        except TimeoutError:
            commit.add_done_callback(
                lambda done: loop.call_soon_threadsafe(self._settle, loop, batch, done.exception())
            )
        else:
            self._settle(loop, batch, failure)

    def _take_jobs(self, batch: _Batch) -> None:
        """Callers first, yet a share for the patient; at most BATCH_OPERATIONS and about BATCH_SECONDS."""
        started = self._monotonic()
        self._called = bool(self._callers)
        share = PATIENT_SHARE if self._patient else 0.0
        kept = min(len(self._patient), int(BATCH_OPERATIONS * share))
        self._take(self._callers, batch, BATCH_OPERATIONS - kept, started + BATCH_SECONDS * (1 - share))
        self._take(self._patient, batch, BATCH_OPERATIONS - len(batch.jobs), started + BATCH_SECONDS)
        self._crowded = bool(self._patient)

    def _take(self, queue: deque[_Job], batch: _Batch, room: int, until: float) -> None:
        started = self._monotonic()
        while queue and room > 0:
            job = queue.popleft()
            if job.future.done():
                continue  # its caller went away before anything was done
            batch.jobs.append(job)
            room -= 1
            self._do(job, batch)
            ended = self._monotonic()
            self.note_time(job.name, ended - started)
            if ended >= until:
                break
            started = ended

    def _do(self, job: _Job, batch: _Batch) -> None:
        """One operation, whose failure is its own; what comes out of here is the writer's."""
        writer = self._writer
        writer.save()
        tx = SqlTx(writer.session)
        try:
            job.answer = job.work(tx)
            writer.keep()
        except Exception as error:  # noqa: BLE001 -- it is the caller's, and comes out of run()
            job.error = error
            writer.undo()
        else:
            batch.handed_over += tx.handed_over
        finally:
            tx.end()

    def _settle(self, loop: asyncio.AbstractEventLoop, batch: _Batch, failure: BaseException | None) -> None:
        """The batch is durable, or it is undone: tell its callers, pass on what was handed over, go on."""
        if failure is None:
            for job in batch.jobs:
                job.tell()
            self._counters.add("store.operations", len(batch.jobs))
            if batch.handed_over:
                self._pass_on(batch.handed_over)
        else:
            self._give_up(batch, failure)
        self._mind_the_log(loop)
        self._go_on(loop)

    def _pass_on(self, items: Sequence[HandOver]) -> None:
        for listener in self.listeners:
            try:
                listener(items)
            except Exception:
                log.exception("a listener failed; what was handed over is still in the outbox")

    def _give_up(self, batch: _Batch, failure: BaseException) -> None:
        """Nobody is told success: nobody of the batch, or of all who wait when it could not even begin."""
        log.error("nothing could be committed: %s", failure)
        self._counters.add("store.failed_commits")
        try:
            self._writer.rollback()
        except Exception:
            log.exception("the writer could not roll back; it will before the next batch")
        if not batch.jobs:
            batch.jobs += [*self._callers, *self._patient]
            self._callers.clear()
            self._patient.clear()
        for job in batch.jobs:
            job.error = Unavailable(f"the store could not commit: {failure}")
            job.error.__cause__ = failure
            job.tell()

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """The writer is free: it pauses if it must, does the next batch, or rests."""
        if self._emptying is not None:
            self._paused = True
            if not self._copying:
                self._empty_log(loop)
        elif self._writer.log_pages >= self._pause_at:
            self._paused = True
            if not self._copying:
                self._copy_log(loop)
        elif self._callers or (self._crowded and not self._called):
            loop.call_soon(self._gather, loop, 0, self._monotonic() + GATHER_SECONDS)
        else:
            self._at_work = False
            if self._patient:
                self._begin(loop)
            self._note_rest()

    def _note_rest(self) -> None:
        if self._rested is not None:
            self._rested.set()

    # ----------------------------------------------------------------------------------------------- the log

    def _mind_the_log(self, loop: asyncio.AbstractEventLoop) -> None:
        pages = self._writer.log_pages
        if pages < self._copied_pages:  # all of it was copied, and SQLite began it again at its head
            self._copied_pages = 0
            self._pause_at = PAUSE_PAGES
        if not self._copying and pages - self._copied_pages >= CHECKPOINT_PAGES:
            self._copy_log(loop)

    def _copy_log(self, loop: asyncio.AbstractEventLoop) -> None:
        self._copying = True
        quiet = self._paused
        self._counters.add("store.pauses" if quiet else "store.checkpoints")
        copy = self._helpers.submit(self._writer.copy_log)
        copy.add_done_callback(
            lambda done: loop.call_soon_threadsafe(
                self._note_copy, loop, done.exception() or done.result(), quiet
            )
        )

    def _note_copy(self, loop: asyncio.AbstractEventLoop, copied: int | BaseException, quiet: bool) -> None:
        """A copy made while the writer paused is complete, unless somebody else holds an old snapshot."""
        pages = self._writer.log_pages
        if isinstance(copied, BaseException):
            log.error("a checkpoint failed, another will be tried: %s", copied)
            copied = pages
        elif quiet and copied < pages:
            size = pages * PAGE_BYTES >> 20
            log.warning("another program keeps reading the database: its log has grown to %d MiB", size)
        self._copying = False
        self._copied_pages = copied
        if quiet:
            # As much again: while somebody reads an old state, every pause is in vain, and a warning.
            self._pause_at = 2 * pages
        if self._paused:
            self._paused = False
            self._go_on(loop)
        self._note_rest()

    def _empty_log(self, loop: asyncio.AbstractEventLoop) -> None:
        self._copying = True
        self._counters.add("store.pauses")
        emptying = self._helpers.submit(self._writer.empty_log)
        emptying.add_done_callback(
            lambda done: loop.call_soon_threadsafe(
                self._note_emptied, loop, done.exception() or done.result()
            )
        )

    def _note_emptied(self, loop: asyncio.AbstractEventLoop, emptied: bool | BaseException) -> None:
        if isinstance(emptied, BaseException):
            log.error("the log could not be emptied: %s", emptied)
            emptied = False
        if emptied:
            self._copied_pages = 0
            self._pause_at = PAUSE_PAGES
        asked, self._emptying = self._emptying, None
        if asked is not None:
            asked.set_result(emptied)
        self._copying = self._paused = False
        self._go_on(loop)
        self._note_rest()
