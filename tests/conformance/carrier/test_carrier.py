"""What every carrier owes to the line (`carriers/port.py`)."""

import asyncio

from tests.conformance.carrier.rigs import Ear, Rig, segment
from wireroom.api.enums import EventType
from wireroom.carriers.port import Handed, Later, Receipt


def test_each_segment_of_a_batch_is_taken_under_an_id_of_its_own(rig: Rig) -> None:
    async def story() -> None:
        carrier = rig.carrier()
        await carrier.start(Ear().hear)
        outcomes = await carrier.submit([segment(n, count=100) for n in range(1, 101)])
        await carrier.close()
        assert all(isinstance(outcome, Handed) for outcome in outcomes)
        assert len({outcome.carrier_message_id for outcome in outcomes if isinstance(outcome, Handed)}) == 100

    asyncio.run(story())


def test_an_empty_batch_has_no_outcomes(rig: Rig) -> None:
    async def story() -> None:
        carrier = rig.carrier()
        await carrier.start(Ear().hear)
        assert list(await carrier.submit([])) == []
        await carrier.close()

    asyncio.run(story())


def test_batches_offered_at_the_same_time_do_not_mix_their_outcomes(rig: Rig) -> None:
    async def story() -> None:
        carrier, ear = rig.carrier(), Ear()
        await carrier.start(ear.hear)
        good, bad = segment(), segment(destination=rig.failing)
        first, second = await asyncio.gather(carrier.submit([good, bad]), carrier.submit([bad, good]))
        rig.clock.turn(rig.latency)
        outcome_of = {r.carrier_message_id: r.outcome for r in await ear.heard(4)}
        await carrier.close()
        assert [outcome_of[o.carrier_message_id] for o in (*first, *second) if isinstance(o, Handed)] == [
            EventType.TEXT_DELIVERED,
            EventType.TEXT_CARRIER_UNREACHABLE,
            EventType.TEXT_CARRIER_UNREACHABLE,
            EventType.TEXT_DELIVERED,
        ]

    asyncio.run(story())


def test_a_link_that_is_not_bound_says_later(rig: Rig) -> None:
    async def story() -> None:
        carrier = rig.carrier()
        before = await carrier.submit([segment(), segment()])
        await carrier.start(Ear().hear)
        await carrier.close()
        after = await carrier.submit([segment()])
        assert [type(outcome) for outcome in (*before, *after)] == [Later, Later, Later]

    asyncio.run(story())


def test_closing_twice_or_unstarted_is_harmless(rig: Rig) -> None:
    async def story() -> None:
        carrier = rig.carrier()
        await carrier.close()
        await carrier.start(Ear().hear)
        await carrier.close()
        await carrier.close()
        assert [type(outcome) for outcome in await carrier.submit([segment()])] == [Later]

    asyncio.run(story())


def test_a_receipt_comes_when_it_is_due_and_not_before(rig: Rig) -> None:
    async def story() -> None:
        carrier, ear = rig.carrier(), Ear()
        await carrier.start(ear.hear)
        early = await carrier.submit([segment()])
        rig.clock.turn(rig.latency - 1)
        late = await carrier.submit([segment()])
        assert ear.receipts == []
        rig.clock.turn(1)
        await ear.heard(1)
        assert ear.receipts == delivered(early)
        rig.clock.turn(rig.latency)
        await ear.heard(2)
        await carrier.close()
        assert ear.receipts == [*delivered(early), *delivered(late)]

    asyncio.run(story())


def test_a_segment_that_wants_no_receipt_gets_none(rig: Rig) -> None:
    async def story() -> None:
        carrier, ear = rig.carrier(), Ear()
        await carrier.start(ear.hear)
        await carrier.submit([segment(receipt_wanted=False)])
        wanted = await carrier.submit([segment()])
        rig.clock.turn(rig.latency)
        assert await ear.heard(1) == delivered(wanted)
        await carrier.close()
        assert ear.receipts == delivered(wanted)

    asyncio.run(story())


def test_receipts_that_were_not_heard_are_reported_again(rig: Rig) -> None:
    async def story() -> None:
        carrier, ear = rig.carrier(), Ear(deaf=2)
        await carrier.start(ear.hear)
        outcomes = await carrier.submit([segment(1, count=2), segment(2, count=2)])
        rig.clock.turn(rig.latency)
        assert await ear.heard(2) == delivered(outcomes)
        await carrier.close()
        assert ear.unheard == delivered(outcomes) * 2

    asyncio.run(story())


def test_what_was_not_heard_before_a_restart_is_reported_after_it(rig: Rig) -> None:
    async def story() -> None:
        carrier, deaf = rig.carrier(), Ear(deaf=1_000_000)
        await carrier.start(deaf.hear)
        outcomes = await carrier.submit([segment(1, count=2), segment(2, count=2)])
        rig.clock.turn(rig.latency)
        await deaf.missed()
        await carrier.close()

        again, ear = rig.carrier(), Ear()
        await again.start(ear.hear)
        assert await ear.heard(2) == delivered(outcomes)
        await again.close()

    asyncio.run(story())


def test_what_was_heard_is_not_reported_after_a_restart(rig: Rig) -> None:
    async def story() -> None:
        carrier, ear = rig.carrier(), Ear()
        await carrier.start(ear.hear)
        old = await carrier.submit([segment()])
        rig.clock.turn(rig.latency)
        await ear.heard(1)
        # A second receipt shows that the first was settled: they are reported one after the other.
        await carrier.submit([segment()])
        rig.clock.turn(rig.latency)
        await ear.heard(2)
        await carrier.close()

        again, other_ear = rig.carrier(), Ear()
        await again.start(other_ear.hear)
        new = await again.submit([segment()])
        rig.clock.turn(rig.latency)
        await other_ear.heard(1)
        while delivered(new)[0] not in other_ear.receipts:
            await other_ear.heard(len(other_ear.receipts) + 1)
        await again.close()
        assert delivered(old)[0] not in other_ear.receipts

    asyncio.run(story())


def test_ids_are_new_after_a_restart(rig: Rig) -> None:
    async def story() -> None:
        ids: set[str] = set()
        for _ in range(3):
            carrier = rig.carrier()
            await carrier.start(Ear().hear)
            outcomes = await carrier.submit([segment(n, count=10) for n in range(1, 11)])
            ids |= {outcome.carrier_message_id for outcome in outcomes if isinstance(outcome, Handed)}
            await carrier.close()
        assert len(ids) == 30

    asyncio.run(story())


def delivered(outcomes: object) -> list[Receipt]:
    """The receipts of segments that were handed over and arrived."""
    assert isinstance(outcomes, list)
    return [
        Receipt(outcome.carrier_message_id, EventType.TEXT_DELIVERED)
        for outcome in outcomes
        if isinstance(outcome, Handed)
    ]
