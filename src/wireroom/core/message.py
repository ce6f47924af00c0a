"""The states of a message and of its parts, and the legal moves between them (DESIGN §5).

`settle` of every stage makes only moves that stand here. Which AWS event a move makes is `delivery.events`'
matter: a message that fails carries an EventType beside its status.
"""

from collections.abc import Collection
from enum import StrEnum

RETRY_LIFE = 15 * 60_000
"""Milliseconds of machine time for which an SDK call's further attempts are answered with the message that
the first one made (DESIGN §4)."""


class MessageStatus(StrEnum):
    """Where a message is, as `/_wireroom/messages` shows it."""

    ACCEPTED = "ACCEPTED"  # promised to its sender: the 200 is out
    QUEUED = "QUEUED"  # has waited for a carrier longer than is usual
    SENT = "SENT"  # the carrier has every part; the end of the line where no receipt is due
    DELIVERED = "DELIVERED"  # the handset has every part
    FAILED = "FAILED"  # at least one part will never arrive
    EXPIRED = "EXPIRED"  # its TimeToLive ran out first
    UNKNOWN = "UNKNOWN"  # no receipt in 72 hours, or a hand-over whose outcome nobody knows
    RECEIVED = "RECEIVED"  # came in from a handset


class PartStatus(StrEnum):
    """Where one message part is."""

    PENDING = "PENDING"  # waits for a carrier link
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"


FINAL = frozenset(
    {
        MessageStatus.DELIVERED,
        MessageStatus.FAILED,
        MessageStatus.EXPIRED,
        MessageStatus.UNKNOWN,
        MessageStatus.RECEIVED,
    }
)
FINAL_PARTS = frozenset({PartStatus.DELIVERED, PartStatus.FAILED, PartStatus.EXPIRED, PartStatus.UNKNOWN})

_SETTLED = frozenset(
    {MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.EXPIRED, MessageStatus.UNKNOWN}
)
# DELIVERED straight from ACCEPTED: a receipt proves a hand-over whose answer was lost.
LEGAL_MOVES: dict[MessageStatus, frozenset[MessageStatus]] = {
    MessageStatus.ACCEPTED: _SETTLED | {MessageStatus.QUEUED, MessageStatus.SENT},
    MessageStatus.QUEUED: _SETTLED | {MessageStatus.SENT},
    MessageStatus.SENT: _SETTLED,
    **dict.fromkeys(FINAL, frozenset()),
}
LEGAL_PART_MOVES: dict[PartStatus, frozenset[PartStatus]] = {
    PartStatus.PENDING: frozenset(
        {PartStatus.SENT, PartStatus.FAILED, PartStatus.EXPIRED, PartStatus.UNKNOWN}
    ),
    PartStatus.SENT: FINAL_PARTS,
    **dict.fromkeys(FINAL_PARTS, frozenset()),
}

# The worst part speaks for the message.
_WORST_FIRST = (
    PartStatus.FAILED,
    PartStatus.EXPIRED,
    PartStatus.UNKNOWN,
    PartStatus.DELIVERED,
)


def may_move(now: MessageStatus, then: MessageStatus) -> bool:
    return then in LEGAL_MOVES[now]


def may_move_part(now: PartStatus, then: PartStatus) -> bool:
    return then in LEGAL_PART_MOVES[now]


def fold(parts: Collection[PartStatus]) -> MessageStatus | None:
    """What the parts of a message make of it; None while one of them has not left us.

    SENT until the last receipt is in, then the worst that happened to any part.
    """
    if PartStatus.PENDING in parts:
        return None
    if PartStatus.SENT in parts:
        return MessageStatus.SENT
    return MessageStatus(next(status for status in _WORST_FIRST if status in parts))
