"""One SDK call sends one text, however often the SDK tries (DESIGN §4, docs/adr/0008)."""

import asyncio

import pytest

from tests.line.house import Home, House, house
from wireroom.core.message import RETRY_LIFE
from wireroom.store.rows import Message
from wireroom.store.tx import Duplicate

CALL = "c" * 32


async def texts(there: House) -> list[str]:
    found = await there.engine.read(lambda tx: tx.page(Message, {}, None, 100), "messages")
    return [message.message_id for message in found]


def test_a_further_attempt_is_answered_with_the_first_ones_text(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            first = await there.send(retry_of=CALL, first_attempt=True)
            assert await there.send(retry_of=CALL) == first
            assert await there.send(retry_of="d" * 32) != first
            assert len(await texts(there)) == 2

    asyncio.run(story())


def test_a_further_attempt_after_a_restart_is_answered_with_the_first_ones_text(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            first = await there.send(retry_of=CALL, first_attempt=True)
        async with house(home) as there:
            assert await there.send(retry_of=CALL) == first
            assert await texts(there) == [first]

    asyncio.run(story())


def test_a_first_attempt_that_was_replayed_on_its_way_is_undone(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            first = await there.send(retry_of=CALL, first_attempt=True)
            with pytest.raises(Duplicate):  # the edge then runs it again, as a further attempt
                await there.send(retry_of=CALL, first_attempt=True)
            assert await texts(there) == [first]

    asyncio.run(story())


def test_after_15_minutes_the_same_call_sends_anew(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with house(home) as there:
            first = await there.send(retry_of=CALL)
            now = there.machine.now()
            monkeypatch.setattr(there.machine, "now", lambda: now + RETRY_LIFE + 60_000)
            assert await there.send(retry_of=CALL) != first

    asyncio.run(story())


def test_what_is_remembered_of_calls_is_swept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    async def remembered(there: House) -> list[str]:
        rows = await there.engine.run(lambda tx: tx.all("sent_page", after="", most=10), "sent")
        return [digest for digest, _ in rows]

    async def story() -> None:
        async with house(home) as there:
            await there.send(retry_of=CALL)
            await there.sweeper.once()
            assert await remembered(there) == [CALL]
            now = there.machine.now()
            monkeypatch.setattr(there.machine, "now", lambda: now + RETRY_LIFE + 60_000)
            await there.sweeper.once()
            assert await remembered(there) == []

    asyncio.run(story())
