"""How many texts there are, kept in memory: counting them for each deletion would cost more than deleting.

Counted once, along an index and in strides that hold nobody up; what is accepted meanwhile counts itself.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from wireroom.sending.accept import Job
from wireroom.store.engine import Engine
from wireroom.store.tx import Tx

STRIDE = 500
"""Texts that are counted at a time."""


class Tally:
    """`texts` is right once `count_if_lost` came back, and whoever deletes says so."""

    def __init__(self, engine: Engine, pause: float) -> None:
        """`pause`: seconds of machine time between two strides."""
        self._engine = engine
        self._pause = pause
        self.texts = 0
        self._counted_to = ""
        self._losses = 1
        self._counted_after = 0

    def add(self, jobs: Sequence[Job]) -> None:
        """These were just committed. Those that a count under way finds in the data are not added again."""
        self.texts += sum(job.message.message_id > self._counted_to for job in jobs)

    def take(self, texts: int) -> None:
        """So many were deleted."""
        self.texts -= texts

    def lose_count(self) -> None:
        """Nobody knows how many were deleted."""
        self._losses += 1

    async def count_if_lost(self) -> bool:
        """Tells whether it had to count. Raises Unavailable."""
        lost = self._counted_after != self._losses
        while self._counted_after != (losses := self._losses):
            self._counted_to = await self._engine.read(_newest, "count texts")
            self.texts = 0
            key = ("", "")
            while rows := await self._engine.read(partial(_stride, after=key), "count texts"):
                self.texts += sum(message_id <= self._counted_to for _, message_id in rows)
                key = rows[-1]
                await asyncio.sleep(self._pause)
            self._counted_after = losses
        return lost


def _newest(tx: Tx) -> str:
    return tx.one("newest_text") or ""


def _stride(tx: Tx, after: tuple[str, str]) -> list[tuple[str, str]]:
    account_id, message_id = after
    rows: list[tuple[str, str]] = tx.all(
        "texts_counted", account_id=account_id, message_id=message_id, most=STRIDE
    )
    return rows
