"""Waiting for a text: the next one that matches and that no earlier wait was given, in order of arrival."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from wireroom.console.messages import MessageView, show
from wireroom.console.parts import Parts, Problem
from wireroom.console.search import MOST_LOOKED_AT, Filters, find
from wireroom.store.rows import Message
from wireroom.store.tx import Tx

DEFAULT_SECONDS, MOST_SECONDS = 10.0, 300.0
MOST_REMEMBERED = 100_000


class Gone(Exception):
    """Who waited has hung up."""


class Waits:
    """Everybody who waits on this server, and what was given out already."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._given: OrderedDict[str, None] = OrderedDict()

    async def next(
        self, filters: Filters, seconds: float, receive: Callable[[], Awaitable[Any]]
    ) -> MessageView:
        """The first text that matches, now or within `seconds`. Raises Problem on time-out, and Gone.

        `receive` is ASGI's: it comes back when the client hangs up.
        """
        feed = self._parts.bus.follow("feed")  # from before the look, so that nothing slips between
        view = await self._there_already(filters)
        if view is not None:
            return view
        hung_up = asyncio.ensure_future(receive())
        stopping = asyncio.create_task(self._parts.stopping.wait())
        arrival = asyncio.ensure_future(anext(feed))
        try:
            async with asyncio.timeout(seconds):
                while view is None:
                    await asyncio.wait({arrival, hung_up, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    if hung_up.done():
                        raise Gone
                    if stopping.done():
                        raise Problem(503, "The server stops.")
                    view = await self._take(filters, arrival.result())
                    arrival = asyncio.ensure_future(anext(feed))
        except TimeoutError:
            raise Problem(404, f"No text that matches came within {seconds:g} seconds.") from None
        finally:
            for task in (arrival, hung_up, stopping):
                task.cancel()
            await asyncio.gather(arrival, hung_up, stopping, return_exceptions=True)
        return view

    async def _there_already(self, filters: Filters) -> MessageView | None:
        found = await find(
            self._parts.engine,
            filters,
            MOST_LOOKED_AT,
            wanted=lambda message: message.message_id not in self._given,
        )
        for message in reversed(found.messages):
            view = await self._take(filters, message)
            if view is not None:
                return view
        return None

    async def _take(self, filters: Filters, message: Message) -> MessageView | None:
        """The text as it is now, if it still matches and is still to be had."""
        if not filters.match(message) or message.message_id in self._given:
            return None

        def read(tx: Tx) -> MessageView | None:
            current = tx.get(Message, message.message_id)
            return show(current, tx) if current is not None and filters.match(current) else None

        view = await self._parts.engine.read(read, "message")
        if view is None or message.message_id in self._given:
            return None
        self._given[message.message_id] = None
        if len(self._given) > MOST_REMEMBERED:
            self._given.popitem(last=False)
        return view
