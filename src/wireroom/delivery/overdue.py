"""Overdue: a text of which its carrier has said nothing final for 72 hours ends as TEXT_UNKNOWN.

AWS itself says so then, not the carrier (data-plane §6.6); hours are of business time, from acceptance on.
Ids are made of machine time and business time does not decrease along them, so a walk goes on where the last
one ended, up to the first text that is younger; a text that is still promised is looked at again.
"""

from collections.abc import Sequence
from functools import partial
from itertools import takewhile

from wireroom.api.enums import EventType
from wireroom.core.message import FINAL
from wireroom.delivery import ages, alone, moves
from wireroom.delivery.ages import Aged
from wireroom.observe import BusinessClock
from wireroom.store.engine import Engine
from wireroom.store.rows import Message
from wireroom.store.tx import Tx

SILENCE = 72 * 3_600_000
"""Milliseconds of business time."""
STRIDE = 100
"""Texts that are looked at in one transaction."""


class Overdue:
    """Walks along the texts as they come of age. Each process of an installation does; one of them ends a
    text."""

    def __init__(self, engine: Engine, clock: BusinessClock) -> None:
        self._engine = engine
        self._clock = clock
        self._after = ""
        self._promised: set[str] = set()

    async def once(self) -> int:
        """End what is overdue now; answers how many texts that were. Raises Unavailable."""
        before = self._clock.now() - SILENCE
        again, self._promised = sorted(self._promised), set()
        ended = await self._end(await self._engine.read(partial(ages.named, message_ids=again), "overdue"))
        more = True
        while more:
            look = partial(ages.following, after=self._after, most=STRIDE)
            texts = await self._engine.read(look, "overdue")
            old = list(takewhile(lambda text: text.accepted_at <= before, texts))
            if old:
                self._after = old[-1].message_id
            ended += await self._end(old)
            more = len(old) == STRIDE
        return ended

    async def _end(self, texts: Sequence[Aged]) -> int:
        self._promised.update(text.message_id for text in texts if text.promised)
        silent = [text.message_id for text in texts if not (text.promised or text.ended)]
        if not silent:
            return 0
        work = partial(_end, message_ids=silent, now=self._clock.now())
        return await self._engine.run(work, "overdue", patient=True)


def _end(tx: Tx, message_ids: Sequence[str], now: int) -> int:
    """The last receipt may have come meanwhile, or another process was here before."""
    alone.with_texts(tx, message_ids)
    found = [message for message_id in message_ids if (message := tx.get(Message, message_id)) is not None]
    silent = [message for message in found if message.status not in FINAL]
    for message in silent:
        moves.end(tx, message, EventType.TEXT_UNKNOWN, now)
    return len(silent)
