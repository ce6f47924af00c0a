"""The simulated network: AWS's routes and simulator destinations, virtual handsets, an auditable ledger."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw
import pytest

from tests.conformance.carrier.rigs import NOON, Ear, segment
from wireroom.api.enums import EventType
from wireroom.carriers.port import Handed, Later, Refused, Unknown
from wireroom.carriers.simulator import SimulatedNetwork, owing
from wireroom.carriers.simulator.ledger import Audited
from wireroom.config import ConfigError, Settings, Simulate, Simulator
from wireroom.core.tables.simulator import DESTINATIONS
from wireroom.observe import MachineClock, ManualClock

LATENCY = 200
FAILURE = "+14254147167"
Story = Callable[[SimulatedNetwork, ManualClock, Ear], Awaitable[None]]


def play(story: Story, directory: Path, settings: Settings | None = None) -> None:
    """Run a story on a started network."""

    async def run() -> None:
        clock, ear = ManualClock(NOON), Ear()
        network = SimulatedNetwork(directory, settings or Settings(), clock, MachineClock())
        await network.start(ear.hear)
        await story(network, clock, ear)
        await network.close()

    asyncio.run(run())


def network_with(tmp_path: Path, settings: Settings) -> SimulatedNetwork:
    return SimulatedNetwork(tmp_path, settings, ManualClock(NOON), MachineClock())


@pytest.mark.parametrize("kind", ["LONG_CODE", "TEN_DLC", "SIMULATOR"])
def test_routes_of_long_codes_have_handset_receipts(tmp_path: Path, kind: str) -> None:
    assert network_with(tmp_path, Settings()).receipts_for(kind)


@pytest.mark.parametrize("kind", ["SHORT_CODE", "TOLL_FREE", "SENDER_ID"])
def test_routes_with_the_carriers_acceptance_only_can_be_given_receipts(tmp_path: Path, kind: str) -> None:
    assert not network_with(tmp_path, Settings()).receipts_for(kind)
    assert network_with(tmp_path, Settings(simulate=Simulate(receipts="all"))).receipts_for(kind)


@pytest.mark.parametrize(("number", "fate"), [(number, fate) for number, (_, fate) in DESTINATIONS.items()])
def test_a_simulator_destination_succeeds_or_fails_as_aws_says(
    tmp_path: Path, number: str, fate: str
) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        assert [type(outcome) for outcome in await network.submit([segment(destination=number)])] == [Handed]
        clock.turn(LATENCY)
        assert [receipt.outcome for receipt in await ear.heard(1)] == [
            EventType.TEXT_DELIVERED if fate == "success" else EventType.TEXT_CARRIER_UNREACHABLE
        ]
        assert len(network.handset(number)) == (fate == "success")

    play(story, tmp_path)


def test_the_failure_is_a_setting(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        await network.submit([segment(destination=FAILURE)])
        clock.turn(LATENCY)
        assert [receipt.outcome for receipt in await ear.heard(1)] == [EventType.TEXT_SPAM]

    play(story, tmp_path, Settings(simulator=Simulator(failure="TEXT_SPAM")))


def test_a_failure_that_is_none_is_refused_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"simulator\.failure = 'TEXT_DELIVERED': it is one of TEXT_INVALID,"
    ):
        network_with(tmp_path, Settings(simulator=Simulator(failure="TEXT_DELIVERED")))


def test_a_failure_on_a_route_without_receipts_is_refused_at_once(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        outcomes = await network.submit(
            [segment(destination=FAILURE, receipt_wanted=False), segment(receipt_wanted=False)]
        )
        assert outcomes[0] == Refused(EventType.TEXT_CARRIER_UNREACHABLE)
        assert isinstance(outcomes[1], Handed)

    play(story, tmp_path)


def test_a_text_that_arrives_too_late_expires(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        just, late = NOON + LATENCY, NOON + LATENCY - 1
        await network.submit([segment(validity_until=just), segment(validity_until=late)])
        clock.turn(LATENCY)
        assert [receipt.outcome for receipt in await ear.heard(2)] == [
            EventType.TEXT_DELIVERED,
            EventType.TEXT_TTL_EXPIRED,
        ]
        refused = await network.submit([segment(validity_until=just, receipt_wanted=False)])
        assert refused == [Refused(EventType.TEXT_TTL_EXPIRED)]

    play(story, tmp_path)


def test_a_handset_shows_whole_texts_newest_first_once_they_arrived(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        await network.submit(
            [
                segment(2, count=2, message_id="old", text="world"),
                segment(1, count=2, message_id="old", text="Hello, "),
                segment(1, count=2, message_id="torn", text="nobody sees this"),
                segment(message_id="elsewhere", destination="+12065550143"),
            ]
        )
        clock.turn(LATENCY - 1)
        assert network.handset("+12065550142") == []
        await network.submit([segment(message_id="new", text="Bye")])
        clock.turn(LATENCY)
        texts = network.handset("+12065550142")
        assert [(text.message_id, text.text, text.times) for text in texts] == [
            ("new", "Bye", 1),
            ("old", "Hello, world", 1),
        ]
        assert texts[1].received_at == NOON + LATENCY
        assert [text.message_id for text in network.handset("+12065550142", most=1)] == ["new"]

    play(story, tmp_path)


def test_the_ledger_counts_what_came_twice(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        await network.submit([segment(1, count=2, message_id="m"), segment(2, count=2, message_id="m")])
        await network.submit([segment(1, count=2, message_id="m"), segment(2, count=2, message_id="m")])
        assert network.audit("m") == [Audited(1, 2, 0, 0), Audited(2, 2, 0, 0)]
        clock.turn(LATENCY)
        await ear.heard(4)
        assert [(part.accepted, part.delivered) for part in network.audit("m")] == [(2, 2), (2, 2)]
        assert [text.times for text in network.handset("+12065550142")] == [2]
        assert network.audit("unknown") == []

    play(story, tmp_path)


def test_an_acknowledged_receipt_is_noted(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        await network.submit([segment(message_id="first")])
        clock.turn(LATENCY)
        await network.submit([segment(message_id="second")])
        clock.turn(LATENCY)
        await ear.heard(2)  # so the first one was acknowledged: one batch after the other
        assert network.audit("first") == [Audited(1, 1, 1, 1)]

    play(story, tmp_path)


def test_a_forgotten_message_gets_no_receipt_and_others_do(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        await network.submit([segment(message_id="gone")])
        await network.submit([segment(message_id="kept", destination=FAILURE)])
        await network.forget(["gone", "never seen"])
        clock.turn(LATENCY)
        await ear.heard(1)
        assert [receipt.outcome for receipt in ear.receipts] == [EventType.TEXT_CARRIER_UNREACHABLE]
        assert network.audit("gone") == []

    play(story, tmp_path)


def test_after_clear_nothing_is_owed_and_ids_are_new_even_across_a_restart(tmp_path: Path) -> None:
    ids: list[str] = []

    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        outcomes = await network.submit([segment(destination=FAILURE)])
        await network.clear()
        outcomes = [*outcomes, *await network.submit([segment()])]
        clock.turn(LATENCY)
        await ear.heard(1)
        assert [receipt.outcome for receipt in ear.receipts] == [EventType.TEXT_DELIVERED]
        await network.clear()
        ids.extend(outcome.carrier_message_id for outcome in outcomes if isinstance(outcome, Handed))

    play(story, tmp_path)
    play(story, tmp_path)
    assert len(set(ids)) == 4


def test_answers_can_be_set_for_the_next_segments(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        network.answer_next(Later(500), Unknown(), Refused(EventType.TEXT_BLOCKED))
        outcomes = await network.submit([segment(message_id=f"m{n}") for n in range(4)])
        assert outcomes[:3] == [Later(500), Unknown(), Refused(EventType.TEXT_BLOCKED)]
        assert isinstance(outcomes[3], Handed)
        assert [len(network.audit(f"m{n}")) for n in range(4)] == [0, 0, 0, 1]

    play(story, tmp_path)


def test_held_receipts_come_when_they_are_released(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        network.hold_receipts()
        await network.submit([segment()])
        clock.turn(LATENCY)
        await network.submit([segment()])
        assert ear.receipts == []
        network.release_receipts()
        assert len(await ear.heard(1)) == 1

    play(story, tmp_path)


def test_a_ledger_that_cannot_be_written_leaves_doubt_and_recovers(tmp_path: Path) -> None:
    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        stranger = apsw.Connection(str(tmp_path / "simulator.db"))
        stranger.execute("BEGIN IMMEDIATE")
        batch = [segment(), segment(destination=FAILURE, receipt_wanted=False)]
        assert await network.submit(batch) == [Unknown(), Refused(EventType.TEXT_CARRIER_UNREACHABLE)]
        stranger.execute("ROLLBACK")
        stranger.close()
        assert [type(outcome) for outcome in await network.submit([segment()])] == [Handed]
        clock.turn(LATENCY)
        assert len(await ear.heard(1)) == 1

    play(story, tmp_path)


def test_more_receipts_than_memory_holds_all_come_once_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owing, "MOST", 40)
    monkeypatch.setattr(owing, "PAGE", 560)
    handed: list[str] = []

    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        for n in range(100):
            outcomes = await network.submit([segment(message_id=f"{n}-{each}") for each in range(20)])
            handed.extend(outcome.carrier_message_id for outcome in outcomes if isinstance(outcome, Handed))
            clock.turn(1)
        clock.turn(LATENCY)
        await ear.heard(2000)
        assert [receipt.carrier_message_id for receipt in ear.receipts] == handed

    play(story, tmp_path)


def test_what_was_answered_is_in_the_ledger_after_kill_9(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.carriers.submit_until_killed", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout is not None
    answered = [child.stdout.readline().strip() for _ in range(500)]
    child.send_signal(signal.SIGKILL)
    answered += [
        line.strip() for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")
    ]
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL

    async def story(network: SimulatedNetwork, clock: ManualClock, ear: Ear) -> None:
        clock.turn(LATENCY)
        await ear.heard(len(answered))
        while not set(answered) <= (heard := {receipt.carrier_message_id for receipt in ear.receipts}):
            await ear.heard(len(ear.receipts) + 1)  # a batch may have been recorded and not answered
        assert len(heard) == len(ear.receipts)

    play(story, tmp_path)
