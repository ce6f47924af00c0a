"""What an account spends in a month on a channel, never past its limit, whoever sends at the same time.

The month's money lies in slots, rows that each have a part of the limit granted to them. A send counts its
cost in one slot with one conditional statement; a slot with too little left is granted more under a lock, the
less the nearer the limit is, and at last what others have not spent is gathered for it (docs/adr/0014). Where
there is one writer there is one slot, to which all is granted at once. Knows no price.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from wireroom.core import gates
from wireroom.core.gates import Refused
from wireroom.sending.remembered import Remembered
from wireroom.store.rows import SpendSlot
from wireroom.store.tx import Tx, Value


class Purse(NamedTuple):
    """Whose money, in which month."""

    account_id: str
    region: str
    channel: str
    month: str

    @property
    def scope(self) -> dict[str, Value]:
        return {
            "account_id": self.account_id,
            "region": self.region,
            "channel": self.channel,
            "month": self.month,
        }


def month_of(now: int) -> str:
    """The UTC calendar month that a spend belongs to, e.g. 2026-11."""
    return _month_of_day(now // 86_400_000)


@lru_cache(maxsize=8)
def _month_of_day(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m")


def look(tx: Tx, purse: Purse, micros: int, most: int) -> Refused | None:
    """Whether a cost would fit below the limit `most`; micro-dollars."""
    return gates.spend(tx.one("spent", **purse.scope), micros, most)


_MOST_REMEMBERED = 100_000
_left: Remembered[tuple[Purse, int, int], int] = Remembered(_MOST_REMEMBERED)
"""What was left in a slot under a limit when it was last written here: a guess, for a transaction may have
been undone and another process may use the slot. Who guesses wrong runs again, or is granted more."""


def forget() -> None:
    """A server starts, perhaps on other data."""
    _left.clear()


def foresee(tx: Tx, purse: Purse, most: int, *, dry_run: bool) -> None:
    """What `look` and `count` will read."""
    if dry_run:
        tx.foresee(lambda: [("spent", purse.scope)])
    elif _left.get((purse, tx.slot, most)) is None:
        _lock(tx, purse)
        tx.foresee(lambda: [("spend_slots", purse.scope)])


def count(tx: Tx, purse: Purse, micros: int, most: int) -> Refused | None:
    """Count a cost, unless the month's spend would pass `most`."""
    left = _left.get((purse, tx.slot, most)) or 0
    if left >= micros and tx.expect("spend", **purse.scope, slot=tx.slot, micros=micros, most=most):
        _left.put((purse, tx.slot, most), left - micros)
        return None
    _lock(tx, purse)
    slots: list[SpendSlot] = tx.all("spend_slots", **purse.scope)
    spent = sum(slot.micros for slot in slots)
    if refused := gates.spend(spent, micros, most):
        return refused
    mine = sum(slot.micros for slot in slots if slot.slot == tx.slot)
    others = [slot for slot in slots if slot.slot != tx.slot]
    # What was granted under another limit counts no more, nor may it again when that limit comes back.
    _take_back(tx, [slot for slot in others if slot.most != most], most)
    held = [slot for slot in others if slot.most == most and slot.granted > slot.micros]
    free = most - spent - sum(slot.granted - slot.micros for slot in held)
    if free < micros:
        _take_back(tx, held, most)
        free = most - spent
    share = free if tx.slots == 1 else max(micros, free // (2 * tx.slots))
    tx.write(
        "grant_spend", **purse.scope, slot=tx.slot, micros=mine + micros, granted=mine + share, most=most
    )
    _left.put((purse, tx.slot, most), share - micros)
    return None


def _lock(tx: Tx, purse: Purse) -> None:
    tx.alone(f"spend/{purse.account_id}/{purse.region}/{purse.channel}")


def give_back(tx: Tx, purse: Purse, micros: int) -> None:
    """What was counted in this transaction for a text that a later gate refused."""
    tx.write("unspend", **purse.scope, slot=tx.slot, micros=micros)


def _take_back(tx: Tx, slots: list[SpendSlot], most: int) -> None:
    for slot in slots:
        tx.update(slot, granted=slot.micros, most=most)
