"""Receipt: what a carrier says of a part settles the part, and the last part settles the text.

A receipt may come twice, may overtake the answer to its submit (it is parked until that is settled), or may
come for a text that has ended: then it is history and changes nothing.

The only part of a text ends as the text does, and its row is not written again: it stays SENT, and whoever
shows it looks at the text (a row write less for almost every text there is).
"""

from collections.abc import Sequence

from wireroom.api.enums import EventType
from wireroom.carriers.port import Carrier, Receipt
from wireroom.core.message import FINAL, PartStatus, may_move_part
from wireroom.delivery import alone, events, moves, standing
from wireroom.delivery.moves import Final
from wireroom.store.rows import Message, ParkedReceipt, Part
from wireroom.store.tx import Read, Tx

HASTE = 60_000
"""Milliseconds by which a carrier's clock and ours may differ about when a text's time has run out."""


def settle(tx: Tx, carrier: Carrier, receipts: Sequence[Receipt], counter: str, now: int) -> None:
    """Make a batch of receipts durable; after the commit they may be acknowledged.

    `counter` is the name of this process, under which it counts failures (`standing`).
    """
    alone.with_receipts(tx, carrier.name, (heard.carrier_message_id for heard in receipts))
    tx.foresee(lambda: [_parts_of(carrier, heard) for heard in receipts])
    found: list[tuple[Receipt, list[Part]]] = []
    for heard in receipts:
        if parts := _parts(tx, carrier, heard):
            found.append((heard, parts))
        else:
            _park(tx, carrier, heard, now)
    alone.with_texts(tx, (parts[0].message_id for _, parts in found))
    tx.foresee(lambda: [(Message, (parts[0].message_id,)) for _, parts in found])
    finals: list[Final] = []
    settled: set[str] = set()
    for heard, parts in found:
        message = tx.get(Message, parts[0].message_id)
        if heard.carrier_message_id in settled:  # a link says it twice: the first has changed them
            parts = _parts(tx, carrier, heard)
        settled.add(heard.carrier_message_id)
        if message is not None and carrier.receipts_for(message.origination_kind):
            early = heard.if_time_is_out and now + HASTE < message.expires_at
            outcome = EventType.TEXT_UNREACHABLE if early else heard.outcome
            final = apply(tx, message, parts, outcome, now)
            if final is not None:
                finals.append(final)
    standing.note(tx, finals, counter, now)


def _parts_of(carrier: Carrier, heard: Receipt) -> Read:
    return "parts_of_carrier", {"carrier": carrier.name, "carrier_message_id": heard.carrier_message_id}


def _parts(tx: Tx, carrier: Carrier, heard: Receipt) -> list[Part]:
    found: list[Part] = tx.all(
        "parts_of_carrier", carrier=carrier.name, carrier_message_id=heard.carrier_message_id
    )
    return found


def _park(tx: Tx, carrier: Carrier, heard: Receipt, now: int) -> None:
    """Keep it for the answer that it overtook. An intermediate word is not kept: it would stand in the way
    of the last one, and is soon out of date."""
    if moves.part_status_of(heard.outcome) is not None:
        tx.keep(ParkedReceipt(carrier.name, heard.carrier_message_id, heard.outcome, now))


def catch_up(tx: Tx, message: Message, parts: Sequence[Part], parked: bool, now: int) -> Final | None:
    """A text's submit is settled: apply the receipts that came before (if there are any `parked` at all), and
    end it if nothing is missing."""
    final: Final | None = None
    if parked:
        named = {part.carrier_message_id: part.carrier for part in parts if part.carrier_message_id}
        for carrier_message_id, carrier in named.items():
            same = [part for part in parts if part.carrier_message_id == carrier_message_id]
            final = _unpark(tx, message, same, carrier, carrier_message_id, now) or final
    if message.part_count > 1:
        final = _finish(tx, message, now) or final
    return final


def _unpark(
    tx: Tx, message: Message, parts: Sequence[Part], carrier: str, carrier_message_id: str, now: int
) -> Final | None:
    parked = tx.get(ParkedReceipt, carrier, carrier_message_id)
    if parked is None:
        return None
    tx.delete(parked)
    return apply(tx, message, parts, EventType(parked.outcome), now)


def apply(tx: Tx, message: Message, parts: Sequence[Part], outcome: EventType, now: int) -> Final | None:
    """This became of these parts of a message, which the carrier took in one piece; mostly it is one part."""
    if message.status in FINAL:
        return None
    status = moves.part_status_of(outcome)
    if status is None:
        if outcome is EventType.TEXT_PENDING:
            events.record(tx, message, outcome, now, final=False)
        return None
    settled = [part for part in parts if may_move_part(part.status, status)]
    if not settled:
        return None
    if message.part_count == 1:
        return moves.end(tx, message, outcome, now)
    for part in settled:
        tx.update(part, status=status, failure=None if status is PartStatus.DELIVERED else str(outcome))
    return _finish(tx, message, now)


def _whole(message_id: str) -> list[Read]:
    return [(Message, (message_id,)), ("parts_of_message", {"message_id": message_id})]


def _finish(tx: Tx, message: Message, now: int) -> Final | None:
    """End a text of several parts if the last one has settled and nothing ended it before."""
    tx.foresee(lambda: _whole(message.message_id))
    current = tx.get(Message, message.message_id)
    if current is None or current.status in FINAL:
        return None
    return moves.finish(tx, current, tx.all("parts_of_message", message_id=message.message_id), now)
