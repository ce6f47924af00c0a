"""Wherever PostgreSQL refuses a statement: a passing refusal is not noticed, a lasting one leaves nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faults.conftest import ended, send
from tests.faults.spoiling import DEADLOCK, DISK_FULL, SERIALIZATION, Spoiler
from wireroom.store.postgres.engine import RETRIES
from wireroom.store.rows import TABLES, Message, Place, Pool
from wireroom.testing import ACCOUNT, REGION, Server

MOST_STATEMENTS = 60
TWO_PARTS = "word " * 40


def rows(server: Server) -> dict[str, list[Any]]:
    """Everything but what a text does on its own afterwards."""
    kept = [kind for kind in TABLES if kind is not Place]
    return server.run(
        server.app.engine.read(
            lambda tx: {TABLES[kind].name: tx.page(kind, {}, None, 1000) for kind in kept}, "rows"
        )
    )


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    code: str = raised.value.response["Error"]["Code"]
    return code


def at_every_statement(spoiler: Spoiler, state: str, call: Callable[[], object]) -> int:
    """Call again and again, each time with the next statement refused once; answers how many there are."""
    for number in range(1, MOST_STATEMENTS):
        spoiler.at(number, state)
        call()
        if not spoiler.done:
            return number - 1
    raise AssertionError("there is no end to the statements")


@pytest.mark.parametrize("state", [SERIALIZATION, DEADLOCK])
def test_a_text_goes_out_once_whichever_statement_is_refused(
    server: Server, sms: Any, pool: str, spoiler: Spoiler, state: str
) -> None:
    """The statements of the send, and those of the line up to the final event."""
    sent: list[str] = []

    def send_and_settle() -> None:
        sent.append(send(sms, pool, TWO_PARTS))
        ended(server, sent[-1])

    assert at_every_statement(spoiler, state, send_and_settle) >= 20
    for message_id in sent:
        text = server.call(f"/messages/{message_id}")
        assert text["status"] == "DELIVERED"
        assert [event["isFinal"] for event in text["events"]] == [False, True]
        assert not any(part["mayBeDoubled"] for part in text["parts"] if "mayBeDoubled" in part)
        assert [seen.accepted for seen in server.run(audit(server, message_id))] == [1, 1]
    with_texts = server.run(server.app.engine.read(lambda tx: tx.page(Message, {}, None, 1000), "texts"))
    assert {message.message_id for message in with_texts} >= set(sent)
    assert len(with_texts) == len(sent) + 1, "the fixture's, and no other"


async def audit(server: Server, message_id: str) -> Any:
    return server.app.simulator.audit(message_id)


@pytest.mark.parametrize("state", [SERIALIZATION, DEADLOCK])
def test_a_pool_is_made_once_whichever_statement_is_refused(
    server: Server, sms: Any, spoiler: Spoiler, state: str
) -> None:
    made: list[str] = []

    def make() -> None:
        number = sms.request_phone_number(
            IsoCountryCode="US",
            MessageType="TRANSACTIONAL",
            NumberCapabilities=["SMS"],
            NumberType="TOLL_FREE",
        )
        pool = sms.create_pool(
            OriginationIdentity=number["PhoneNumberId"],
            IsoCountryCode="US",
            MessageType="TRANSACTIONAL",
            ClientToken=f"token-{len(made)}",
            Tags=[{"Key": "a", "Value": "b"}],
        )
        made.append(pool["PoolId"])
        sms.delete_pool(PoolId=pool["PoolId"])
        sms.release_phone_number(PhoneNumberId=number["PhoneNumberId"])

    assert at_every_statement(spoiler, state, make) >= 30
    assert len(set(made)) == len(made)
    assert not server.run(server.app.engine.read(lambda tx: tx.page(Pool, {}, None, 10), "pools"))
    assert sms.describe_account_limits()["AccountLimits"][0]["Used"] == 0


@pytest.mark.parametrize("state", [SERIALIZATION, DEADLOCK])
def test_who_is_refused_again_and_again_is_throttled_and_leaves_nothing(
    server: Server, sms: Any, pool: str, spoiler: Spoiler, state: str
) -> None:
    before = rows(server)
    # Once more: the first try may end before it, where the thread's slot has no money yet.
    spoiler.at(1, state, RETRIES + 2, about=b"INSERT INTO messages")
    assert refusal(lambda: send(sms, pool)) == "ThrottlingException"
    assert spoiler.done >= RETRIES + 1
    spoiler.at(1, state, RETRIES + 1, about=b"INSERT INTO opt_out_lists")
    assert refusal(lambda: sms.create_opt_out_list(OptOutListName="mine")) == "ThrottlingException"
    assert rows(server) == before
    assert sms.create_opt_out_list(OptOutListName="mine")["OptOutListName"] == "mine"
    assert send(sms, pool)


def test_a_full_disk_is_an_error_to_try_again_and_leaves_nothing(
    server: Server, sms: Any, pool: str, spoiler: Spoiler
) -> None:
    before = rows(server)
    for about in (b"INSERT INTO messages", b"INSERT INTO outbox", b"INSERT INTO sent", b"spend_slots"):
        spoiler.at(1, DISK_FULL, 2, about=about)  # as above
        assert refusal(lambda: send(sms, pool)) == "InternalServerException"
        assert spoiler.done
    spoiler.at(1, DISK_FULL, 0)
    assert rows(server) == before
    assert send(sms, pool)


def test_what_the_line_cannot_write_now_it_writes_later(
    server: Server, sms: Any, pool: str, spoiler: Spoiler
) -> None:
    for about in (b"'handing'", b"INSERT INTO parts", b"DELETE FROM outbox", b"INSERT INTO events"):
        spoiler.at(1, DISK_FULL, 2, about=about)
        message_id = send(sms, pool)
        text = ended(server, message_id)[message_id]
        assert spoiler.done == 2, about
        assert [event["isFinal"] for event in text["events"]] == [False, True]
        assert [seen.accepted for seen in server.run(audit(server, message_id))] == [1]


def test_sdk_retries_get_over_a_passing_fault(
    server: Server, client_of: Callable[..., Any], pool: str, spoiler: Spoiler
) -> None:
    sms = client_of(server, 3)
    spoiler.at(1, DISK_FULL, 2, about=b"INSERT INTO messages")
    message_id = send(sms, pool)
    assert spoiler.done == 2
    assert ended(server, message_id)[message_id]["status"] == "DELIVERED"


def test_places_of_the_account_are_as_they_were(
    server: Server, sms: Any, pool: str, spoiler: Spoiler
) -> None:
    """A revision that was undone is not remembered: the next send reads what is there."""
    place = server.run(server.app.engine.read(lambda tx: tx.get(Place, ACCOUNT, REGION), "place"))
    spoiler.at(1, DISK_FULL, about=b"COMMIT")
    assert refusal(lambda: sms.delete_pool(PoolId=pool)) == "InternalServerException"
    assert server.run(server.app.engine.read(lambda tx: tx.get(Place, ACCOUNT, REGION), "place")) == place
    assert send(sms, pool)
