"""Sweep: what has outlived its use goes, in small batches that never stand in the way of a send.

What is kept for retries is keyed by a digest and has no index by age, which every send would have to write;
so a sweep walks all of it, a thousand rows at a time. Nor have sticky identities, of which there is one for
each destination: a sweep looks at so many of them, and the next one goes on from there. Receipts that stay
parked are of no text that we know.
"""

from collections.abc import Callable
from functools import partial

from wireroom.core import standing
from wireroom.core.ids import uuid7_floor
from wireroom.core.message import RETRY_LIFE
from wireroom.observe import BusinessClock, MachineClock
from wireroom.store.engine import Engine
from wireroom.store.rows import Sticky, Token
from wireroom.store.tx import Tx

EVERY = 60.0
"""Seconds of machine time between two sweeps."""
STEP = 1_000
"""Rows that one transaction looks at."""
PARKED_FOR = 72 * 3_600_000
"""Milliseconds of business time: a carrier reports within 72 hours or never (data-plane §6.6)."""
STICKY_STEPS = 20
"""Steps that one sweep walks along the sticky identities: a million of them take 50 sweeps."""

_Place = tuple[str, str, str]
_START: _Place = ("", "", "")


class Sweep:
    """Goes over the data each time it is asked to, and remembers where it stopped."""

    def __init__(self, engine: Engine, clock: BusinessClock, machine: MachineClock, stickiness: int) -> None:
        """`stickiness`: how long (business time, ms) a sticky identity is good."""
        self._engine = engine
        self._clock = clock
        self._machine = machine
        self._stickiness = stickiness
        self._sticky_after = _START

    async def once(self) -> None:
        """One walk over everything but the sticky identities, and a stretch of those. Raises Unavailable."""
        now, machine_now = self._clock.now(), self._machine.now()
        await self._engine.run(partial(_forget_by_age, now=now), "sweep", patient=True)
        await _walk(self._engine, partial(_sweep_tokens, now=machine_now))
        await _walk(self._engine, partial(_sweep_sent, before=uuid7_floor(machine_now - RETRY_LIFE)))
        for _ in range(STICKY_STEPS):
            step = partial(_sweep_sticky, after=self._sticky_after, before=now - self._stickiness)
            self._sticky_after = await self._engine.run(step, "sweep", patient=True)
            if self._sticky_after == _START:
                break


def _forget_by_age(tx: Tx, now: int) -> None:
    tx.write("forget_parked", before=now - PARKED_FOR)
    tx.write("forget_troubles", oldest=standing.oldest_slot(now))
    tx.write("forget_degraded", now=now)


async def _walk(engine: Engine, step: Callable[..., str | None]) -> None:
    """Each step looks at the rows after a digest, and answers the last one's, or None at the end."""
    after: str | None = ""
    while after is not None:
        after = await engine.run(partial(step, after=after), "sweep", patient=True)


def _sweep_tokens(tx: Tx, after: str, now: int) -> str | None:
    rows = tx.page(Token, {}, (after,), STEP)
    if any(row.expires_at <= now for row in rows):
        tx.write("forget_tokens", after=after, last=rows[-1].digest, now=now)
    return rows[-1].digest if len(rows) == STEP else None


def _sweep_sent(tx: Tx, after: str, before: str) -> str | None:
    rows: list[tuple[str, str]] = tx.all("sent_page", after=after, most=STEP)
    if any(message_id < before for _, message_id in rows):
        tx.write("forget_sent", after=after, last=rows[-1][0], before=before)
    return rows[-1][0] if len(rows) == STEP else None


def _sweep_sticky(tx: Tx, after: _Place, before: int) -> _Place:
    """Answers the last row's key, or the start at the end."""
    rows = tx.page(Sticky, {}, after, STEP)
    if not rows:
        return _START
    last = rows[-1]
    if any(row.delivered_at <= before for row in rows):
        tx.write(
            "forget_sticky",
            after_account_id=after[0],
            after_region=after[1],
            after_destination=after[2],
            account_id=last.account_id,
            region=last.region,
            destination=last.destination,
            before=before,
        )
    return (last.account_id, last.region, last.destination) if len(rows) == STEP else _START
