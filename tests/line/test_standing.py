"""What receipts say of identities: who delivered last, and who fails too often (data-plane §1.2)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.line.house import (
    ACCOUNT,
    HANDSET,
    NOW,
    REGION,
    TEN_DLC,
    TOLL_FREE,
    Home,
    House,
    ScriptedCarrier,
    house,
)
from wireroom.api.enums import EventType
from wireroom.carriers.port import OnDoubt, Receipt, Refused, Unknown
from wireroom.core.message import MessageStatus
from wireroom.core.standing import SLOT_MS, WINDOW_MS
from wireroom.delivery import receipt, standing
from wireroom.delivery.moves import Final
from wireroom.store.rows import Degraded, Message, Sticky, Trouble
from wireroom.store.tx import Tx

HOURS = 3_600_000
SIMULATED = "+14254147167"
BAD, GOOD = EventType.TEXT_CARRIER_UNREACHABLE, EventType.TEXT_DELIVERED


def in_house(story: Callable[[House], Awaitable[None]], home: Home) -> None:
    async def run() -> None:
        async with house(home) as there:
            await story(there)

    asyncio.run(run())


async def sticky(there: House, destination: str = HANDSET) -> tuple[str, int] | None:
    row = await there.engine.read(lambda tx: tx.get(Sticky, ACCOUNT, REGION, destination), "sticky")
    return None if row is None else (row.identity, row.delivered_at)


async def troubles(there: House) -> list[tuple[str, int, int]]:
    """(identity, finals, failures) of each row."""
    rows = await there.engine.read(lambda tx: tx.page(Trouble, {}, None, 1_000), "troubles")
    return [(row.identity, row.finals, row.failures) for row in rows]


async def degraded(there: House) -> dict[str, str]:
    """Who steps back now, and why."""
    return dict(
        await there.engine.read(
            lambda tx: tx.all("degraded_now", account_id=ACCOUNT, region=REGION, now=there.clock.now()),
            "degraded",
        )
    )


async def texts(there: House, count: int, body: str = "hello", origination: str = TEN_DLC) -> list[str]:
    """Hand over so many texts to as many handsets; answers what the carrier calls their parts."""
    ids = [
        await there.send(body, destination=f"+1425555{1000 + at}", origination=origination)
        for at in range(count)
    ]
    await there.line.idle()
    parts = [part for message_id in ids for part in await there.parts(message_id)]
    return [str(part.carrier_message_id) for part in parts]


async def end(there: House, outcome: EventType, count: int) -> None:
    await there.carrier.says_at_once(outcome, *await texts(there, count))


async def speaker(there: House, destination: str) -> str:
    """Who speaks when it is left to us."""
    return (await there.message(await there.send(origination=None, destination=destination))).origination


def test_who_delivered_last_is_sticky_from_then_on(home: Home) -> None:
    async def story(there: House) -> None:
        await there.send()
        await there.line.idle()
        assert await sticky(there) is None  # the carrier has it, and the handset may not
        there.clock.turn(1_000)
        await there.carrier.says("c1")
        assert await sticky(there) == (TEN_DLC, NOW + 1_000)

    in_house(story, home)


def test_where_no_receipt_is_due_the_carriers_acceptance_is_enough(home: Home) -> None:
    async def story(there: House) -> None:
        await there.send(origination=TOLL_FREE)
        await there.line.idle()
        assert await sticky(there) == (TOLL_FREE, NOW)
        assert await speaker(there, HANDSET) == TOLL_FREE  # and not the 10DLC number, which comes first
        await there.line.idle()
        there.clock.turn(25 * HOURS)
        assert await speaker(there, HANDSET) == TEN_DLC

    in_house(story, home)


def test_a_text_that_failed_makes_nobody_sticky(home: Home) -> None:
    async def story(there: House) -> None:
        await there.send(origination=TOLL_FREE)
        await there.line.idle()
        there.clock.turn(1_000)
        await there.send(origination=TEN_DLC)
        await there.line.idle()
        await there.carrier.says("c2", BAD)
        there.carrier.next.append(Refused(EventType.TEXT_SPAM))
        await there.send(origination=TEN_DLC)
        await there.line.idle()
        assert await sticky(there) == (TOLL_FREE, NOW)

    in_house(story, home)


def test_a_batch_of_receipts_for_one_destination_writes_one_sticky_row(home: Home) -> None:
    async def story(there: House) -> None:
        for _ in range(64):
            await there.send()
        await there.line.idle()
        receipts = [Receipt(f"c{number}", GOOD) for number in range(1, 65)]
        before = there.rows_written()
        await there.engine.run(
            lambda tx: receipt.settle(tx, there.carrier, receipts, "embedded", NOW), "receipt"
        )
        messages, events, stuck = 64, 64, 1
        assert there.rows_written() - before == messages + events + stuck

    in_house(story, home)


def test_the_last_delivery_of_a_batch_counts(home: Home) -> None:
    async def story(there: House) -> None:
        ids = [await there.send(origination=each) for each in (TEN_DLC, TOLL_FREE, TEN_DLC)]
        rows = [await there.message(message_id) for message_id in ids]

        def both(first: Message, then: Message) -> Callable[[Tx], None]:
            return lambda tx: standing.note(tx, [Final(first, GOOD), Final(then, GOOD)], "one", NOW)

        await there.engine.run(both(rows[0], rows[1]), "note")
        assert await sticky(there) == (TOLL_FREE, NOW)
        await there.engine.run(both(rows[1], rows[2]), "note")
        assert await sticky(there) == (TEN_DLC, NOW)

    in_house(story, home)


def test_a_healthy_identity_costs_nothing(home: Home) -> None:
    async def story(there: House) -> None:
        await end(there, GOOD, 30)
        assert await troubles(there) == []
        assert await degraded(there) == {}

    in_house(story, home)


def test_an_identity_whose_texts_mostly_fail_steps_back(home: Home) -> None:
    async def story(there: House) -> None:
        await end(there, BAD, 14)
        await end(there, GOOD, 5)
        assert await degraded(there) == {}  # 19 are too few to tell
        await end(there, GOOD, 1)
        assert await degraded(there) == {TEN_DLC: "14 of its last 20 receipts are failures"}
        assert await speaker(there, "+14255552000") == TOLL_FREE

    in_house(story, home)


def test_successes_before_the_first_failure_do_not_help_it(home: Home) -> None:
    async def story(there: House) -> None:
        await end(there, GOOD, 60)
        await end(there, BAD, 20)
        assert await degraded(there) == {TEN_DLC: "20 of its last 20 receipts are failures"}

    in_house(story, home)


def test_the_trouble_of_one_identity_is_not_counted_against_another(home: Home) -> None:
    async def story(there: House) -> None:
        await end(there, BAD, 20)
        await texts(there, 20, origination=TOLL_FREE)
        assert await troubles(there) == [(TEN_DLC, 20, 20)]
        assert list(await degraded(there)) == [TEN_DLC]

    in_house(story, home)


def test_a_receipt_that_comes_twice_counts_once(home: Home) -> None:
    async def story(there: House) -> None:
        names = await texts(there, 3)
        await there.carrier.says_at_once(BAD, *names, *names)
        await there.carrier.says_at_once(BAD, *names)
        assert await troubles(there) == [(TEN_DLC, 3, 3)]

    in_house(story, home)


def test_a_text_in_parts_counts_once(home: Home) -> None:
    async def story(there: House) -> None:
        names = await texts(there, 2, body="x" * 400)
        assert len(names) == 6
        await there.carrier.says_at_once(BAD, *names[:2])
        assert await troubles(there) == []
        await there.carrier.says_at_once(BAD, *names[2:])
        assert await troubles(there) == [(TEN_DLC, 2, 2)]

    in_house(story, home)


@pytest.mark.parametrize("body", ["hello", "x" * 200])
def test_receipts_that_overtook_the_answer_to_their_submit_count_too(home: Home, body: str) -> None:
    async def story(there: House) -> None:
        await there.carrier.says_at_once(BAD, "c1", "c2")
        await texts(there, 1, body)
        assert await troubles(there) == [(TEN_DLC, 1, 1)]

    in_house(story, home)


def test_what_the_carrier_refuses_counts(home: Home) -> None:
    async def story(there: House) -> None:
        there.carrier.next.extend([Refused(EventType.TEXT_CARRIER_BLOCKED)] * 20)
        await texts(there, 20)
        assert await degraded(there) == {TEN_DLC: "20 of its last 20 receipts are failures"}

    in_house(story, home)


def test_a_hand_over_in_doubt_does_not_count(home: Home) -> None:
    async def story() -> None:
        async with house(home, ScriptedCarrier(OnDoubt.FAIL)) as there:
            there.carrier.next.append(Unknown())
            message_id = await there.send()
            await there.line.idle()
            assert (await there.message(message_id)).status is MessageStatus.UNKNOWN
            assert await troubles(there) == []

    asyncio.run(story())


@pytest.mark.parametrize("outcome", [EventType.TEXT_INVALID, EventType.TEXT_TTL_EXPIRED])
def test_failures_that_another_has_to_answer_for_do_not_count(home: Home, outcome: EventType) -> None:
    async def story(there: House) -> None:
        await end(there, outcome, 3)
        assert await troubles(there) == []
        await end(there, BAD, 1)
        await end(there, outcome, 3)
        assert await troubles(there) == [(TEN_DLC, 1, 1)]

    in_house(story, home)


@pytest.mark.parametrize("outcome", [BAD, GOOD])
def test_nothing_sent_to_a_simulator_destination_counts(home: Home, outcome: EventType) -> None:
    async def story(there: House) -> None:
        await end(there, BAD, 1)
        await there.send(destination=SIMULATED)
        await there.line.idle()
        await there.carrier.says("c2", outcome)
        assert await troubles(there) == [(TEN_DLC, 1, 1)]
        assert (await sticky(there, SIMULATED) is None) is (outcome is BAD)

    in_house(story, home)


def test_an_identity_that_gets_through_again_recovers(home: Home) -> None:
    async def story(there: House) -> None:
        await end(there, BAD, 20)
        there.clock.turn(60_000)
        await end(there, GOOD, 19)
        assert list(await degraded(there)) == [TEN_DLC]
        await end(there, GOOD, 1)
        assert await degraded(there) == {}

    in_house(story, home)


def test_an_identity_without_traffic_recovers_when_its_failures_are_five_minutes_old(home: Home) -> None:
    async def story(there: House) -> None:
        await end(there, BAD, 20)
        there.clock.turn(WINDOW_MS - SLOT_MS - 1)
        await there.sweeper.once()
        assert list(await degraded(there)) == [TEN_DLC]
        there.clock.turn(SLOT_MS + 1)
        assert await degraded(there) == {}
        await end(there, BAD, 1)  # which begins to count anew
        assert await degraded(there) == {}
        await there.sweeper.once()
        assert await troubles(there) == [(TEN_DLC, 1, 1)]
        assert await there.engine.read(lambda tx: tx.page(Degraded, {}, None, 10), "degraded") == []

    in_house(story, home)


def test_failures_far_apart_degrade_nobody(home: Home) -> None:
    async def story(there: House) -> None:
        for _ in range(4):
            await end(there, BAD, 19)
            there.clock.turn(WINDOW_MS)
        assert await degraded(there) == {}

    in_house(story, home)


def test_an_identity_that_fails_on_and_on_is_written_once_for_each_slot(home: Home) -> None:
    async def story(there: House) -> None:
        async def cost() -> int:
            [name] = await texts(there, 1)
            before = there.rows_written()
            await there.carrier.says(name, BAD)
            return there.rows_written() - before

        await end(there, BAD, 20)
        message, event, trouble, verdict = 1, 1, 1, 1
        assert await cost() == message + event + trouble
        there.clock.turn(SLOT_MS)
        assert await cost() == message + event + trouble + verdict
        assert await cost() == message + event + trouble
        assert await degraded(there) == {TEN_DLC: "22 of its last 22 receipts are failures"}

    in_house(story, home)


def test_each_process_counts_in_rows_of_its_own_and_all_are_summed(home: Home) -> None:
    async def story(there: House) -> None:
        row = await there.message(await there.send())

        def ten_failures(counter: str) -> Callable[[Tx], None]:
            return lambda tx: standing.note(tx, [Final(row, BAD)] * 10, counter, NOW)

        await there.engine.run(ten_failures("one"), "note")
        assert await degraded(there) == {}
        await there.engine.run(ten_failures("two"), "note")
        assert await troubles(there) == [(TEN_DLC, 10, 10), (TEN_DLC, 10, 10)]
        assert await degraded(there) == {TEN_DLC: "20 of its last 20 receipts are failures"}

    in_house(story, home)


def test_what_was_counted_before_a_restart_counts_after_it(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            names = await texts(there, 20)
            await there.carrier.says_at_once(BAD, *names[:10])
        async with house(home) as there:
            await there.carrier.says_at_once(BAD, *names)  # the link repeats what was not acknowledged
            found = await troubles(there)  # each process counts in rows of its own
            assert {identity for identity, _, _ in found} == {TEN_DLC}
            assert sum(finals for _, finals, _ in found) == sum(failures for _, _, failures in found) == 20
            assert list(await degraded(there)) == [TEN_DLC]

    asyncio.run(story())
