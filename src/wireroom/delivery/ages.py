"""How old texts are and whether anything may still happen to them, for whoever walks along them by age."""

from collections.abc import Sequence
from typing import NamedTuple

from wireroom.store.tx import Read, Tx, Value

_LAST = "~"
"""Behind every message id."""


class Aged(NamedTuple):
    """What is asked of a text to know whether something of it may go; times are business time (ms)."""

    message_id: str
    accepted_at: int
    promised: bool
    """It is in the outbox."""
    ended: bool
    """It has its final event, or had it before the events went."""
    last_event_at: int | None


def following(tx: Tx, after: str, most: int) -> list[Aged]:
    """Texts with the ids after this one."""
    # A blank sorts behind the end of an id and before every longer text.
    return [Aged(*row) for row in tx.all("texts_aging", first=f"{after} ", last=_LAST, most=most)]


def _aging(message_id: str) -> Read:
    parameters: dict[str, Value] = {"first": message_id, "last": message_id, "most": 1}
    return "texts_aging", parameters


def named(tx: Tx, message_ids: Sequence[str]) -> list[Aged]:
    """Those of these texts that are there."""
    tx.foresee(lambda: map(_aging, message_ids))
    rows = [tx.one("texts_aging", first=each, last=each, most=1) for each in message_ids]
    return [Aged(*row) for row in rows if row is not None]
