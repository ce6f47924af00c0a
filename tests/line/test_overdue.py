"""A text of which nobody says anything final ends by itself after 72 hours, once."""

import asyncio

from tests.line.house import TOLL_FREE, Home, House, ScriptedCarrier, house
from wireroom.api.enums import EventType
from wireroom.carriers.port import Handed, Later, OnDoubt, Unknown
from wireroom.core.message import MessageStatus
from wireroom.delivery.overdue import STRIDE, Overdue

HOUR = 3_600_000
UNKNOWN = ("TEXT_UNKNOWN", True)
SUCCESSFUL = ("TEXT_SUCCESSFUL", False)


async def sent(there: House, number: int = 1) -> list[str]:
    """Texts that a carrier has, and of which it owes a receipt."""
    ids = [await there.send() for _ in range(number)]
    await there.line.idle()
    return ids


def test_a_text_without_a_receipt_is_unknown_after_72_hours_and_not_before(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            overdue = Overdue(there.engine, there.clock)
            (text,) = await sent(there)
            there.clock.turn(72 * HOUR - 1)
            assert await overdue.once() == 0
            assert await there.events(text) == [SUCCESSFUL]
            there.clock.turn(1)
            assert await overdue.once() == 1
            assert await there.events(text) == [SUCCESSFUL, UNKNOWN]
            assert (await there.message(text)).status is MessageStatus.UNKNOWN
            assert await overdue.once() == 0

    asyncio.run(story())


def test_a_receipt_that_comes_after_that_changes_nothing(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            there.carrier.next.append(Handed("late"))
            (text,) = await sent(there)
            there.clock.turn(72 * HOUR)
            await Overdue(there.engine, there.clock).once()
            await there.carrier.says("late", EventType.TEXT_DELIVERED)
            assert await there.events(text) == [SUCCESSFUL, UNKNOWN]

    asyncio.run(story())


def test_what_has_ended_stays_as_it_ended(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            there.carrier.next.append(Handed("delivered"))
            (delivered,) = await sent(there)
            await there.carrier.says("delivered", EventType.TEXT_DELIVERED)
            accepted = await there.send(origination=TOLL_FREE)  # the carrier's word is the last on this route
            await there.line.idle()
            there.clock.turn(100 * HOUR)
            assert await Overdue(there.engine, there.clock).once() == 0
            assert await there.events(delivered) == [SUCCESSFUL, ("TEXT_DELIVERED", True)]
            assert await there.events(accepted) == [("TEXT_SUCCESSFUL", True)]

    asyncio.run(story())


def test_a_text_that_is_held_for_a_receipt_after_a_doubtful_hand_over_ends_too(home: Home) -> None:
    async def story() -> None:
        async with house(home, ScriptedCarrier(OnDoubt.HOLD)) as there:
            there.carrier.next.append(Unknown())
            (text,) = await sent(there)
            assert (await there.message(text)).status is MessageStatus.SENT
            there.clock.turn(72 * HOUR)
            assert await Overdue(there.engine, there.clock).once() == 1
            assert (await there.events(text))[-1] == UNKNOWN

    asyncio.run(story())


def test_a_text_that_waits_for_its_carrier_is_looked_at_again_when_it_has_gone(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            overdue = Overdue(there.engine, there.clock)
            there.carrier.next.append(Later(3_600_000))
            (waiting,) = await sent(there)
            (other,) = await sent(there)
            there.clock.turn(72 * HOUR)
            assert await overdue.once() == 1, "the other one"
            assert (await there.events(other))[-1] == UNKNOWN
            assert await there.promised(waiting) is not None
            assert (await there.message(waiting)).status is not MessageStatus.UNKNOWN

    asyncio.run(story())


def test_many_come_of_age_together_and_each_ends_once(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            texts = await sent(there, STRIDE + 20)
            there.clock.turn(72 * HOUR)
            one, two = Overdue(there.engine, there.clock), Overdue(there.engine, there.clock)
            assert sum(await asyncio.gather(one.once(), two.once())) == len(texts)
            for text in texts:
                assert await there.events(text) == [SUCCESSFUL, UNKNOWN]

    asyncio.run(story())
