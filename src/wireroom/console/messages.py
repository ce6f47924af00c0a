"""Texts as JSON: what was sent, to whom, in which parts, and what became of it (docs/console.md)."""

import re
from datetime import UTC, datetime
from functools import partial

import msgspec
from msgspec import Struct

from wireroom.console.parts import Parts, Problem
from wireroom.console.search import Filters, find, message_id
from wireroom.core.message import FINAL, MessageStatus, PartStatus
from wireroom.core.pricing import dollars
from wireroom.core.text import split
from wireroom.edge.callers import Visitor
from wireroom.store.rows import Event, Message, Part, Why
from wireroom.store.tx import Tx

DEFAULT_PAGE, LARGEST_PAGE = 50, 200
_CODE = re.compile(r"(?<![0-9])[0-9]{4,8}(?![0-9])")


class PartView(Struct, frozen=True, rename="camel", omit_defaults=True):
    number: int
    encoding: str
    text: str
    status: PartStatus
    carrier_message_id: str | None
    doubt: bool = False
    """Told only where true: it may have been handed over twice, an outcome is not known (docs/adr/0004)."""


class MessageView(Struct, frozen=True, rename="camel", omit_defaults=True):
    """One text. `price` is dollars for all its parts; `events` are AWS's, to the letter."""

    message_id: str
    account_id: str
    region: str
    channel: str
    direction: str
    status: str
    created_at: str
    origination_phone_number: str
    destination_phone_number: str
    message_body: str
    message_type: str
    pool_id: str | None
    context: dict[str, str] | None
    configuration_set_name: str | None
    parts: list[PartView]
    price: float
    codes: list[str]
    why: str
    events: list[msgspec.Raw]
    body_deleted: bool = False
    """Told only where true: retention has taken the words, the number of parts is left."""


class MessagesView(Struct, frozen=True, rename="camel"):
    messages: list[MessageView]
    next_token: str | None


async def list_messages(parts: Parts, filters: Filters, limit: int, token: str | None) -> MessagesView:
    """A page, newest first; `token` is the nextToken of the page before."""
    found = await find(parts.engine, filters, limit, None if token is None else message_id(token))
    views = [await parts.engine.read(partial(show, message), "message") for message in found.messages]
    return MessagesView(views, found.go_on)


async def get_message(parts: Parts, visitor: Visitor, wanted: str) -> MessageView:
    """One text. Raises Problem where this visitor has none of this id."""
    key = message_id(wanted)

    def read(tx: Tx) -> MessageView | None:
        message = tx.get(Message, key)
        if message is None or not (visitor.admin or message.account_id == visitor.caller.account_id):
            return None
        return show(message, tx)

    view = await parts.engine.read(read, "message")
    if view is None:
        raise Problem(404, "There is no message of this id.")
    return view


def show(message: Message, tx: Tx) -> MessageView:
    """A text with its parts and events. A part that was not handed over yet has no row: it waits."""
    rows: dict[int, Part] = {
        part.number: part for part in tx.all("parts_of_message", message_id=message.message_id)
    }
    events = tx.page(Event, {"message_id": message.message_id}, None, 100)
    kept = message.body != ""  # no text is accepted without words: retention takes them
    texts = split(message.body).parts if kept else ("",) * message.part_count
    return MessageView(
        message_id=message.message_id,
        account_id=message.account_id,
        region=message.region,
        channel=message.channel,
        direction=message.direction,
        status=message.status,
        created_at=iso(message.created_at),
        origination_phone_number=message.origination,
        destination_phone_number=message.destination,
        message_body=message.body,
        message_type=message.message_type,
        pool_id=message.pool_id,
        context=message.context,
        configuration_set_name=message.configuration_set,
        parts=[_show_part(message, number, text, rows.get(number)) for number, text in enumerate(texts, 1)],
        price=dollars(message.price_micros),
        codes=_CODE.findall(message.body),
        why=_story(message, tx),
        events=[msgspec.Raw(event.body.encode()) for event in events],
        body_deleted=not kept,
    )


def _story(message: Message, tx: Tx) -> str:
    """Rows of the first release's data hold the story itself."""
    kept = tx.get(Why, message.account_id, message.region, message.why)
    return message.why if kept is None else kept.story


def _show_part(message: Message, number: int, text: str, row: Part | None) -> PartView:
    if row is None:
        expired = message.status is MessageStatus.EXPIRED
        status = PartStatus.EXPIRED if expired else PartStatus.PENDING
        return PartView(number, message.encoding, text, status, None)
    # The only part of a text ends as the text does, and its row is not written again (delivery/receipt.py).
    ended = message.part_count == 1 and message.status in FINAL
    status = PartStatus(message.status) if ended else row.status
    return PartView(number, message.encoding, text, status, row.carrier_message_id, row.doubt)


def iso(milliseconds: int) -> str:
    """UTC, `2026-11-23T17:00:00.123Z`."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
