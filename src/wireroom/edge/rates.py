"""How many requests a second an account may make: AWS's quotas, off unless `[simulate] rates = "aws"`.

A token bucket for each account, Region and operation, twice the rate deep, filled by machine time (data-plane
§7.1; AWS does not publish its bursts).
"""

from wireroom.core.tables.quotas import REQUESTS_PER_SECOND, REQUESTS_PER_SECOND_OF
from wireroom.errors import Throttling
from wireroom.observe import MachineClock
from wireroom.ops._op import Caller

BURST = 2
MOST_BUCKETS = 100_000


class Rates:
    """A bucket for whatever was asked for; when there are too many, all are full again."""

    def __init__(self, machine: MachineClock) -> None:
        self._machine = machine
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def take(self, caller: Caller, operation: str) -> None:
        """Count one request. Raises Throttling when it is one too many."""
        rate = REQUESTS_PER_SECOND_OF.get(operation, REQUESTS_PER_SECOND)
        key = (caller.account_id, caller.region, operation)
        now = self._machine.monotonic()
        left, since = self._buckets.get(key, (float(BURST * rate), now))
        left = min(float(BURST * rate), left + (now - since) * rate)
        if left < 1:
            raise Throttling
        if len(self._buckets) >= MOST_BUCKETS:
            self._buckets.clear()
        self._buckets[key] = (left - 1, now)
