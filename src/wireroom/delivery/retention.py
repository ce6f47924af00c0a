"""Retention: texts, their words and their events go when `[retention]` no longer wants them.

A stage as the others are: take (which of the oldest have had their time) → edge (the carriers forget them) →
settle (they are deleted), a few texts at a time and a pause between, so that no send waits for it. Message
ids are made of machine time, and business time does not decrease along them: a walk from the oldest id on
ends at the first text that is too young. A text under way is kept, whatever its age. Knows no carrier.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile

from wireroom.config import AuthMode, Settings, lifetime
from wireroom.delivery import ages, alone
from wireroom.delivery.ages import Aged
from wireroom.delivery.tally import Tally
from wireroom.observe import BusinessClock
from wireroom.sending.accept import Job
from wireroom.store.engine import Engine, Unavailable
from wireroom.store.tx import Tx, Value

EVERY = 60.0
"""Seconds of machine time between two rounds, unless WAKE calls for one sooner."""
WAKE = 1_000
"""Texts more than `newest` allows that begin a round at once."""
TEXTS = 50
"""Texts that one transaction deletes: half a millisecond of the event loop."""
PAUSE = 0.02
"""Seconds of machine time between two transactions."""
NEWEST_IN_OPEN_MODE = 100_000
UNDER_WAY = 73 * 3_600_000
"""Milliseconds of business time: a carrier reports within 72 hours or never (data-plane §6.6); one more."""
MOST_PASSED = 100_000
"""Texts under way that a walk remembers and passes; before more of them it waits."""
STORIES = 200
"""Stories of a choice that one transaction deletes."""
SPARE = 16 * 1024 * 1024
"""Bytes that stay free in the data for the next texts: to have them back from the file system costs more."""

_DAY = 86_400_000

Forget = Callable[[Sequence[str]], Awaitable[None]]
"""Makes the carriers forget texts, by message id."""

log = logging.getLogger(__name__)


class _Walk:
    """One kind of deletion, and how far along the texts it has come."""

    def __init__(
        self,
        life: int | None,
        may_go: Callable[[Aged, int], bool],
        delete: Callable[[Tx, Sequence[Mapping[str, Value]]], None],
        forget: Forget | None,
    ) -> None:
        """`life`: milliseconds from a text's acceptance on, None for ever. `may_go` (at a time) says that
        nothing needs any more what is old enough. `forget` is told of texts before they are deleted."""
        self.life = life
        self.may_go = may_go
        self.delete = delete
        self.forget = forget
        self.begin_again()

    def begin_again(self) -> None:
        """From the oldest text on."""
        self.after = ""
        self.passed: set[str] = set()

    def old(self, text: Aged, now: int) -> bool:
        return self.life is not None and text.accepted_at <= now - self.life


class Retention:
    """Deletes in rounds, from `run` until it is cancelled. Everything is called on one event loop."""

    def __init__(self, engine: Engine, clock: BusinessClock, settings: Settings, forget: Forget) -> None:
        self._engine = engine
        self._clock = clock
        self._newest = newest(settings)
        self._tally = Tally(engine, PAUSE)
        self._called = asyncio.Event()
        self._at_work = asyncio.Lock()
        kept = settings.retention
        events_life = lifetime(kept.events)
        self._texts = _Walk(lifetime(kept.messages), _is_over, _delete_texts, forget)
        self._bodies = _Walk(lifetime(kept.bodies), _is_over, _delete_bodies, forget)
        self._events = _Walk(events_life, partial(_is_silent, life=events_life), _delete_events, None)

    def accepted(self, jobs: Sequence[Job]) -> None:
        """These texts were just committed."""
        if self._newest is not None:
            self._tally.add(jobs)
            if self._excess() >= WAKE:
                self._called.set()

    def recount(self) -> None:
        """Somebody else has deleted texts."""
        self._tally.lose_count()

    async def run(self) -> None:
        """A round now and then, and at once when there are many texts too many."""
        while True:
            self._called.clear()
            if await self._safely():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._called.wait(), EVERY)
            else:
                await asyncio.sleep(EVERY)  # whoever calls: what failed now would fail again

    async def _safely(self) -> bool:
        try:
            await self.round()
        except Unavailable as error:
            log.warning("nothing could be deleted: %s", error)
        except Exception:
            log.exception("a round of deletions broke off; there will be another")
        else:
            return True
        return False

    async def round(self) -> None:
        """Delete what is not wanted now and give its space back. Raises Unavailable, and what carriers do."""
        async with self._at_work:
            if not self._engine.sole:
                self.recount()  # others accept and delete too
            if self._newest is not None and await self._tally.count_if_lost():
                self._texts.begin_again()
            for walk in (self._texts, self._bodies, self._events):
                if walk.life is not None or (walk is self._texts and self._newest is not None):
                    await self._look_again(walk)
                    await self._go_on(walk)
            await self._delete_stories()
            while await self._engine.give_back(SPARE):
                await asyncio.sleep(PAUSE)

    def _excess(self) -> int:
        """How many texts, from where the walk stands on, are more than `newest` allows."""
        return 0 if self._newest is None else self._tally.texts - self._newest - len(self._texts.passed)

    async def _look_again(self, walk: _Walk) -> None:
        """At texts that were old enough, and under way."""
        passed = sorted(walk.passed)
        for start in range(0, len(passed), TEXTS):
            some = passed[start : start + TEXTS]
            texts = await self._engine.read(partial(ages.named, message_ids=some), "retention")
            now = self._clock.now()
            await self._delete(walk, [text.message_id for text in texts if walk.may_go(text, now)])
            walk.passed.difference_update(set(some) - {text.message_id for text in texts})

    async def _go_on(self, walk: _Walk) -> None:
        """Along the texts that were not looked at before, to the first that is too young."""
        more = True
        while more and len(walk.passed) < MOST_PASSED:
            texts = await self._engine.read(
                partial(ages.following, after=walk.after, most=TEXTS), "retention"
            )
            now = self._clock.now()
            excess = max(0, self._excess()) if walk is self._texts else 0
            old = [*texts[:excess], *takewhile(partial(walk.old, now=now), texts[excess:])]
            walk.passed.update(text.message_id for text in old)
            if old:
                walk.after = old[-1].message_id
            await self._delete(walk, [text.message_id for text in old if walk.may_go(text, now)])
            more = len(old) == TEXTS

    async def _delete(self, walk: _Walk, message_ids: Sequence[str]) -> None:
        """What the walk deletes of texts that it has passed."""
        if message_ids:
            if walk.forget is not None:
                await walk.forget(message_ids)
            keys = [{"message_id": message_id} for message_id in message_ids]
            await self._engine.run(lambda tx: walk.delete(tx, keys), "retention", patient=True)
            walk.passed.difference_update(message_ids)
            if walk is self._texts:
                self._tally.take(len(message_ids))
        await asyncio.sleep(PAUSE)

    async def _delete_stories(self) -> None:
        """Why an identity was chosen: what no text that is left can name. A story has the last UTC day of its
        use; a day more than that is kept."""
        oldest: int | None = await self._engine.read(lambda tx: tx.one("oldest_text"), "retention")
        day = (self._clock.now() if oldest is None else oldest) // _DAY
        work = partial(_delete_old_stories, before=day - 1)
        while await self._engine.run(work, "retention", patient=True) == STORIES:
            await asyncio.sleep(PAUSE)


def newest(settings: Settings) -> int | None:
    """How many texts are kept, the newest of all accounts; None: all of them."""
    wanted = settings.retention.newest
    if wanted is None:
        return NEWEST_IN_OPEN_MODE if settings.auth is AuthMode.OPEN else None
    return wanted or None


def _is_over(text: Aged, now: int) -> bool:
    """Nothing more happens to it."""
    return not text.promised and bool(text.ended or text.accepted_at <= now - UNDER_WAY)


def _is_silent(text: Aged, now: int, *, life: int | None) -> bool:
    """It is over, and its last event is as old as events may be."""
    recent = text.last_event_at is not None and (life is None or text.last_event_at > now - life)
    return _is_over(text, now) and not recent


def _delete_texts(tx: Tx, keys: Sequence[Mapping[str, Value]]) -> None:
    alone.with_texts(tx, (str(key["message_id"]) for key in keys))
    tx.execute_many("reset_parts", keys)
    tx.execute_many("reset_events", keys)
    tx.execute_many("reset_messages", keys)


def _delete_bodies(tx: Tx, keys: Sequence[Mapping[str, Value]]) -> None:
    tx.execute_many("forget_body", keys)


def _delete_events(tx: Tx, keys: Sequence[Mapping[str, Value]]) -> None:
    tx.execute_many("reset_events", keys)


def _delete_old_stories(tx: Tx, before: int) -> int:
    return tx.execute("forget_whys", before=before, most=STORIES)
