"""How many requests a second an account may make: AWS's quotas, off unless `[simulate] rates = "aws"`.

A token bucket for each account, Region and operation, twice the rate deep, filled by machine time (data-plane
§7.1; AWS does not publish its bursts).
"""

from collections.abc import Hashable
from threading import Lock

from wireroom.core.tables.quotas import REQUESTS_PER_SECOND, REQUESTS_PER_SECOND_OF
from wireroom.errors import Throttling
from wireroom.observe import MachineClock
from wireroom.ops._op import Caller
from wireroom.sending.accept import Wanted

BURST = 2
MOST_BUCKETS = 100_000


class Rates:
    """Requests a second, for each account, Region and operation."""

    def __init__(self, machine: MachineClock) -> None:
        self._buckets = _Buckets(machine)

    def take(self, caller: Caller, operation: str) -> None:
        """Count one request. Raises Throttling when it is one too many."""
        rate = REQUESTS_PER_SECOND_OF.get(operation, REQUESTS_PER_SECOND)
        if not self._buckets.take((caller.account_id, caller.region, operation), 1, rate, BURST * rate):
            raise Throttling


class PartRates:
    """Message parts a second, for each origination identity, and texts a second for each recipient.

    Counted by this process; where several serve one installation, each counts for itself.
    """

    def __init__(self, machine: MachineClock) -> None:
        self._buckets = _Buckets(machine)
        self._lock = Lock()  # sends may run in threads

    def take(self, *wanted: Wanted) -> bool:
        """A text of more parts than a second allows goes when the bucket is full, and what follows waits."""
        fitting = [(key, min(amount, rate), rate) for key, amount, rate in wanted]
        with self._lock:
            if not all(self._buckets.holds(*each) for each in fitting):
                return False
            for key, amount, rate in fitting:
                self._buckets.take(key, amount, rate, rate)
        return True


class _Buckets:
    """A bucket for whatever was asked for; when there are too many, all are full again."""

    def __init__(self, machine: MachineClock) -> None:
        self._machine = machine
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def holds(self, key: Hashable, amount: float, depth: float) -> bool:
        """Whether `take` would find so much, where the rate is the depth."""
        return self._level(key, depth, depth) >= amount

    def take(self, key: Hashable, amount: float, rate: float, depth: float) -> bool:
        left = self._level(key, rate, depth)
        if left < amount:
            return False
        if len(self._buckets) >= MOST_BUCKETS:
            self._buckets.clear()
        self._buckets[key] = (left - amount, self._machine.monotonic())
        return True

    def _level(self, key: Hashable, rate: float, depth: float) -> float:
        now = self._machine.monotonic()
        left, since = self._buckets.get(key, (depth, now))
        return min(depth, left + (now - since) * rate)
