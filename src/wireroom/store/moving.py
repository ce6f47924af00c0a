"""Moves all rows from one engine to another, and verifies each of them.

The source is not served meanwhile and not changed. What was copied is marked as a move until the last row is
verified, so that one that was broken off goes on where it was, and nobody serves half of the data. Knows
engines by their port only.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from wireroom.core.ids import uuid7_floor
from wireroom.core.message import RETRY_LIFE
from wireroom.store.engine import Engine, StoreError
from wireroom.store.rows import TABLES, Count, Message
from wireroom.store.tx import Tx

AT_ONCE = 500
"""Rows of one transaction."""
_MARK = ("", "", "moving")
"""A counter of no account, whose value is how many moves were begun."""


class Different(StoreError):
    """A row is not on the other side as it is on this: named by its table and place, never by its words."""


class Moved(Struct, frozen=True):
    """How many rows of each table were moved and verified."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


async def move(source: Engine, target: Engine, machine_now: int, tell: Callable[[str, int], None]) -> Moved:
    """Copy, verify, and end the mark. `tell` hears of each table and its rows as they are verified.

    Raises StoreError in words: the target holds other data, or a row differs (Different).
    """
    await _claim(target)
    for kind in TABLES:
        await _copy(source, target, kind)
    rows = {}
    for kind in TABLES:
        rows[TABLES[kind].name] = await _verify(source, target, kind)
        tell(TABLES[kind].name, rows[TABLES[kind].name])
    await _remember_attempts(source, target, uuid7_floor(machine_now - RETRY_LIFE))
    await target.run(lambda tx: tx.delete(Count(*_MARK, 0)), "moved")
    return Moved(rows)


async def is_half_moved(engine: Engine) -> bool:
    """A move into these data was broken off."""
    return await engine.read(lambda tx: tx.get(Count, *_MARK) is not None, "moving")


async def _claim(target: Engine) -> None:
    """Mark the target as one that is being moved into, unless it is; it must have nothing else."""

    def claim(tx: Tx) -> str | None:
        if tx.get(Count, *_MARK) is not None:
            return None
        taken = next((TABLES[kind].name for kind in TABLES if _others(tx, kind)), None)
        if taken is None:
            tx.insert(Count(*_MARK, 1))
        return taken

    taken = await target.run(claim, "moving")
    if taken is not None:
        raise StoreError(f"the database has rows already, in {taken}: name one that is empty")


def _others(tx: Tx, kind: type[Struct]) -> bool:
    return bool(tx.walk(kind, _begin(kind), 1))


def _begin(kind: type[Struct]) -> Sequence[Any] | None:
    """Counters of no account are each installation's own: the mark, and how often it was asked if it is
    ready."""
    return ("", "~", "~") if kind is Count else None


async def _copy(source: Engine, target: Engine, kind: type[Struct]) -> None:
    after = _begin(kind)
    while rows := await source.read(partial(_stretch, kind=kind, after=after), "moving"):
        await target.run(partial(_keep, rows=rows), "moving")
        after = _key(rows[-1])


def _stretch(tx: Tx, kind: type[Struct], after: Sequence[Any] | None) -> list[Struct]:
    return tx.walk(kind, after, AT_ONCE)


def _keep(tx: Tx, rows: Sequence[Struct]) -> None:
    """What a move that was broken off has copied already is there, and is verified with the rest."""
    for row in rows:
        tx.keep(row)


async def _verify(source: Engine, target: Engine, kind: type[Struct]) -> int:
    """Walk along both; answers how many rows there are. Raises Different."""
    after = _begin(kind)
    verified = 0
    while True:
        look = partial(_stretch, kind=kind, after=after)
        ours, theirs = await source.read(look, "verifying"), await target.read(look, "verifying")
        if ours != theirs:
            place = next(
                (at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other),
                min(len(ours), len(theirs)),
            )
            raise Different(
                f"row {verified + place + 1} of {TABLES[kind].name} is not the same on both sides"
            )
        if not ours:
            return verified
        verified += len(ours)
        after = _key(ours[-1])


def _key(row: Struct) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in TABLES[type(row)].key)


async def _remember_attempts(source: Engine, target: Engine, since: str) -> None:
    """An SDK that tries again after the move is answered with what its first attempt has sent."""
    after: Sequence[Any] | None = (since,)
    while rows := await source.read(partial(_texts, after=after), "moving"):
        await target.run(partial(_remember, rows=rows), "moving")
        after = _key(rows[-1])


def _texts(tx: Tx, after: Sequence[Any] | None) -> list[Message]:
    return tx.walk(Message, after, AT_ONCE)


def _remember(tx: Tx, rows: Sequence[Message]) -> None:
    for row in rows:
        if row.retry_of is not None and tx.one("sent_before", digest=row.retry_of) is None:
            tx.write("remember_sent", digest=row.retry_of, message_id=row.message_id)
