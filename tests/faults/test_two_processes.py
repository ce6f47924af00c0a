"""Two processes on one database: what one leaves behind the other ends, once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faults.conftest import QUICK, new_pool, send
from tests.faults.test_outages import until
from tests.line.house import Home
from tests.line.test_kill import Life, send_until_killed
from wireroom import app
from wireroom.config import AuthMode, Settings
from wireroom.store.rows import Message, SpendSlot
from wireroom.testing import ACCOUNT, Server


@pytest.fixture
def two(database: str) -> Iterator[tuple[Server, Server]]:
    settings = Settings(database=database, database_connections=8, simulator=QUICK)
    with ExitStack() as stack:
        yield stack.enter_context(Server(settings)), stack.enter_context(Server(settings))


def test_what_one_changes_the_other_knows_at_once(
    two: tuple[Server, Server], client_of: Callable[..., Any]
) -> None:
    one, other = (client_of(server) for server in two)
    pool, _ = new_pool(one)
    assert send(other, pool)
    number = other.describe_phone_numbers()["PhoneNumbers"][0]
    one.put_opted_out_number(OptOutListName="Default", OptedOutNumber="+14255550100")
    with pytest.raises(ClientError, match="DESTINATION_PHONE_NUMBER_OPTED_OUT"):
        send(other, pool)
    other.delete_pool(PoolId=pool)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        send(one, pool, to="+14255550101")
    assert send(one, number["PhoneNumberId"], to="+14255550101")


def test_both_spend_one_limit(two: tuple[Server, Server], client_of: Callable[..., Any]) -> None:
    one, other = (client_of(server) for server in two)
    pool, _ = new_pool(one)
    one.set_text_message_spend_limit_override(MonthlyLimit=1)
    refused = [_send_until_refused(sms, pool) for sms in (one, other, one)]
    assert refused == ["MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"] * 3
    slots = two[0].run(two[0].app.engine.read(lambda tx: tx.page(SpendSlot, {}, None, 1000), "slots"))
    assert len({slot.slot for slot in slots}) > 1
    each = 11_000  # micro-dollars
    assert 1_000_000 - each < sum(slot.micros for slot in slots) <= 1_000_000


def _send_until_refused(sms: Any, pool: str) -> str:
    while True:
        try:
            send(sms, pool)
        except ClientError as error:
            return str(error.response["Reason"])


def test_what_a_killed_process_had_accepted_the_other_ends_once(
    tmp_path: Path, database: str, client_of: Callable[..., Any]
) -> None:
    acknowledged: list[str] = []
    with Server(Settings(database=database, simulator=QUICK)) as survivor:
        pool, first = new_pool(client_of(survivor, account="0" * 12), "TOLL_FREE")
        life = Life(Home(tmp_path, database))
        try:
            send_until_killed(life, pool, acknowledged, 60)
        finally:
            life.kill()
        engine = survivor.app.engine
        # The carrier's acceptance is the last word on this route: the dead process's network owes nothing.
        survivor.run(_nothing_left(survivor))
        for message_id in (*acknowledged, first):
            text = survivor.call(f"/messages/{message_id}")
            assert [event["isFinal"] for event in text["events"]].count(True) == 1
        texts = survivor.run(engine.read(lambda tx: tx.page(Message, {}, None, 10_000), "texts"))
        assert {text.message_id for text in texts} >= set(acknowledged)


async def _nothing_left(server: Server) -> None:
    async with asyncio.timeout(25):
        while await server.app.engine.read(lambda tx: tx.one("outbox_size"), "outbox"):
            await server.app.engine.take_over()  # as the line does now and then
            server.app.line._look()
            await server.app.line.idle()


def test_a_key_that_one_deletes_is_soon_refused_by_the_other(
    monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    monkeypatch.setattr(app, "KEY_SECONDS", 0.05)
    settings = Settings(database=database, auth=AuthMode.KEYS, secret_key="one for both", simulator=QUICK)
    with Server(settings) as one, Server(settings) as other:
        key = one.run(one.app.keys.create(ACCOUNT, admin=False))
        sms = other.client(key.row.access_key_id, aws_secret_access_key=key.secret)
        assert sms.describe_pools()["Pools"] == []
        one.run(one.app.keys.delete(key.row.access_key_id))

        def is_refused() -> bool:
            try:
                sms.describe_pools()
            except ClientError as error:
                return str(error.response["Error"]["Code"]) == "UnrecognizedClientException"
            return False

        until(is_refused)
