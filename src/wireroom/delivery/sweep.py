"""Sweep: what has outlived its use goes, in small batches that never stand in the way of a send.

Kept answers (`tokens`) are keyed by a digest and have no index by age, which every send would have to write;
so a sweep walks all of them, a thousand at a time. Receipts that stay parked belong to no text that we know.
"""

from functools import partial

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
    after: str | None = ""
    while after is not None:
        after = await engine.run(partial(_step, after=after, now=machine_now), "sweep", patient=True)


def _step(tx: Tx, after: str, now: int) -> str | None:
    """Look at the next rows after a digest; answers the last one's, or None at the end."""
    rows = tx.page(Token, {}, (after,), STEP)
    if any(row.expires_at <= now for row in rows):
        tx.execute("forget_tokens", after=after, last=rows[-1].digest, now=now)
    return rows[-1].digest if len(rows) == STEP else None
