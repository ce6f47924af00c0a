"""What a backup still promised ends here: after a restore nobody knows whether it was sent since.

A restore never repeats a send (DESIGN §7), whatever a carrier's policy for doubt is: the server that made the
backup went on. Texts that the carrier had already, and that wait for receipts, are no longer in the outbox.
"""

from functools import partial

from wireroom.api.enums import EventType
from wireroom.core.message import PartStatus
from wireroom.delivery import moves
from wireroom.observe import BusinessClock
from wireroom.store.engine import Engine
from wireroom.store.rows import Message, Outbox, Part
from wireroom.store.tx import Tx

AT_ONCE = 200
NO_CARRIER = "unknown"
"""Of a part that had no link when the backup was made."""


async def give_up(engine: Engine, clock: BusinessClock) -> int:
    """End each text of the outbox as UNKNOWN, with its final event; answers how many."""
    ended = 0
    while some := await engine.run(partial(_give_up_some, now=clock.now()), "give up"):
        ended += some
    return ended


def _give_up_some(tx: Tx, now: int) -> int:
    rows = tx.page(Outbox, {}, None, AT_ONCE)
    for row in rows:
        tx.delete(row)
        message = tx.get(Message, row.message_id)
        if message is not None:
            _give_up(tx, message, row.carrier or NO_CARRIER, now)
    return len(rows)


def _give_up(tx: Tx, message: Message, carrier: str, now: int) -> None:
    """Parts that were settled before the backup stay as they are; the others are in doubt."""
    settled = {part.number for part in tx.all("parts_of_message", message_id=message.message_id)}
    for number in range(1, message.part_count + 1):
        if number not in settled:
            failure = EventType.TEXT_UNKNOWN
            tx.insert(
                Part(message.message_id, number, PartStatus.UNKNOWN, carrier, None, failure, doubt=True)
            )
    moves.end(tx, message, EventType.TEXT_UNKNOWN, now)
