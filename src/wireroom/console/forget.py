"""Forget a person: a number's texts go for good, from the rows and from the bytes of the files.

Opt-outs stay: without them the person would be written to again. There is no index by destination, so all
texts are walked, a stretch at a time behind everybody who sends. What is deleted is overwritten with zeros
(`secure_delete`), and the logs are emptied, so that the words are in no file of ours when this answers.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from functools import partial

from msgspec import Struct

from wireroom.console.parts import Books, Problem
from wireroom.core import numbers
from wireroom.store.engine import Engine
from wireroom.store.rows import OptedOutNumber, OptIn, OptOutList, Place, Sticky, Token
from wireroom.store.tx import Tx

STRETCH = 300
"""Rows that one transaction looks at."""
MOST_LISTS = 10_000
"""Opt-out lists of an account in a Region: far more than a quota allows."""
TRIES, PAUSE = 5, 1.0
"""Attempts to empty the logs, and seconds between them."""

log = logging.getLogger(__name__)


class ForgetRequest(Struct, frozen=True, forbid_unknown_fields=True):
    number: str
    account: str | None = None


class OptOutKept(Struct, frozen=True):
    account: str
    region: str
    list: str


class Forgotten(Struct, frozen=True, rename="camel"):
    """How many texts are erased, and what stays. `traces`: an old log is still being read, and holds them."""

    texts: int
    opt_outs_kept: list[OptOutKept]
    traces: bool


def number_of(text: str) -> str:
    """E.164. Raises Problem."""
    parsed = numbers.parse(text)
    if parsed is None:
        raise Problem(400, "This is no phone number: write it as E.164, for example +14255550100.")
    return parsed.number


async def forget(engine: Engine, books: Books, number: str, account_id: str | None) -> Forgotten:
    """Erase a number (E.164) in one account, or (None) in all. Raises Unavailable."""
    texts = 0
    async for message_ids in _erased_texts(engine, number, account_id):
        texts += len(message_ids)
        # What was under way went to its carrier before this commit or not at all, and is in the book by now.
        await books.forget(message_ids)
    await _erase_tokens(engine, number, account_id)
    kept = await _erase_in_places(engine, number, account_id)
    if account_id is None:
        await books.forget_number(number)
    traces = not await _emptied(books)
    log.info("%d texts of a number that ends in %s are forgotten", texts, number[-4:])
    return Forgotten(texts, kept, traces)


async def _erased_texts(engine: Engine, number: str, account_id: str | None) -> AsyncIterator[list[str]]:
    after: str | None = ""
    while after is not None:
        erase = partial(_erase_texts, number=number, account_id=account_id, after=after)
        message_ids, after = await engine.run(erase, "forget", patient=True)
        if message_ids:
            yield message_ids


def _erase_texts(tx: Tx, number: str, account_id: str | None, after: str) -> tuple[list[str], str | None]:
    """Those of a stretch, and where the next one begins; None at the end."""
    stretch: list[str] = tx.all("next_message_ids", after=after, most=STRETCH)
    if not stretch:
        return [], None
    found = tx.all("messages_of_number", number=number, after=after, last=stretch[-1])
    message_ids = [message.message_id for message in found if account_id in (None, message.account_id)]
    tx.alone(*(f"text/{message_id}" for message_id in message_ids))
    keys = [{"message_id": message_id} for message_id in message_ids]
    tx.execute_many("reset_outbox", keys)
    tx.execute_many("reset_parts", keys)
    tx.execute_many("reset_events", keys)
    tx.execute_many("reset_messages", keys)
    return message_ids, stretch[-1] if len(stretch) == STRETCH else None


async def _erase_tokens(engine: Engine, number: str, account_id: str | None) -> None:
    """Answers that are kept for retries and that name the number."""
    after: str | None = ""
    while after is not None:
        erase = partial(_erase_some_tokens, number=number, account_id=account_id, after=after)
        after = await engine.run(erase, "forget", patient=True)


def _erase_some_tokens(tx: Tx, number: str, account_id: str | None, after: str) -> str | None:
    rows = tx.page(Token, {}, (after,), STRETCH)
    for row in rows:
        if number in row.answer and account_id in (None, row.account_id):
            tx.delete(row)
    return rows[-1].digest if len(rows) == STRETCH else None


async def _erase_in_places(engine: Engine, number: str, account_id: str | None) -> list[OptOutKept]:
    """What each account's corner of a Region knows of the number; answers the opt-outs, which stay."""
    kept: list[OptOutKept] = []
    scope = {} if account_id is None else {"account_id": account_id}
    after: tuple[str, str] | None = None
    while True:
        page = partial(_page_of_places, scope=scope, after=after)
        places = await engine.read(page, "forget")
        for place in places:
            erase = partial(_erase_in_place, place=place, number=number)
            kept += await engine.run(erase, "forget", patient=True)
        if len(places) < STRETCH:
            return kept
        after = (places[-1].account_id, places[-1].region)


def _page_of_places(tx: Tx, scope: dict[str, str], after: tuple[str, str] | None) -> list[Place]:
    return tx.page(Place, scope, after, STRETCH)


def _erase_in_place(tx: Tx, place: Place, number: str) -> list[OptOutKept]:
    account_id, region = place.account_id, place.region
    tx.alone(f"place/{account_id}/{region}")
    sticky = tx.get(Sticky, account_id, region, number)
    if sticky is not None:
        tx.delete(sticky)
    kept = []
    for each in tx.page(OptOutList, {"account_id": account_id, "region": region}, None, MOST_LISTS):
        opt_in = tx.get(OptIn, account_id, region, each.name, number)
        if opt_in is not None:
            tx.delete(opt_in)
        if tx.get(OptedOutNumber, account_id, region, each.name, number) is not None:
            kept.append(OptOutKept(account_id, region, each.name))
    return kept


async def _emptied(books: Books) -> bool:
    for _ in range(TRIES - 1 if books.sole else 0):
        if await books.empty_logs():
            return True
        await asyncio.sleep(PAUSE)
    return await books.empty_logs()
