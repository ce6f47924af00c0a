"""Receipt: what a carrier says of a part settles the part, and the last part settles the text.

A receipt may come twice, may overtake the answer to its submit (it is parked until that is settled), or may
come for a text that has ended: then it is history and changes nothing.
"""

from collections.abc import Sequence

from wireroom.api.enums import EventType
from wireroom.carriers.port import Carrier, Receipt
from wireroom.core.message import FINAL, PartStatus, may_move_part
from wireroom.delivery import events, moves
from wireroom.store.rows import Message, ParkedReceipt, Part
from wireroom.store.tx import Tx


def settle(tx: Tx, carrier: Carrier, receipts: Sequence[Receipt], now: int) -> None:
    """Make a batch of receipts durable; after the commit they may be acknowledged."""
    for heard in receipts:
        part: Part | None = tx.one(
            "part_of_carrier", carrier=carrier.name, carrier_message_id=heard.carrier_message_id
        )
        if part is None:
            tx.insert_new(ParkedReceipt(carrier.name, heard.carrier_message_id, heard.outcome, now))
            continue
        message = tx.get(Message, part.message_id)
        if message is not None and carrier.receipts_for(message.origination_kind):
            _apply(tx, message, part, heard.outcome, now)


def catch_up(tx: Tx, message: Message, parts: Sequence[Part], now: int) -> None:
    """A text's submit is settled: apply the receipts that came before, and end it if nothing is missing."""
    if tx.one("any_parked"):
        for part in parts:
            if part.carrier_message_id is not None:
                _unpark(tx, message, part, part.carrier_message_id, now)
    if message.part_count > 1:
        _finish(tx, message, now)


def _unpark(tx: Tx, message: Message, part: Part, carrier_message_id: str, now: int) -> None:
    parked = tx.get(ParkedReceipt, part.carrier, carrier_message_id)
    if parked is not None:
        tx.delete(parked)
        _apply(tx, message, part, EventType(parked.outcome), now)


def _apply(tx: Tx, message: Message, part: Part, outcome: EventType, now: int) -> None:
    if message.status in FINAL:
        return
    status = moves.part_status_of(outcome)
    if status is None:
        if outcome is EventType.TEXT_PENDING:
            events.record(tx, message, outcome, now, final=False)
        return
    if not may_move_part(part.status, status):
        return
    failure = None if status is PartStatus.DELIVERED else str(outcome)
    part = tx.update(part, status=status, failure=failure)
    if message.part_count == 1:
        moves.finish(tx, message, (part,), now)
    else:
        _finish(tx, message, now)


def _finish(tx: Tx, message: Message, now: int) -> None:
    """End a text of several parts if the last one has settled and nothing ended it before."""
    current = tx.get(Message, message.message_id)
    if current is not None and current.status not in FINAL:
        moves.finish(tx, current, tx.all("parts_of_message", message_id=message.message_id), now)
