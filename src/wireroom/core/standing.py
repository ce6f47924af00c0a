"""How an identity stands with carriers: under which name its texts are counted, which of them count, and when
there are enough failures that it should step back (data-plane §1.2, health failover).

AWS says that a failing identity steps back and returns, and no figures; these are ours. Knows no table and no
clock: business time comes in as milliseconds.
"""

from collections.abc import Collection

from msgspec import Struct

from wireroom.api.enums import EventType
from wireroom.core.numbers import IdentityKind, simulated

WINDOW_MS = 300_000
"""How far back failures count: five minutes."""
SLOT_MS = 10_000
"""Texts are counted together for so long; the window moves in these steps."""
LEAST_FINALS = 20
"""Fewer ends of texts than this say nothing."""

SUCCESSES = frozenset({EventType.TEXT_DELIVERED, EventType.TEXT_SUCCESSFUL})
# What carriers and handsets do to a sender. That one phone is switched off, or blocks one sender, is that
# phone's matter; that most of them do it is the sender's. Not here, and not counted at all, are ends that
# another has to answer for: the destination (INVALID), the words (INVALID_MESSAGE), whoever set the time to
# live (TTL_EXPIRED), and our own gate (PROTECT_BLOCKED).
FAILURES = frozenset(
    {
        EventType.TEXT_UNREACHABLE,
        EventType.TEXT_CARRIER_UNREACHABLE,
        EventType.TEXT_BLOCKED,
        EventType.TEXT_CARRIER_BLOCKED,
        EventType.TEXT_SPAM,
        EventType.TEXT_UNKNOWN,
    }
)
_ONE_IN_EACH_COUNTRY = (IdentityKind.SENDER_ID, IdentityKind.SHARED_ROUTE)


class Tally(Struct, frozen=True, gc=False):
    """Ends of an identity's texts: how many, how many of them failures, and when (business time, ms) the last
    of the failures will be out of the window."""

    finals: int
    failures: int
    until: int


def standing_key(kind: IdentityKind, identity: str, country: str) -> str:
    """What an identity is counted under: a name is another resource in every country that it is sent to, a
    number is the same one everywhere. `country` is the destination's."""
    return f"{identity}/{country}" if kind in _ONE_IN_EACH_COUNTRY else identity


def counts(outcome: EventType, destination: str) -> bool:
    """Does a text that ended so say anything of who sent it?

    Nothing sent to AWS's simulator numbers does, whatever the end: no carrier sees it, and a developer who
    provokes failures there tests his program, not his number.
    """
    return (outcome in FAILURES or outcome in SUCCESSES) and simulated(destination) is None


def slot(now: int) -> int:
    return now // SLOT_MS


def oldest_slot(now: int) -> int:
    """The first slot of the window; the one that `now` is in is its last."""
    return slot(now) - WINDOW_MS // SLOT_MS + 1


def since_first_failure(counted: Collection[tuple[int, int, int]]) -> Tally | None:
    """Sum rows of (slot, finals, failures), in any order, from the first slot with a failure on; None where
    there is none.

    What ended before is left out, for a healthy identity is not counted: whether it had trouble already must
    make no difference.
    """
    failing = [slot for slot, _, failures in counted if failures]
    if not failing:
        return None
    since = [row for row in counted if row[0] >= min(failing)]
    until = max(failing) * SLOT_MS + WINDOW_MS
    return Tally(sum(row[1] for row in since), sum(row[2] for row in since), until)


def degraded(finals: int, failures: int) -> bool:
    """Should an identity with these ends of texts step back?"""
    return finals >= LEAST_FINALS and 2 * failures > finals


def told(tally: Tally) -> str:
    """The receipts that show it, in words."""
    return f"{tally.failures} of its last {tally.finals} receipts are failures"
