"""Which texts somebody asks for, and how they are found: newest first, along an index.

A filter that no index serves looks at `MOST_LOOKED_AT` rows at most, and answers where to go on.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from msgspec import Struct

from wireroom.console.parts import Problem
from wireroom.core.message import MessageStatus
from wireroom.edge.callers import Visitor
from wireroom.store.engine import Engine
from wireroom.store.rows import Message
from wireroom.store.tx import Tx

MOST_LOOKED_AT = 10_000
STRIDE = 100
"""Rows read at a time, so that a long search does not keep the event loop from senders."""
_FIRST, _LAST = "", "~"
"""Before and after every message id."""
_MESSAGE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Filters(Struct, frozen=True):
    """What a text must be like. `account` None: any."""

    account: str | None
    destination: str | None
    origination: str | None
    status: MessageStatus | None
    after: str
    """Only texts that came after this message id."""
    since: int
    """Only texts of this business time (ms) or later."""

    def match(self, message: Message) -> bool:
        return (
            (self.account is None or message.account_id == self.account)
            and (self.destination is None or message.destination == self.destination)
            and (self.origination is None or message.origination == self.origination)
            and (self.status is None or message.status is self.status)
            and message.message_id > self.after
            and message.created_at >= self.since
        )


def read_filters(query: Mapping[str, str], visitor: Visitor) -> Filters:
    """Raises Problem for what cannot be meant, and for another account's texts."""
    account = query.get("account")
    if not visitor.admin:
        own = visitor.caller.account_id
        if account not in (None, own):
            raise Problem(403, "Texts of other accounts need an admin key.")
        account = own
    status = query.get("status")
    if status is not None and status not in MessageStatus.__members__:
        raise Problem(400, f"status is one of {', '.join(MessageStatus)}.")
    after, since = _since(query.get("since"))
    return Filters(
        account,
        _identity(query.get("destination")),
        _identity(query.get("origination")),
        None if status is None else MessageStatus(status),
        after,
        since,
    )


def _identity(text: str | None) -> str | None:
    """A plus that nobody escaped in a URL arrives as a space, and would match nothing for ever."""
    return f"+{text[1:]}" if text is not None and text.startswith(" ") else text


def message_id(text: str) -> str:
    """Raises Problem for what cannot be one."""
    if not _MESSAGE_ID.fullmatch(text):
        raise Problem(400, "That is no MessageId.")
    return text


def _since(text: str | None) -> tuple[str, int]:
    if text is None:
        return _FIRST, 0
    if _MESSAGE_ID.fullmatch(text):
        return text, 0
    if re.fullmatch(r"[0-9]{1,15}", text):
        return _FIRST, int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(400, "since is a MessageId, an ISO 8601 time or milliseconds since 1970.") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _FIRST, round(moment.timestamp() * 1000)


class Found(Struct, frozen=True):
    """Texts, newest first. `go_on` is where the next page begins; None when there is no more."""

    messages: list[Message]
    go_on: str | None


async def find(
    engine: Engine,
    filters: Filters,
    most: int,
    before: str | None = None,
    wanted: Callable[[Message], bool] = lambda _: True,
) -> Found:
    """At most `most` texts that match and are `wanted`, from `before` backwards."""
    found: list[Message] = []
    last = before or _LAST
    for _ in range(MOST_LOOKED_AT // STRIDE):
        rows = await engine.read(partial(_stride, filters, last), "messages")
        for row in rows:
            if row.created_at < filters.since:  # both clocks only go forwards: what follows is older
                return Found(found, None)
            if filters.match(row) and wanted(row):
                if len(found) == most:
                    return Found(found, found[-1].message_id)
                found.append(row)
        if len(rows) < STRIDE:
            return Found(found, None)
        last = rows[-1].message_id
        await asyncio.sleep(0)  # others first
    return Found(found, last)


def _stride(filters: Filters, before: str, tx: Tx) -> list[Message]:
    after = filters.after
    if filters.account is not None:
        account_id = filters.account
        return tx.all(
            "messages_newest_of_account", account_id=account_id, before=before, after=after, most=STRIDE
        )
    return tx.all("messages_newest", before=before, after=after, most=STRIDE)
