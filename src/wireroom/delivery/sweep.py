"""Sweep: what has outlived its use goes, in small batches that never stand in the way of a send.

What is kept for retries is keyed by a digest and has no index by age, which every send would have to write;
so a sweep walks all of it, a thousand rows at a time. Receipts that stay parked are of no text that we know.
"""

from collections.abc import Callable
from functools import partial

from wireroom.core.ids import uuid7_floor
from wireroom.core.message import RETRY_LIFE
from wireroom.observe import BusinessClock, MachineClock
from wireroom.store.engine import Engine
from wireroom.store.rows import Token
from wireroom.store.tx import Tx

EVERY = 60.0
"""Seconds of machine time between two sweeps."""
STEP = 1_000
"""Rows that one transaction looks at."""
PARKED_FOR = 72 * 3_600_000
"""Milliseconds of business time: a carrier reports within 72 hours or never (data-plane §6.6)."""


async def sweep(engine: Engine, clock: BusinessClock, machine: MachineClock) -> None:
    """One walk over everything. Raises Unavailable."""
    now, machine_now = clock.now(), machine.now()
    await engine.run(lambda tx: tx.execute("forget_parked", before=now - PARKED_FOR), "sweep", patient=True)
    await _walk(engine, partial(_sweep_tokens, now=machine_now))
    await _walk(engine, partial(_sweep_sent, before=uuid7_floor(machine_now - RETRY_LIFE)))


async def _walk(engine: Engine, step: Callable[..., str | None]) -> None:
    """Each step looks at the rows after a digest, and answers the last one's, or None at the end."""
    after: str | None = ""
    while after is not None:
        after = await engine.run(partial(step, after=after), "sweep", patient=True)


def _sweep_tokens(tx: Tx, after: str, now: int) -> str | None:
    rows = tx.page(Token, {}, (after,), STEP)
    if any(row.expires_at <= now for row in rows):
        tx.execute("forget_tokens", after=after, last=rows[-1].digest, now=now)
    return rows[-1].digest if len(rows) == STEP else None


def _sweep_sent(tx: Tx, after: str, before: str) -> str | None:
    rows: list[tuple[str, str]] = tx.all("sent_page", after=after, most=STEP)
    if any(message_id < before for _, message_id in rows):
        tx.execute("forget_sent", after=after, last=rows[-1][0], before=before)
    return rows[-1][0] if len(rows) == STEP else None
