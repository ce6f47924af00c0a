"""What has outlived its use goes; what has not stays."""

import asyncio

import pytest

from tests.line.house import ACCOUNT, REGION, TEN_DLC, Home, House, house
from wireroom.core.standing import SLOT_MS, WINDOW_MS
from wireroom.delivery import sweep
from wireroom.store.rows import Degraded, ParkedReceipt, Sticky, Token, Trouble
from wireroom.store.tx import Tx


def _left(tx: Tx) -> list[str]:
    return [token.digest for token in tx.page(Token, {}, None, 1_000)]


def test_answers_kept_for_retries_go_when_their_time_is_over(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "STEP", 3)

    async def story() -> None:
        async with house(home, running=False) as there:
            now = there.machine.now()
            tokens = [
                Token(f"{at:02}", ACCOUNT, "", "{}", now + (-1 if at % 2 else 60_000)) for at in range(10)
            ]
            await there.engine.run(lambda tx: tx.insert(*tokens), "tokens")
            await there.sweeper.once()
            assert await there.engine.read(_left, "left") == ["00", "02", "04", "06", "08"]

    asyncio.run(story())


def test_receipts_of_no_text_we_know_go_after_72_hours(home: Home) -> None:
    async def parked(there: House) -> list[ParkedReceipt]:
        return await there.engine.read(lambda tx: tx.page(ParkedReceipt, {}, None, 10), "parked")

    async def story() -> None:
        async with house(home) as there:
            await there.carrier.says("nobody's")
            there.clock.turn(72 * 3_600_000)
            await there.sweeper.once()
            assert [receipt.carrier_message_id for receipt in await parked(there)] == ["nobody's"]
            there.clock.turn(1)
            await there.sweeper.once()
            assert await parked(there) == []

    asyncio.run(story())


def _sticky(tx: Tx) -> list[str]:
    return [row.destination for row in tx.page(Sticky, {}, None, 1_000)]


def test_sticky_identities_go_25_hours_after_the_last_delivery_a_stretch_with_each_sweep(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "STEP", 2)
    monkeypatch.setattr(sweep, "STICKY_STEPS", 2)

    async def story() -> None:
        async with house(home, running=False) as there:
            now, lifetime = there.clock.now(), 25 * 3_600_000
            rows = [
                Sticky(ACCOUNT, region, f"+1425555010{at}", TEN_DLC, now - lifetime + (at % 2))
                for region in (REGION, "us-west-2")
                for at in range(5)
            ]
            await there.engine.run(lambda tx: tx.insert(*rows), "sticky")
            odd, all_of_it = ["+14255550101", "+14255550103"], [f"+1425555010{at}" for at in range(5)]
            await there.sweeper.once()
            assert await there.engine.read(_sticky, "left") == [*odd, "+14255550104", *all_of_it]
            await there.sweeper.once()  # goes on after the fourth row
            assert await there.engine.read(_sticky, "left") == [*odd, *odd, "+14255550104"]
            await there.sweeper.once()
            assert await there.engine.read(_sticky, "left") == [*odd, *odd]
            there.clock.turn(1)
            await there.sweeper.once()  # from the start again
            assert await there.engine.read(_sticky, "left") == []

    asyncio.run(story())


def test_counts_go_when_they_are_out_of_the_window_and_verdicts_when_they_are_over(home: Home) -> None:
    async def story() -> None:
        async with house(home, running=False) as there:
            now = there.clock.now()
            first = now // SLOT_MS - WINDOW_MS // SLOT_MS
            rows = [Trouble(ACCOUNT, REGION, TEN_DLC, first + at, "embedded", 3, 2) for at in range(3)]
            verdicts = [Degraded(ACCOUNT, REGION, f"{at}", now + at, "2 of 3") for at in range(2)]
            await there.engine.run(lambda tx: tx.insert(*rows, *verdicts), "trouble")
            await there.sweeper.once()
            left = await there.engine.read(lambda tx: tx.page(Trouble, {}, None, 10), "troubles")
            assert left == rows[1:]
            kept = await there.engine.read(lambda tx: tx.page(Degraded, {}, None, 10), "degraded")
            assert kept == verdicts[1:]

    asyncio.run(story())
