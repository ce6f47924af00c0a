"""Late: an answer for which nobody waited any more still says what a carrier made of a part (duty 6).

Where its text waits to be offered again, or is being offered again, it need not be: the parts that the
carrier has taken are written down, and once they are all of them the text is handed over. Where the part is
held for a receipt, it gets the id by which the receipt will call it.
"""

from collections.abc import Sequence

from wireroom.api.enums import EventType
from wireroom.carriers.port import Answer, Carrier, Handed, Later, Refused, Unknown
from wireroom.core.message import FINAL, PartStatus
from wireroom.delivery import alone, receipt, standing, submit
from wireroom.delivery.moves import Final
from wireroom.delivery.route import HANDING, ROUTE
from wireroom.store.rows import Message, Outbox, Part
from wireroom.store.tx import Tx


def settle(
    tx: Tx, carrier: Carrier, answers: Sequence[Answer], counter: str, now: int, machine_now: int
) -> int:
    """Write down late answers; how many texts left the outbox by it that nobody has in hand.

    `counter` is the name of this process, under which it counts failures (`standing`).
    """
    texts: dict[str, list[Answer]] = {}
    for answer in answers:
        texts.setdefault(answer.message_id, []).append(answer)
    taken = (answer.outcome for answer in answers if isinstance(answer.outcome, Handed))
    alone.with_receipts(tx, carrier.name, (outcome.carrier_message_id for outcome in taken))
    alone.with_texts(tx, texts)
    parked: bool = tx.one("any_parked")
    finals: list[Final] = []
    left = 0
    for message_id, its in texts.items():
        message = tx.get(Message, message_id)
        if message is None or message.status in FINAL:
            continue
        row = tx.get(Outbox, message_id)
        parts: list[Part] = tx.all("parts_of_message", message_id=message_id)
        if row is None:
            finals += _name_held(tx, carrier, message, parts, its, parked, now)
            continue
        new = [part for answer in its if (part := _part(carrier, row, parts, answer)) is not None]
        if len(parts) + len(new) == message.part_count:
            if tx.execute("outbox_done", message_id=message_id, owner=counter):  # else another process has it
                tx.insert(*new)
                final = submit.handed_over(tx, message, [*parts, *new], carrier, parked, now)
                finals += [] if final is None else [final]
                left += row.stage != HANDING
            continue
        tx.insert(*new)
        later = [answer.outcome.delay for answer in its if isinstance(answer.outcome, Later)]
        if later and _in_hand_of_nobody(row) and len(parts) + len(new) + len(later) == message.part_count:
            tx.write(
                "outbox_again",
                message_id=message_id,
                owner=counter,
                stage=ROUTE,
                due_at=machine_now + max(later),
                attempts=row.attempts + 1,
                doubt=False,
            )
    standing.note(tx, finals, counter, now)
    return left


def _in_hand_of_nobody(row: Outbox) -> bool:
    """It was being offered for the first time when the pass that did so was broken off."""
    return row.stage == HANDING and not row.doubt


def _part(carrier: Carrier, row: Outbox, parts: Sequence[Part], answer: Answer) -> Part | None:
    """What an answer makes of a part that is still ours to send, or None."""
    if any(part.number == answer.number for part in parts):
        return None
    match answer.outcome:
        case Handed(carrier_message_id):
            return Part(
                answer.message_id,
                answer.number,
                PartStatus.SENT,
                carrier.name,
                carrier_message_id,
                None,
                row.doubt,
            )
        case Refused(failure) if row.stage != HANDING or _in_hand_of_nobody(row):
            # Else it is being offered again, and that answer counts.
            status = PartStatus.FAILED
            return Part(answer.message_id, answer.number, status, carrier.name, None, str(failure), row.doubt)
    return None


def _name_held(
    tx: Tx,
    carrier: Carrier,
    message: Message,
    parts: Sequence[Part],
    answers: Sequence[Answer],
    parked: bool,
    now: int,
) -> list[Final]:
    """Parts of unknown fate that wait for a receipt, of a text that is handed over."""
    if not carrier.receipts_for(message.origination_kind):
        return []
    finals: list[Final] = []
    for answer in answers:
        part = next((part for part in parts if part.number == answer.number), None)
        if part is None or part.status is not PartStatus.SENT or part.carrier_message_id is not None:
            continue
        current = tx.get(Message, message.message_id) or message
        final: Final | None = None
        match answer.outcome:
            case Handed(carrier_message_id):
                named = tx.update(part, carrier_message_id=carrier_message_id)
                final = receipt.catch_up(tx, current, [named], parked, now)
            case Refused(failure):
                final = receipt.apply(tx, current, [part], failure, now)
            case Later():  # it was not taken, and is not offered again
                final = receipt.apply(tx, current, [part], EventType.TEXT_CARRIER_UNREACHABLE, now)
            case Unknown():
                pass
        if final is not None:
            finals.append(final)
    return finals
