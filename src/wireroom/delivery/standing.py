"""Standing: what the ends of texts say of who sent them, written once for each batch.

An identity that got through to a destination is kept to (it is sticky); one whose texts keep failing steps
back (it is degraded). What follows from either is for `sending` to know: nothing here chooses anybody.

A healthy identity costs no write: counting begins with a failure and goes on while one is in the window.
Each process counts in rows of its own, so that none waits for another; rows are written in key order.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from wireroom.core import standing
from wireroom.core.standing import FAILURES, SUCCESSES, Tally, standing_key
from wireroom.delivery.moves import Final
from wireroom.store.rows import Degraded
from wireroom.store.tx import Tx

Key = tuple[str, str, str]
"""Account, Region, and what an identity is counted under."""


def note(tx: Tx, finals: Sequence[Final], counter: str, now: int) -> None:
    """Write down what the texts that ended in this transaction say of their senders.

    `counter` is the name of this process; `now` is business time.
    """
    if finals:
        _stick(tx, finals, now)
        _count(tx, finals, counter, now)


def _stick(tx: Tx, finals: Sequence[Final], now: int) -> None:
    last = {
        (final.message.account_id, final.message.region, final.message.destination): final.message.origination
        for final in finals
        if final.outcome in SUCCESSES
    }
    tx.execute_many(
        "stick",
        [
            {
                "account_id": account_id,
                "region": region,
                "destination": destination,
                "identity": identity,
                "delivered_at": now,
            }
            for (account_id, region, destination), identity in sorted(last.items())
        ],
    )


def _count(tx: Tx, finals: Sequence[Final], counter: str, now: int) -> None:
    oldest = standing.oldest_slot(now)
    failure = any(final.outcome in FAILURES for final in finals)
    if not (failure or tx.one("any_trouble", oldest=oldest)):
        return
    ended: Counter[Key] = Counter()
    failed: Counter[Key] = Counter()
    for final in finals:
        message = final.message
        if standing.counts(final.outcome, message.destination):
            identity = standing_key(message.origination_kind, message.origination, message.country)
            key = (message.account_id, message.region, identity)
            ended[key] += 1
            failed[key] += final.outcome in FAILURES
    for key in sorted(ended):
        _count_one(tx, key, ended[key], failed[key], counter, now, oldest)


def _count_one(tx: Tx, key: Key, finals: int, failures: int, counter: str, now: int, oldest: int) -> None:
    account_id, region, identity = key
    scope = {"account_id": account_id, "region": region, "identity": identity}
    before: list[tuple[int, int, int]] = tx.all("troubles_since", **scope, oldest=oldest)
    slot = standing.slot(now)
    tally = standing.since_first_failure([*before, (slot, finals, failures)])
    if tally is not None:
        tx.write("count_trouble", **scope, slot=slot, counter=counter, finals=finals, failures=failures)
        _judge(tx, scope, tally)


def _judge(tx: Tx, scope: Mapping[str, str], tally: Tally) -> None:
    """One row that all processes share: it is written when the verdict changes, and else when another slot
    has a failure, but not with every batch."""
    known = tx.get(Degraded, *scope.values())
    if standing.degraded(tally.finals, tally.failures):
        if known is None or known.until < tally.until:
            tx.write("degrade", **scope, until=tally.until, said=standing.told(tally))
    elif known is not None:
        tx.delete(known)
