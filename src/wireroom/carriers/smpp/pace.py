"""How fast: a bucket of tokens for segments, growing pauses, and one bind at a time (duties 9, 11 and 13).

Times are milliseconds that come in; chance comes in, too.
"""

import math
from collections.abc import Callable


class Bucket:
    """At most `rate` a second, and a tenth of a second's at once; 0: any number."""

    def __init__(self, rate: float, now: int) -> None:
        self._rate = rate / 1000
        self._most = max(1.0, rate / 10)
        self._tokens = self._most
        self._at = now

    def take(self, wanted: int, now: int) -> int:
        """How many of them may go now."""
        if not self._rate:
            return wanted
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        given = min(wanted, int(self._tokens))
        self._tokens -= given
        return given

    def give_back(self, unused: int) -> None:
        self._tokens = min(self._most, self._tokens + unused)

    def next(self, now: int) -> int:
        """When there is one again."""
        if not self._rate or self._tokens >= 1:
            return now
        return self._at + max(1, math.ceil((1 - self._tokens) / self._rate))


class Patience:
    """A pause that doubles while a carrier has the same temporary trouble, and ends when it takes a text."""

    def __init__(self, first: int, longest: int) -> None:
        self._first, self._longest = first, longest
        self._pause = 0
        self._until = 0

    def trouble(self, now: int) -> int:
        """It has trouble: in how many milliseconds to try again. What fails meanwhile is the same trouble."""
        if now >= self._until:
            self._pause = min(max(2 * self._pause, self._first), self._longest)
            self._until = now + self._pause
        return max(self._until - now, self._first)

    def fine(self) -> None:
        self._pause = self._until = 0


class Reconnects:
    """When a bind is tried again: ever later, with full jitter; anew once it was good; slowly if refused."""

    def __init__(self, first: int, longest: int, refused: int, chance: Callable[[], float]) -> None:
        """`chance` gives numbers from 0 to 1."""
        self._first, self._longest, self._refused = first, longest, refused
        self._chance = chance
        self.failures = 0
        """Attempts in a row after which the bind was not good for long."""

    def good(self) -> None:
        """It was up for long enough."""
        self.failures = 0

    def failed(self) -> None:
        self.failures += 1

    def pause(self) -> int:
        """Milliseconds, anywhere below a limit that doubles: who lost a host do not come back all at once."""
        limit = min(self._longest, self._first << min(max(self.failures - 1, 0), 20))
        return int(self._chance() * limit)

    def slowly(self) -> int:
        """After a refusal that an operator has to look into."""
        return int(self._refused * (0.75 + self._chance() / 2))


class Turns:
    """Binds begin one after the other, for carriers ban who knocks too often."""

    def __init__(self, gap: int) -> None:
        self._gap = gap
        self._next = 0

    def at(self, wanted: int) -> int:
        """When the next may begin, at `wanted` or later."""
        at = max(wanted, self._next)
        self._next = at + self._gap
        return at
