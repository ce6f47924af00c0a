"""What nobody wants to keep goes; what is wanted, or is under way, stays."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from tests.line.house import TEN_DLC, TOLL_FREE, Home, House, house
from wireroom.api.enums import EventType
from wireroom.carriers.port import Handed, Later, Refused
from wireroom.config import AuthMode, Retention, Settings
from wireroom.core.text import split
from wireroom.delivery import retention
from wireroom.store.engine import Unavailable
from wireroom.store.rows import Event, Message, Outbox, Part, Why
from wireroom.store.tx import Tx

DAY = 86_400_000
HOUR = 3_600_000
TWO_PARTS = "word " * 40


def keeping(newest: int | None = 0, **kept: str) -> Settings:
    return Settings(retention=Retention(newest=newest, **kept))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE", 0.0)


async def texts(there: House) -> list[str]:
    found = await there.engine.read(lambda tx: tx.page(Message, {}, None, 10_000), "texts")
    return [message.message_id for message in found]


async def send_many(there: House, number: int) -> list[str]:
    """Texts that end with the carrier's acceptance."""
    sent = [await there.send(origination=TOLL_FREE) for _ in range(number)]
    await there.line.idle()
    return sorted(sent)


def test_a_text_goes_with_its_parts_and_events_when_its_time_is_over(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(messages="24h")) as there:
            old = await send_many(there, 3)
            there.clock.turn(1)
            young = await send_many(there, 2)
            there.clock.turn(DAY - 2)
            await there.retention.round()
            assert await texts(there) == sorted(old + young)
            there.clock.turn(1)
            await there.retention.round()
            assert await texts(there) == young
            assert there.forgotten == old
            for gone in old:
                assert await there.parts(gone) == []
                assert await there.events(gone) == []
            assert len(await there.parts(young[0])) == 1
            assert len(await there.events(young[0])) == 1

    asyncio.run(story())


def test_without_a_setting_everything_stays_for_ever(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping()) as there:
            sent = await send_many(there, 2)
            there.clock.turn(10_000 * DAY)
            await there.retention.round()
            assert await texts(there) == sent
            assert (await there.message(sent[0])).body == "hello"
            assert there.forgotten == []

    asyncio.run(story())


def test_a_text_in_the_outbox_stays_whatever_its_age(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(messages="1h", bodies="1h")) as there:
            there.carrier.next.append(Later(3_600_000))
            waits = await there.send(origination=TOLL_FREE, time_to_live=259_200)
            await there.line.idle()
            sent = await send_many(there, 1)
            there.clock.turn(100 * HOUR)
            await there.retention.round()
            assert await texts(there) == [waits]
            assert (await there.message(waits)).body == "hello"
            assert there.forgotten == sent

    asyncio.run(story())


def test_a_text_that_waits_for_its_receipt_goes_when_it_has_it(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(messages="1h")) as there:
            waits = await there.send()
            await there.line.idle()
            after = await send_many(there, 1)
            there.clock.turn(HOUR)
            await there.retention.round()
            assert await texts(there) == [waits]
            await there.carrier.says("c1")
            await there.retention.round()
            assert await texts(there) == []
            assert there.forgotten == [*after, waits]

    asyncio.run(story())


def test_a_text_whose_receipt_never_came_goes_after_73_hours(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(messages="1h")) as there:
            waits = await there.send()
            await there.line.idle()
            there.clock.turn(73 * HOUR - 1)
            await there.retention.round()
            assert await texts(there) == [waits]
            there.clock.turn(1)
            await there.retention.round()
            assert await texts(there) == []

    asyncio.run(story())


def test_the_words_go_and_the_rest_of_the_text_stays(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(bodies="1h")) as there:
            sent = await there.send(TWO_PARTS, origination=TOLL_FREE)
            await there.line.idle()
            before = await there.message(sent)
            events = await there.events(sent)
            there.clock.turn(HOUR)
            await there.retention.round()
            assert await there.message(sent) == replace(before, body="")
            assert before.part_count == len(split(TWO_PARTS).parts) == 2
            assert len(await there.parts(sent)) == 2
            assert await there.events(sent) == events
            assert there.forgotten == [sent], "the carrier's own book has the words too"

    asyncio.run(story())


def test_events_go_by_the_age_of_the_last_one(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(events="1h")) as there:
            late = await there.send()
            await there.line.idle()
            (early,) = await send_many(there, 1)
            there.clock.turn(HOUR - 1)
            await there.carrier.says("c1")
            there.clock.turn(1)
            await there.retention.round()
            assert await there.events(early) == []
            assert len(await there.events(late)) == 2
            there.clock.turn(HOUR - 1)
            await there.retention.round()
            assert await there.events(late) == []
            assert await texts(there) == sorted([early, late])
            assert there.forgotten == []

    asyncio.run(story())


def test_a_text_whose_events_went_first_is_not_taken_for_one_under_way(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(events="1h", messages="2h")) as there:
            await send_many(there, 1)
            for _ in range(2):
                there.clock.turn(HOUR)
                await there.retention.round()
            assert await texts(there) == []

    asyncio.run(story())


def test_a_text_without_events_that_still_waits_for_a_receipt_is_under_way(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(messages="1h")) as there:
            there.carrier.next += [Handed("c1"), Refused(EventType.TEXT_BLOCKED)]
            sent = await there.send(TWO_PARTS)
            await there.line.idle()
            assert await there.events(sent) == []
            there.clock.turn(HOUR)
            await there.retention.round()
            assert await texts(there) == [sent]
            await there.carrier.says("c1")
            await there.retention.round()
            assert await texts(there) == []

    asyncio.run(story())


def test_only_the_newest_texts_stay_where_they_are_counted(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "TEXTS", 4)

    async def story() -> None:
        async with house(home, settings=keeping(newest=3)) as there:
            sent = await send_many(there, 20)
            await there.retention.round()
            assert await texts(there) == sent[-3:]
            assert there.forgotten == sent[:-3]
            sent = await send_many(there, 2)
            await there.retention.round()
            assert (await texts(there))[-2:] == sent
            assert len(await texts(there)) == 3

    asyncio.run(story())


def test_texts_under_way_stay_beside_the_newest_and_go_when_they_end(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(newest=2)) as there:
            waits = await there.send()
            await there.line.idle()
            sent = await send_many(there, 5)
            for _ in range(3):
                await there.retention.round()
                assert await texts(there) == [waits, *sent[-2:]]
            await there.carrier.says("c1")
            await there.retention.round()
            assert await texts(there) == sent[-2:]

    asyncio.run(story())


def test_what_was_there_at_the_start_is_counted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wireroom.delivery.tally.STRIDE", 2)

    async def story() -> None:
        async with house(home, settings=keeping()) as there:
            sent = await send_many(there, 7)
        async with house(home, settings=keeping(newest=4)) as there:
            await there.retention.round()
            assert await texts(there) == sent[-4:]

    asyncio.run(story())


def test_texts_that_somebody_else_deleted_do_not_count(home: Home) -> None:
    def delete_all(tx: Tx) -> None:
        for kind in (Message, Part, Event):
            for row in tx.page(kind, {}, None, 100):
                tx.delete(row)

    async def story() -> None:
        async with house(home, settings=keeping(newest=3)) as there:
            await send_many(there, 3)
            await there.retention.round()
            await there.engine.run(delete_all, "reset")
            there.retention.recount()
            sent = await send_many(there, 3)
            await there.retention.round()
            assert await texts(there) == sent

    asyncio.run(story())


def test_many_texts_too_many_do_not_wait_for_the_next_round(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "WAKE", 3)

    async def story() -> None:
        async with house(home, settings=keeping(newest=2)) as there:
            deleted = asyncio.Event()
            there.retention._texts.forget = note = _Noting(deleted)
            await there.retention.round()  # the first of its own is over by then
            sent = await send_many(there, 4)
            assert note.told == []
            await there.send(origination=TOLL_FREE)
            await asyncio.wait_for(deleted.wait(), 10)
            assert note.told == sent[:3]

    asyncio.run(story())


class _Noting:
    """A carrier's book that says when it was told to forget."""

    def __init__(self, said: asyncio.Event) -> None:
        self.told: list[str] = []
        self._said = said

    async def __call__(self, message_ids: Sequence[str]) -> None:
        self.told += message_ids
        self._said.set()


def test_how_many_are_kept_depends_on_who_is_served() -> None:
    assert retention.newest(Settings()) == 100_000
    assert retention.newest(Settings(auth=AuthMode.KEYS)) is None
    assert retention.newest(keeping(newest=0)) is None
    assert retention.newest(Settings(auth=AuthMode.KEYS, retention=Retention(newest=5))) == 5


def test_texts_that_must_stay_are_not_looked_at_again_in_each_round(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(bodies="1h")) as there:
            await send_many(there, 3 * retention.TEXTS)
            there.clock.turn(HOUR)
            await there.retention.round()
            before = there.counters.snapshot()["store.reads"]
            written = there.rows_written()
            await there.retention.round()
            assert there.counters.snapshot()["store.reads"] - before == 2, "what follows, and the oldest text"
            assert there.rows_written() == written

    asyncio.run(story())


def test_a_store_that_cannot_now_makes_nothing_to_be_forgotten_for_ever(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(messages="1h")) as there:
            sent = await send_many(there, 2)
            there.clock.turn(HOUR)

            async def fail(*_: object, **__: object) -> None:
                raise Unavailable("the disk is full")

            with monkeypatch.context() as broken:
                broken.setattr(there.engine, "run", fail)
                with pytest.raises(Unavailable):
                    await there.retention.round()
            assert await texts(there) == sent
            await there.retention.round()
            assert await texts(there) == []

    asyncio.run(story())


def test_a_text_stays_until_the_carriers_have_forgotten_it(home: Home) -> None:
    async def fail(_: Sequence[str]) -> None:
        raise OSError("the ledger cannot be written")

    async def story() -> None:
        async with house(home, settings=keeping(messages="1h")) as there:
            sent = await send_many(there, 1)
            there.clock.turn(HOUR)
            forget, there.retention._texts.forget = there.retention._texts.forget, fail
            with pytest.raises(OSError, match="the ledger"):
                await there.retention.round()
            assert await texts(there) == sent
            there.retention._texts.forget = forget
            await there.retention.round()
            assert await texts(there) == []

    asyncio.run(story())


def test_a_round_that_breaks_off_is_logged_and_another_follows(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "EVERY", 0.001)

    async def story() -> None:
        async with house(home, settings=keeping(messages="1h")) as there:
            await send_many(there, 1)
            failed, forgotten = asyncio.Event(), asyncio.Event()

            async def fail(_: Sequence[str]) -> None:
                failed.set()
                raise OSError("the ledger cannot be written")

            there.retention._texts.forget = fail
            there.clock.turn(HOUR)
            await asyncio.wait_for(failed.wait(), 10)
            there.retention._texts.forget = _Noting(forgotten)
            await asyncio.wait_for(forgotten.wait(), 10)

    asyncio.run(story())
    assert "the ledger cannot be written" in caplog.text


def test_the_story_of_a_choice_goes_a_day_after_the_last_text_that_may_have_it(home: Home) -> None:
    async def days(there: House) -> list[int]:
        rows = await there.engine.read(lambda tx: tx.page(Why, {}, None, 100), "stories")
        return sorted(row.used_on for row in rows)

    async def story() -> None:
        async with house(home, settings=keeping(newest=1)) as there:
            today = there.clock.now() // DAY
            await there.send(origination=TEN_DLC)
            there.clock.turn(2 * DAY)
            await there.line.idle()
            await send_many(there, 1)
            await there.retention.round()
            assert await days(there) == [today, today + 2], "the first text is under way"
            await there.carrier.says("c1")
            await there.retention.round()
            assert await days(there) == [today + 2]

    asyncio.run(story())


def test_a_text_accepted_while_others_are_deleted_stays(home: Home) -> None:
    async def story() -> None:
        async with house(home, settings=keeping(newest=1)) as there:
            await send_many(there, 150)
            deleting = asyncio.create_task(there.retention.round())
            sent = await asyncio.gather(*(there.send(origination=TOLL_FREE) for _ in range(30)))
            await deleting
            await there.line.idle()
            await there.retention.round()
            assert await texts(there) == [max(sent)]
            assert await there.engine.read(lambda tx: tx.page(Outbox, {}, None, 1), "outbox") == []

    asyncio.run(story())
