"""accept → route → submit → receipt → event, with a carrier that answers as told (DESIGN §5)."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from tests.line.house import TEN_DLC, TOLL_FREE, Home, ScriptedCarrier, house
from wireroom.api.enums import EventType
from wireroom.carriers.port import Handed, Later, OnDoubt, Receipt, Refused, Unknown
from wireroom.core.message import MessageStatus, PartStatus
from wireroom.store.rows import Event, Message, Part
from wireroom.store.sqlite import SqliteEngine

DELIVERED = [("TEXT_SUCCESSFUL", False), ("TEXT_DELIVERED", True)]


def test_a_text_is_handed_over_and_its_receipt_ends_it(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            message_id = await there.send("hello")
            await there.line.idle()
            assert [segment.text for segment in there.carrier.taken] == ["hello"]
            assert (await there.message(message_id)).status is MessageStatus.SENT
            assert await there.promised(message_id) is None
            await there.carrier.says("c1")
            assert (await there.message(message_id)).status is MessageStatus.DELIVERED
            assert await there.events(message_id) == DELIVERED

    asyncio.run(story())


def test_beyond_the_backlog_a_send_is_told_to_come_again(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            refused = await there.refused(origination=TEN_DLC, backlog=there.settings.max_backlog)
            assert refused.error == "ThrottlingException"
            assert there.line.backlog == 0

    asyncio.run(story())


def test_an_event_has_every_member_in_awss_order(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            message_id = await there.send("hello", context={"order": "42"})
            await there.line.idle()
            await there.carrier.says("c1")
            row = await there.engine.read(lambda tx: tx.get(Event, message_id, "TEXT_DELIVERED"), "event")
            assert row is not None
            event = json.loads(row.body)
            assert list(event) == [
                "eventType",
                "eventVersion",
                "eventTimestamp",
                "isFinal",
                "originationPhoneNumber",
                "destinationPhoneNumber",
                "isoCountryCode",
                "isInternationalSend",
                "messageId",
                "messageRequestTimestamp",
                "messageEncoding",
                "messageType",
                "messageStatus",
                "messageStatusDescription",
                "context",
                "totalMessageParts",
                "totalMessagePrice",
                "totalCarrierFee",
            ]
            assert event["messageStatus"] == "DELIVERED"
            assert event["messageStatusDescription"] == "Message has been accepted by phone"
            assert event["context"] == {"order": "42"}
            assert event["eventTimestamp"] == there.clock.now()

    asyncio.run(story())


def test_where_the_route_gives_no_receipts_the_carriers_acceptance_is_final(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            message_id = await there.send("hello", origination=TOLL_FREE)
            await there.line.idle()
            assert await there.events(message_id) == [("TEXT_SUCCESSFUL", True)]
            await there.carrier.says("c1")  # a receipt that nobody was promised changes nothing
            assert (await there.message(message_id)).status is MessageStatus.SENT
            assert await there.events(message_id) == [("TEXT_SUCCESSFUL", True)]

    asyncio.run(story())


def test_a_refused_text_fails_with_the_carriers_reason(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            there.carrier.next.append(Refused(EventType.TEXT_CARRIER_BLOCKED))
            message_id = await there.send("hello")
            await there.line.idle()
            assert (await there.message(message_id)).status is MessageStatus.FAILED
            assert await there.events(message_id) == [("TEXT_CARRIER_BLOCKED", True)]

    asyncio.run(story())


@pytest.mark.parametrize("order", [("c1", "c2", "c3"), ("c3", "c1", "c2")])
def test_a_text_in_parts_ends_when_its_last_part_does(home: Home, order: tuple[str, ...]) -> None:
    async def story() -> None:
        async with house(home) as there:
            message_id = await there.send("x" * 400)
            await there.line.idle()
            assert [(segment.number, segment.count) for segment in there.carrier.taken] == [
                (1, 3),
                (2, 3),
                (3, 3),
            ]
            for carrier_id in order[:2]:
                await there.carrier.says(carrier_id)
                assert (await there.message(message_id)).status is MessageStatus.SENT
            await there.carrier.says(order[2])
            assert (await there.message(message_id)).status is MessageStatus.DELIVERED
            assert await there.events(message_id) == DELIVERED

    asyncio.run(story())


@pytest.mark.parametrize("last", ["c1", "c2"])
def test_one_failed_part_fails_the_text_once_all_are_in(home: Home, last: str) -> None:
    async def story() -> None:
        async with house(home) as there:
            message_id = await there.send("x" * 200)
            await there.line.idle()
            first = "c2" if last == "c1" else "c1"
            await there.carrier.says(first, EventType.TEXT_UNREACHABLE)
            assert (await there.message(message_id)).status is MessageStatus.SENT
            await there.carrier.says(last)
            assert (await there.message(message_id)).status is MessageStatus.FAILED
            assert await there.events(message_id) == [("TEXT_SUCCESSFUL", False), ("TEXT_UNREACHABLE", True)]

    asyncio.run(story())


def test_a_part_refused_at_once_fails_the_text_when_the_other_parts_receipt_is_in(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            there.carrier.next.extend([Handed("a"), Refused(EventType.TEXT_SPAM)])
            message_id = await there.send("x" * 200)
            await there.line.idle()
            assert await there.events(message_id) == []
            await there.carrier.says("a")
            assert await there.events(message_id) == [("TEXT_SPAM", True)]

    asyncio.run(story())


def test_receipts_that_overtake_the_answer_to_their_submit_are_parked(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            await there.carrier.says("c1")
            await there.carrier.says("c2")
            message_id = await there.send("x" * 200)
            await there.line.idle()
            assert await there.events(message_id) == DELIVERED
            assert not await there.engine.read(lambda tx: tx.one("any_parked"), "parked")

    asyncio.run(story())


def test_a_receipt_that_comes_twice_changes_nothing(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            message_id = await there.send()
            await there.line.idle()
            await there.carrier.says("c1")
            await there.carrier.says("c1", EventType.TEXT_UNREACHABLE)
            assert await there.events(message_id) == DELIVERED

    asyncio.run(story())


def test_a_throttled_text_is_offered_again(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            there.carrier.next.append(Later(1))
            message_id = await there.send()
            while (await there.message(message_id)).status is not MessageStatus.SENT:
                there.carrier.reached.clear()
                await there.carrier.reached.wait()
                await there.line.idle()
            assert len(there.carrier.taken) == 2
            assert not (await there.parts(message_id))[0].doubt

    asyncio.run(story())


def test_only_the_throttled_part_is_offered_again(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            there.carrier.next.extend([Handed("a"), Later(1)])
            message_id = await there.send("x" * 200)
            while (await there.message(message_id)).status is not MessageStatus.SENT:
                there.carrier.reached.clear()
                await there.carrier.reached.wait()
                await there.line.idle()
            assert [segment.number for segment in there.carrier.taken] == [1, 2, 2]

    asyncio.run(story())


def test_a_text_that_waits_longer_shows_as_queued(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            there.carrier.next.append(Later(6_000))
            message_id = await there.send()
            await there.line.idle()
            assert (await there.message(message_id)).status is MessageStatus.QUEUED
            assert await there.events(message_id) == [("TEXT_QUEUED", False)]

    asyncio.run(story())


def test_a_text_whose_time_to_live_ran_out_is_not_handed_over(home: Home) -> None:
    async def story() -> None:
        async with house(home, running=False) as there:
            message_id = await there.send(time_to_live=5)
            there.clock.turn(5_000)
            await there.line.start()
            await there.line.idle()
            assert there.carrier.taken == []
            assert (await there.message(message_id)).status is MessageStatus.EXPIRED
            assert await there.events(message_id) == [("TEXT_TTL_EXPIRED", True)]

    asyncio.run(story())


def test_an_unknown_outcome_is_resent_and_marked(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            there.carrier.next.append(Unknown())
            message_id = await there.send()
            await there.line.idle()
            promised = await there.promised(message_id)
            assert promised is not None
            assert promised.doubt
            while not await there.parts(message_id):
                there.carrier.reached.clear()
                await there.carrier.reached.wait()
                await there.line.idle()
            assert [part.doubt for part in await there.parts(message_id)] == [True]
            assert len(there.carrier.taken) == 2

    asyncio.run(story())


@pytest.mark.parametrize(
    ("policy", "status"), [(OnDoubt.HOLD, MessageStatus.SENT), (OnDoubt.FAIL, MessageStatus.UNKNOWN)]
)
def test_an_unknown_outcome_is_never_resent_where_the_link_forbids_it(
    home: Home, policy: OnDoubt, status: MessageStatus
) -> None:
    async def story() -> None:
        async with house(home, ScriptedCarrier(policy)) as there:
            there.carrier.next.append(Unknown())
            message_id = await there.send()
            await there.line.idle()
            assert len(there.carrier.taken) == 1
            assert (await there.message(message_id)).status is status
            assert [part.doubt for part in await there.parts(message_id)] == [True]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("policy", "offers", "status"),
    [
        (OnDoubt.RESEND, 2, MessageStatus.SENT),
        (OnDoubt.HOLD, 1, MessageStatus.SENT),
        (OnDoubt.FAIL, 1, MessageStatus.UNKNOWN),
    ],
)
def test_a_text_found_half_handed_over_after_a_restart_follows_its_links_policy(
    home: Home, monkeypatch: pytest.MonkeyPatch, policy: OnDoubt, offers: int, status: MessageStatus
) -> None:
    monkeypatch.setattr("wireroom.delivery.line.STOP_SECONDS", 0.01)

    async def story() -> None:
        carrier = ScriptedCarrier(policy)
        carrier.gate.clear()
        async with house(home, carrier) as there:
            message_id = await there.send()
            await carrier.reached.wait()  # offered, and the process ends before the answer is written down
        carrier.gate.set()
        async with house(home, carrier) as there:
            await there.line.idle()
            assert len(carrier.taken) == offers
            assert (await there.message(message_id)).status is status
            assert [part.doubt for part in await there.parts(message_id)] == [True]

    asyncio.run(story())


def test_a_hand_over_that_is_under_way_when_the_server_stops_ends_without_doubt(home: Home) -> None:
    async def story() -> None:
        carrier = ScriptedCarrier()
        carrier.gate.clear()
        async with house(home, carrier) as there:
            message_id = await there.send()
            await carrier.reached.wait()
            stopping = asyncio.ensure_future(there.line.stop())
            carrier.gate.set()
            await stopping
            assert [part.doubt for part in await there.parts(message_id)] == [False]
            assert await there.promised(message_id) is None

    asyncio.run(story())


def test_leases_of_what_is_in_memory_are_renewed_where_others_could_take_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqliteEngine, "sole", False)
    monkeypatch.setattr("wireroom.delivery.line.STOP_SECONDS", 0.01)

    async def story() -> None:
        carrier = ScriptedCarrier()
        carrier.gate.clear()
        monkeypatch.setattr("wireroom.delivery.line.LEASE", 3)
        async with house(home, carrier) as there:
            message_id = await there.send()
            await carrier.reached.wait()
            marked = await there.promised(message_id)
            while (renewed := await there.promised(message_id)) == marked:
                await there.engine.run(lambda tx: tx.one("outbox_size"), "a pass of the loop")
            assert marked is not None
            assert renewed is not None
            assert renewed.lease_until != marked.lease_until

    asyncio.run(story())


def test_what_was_accepted_before_a_restart_goes_out_after_it(home: Home) -> None:
    async def story() -> None:
        async with house(home, running=False) as there:
            ids = [await there.send(f"text {count}") for count in range(150)]
        async with house(home) as there:
            assert there.line.backlog == 150
            await there.line.idle()
            assert sorted(segment.message_id for segment in there.carrier.taken) == sorted(ids)
            assert there.line.backlog == 0
            parts = [part for message_id in ids for part in await there.parts(message_id)]
            assert [part.doubt for part in parts] == [False] * 150

    asyncio.run(story())


def test_what_finds_no_room_in_memory_is_claimed_from_the_outbox(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wireroom.bus.embedded.ROOM", 10)

    async def story() -> None:
        carrier = ScriptedCarrier()
        carrier.gate.clear()
        async with house(home, carrier) as there:
            ids = list(await asyncio.gather(*(there.send(f"text {count}") for count in range(200))))
            carrier.gate.set()
            await there.line.idle()
            assert sorted(segment.message_id for segment in carrier.taken) == sorted(ids)
            assert there.line.backlog == 0

    asyncio.run(story())


def test_a_text_that_breaks_a_stage_stops_no_other(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from wireroom.delivery import submit

    settle = submit._settle

    def broken(tx, routed, *rest):  # type: ignore[no-untyped-def]  # stands in for _settle, whatever it takes
        if routed.job.message.body == "poison":
            raise RuntimeError("a bug")
        return settle(tx, routed, *rest)

    monkeypatch.setattr(submit, "_settle", broken)

    async def story() -> None:
        async with house(home, running=False) as there:
            good, bad, fine = [await there.send(body) for body in ("good", "poison", "fine")]
            await there.line.start()  # which takes all three in one pass
            await there.line.idle()
            assert (await there.message(good)).status is MessageStatus.SENT
            assert (await there.message(fine)).status is MessageStatus.SENT
            # The carrier had them when the pass broke off, and got them again.
            assert [part.doubt for each in (good, fine) for part in await there.parts(each)] == [True, True]
            promised = await there.promised(bad)
            assert promised is not None
            assert promised.doubt

    asyncio.run(story())


def test_a_text_that_breaks_before_it_is_handed_over_is_not_in_doubt(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wireroom.delivery import route

    missing = route._missing

    def broken(message: Message, parts: Sequence[Part]) -> list[int]:
        if message.body == "poison":
            raise RuntimeError("a bug")
        return missing(message, parts)

    monkeypatch.setattr(route, "_missing", broken)

    async def story() -> None:
        async with house(home, ScriptedCarrier(OnDoubt.FAIL), running=False) as there:
            good, bad = [await there.send(body) for body in ("good", "poison")]
            await there.line.start()
            await there.line.idle()
            assert (await there.message(good)).status is MessageStatus.SENT
            promised = await there.promised(bad)
            assert promised is not None
            assert not promised.doubt

    asyncio.run(story())


def test_a_receipt_that_contradicts_an_earlier_one_of_the_same_batch_changes_nothing(home: Home) -> None:
    async def story() -> None:
        async with house(home) as there:
            message_id = await there.send("word " * 40)
            await there.line.idle()
            heard = [
                ("c1", EventType.TEXT_DELIVERED),
                ("c1", EventType.TEXT_SPAM),
                ("c2", EventType.TEXT_DELIVERED),
            ]
            assert there.carrier._hear is not None
            await there.carrier._hear([Receipt(name, outcome) for name, outcome in heard])
            assert (await there.message(message_id)).status is MessageStatus.DELIVERED
            assert [part.status for part in await there.parts(message_id)] == [PartStatus.DELIVERED] * 2

    asyncio.run(story())
