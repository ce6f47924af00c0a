"""What a text writes on its way (DESIGN §5): at most 12 rows for a text of one part."""

import asyncio

import pytest

from tests.line.house import TEN_DLC, Home, house
from wireroom.api.enums import EventType
from wireroom.core.message import PartStatus
from wireroom.store.rows import Sticky


def test_a_one_part_text_costs_at_most_12_row_writes(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            await there.send("the month's spend row and the story are there now", revision="steady")
            await there.line.idle()
            await there.carrier.says("c1", EventType.TEXT_INVALID)
            assert await there.engine.read(lambda tx: tx.page(Sticky, {}, None, 10), "sticky") == []
            before = there.rows_written()
            await there.send("hello", revision="steady", retry_of="d" * 32)
            await there.line.idle()
            await there.carrier.says("c2")
            assert there.rows_written() - before <= 12
            [row] = await there.engine.read(lambda tx: tx.page(Sticky, {}, None, 10), "sticky")
            assert row.identity == TEN_DLC

    asyncio.run(story())


@pytest.mark.parametrize("outcome", [EventType.TEXT_DELIVERED, EventType.TEXT_SPAM])
def test_the_only_part_of_a_text_is_not_written_again_by_its_receipt(home: Home, outcome: EventType) -> None:
    async def story() -> None:
        async with house(home) as there:
            message_id = await there.send()
            await there.line.idle()
            before = await there.parts(message_id)
            await there.carrier.says("c1", outcome)
            assert (await there.events(message_id))[-1] == (outcome, True)
            assert await there.parts(message_id) == before
            assert [part.status for part in before] == [PartStatus.SENT]

    asyncio.run(story())
