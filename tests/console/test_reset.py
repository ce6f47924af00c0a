"""POST /_wireroom/reset: begin again with nothing, but for the access keys."""

from collections.abc import Callable

import pytest

from tests.console.conftest import Sender
from wireroom.carriers.port import Later
from wireroom.store.rows import TABLES, Degraded, Sticky, Trouble
from wireroom.store.tx import Tx
from wireroom.testing import CallFailed, Server


def test_one_account_forgets_everything_and_others_nothing(
    server: Server, sender: Sender, new_sender: Callable[[], Sender]
) -> None:
    other = new_sender()
    gone, kept = sender.send("gone"), other.send("kept")
    assert server.call("/reset", "POST", {"account": sender.account}) == {"reset": [sender.account]}
    assert sender.sms.describe_pools()["Pools"] == []
    assert sender.sms.describe_phone_numbers()["PhoneNumbers"] == []
    with pytest.raises(CallFailed):
        server.call(f"/messages/{gone}")
    assert server.call(f"/messages/{kept}")["messageId"] == kept
    assert len(other.sms.describe_pools()["Pools"]) == 1


def test_the_default_list_is_there_again_and_counted(server: Server, sender: Sender) -> None:
    sender.sms.create_opt_out_list(OptOutListName="mine")
    server.call("/reset", "POST", {"account": sender.account})
    lists = sender.sms.describe_opt_out_lists()["OptOutLists"]
    assert [each["OptOutListName"] for each in lists] == ["Default"]
    limits = sender.sms.describe_account_limits()["AccountLimits"]
    used = {limit["Name"]: limit["Used"] for limit in limits}
    assert (used["OPT_OUT_LISTS"], used["POOLS"], used["PHONE_NUMBERS"]) == (1, 0, 0)


def test_a_reset_of_all_leaves_access_keys_alone(new_server: Callable[[], Server]) -> None:
    with new_server() as server:
        key = server.call("/keys", "POST", {"account": "111122223333"})
        sms = server.client()
        sms.create_opt_out_list(OptOutListName="mine")
        assert server.call("/reset", "POST", {}) == {"reset": ["123456789012"]}
        assert [each["accessKeyId"] for each in server.call("/keys")["keys"]] == [key["accessKeyId"]]
        rows = server.run(
            server.app.engine.read(
                lambda tx: {table.name: len(tx.page(kind, {}, None, 10)) for kind, table in TABLES.items()},
                "count",
            )
        )
    assert {name for name, count in rows.items() if count} == {"access_keys"}


def test_what_receipts_said_of_identities_is_forgotten_for_one_account(server: Server) -> None:
    gone, kept = "444455556666", "444455557777"
    rows = [
        row
        for account in (gone, kept)
        for row in (
            Sticky(account, "us-east-1", "+14255550101", "+12065550100", 1),
            Trouble(account, "us-east-1", "+12065550100", 1, "embedded", 3, 2),
            Degraded(account, "us-east-1", "+12065550100", 2**42, "2 of 3"),
        )
    ]
    engine = server.app.engine
    server.run(engine.run(lambda tx: tx.insert(*rows), "standing"))
    server.call("/reset", "POST", {"account": gone})

    def left(tx: Tx) -> tuple[list[Sticky], list[Trouble], list[Degraded]]:
        return tx.page(Sticky, {}, None, 99), tx.page(Trouble, {}, None, 99), tx.page(Degraded, {}, None, 99)

    for some in server.run(engine.read(left, "left")):
        accounts = {row.account_id for row in some}
        assert kept in accounts
        assert gone not in accounts


def test_texts_that_are_under_way_are_forgotten_too(server: Server, sender: Sender, handset: str) -> None:
    message_id = sender.send("never to arrive", handset)
    server.call("/reset", "POST", {"account": sender.account})
    server.turn(1)
    server.settled()
    assert server.app.simulator.audit(message_id) == []
    assert server.app.simulator.handset(handset) == []


@pytest.mark.parametrize("body", [{"account": "12"}, {"acount": "123456789012"}, [], "all"])
def test_what_cannot_be_meant_is_refused(server: Server, body: object) -> None:
    with pytest.raises(CallFailed) as failed:
        server.call("/reset", "POST", body)
    assert failed.value.status == 400
    assert failed.value.answer["error"]


def test_a_reset_leaves_no_backlog(server: Server) -> None:
    sms = server.client(account="222233334444")
    number = sms.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TEN_DLC"
    )
    server.app.simulator.answer_next(Later(3_600_000))
    sms.send_text_message(
        DestinationPhoneNumber="+14255550188", OriginationIdentity=number["PhoneNumber"], MessageBody="later"
    )
    server.settled()
    assert server.app.line.backlog == 1
    server.call("/reset", "POST", {"account": "222233334444"})
    assert server.app.line.backlog == 0
