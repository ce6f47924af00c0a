"""The only place where a message changes its state: listed moves (`core.message`), nothing else."""

from collections.abc import Iterable

from msgspec import Struct

from wireroom.api.enums import EventType
from wireroom.core.message import MessageStatus, PartStatus, fold, may_move
from wireroom.delivery import events
from wireroom.store.rows import Message, Part
from wireroom.store.tx import Tx


class Final(Struct, frozen=True, gc=False):
    """A text that has ended, and the event that ended it."""

    message: Message
    outcome: EventType


class IllegalMove(Exception):
    """A bug: a stage asked for a move that the table does not list."""


def move(tx: Tx, message: Message, status: MessageStatus) -> Message:
    """Bring a message to `status`; staying where it is writes nothing."""
    if message.status is status:
        return message
    if not may_move(message.status, status):
        raise IllegalMove(f"{message.message_id}: {message.status} → {status}")
    return tx.update(message, status=status)


def end(tx: Tx, message: Message, outcome: EventType, now: int) -> Final:
    """End a message with one final event that says how."""
    ended = move(tx, message, status_of(outcome))
    events.record(tx, ended, outcome, now, final=True)
    return Final(ended, outcome)


def finish(tx: Tx, message: Message, parts: Iterable[Part], now: int) -> Final | None:
    """End a message once its last part has settled; until then nothing happens. The worst part decides."""
    parts = sorted(parts, key=lambda part: part.number)
    if len(parts) < message.part_count:
        return None
    status = fold([part.status for part in parts])
    if status is None or status is MessageStatus.SENT:
        return None
    if status is MessageStatus.DELIVERED:
        return end(tx, message, EventType.TEXT_DELIVERED, now)
    failures = (EventType(part.failure) for part in parts if part.failure)
    return end(tx, message, next(failure for failure in failures if status_of(failure) is status), now)


def status_of(outcome: EventType) -> MessageStatus:
    """The state of a message that ended with this event."""
    match outcome:
        case EventType.TEXT_DELIVERED:
            return MessageStatus.DELIVERED
        case EventType.TEXT_TTL_EXPIRED:
            return MessageStatus.EXPIRED
        case EventType.TEXT_UNKNOWN:
            return MessageStatus.UNKNOWN
        case _:
            return MessageStatus.FAILED


def part_status_of(outcome: EventType) -> PartStatus | None:
    """What a receipt makes of a part; None where it is only an intermediate word."""
    match outcome:
        case EventType.TEXT_DELIVERED:
            return PartStatus.DELIVERED
        case EventType.TEXT_PENDING | EventType.TEXT_QUEUED | EventType.TEXT_SUCCESSFUL | EventType.TEXT_SENT:
            return None
        case EventType.TEXT_TTL_EXPIRED:
            return PartStatus.EXPIRED
        case EventType.TEXT_UNKNOWN:
            return PartStatus.UNKNOWN
        case _:
            return PartStatus.FAILED
