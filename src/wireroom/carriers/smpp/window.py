"""Requests of ours that wait for their answers: numbers, how many there may be, how long they wait.

Times are milliseconds of machine time that the session is given. Knows nothing of binds.
"""

from typing import NamedTuple

from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status

LAST_SEQUENCE = 0x7FFFFFFF
TOMBSTONES = 10_000
"""How many requests that timed out are remembered, so that a late answer finds its text."""

CROWDED = frozenset({status.RTHROTTLED, status.RMSGQFUL})


class Waiting(NamedTuple):
    """One request without an answer."""

    tag: object
    response: type[p.Response] | None
    order: int
    sent_at: int


class Window:
    """The requests that wait, in the order in which they were sent."""

    def __init__(self, size: int, response_timeout: int, tombstone_life: int) -> None:
        self.size = size
        self._timeout = response_timeout
        self._life = tombstone_life
        self._waiting: dict[int, Waiting] = {}
        self._tombs: dict[int, Waiting] = {}
        self._last = 0
        self.sent = 0
        """How many requests have been sent in all."""

    def __len__(self) -> int:
        return len(self._waiting)

    def next_sequence(self, taken: tuple[int | None, ...] = ()) -> int:
        """1 to 0x7FFFFFFF, then again, never one that still waits or might still be answered."""
        sequence = self._last
        while True:
            sequence = sequence + 1 if sequence < LAST_SEQUENCE else 1
            if sequence not in self._waiting and sequence not in self._tombs and sequence not in taken:
                self._last = sequence
                return sequence

    def add(self, sequence: int, tag: object, response: type[p.Response] | None, now: int) -> None:
        self.sent += 1
        self._waiting[sequence] = Waiting(tag, response, self.sent, now)

    def answered(self, response: p.Response) -> Waiting | None:
        """Take out what `response` answers; None where it answers nothing that waits."""
        return _matched(self._waiting, response)

    def answered_late(self, response: p.Response) -> Waiting | None:
        return _matched(self._tombs, response)

    def expire(self, now: int) -> list[Waiting]:
        """Take out what has waited too long, and remember it for a while."""
        expired: list[Waiting] = []
        for sequence, waiting in list(self._waiting.items()):
            if now < waiting.sent_at + self._timeout:
                break
            del self._waiting[sequence]
            self._tombs[sequence] = waiting
            expired.append(waiting)
        for sequence, tomb in list(self._tombs.items()):
            if len(self._tombs) <= TOMBSTONES and now < tomb.sent_at + self._timeout + self._life:
                break
            del self._tombs[sequence]
        return expired

    def due(self) -> int | None:
        """When the oldest will have waited too long."""
        for waiting in self._waiting.values():
            return waiting.sent_at + self._timeout
        return None

    def drop(self) -> tuple[object, ...]:
        """Give up on all that wait, and give their tags."""
        tags = tuple(waiting.tag for waiting in self._waiting.values())
        self._waiting.clear()
        return tags


def _matched(kept: dict[int, Waiting], response: p.Response) -> Waiting | None:
    waiting = kept.get(response.sequence)
    if waiting is None or not (type(response) is waiting.response or isinstance(response, p.GenericNack)):
        return None
    del kept[response.sequence]
    return waiting


class Throttle:
    """How much a peer can take: halved and paused at each burst of refusals, then one more at a time.

    The pause doubles while the peer refuses what was sent after the last one; once it takes one, it is short.
    """

    def __init__(self, size: int, first_pause: int, longest_pause: int) -> None:
        self._size = size
        self._first, self._longest = first_pause, longest_pause
        self._pause = 0
        self._mark = 0
        self.until = 0
        """No request is sent before."""
        self.allowed = float(size)
        """How many requests may wait at a time."""

    def refused(self, waiting: Waiting, sent: int, now: int) -> bool:
        """The peer refused `waiting`; False: as part of a burst that has had its pause."""
        if waiting.order <= self._mark:
            return False
        self._mark = sent
        self._pause = min(max(2 * self._pause, self._first), self._longest)
        self.until = now + self._pause
        self.allowed = max(1.0, self.allowed / 2)
        return True

    def taken(self, waiting: Waiting) -> None:
        """The peer took `waiting`; of what was sent before the last pause that says nothing."""
        if waiting.order > self._mark:
            self._pause = 0
            if self.allowed < self._size:
                self.allowed = min(float(self._size), self.allowed + 1 / self.allowed)
