"""Submit: what the link said of each segment becomes parts, a move and an event."""

from collections.abc import Sequence, Set

from wireroom.api.enums import EventType
from wireroom.carriers.port import Awaited, Carrier, Handed, Later, OnDoubt, Outcome, Refused, Unknown
from wireroom.core.message import MessageStatus, PartStatus
from wireroom.delivery import alone, events, moves, receipt, standing
from wireroom.delivery.moves import Final
from wireroom.delivery.route import ROUTE, Routed, doubtful
from wireroom.store.rows import Message, ParkedReceipt, Part
from wireroom.store.tx import Read, Tx

QUEUED_AFTER = 5_000
"""Milliseconds after which a text that still waits for its link shows as TEXT_QUEUED (DESIGN §5)."""
RESEND_AFTER = 1_000
"""Milliseconds before segments of unknown fate are offered again, where the link's policy is to resend."""


def settle(
    tx: Tx,
    texts: Sequence[tuple[Routed, Sequence[Outcome]]],
    carrier: Carrier,
    counter: str,
    now: int,
    machine_now: int,
) -> list[int | None]:
    """Write down the outcomes of a batch of texts' segments.

    Answers of each text in how many milliseconds (machine time) it is due again; None when the link is done
    with it. `counter` is the name of this process, in its leases and in its counts of failures (`standing`).
    """
    handed = (each for _, outcomes in texts for each in outcomes if isinstance(each, Handed))
    names = [each.carrier_message_id for each in handed]
    alone.with_receipts(tx, carrier.name, names)
    alone.with_texts(tx, (routed.job.message.message_id for routed, _ in texts))
    over = [routed.job.message.message_id for routed, outcomes in texts if _is_over(outcomes, carrier)]
    done = tx.execute_each("outbox_done", [{"message_id": each, "owner": counter} for each in over])
    # Of the others a reset removed the outbox's row meanwhile, or another process has it by now.
    ours = {message_id for message_id, count in zip(over, done, strict=True) if count}
    parked: bool = tx.one("any_parked")
    if parked:
        tx.foresee(lambda: [_parked(carrier, each) for each in names])
    settled = [
        _settle(tx, routed, outcomes, carrier, counter, ours, parked, now, machine_now)
        for routed, outcomes in texts
    ]
    finals = [each for each in settled if isinstance(each, Final)]
    standing.note(tx, finals, counter, now)
    return [each if isinstance(each, int) else None for each in settled]


def _parked(carrier: Carrier, carrier_message_id: str) -> Read:
    return ParkedReceipt, (carrier.name, carrier_message_id)


def _is_over(outcomes: Sequence[Outcome], carrier: Carrier) -> bool:
    """The link will not be offered any of it again."""
    resends = carrier.on_doubt is OnDoubt.RESEND
    return not any(
        isinstance(each, Later) or (resends and isinstance(each, Unknown | Awaited)) for each in outcomes
    )


def _settle(
    tx: Tx,
    routed: Routed,
    outcomes: Sequence[Outcome],
    carrier: Carrier,
    owner: str,
    ours: Set[str],
    parked: bool,
    now: int,
    machine_now: int,
) -> int | Final | None:
    """In how many milliseconds the text is due again, or how it has ended, or None: the link has it."""
    message, doubt = routed.job.message, routed.job.doubt
    again: int | None = None
    handed: list[Part] = []
    for segment, outcome in zip(routed.segments, outcomes, strict=True):
        match outcome:
            case Handed(carrier_message_id):
                part = _part(message, segment.number, PartStatus.SENT, carrier, doubt, carrier_message_id)
            case Refused(failure):
                part = _part(message, segment.number, PartStatus.FAILED, carrier, doubt, failure=failure)
            case Later(delay):
                again = max(again or 0, delay)
                continue
            case Unknown() | Awaited():  # the line settles what is awaited once it is known
                if carrier.on_doubt is OnDoubt.RESEND:
                    doubt, again = True, max(again or 0, RESEND_AFTER)
                    continue
                part = doubtful(message, segment.number, carrier)
        handed.append(part)
    if again is not None:
        if _wait(tx, routed, owner, again, doubt, now, machine_now):
            _keep(tx, handed, routed)
        return again
    # Else a reset removed the text meanwhile, or a late answer was the last word that it needed.
    if message.message_id in ours:
        _keep(tx, handed, routed)
        return handed_over(tx, message, [*routed.parts, *handed], carrier, parked, now)
    return None


def _keep(tx: Tx, handed: Sequence[Part], routed: Routed) -> None:
    """Write parts; of one that was offered before, a late answer may have been written meanwhile."""
    if not routed.job.doubt:
        tx.insert(*handed)
        return
    for part in handed:
        tx.keep(part)


def _part(
    message: Message,
    number: int,
    status: PartStatus,
    carrier: Carrier,
    doubt: bool,
    carrier_message_id: str | None = None,
    failure: EventType | None = None,
) -> Part:
    return Part(message.message_id, number, status, carrier.name, carrier_message_id, failure, doubt)


def _wait(tx: Tx, routed: Routed, owner: str, again: int, doubt: bool, now: int, machine_now: int) -> bool:
    message = routed.job.message
    there = tx.execute(
        "outbox_again",
        message_id=message.message_id,
        owner=owner,
        stage=ROUTE,
        due_at=machine_now + again,
        attempts=routed.job.attempts + 1,
        doubt=doubt,
    )
    late = now - message.created_at + again > QUEUED_AFTER
    if there and late and message.status is MessageStatus.ACCEPTED:
        queued = moves.move(tx, message, MessageStatus.QUEUED)
        events.record(tx, queued, EventType.TEXT_QUEUED, now, final=False)
    return bool(there)


def handed_over(
    tx: Tx, message: Message, parts: list[Part], carrier: Carrier, parked: bool, now: int
) -> Final | None:
    """Every part has been offered and is no longer ours to send."""
    receipt_due = carrier.receipts_for(message.origination_kind)
    failed = [(EventType(part.failure), part.status) for part in parts if part.failure]
    if failed and not (receipt_due and len(failed) < len(parts)):
        failure, status = failed[0]
        final = moves.end(tx, message, failure, now)
        # A hand-over in doubt is the link's trouble and says nothing of the identity.
        return None if status is PartStatus.UNKNOWN else final
    sent = moves.move(tx, message, MessageStatus.SENT)
    if not failed:
        events.record(tx, sent, EventType.TEXT_SUCCESSFUL, now, final=not receipt_due)
    if receipt_due:
        return receipt.catch_up(tx, sent, parts, parked, now)
    # The carrier's acceptance is the last word.
    return Final(sent, EventType.TEXT_SUCCESSFUL)
