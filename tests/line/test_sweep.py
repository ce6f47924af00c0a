"""What has outlived its use goes; what has not stays."""

import asyncio
from pathlib import Path

import pytest

from tests.line.house import ACCOUNT, House, house
from wireroom.delivery import sweep
from wireroom.store.rows import ParkedReceipt, Token
from wireroom.store.tx import Tx


def _left(tx: Tx) -> list[str]:
    return [token.digest for token in tx.page(Token, {}, None, 1_000)]


def test_answers_kept_for_retries_go_when_their_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "STEP", 3)

    async def story() -> None:
        async with house(tmp_path, running=False) as there:
            now = there.machine.now()
            tokens = [
                Token(f"{at:02}", ACCOUNT, "", "{}", now + (-1 if at % 2 else 60_000)) for at in range(10)
            ]
            await there.engine.run(lambda tx: tx.insert(*tokens), "tokens")
            await sweep.sweep(there.engine, there.clock, there.machine)
            assert await there.engine.read(_left, "left") == ["00", "02", "04", "06", "08"]

    asyncio.run(story())


def test_receipts_of_no_text_we_know_go_after_72_hours(tmp_path: Path) -> None:
    async def parked(there: House) -> list[ParkedReceipt]:
        return await there.engine.read(lambda tx: tx.page(ParkedReceipt, {}, None, 10), "parked")

    async def story() -> None:
        async with house(tmp_path) as there:
            await there.carrier.says("nobody's")
            there.clock.turn(72 * 3_600_000)
            await sweep.sweep(there.engine, there.clock, there.machine)
            assert [receipt.carrier_message_id for receipt in await parked(there)] == ["nobody's"]
            there.clock.turn(1)
            await sweep.sweep(there.engine, there.clock, there.machine)
            assert await parked(there) == []

    asyncio.run(story())
