"""Answers that come late, one receipt for a whole text, carriers that lose patience (duties 6, 16 and 24)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.line.house import Home, House, ScriptedCarrier, house
from wireroom.api.enums import EventType
from wireroom.carriers.port import Answer, Awaited, Handed, Later, OnDoubt, Receipt, Refused, Unknown
from wireroom.core.message import MessageStatus, PartStatus

LONG = "x" * 400
"""Three parts."""
Story = Callable[[House], Awaitable[None]]


def play(story: Story, home: Home, on_doubt: OnDoubt = OnDoubt.RESEND) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), house(home, ScriptedCarrier(on_doubt)) as there:
            await story(there)

    asyncio.run(run())


async def answer(there: House, *answers: Answer) -> None:
    assert there.carrier.hear_answers is not None
    await there.carrier.hear_answers(answers)


async def taken(there: House, count: int) -> None:
    """Wait until the carrier was offered so many segments."""
    async with asyncio.timeout(10):
        while len(there.carrier.taken) < count:
            there.carrier.reached.clear()
            await there.carrier.reached.wait()


async def turn() -> None:
    """Let everybody else go on."""
    going_on = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.001, going_on.set_result, None)
    await going_on


async def awaited(there: House, message_id: str) -> None:
    """Wait until the line knows that the answer is to come."""
    while message_id not in there.line._awaiting:
        await turn()


async def waits(there: House, message_id: str) -> None:
    """Wait until the text is to be offered again."""
    while (promised := await there.promised(message_id)) is None or promised.stage != "route":
        await turn()


async def status(there: House, message_id: str) -> MessageStatus:
    return (await there.message(message_id)).status


def test_a_text_whose_answer_is_awaited_is_settled_when_it_comes(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.append(Awaited())
        message_id = await there.send()
        await awaited(there, message_id)
        promised = await there.promised(message_id)
        assert promised is not None
        assert promised.stage == "handing"  # a crash now leaves it in doubt
        await there.carrier.says("x1")  # its receipt overtakes the answer
        await answer(there, Answer(message_id, 1, Handed("x1")))
        assert await status(there, message_id) is MessageStatus.DELIVERED
        assert sorted(await there.events(message_id)) == [
            ("TEXT_DELIVERED", True),
            ("TEXT_SUCCESSFUL", False),
        ]
        assert await there.promised(message_id) is None
        assert there.line.backlog == 0
        await there.line.idle()

    play(story, home)


def test_the_parts_of_a_text_may_be_answered_one_after_the_other(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.extend([Handed("p1"), Awaited(), Awaited()])
        message_id = await there.send(LONG)
        await awaited(there, message_id)
        await answer(there, Answer(message_id, 3, Handed("p3")))
        assert await there.parts(message_id) == []
        await answer(there, Answer(message_id, 2, Handed("p2")))
        assert [part.carrier_message_id for part in await there.parts(message_id)] == ["p1", "p2", "p3"]
        await there.carrier.says_at_once(EventType.TEXT_DELIVERED, "p1", "p2", "p3")
        assert await status(there, message_id) is MessageStatus.DELIVERED

    play(story, home)


def test_a_text_whose_answer_is_awaited_is_not_offered_again(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.append(Awaited())
        message_id = await there.send()
        await awaited(there, message_id)
        there.line._look()  # at what the outbox holds for this process
        await there.send()
        await taken(there, 2)
        await there.send()
        await taken(there, 3)
        assert [segment.message_id for segment in there.carrier.taken].count(message_id) == 1
        await answer(there, Answer(message_id, 1, Handed("x")))
        await there.line.idle()

    play(story, home)


def test_while_answers_are_awaited_other_texts_go_on(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.extend([Awaited()] * 5)
        slow = [await there.send() for _ in range(5)]
        for message_id in slow:
            await awaited(there, message_id)
        quick = await there.send()
        await taken(there, 6)
        await there.carrier.says("c1")
        while await status(there, quick) is not MessageStatus.DELIVERED:
            await there.carrier.says("c1")
        await answer(there, *(Answer(each, 1, Refused(EventType.TEXT_INVALID)) for each in slow))
        assert [await status(there, each) for each in slow] == [MessageStatus.FAILED] * 5

    play(story, home)


@pytest.mark.parametrize("while_it_waits", [True, False])
def test_a_text_that_was_to_be_resent_is_not_once_its_answer_has_come(
    home: Home, while_it_waits: bool
) -> None:
    async def story(there: House) -> None:
        there.carrier.next.append(Unknown())
        message_id = await there.send()
        await taken(there, 1)
        if while_it_waits:
            await waits(there, message_id)
        else:  # it is being offered again when the first answer comes
            there.carrier.gate.clear()
            await taken(there, 2)
        await answer(there, Answer(message_id, 1, Handed("first")))
        assert await there.promised(message_id) is None
        there.carrier.gate.set()
        await there.line.idle()
        (part,) = await there.parts(message_id)
        assert (part.carrier_message_id, part.doubt) == ("first", True)
        await there.carrier.says("first")
        assert await status(there, message_id) is MessageStatus.DELIVERED
        finals = [name for name, final in await there.events(message_id) if final]
        assert finals == ["TEXT_DELIVERED"]
        assert len(there.carrier.taken) == (1 if while_it_waits else 2)

    play(story, home)


def test_of_a_text_to_be_resent_only_the_parts_without_an_answer_are(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.extend([Handed("p1"), Unknown(), Unknown()])
        message_id = await there.send(LONG)
        await taken(there, 3)
        await waits(there, message_id)
        await answer(there, Answer(message_id, 3, Handed("p3")))
        await there.line.idle()
        await taken(there, 4)
        await there.line.idle()
        assert [segment.number for segment in there.carrier.taken] == [1, 2, 3, 2]
        names = [str(part.carrier_message_id) for part in await there.parts(message_id)]
        assert names == ["p1", "c1", "p3"]

    play(story, home)


def test_a_part_may_be_answered_late_while_all_of_them_are_offered_again(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.extend([Unknown()] * 3)
        message_id = await there.send(LONG)
        await taken(there, 3)
        await waits(there, message_id)
        there.carrier.gate.clear()
        await taken(there, 6)
        await answer(there, Answer(message_id, 2, Handed("p2")))
        there.carrier.gate.set()
        await there.line.idle()
        names = [str(part.carrier_message_id) for part in await there.parts(message_id)]
        assert names == ["c1", "p2", "c3"]
        await there.carrier.says_at_once(EventType.TEXT_DELIVERED, *names)
        assert await status(there, message_id) is MessageStatus.DELIVERED

    play(story, home)


def test_a_late_refusal_does_not_end_a_text_that_is_being_offered_again(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.append(Unknown())
        message_id = await there.send()
        await taken(there, 1)
        await waits(there, message_id)
        there.carrier.gate.clear()
        await taken(there, 2)
        await answer(there, Answer(message_id, 1, Refused(EventType.TEXT_SPAM)))
        there.carrier.gate.set()
        await there.line.idle()
        assert await status(there, message_id) is MessageStatus.SENT
        await there.carrier.says("c1")
        assert await status(there, message_id) is MessageStatus.DELIVERED

    play(story, home)


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [
        (Handed("named"), MessageStatus.DELIVERED),
        (Refused(EventType.TEXT_SPAM), MessageStatus.FAILED),
        (Later(1_000), MessageStatus.FAILED),
        (Unknown(), MessageStatus.SENT),
    ],
)
def test_a_part_that_is_held_gets_its_name_or_its_end(
    home: Home, outcome: Handed | Refused | Later | Unknown, ends: MessageStatus
) -> None:
    async def story(there: House) -> None:
        there.carrier.next.append(Unknown())
        message_id = await there.send()
        await there.line.idle()
        await there.carrier.says("named")  # parked: nobody knows whose it is
        await answer(there, Answer(message_id, 1, outcome))
        assert await status(there, message_id) is ends
        assert sum(final for _, final in await there.events(message_id)) == (ends is not MessageStatus.SENT)

    play(story, home, OnDoubt.HOLD)


def test_an_answer_for_a_text_that_has_ended_changes_nothing(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.append(Unknown())
        message_id = await there.send()
        await there.line.idle()
        assert await status(there, message_id) is MessageStatus.UNKNOWN
        await answer(there, Answer(message_id, 1, Handed("x")), Answer("no such text", 1, Handed("y")))
        assert await status(there, message_id) is MessageStatus.UNKNOWN
        assert [part.carrier_message_id for part in await there.parts(message_id)] == [None]

    play(story, home, OnDoubt.FAIL)


def test_one_receipt_settles_all_parts_that_went_out_in_one_piece(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.extend([Handed("whole")] * 3)
        message_id = await there.send(LONG)
        await there.line.idle()
        await there.carrier.says("whole")
        assert [part.status for part in await there.parts(message_id)] == [PartStatus.DELIVERED] * 3
        assert await status(there, message_id) is MessageStatus.DELIVERED

    play(story, home)


def test_one_parked_receipt_settles_all_parts_that_went_out_in_one_piece(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.extend([Handed("whole")] * 3)
        await there.carrier.says("whole", EventType.TEXT_SPAM)
        message_id = await there.send(LONG)
        await there.line.idle()
        assert await status(there, message_id) is MessageStatus.FAILED

    play(story, home)


def test_an_intermediate_receipt_that_overtakes_the_answer_does_not_hide_the_last_one(home: Home) -> None:
    async def story(there: House) -> None:
        await there.carrier.says("c1", EventType.TEXT_PENDING)
        await there.carrier.says("c1", EventType.TEXT_DELIVERED)
        message_id = await there.send()
        await there.line.idle()
        assert await status(there, message_id) is MessageStatus.DELIVERED

    play(story, home)


@pytest.mark.parametrize(("turned", "ends"), [(0, MessageStatus.FAILED), (3_600_000, MessageStatus.EXPIRED)])
def test_a_text_that_a_carrier_gave_up_before_its_time_was_unreachable(
    home: Home, turned: int, ends: MessageStatus
) -> None:
    async def story(there: House) -> None:
        message_id = await there.send(time_to_live=3_600)
        await there.line.idle()
        there.clock.turn(turned)
        await there.carrier.hears([Receipt("c1", EventType.TEXT_TTL_EXPIRED, if_time_is_out=True)])
        assert await status(there, message_id) is ends

    play(story, home)
