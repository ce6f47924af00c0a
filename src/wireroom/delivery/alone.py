"""The names under which the stages of the line keep out of each other's way (docs/adr/0012).

Receipts come first, texts after them, everywhere: so nobody waits for somebody who waits for him.
"""

from collections.abc import Iterable

from wireroom.store.tx import Tx


def with_receipts(tx: Tx, carrier: str, carrier_message_ids: Iterable[str]) -> None:
    """Whoever settles a submit and whoever hears its receipt come one after the other: the second sees what
    the first wrote, so that no receipt stays parked beside its part."""
    tx.alone(*(f"receipt/{carrier}/{each}" for each in carrier_message_ids))


def with_texts(tx: Tx, message_ids: Iterable[str]) -> None:
    """Nobody else moves these texts, or counts how many of their parts have settled, or deletes them."""
    tx.alone(*(f"text/{each}" for each in message_ids))
