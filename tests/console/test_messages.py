"""GET /_wireroom/messages: what was sent and what became of it."""

from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.console.conftest import NOW, Sender
from wireroom.api.enums import EventType
from wireroom.carriers.port import Refused, Unknown
from wireroom.testing import CallFailed, Server

FIELDS = {
    "messageId",
    "accountId",
    "region",
    "channel",
    "direction",
    "status",
    "createdAt",
    "originationPhoneNumber",
    "destinationPhoneNumber",
    "messageBody",
    "messageType",
    "poolId",
    "context",
    "configurationSetName",
    "parts",
    "price",
    "codes",
    "why",
    "events",
}


def ids(server: Server, query: str) -> list[str]:
    return [message["messageId"] for message in server.call(f"/messages?{query}")["messages"]]


def refused(server: Server, path: str) -> CallFailed:
    with pytest.raises(CallFailed) as failed:
        server.call(path)
    assert set(failed.value.answer) == {"error"}
    return failed.value


def test_a_text_is_shown_whole(server: Server, sender: Sender, handset: str) -> None:
    body = "Your code is 123456, until 1830. Call 18005550199 if 42 is not enough."
    message_id = sender.send(body, handset, Context={"order": "42"}, MessageType="TRANSACTIONAL")
    server.settled()
    server.turn(1)
    server.settled()
    message = server.call(f"/messages/{message_id}")
    assert set(message) == FIELDS
    assert message["messageId"] == message_id
    assert message["accountId"] == sender.account
    assert message["region"] == "us-east-1"
    assert (message["channel"], message["direction"]) == ("SMS", "OUTBOUND")
    assert message["status"] == "DELIVERED"
    assert message["createdAt"].endswith("Z")
    assert len(message["createdAt"]) == len("2026-11-18T18:26:40.000Z")
    assert message["originationPhoneNumber"] == sender.number
    assert message["destinationPhoneNumber"] == handset
    assert message["messageBody"] == body
    assert message["messageType"] == "TRANSACTIONAL"
    assert message["poolId"] == sender.pool_id
    assert message["context"] == {"order": "42"}
    assert message["configurationSetName"] is None
    assert message["codes"] == ["123456", "1830"]
    assert message["price"] > 0
    assert sender.number in message["why"]
    [part] = message["parts"]
    assert set(part) == {"number", "encoding", "text", "status", "carrierMessageId"}
    assert (part["number"], part["encoding"], part["text"]) == (1, "GSM", body)
    assert part["status"] == "DELIVERED"
    assert part["carrierMessageId"]


def test_events_are_shown_as_aws_publishes_them(server: Server, sender: Sender, handset: str) -> None:
    message_id = sender.send("hello", handset)
    server.settled()
    server.turn(1)
    server.settled()
    first, last = server.call(f"/messages/{message_id}")["events"]
    assert (first["eventType"], first["isFinal"]) == ("TEXT_SUCCESSFUL", False)
    assert (last["eventType"], last["isFinal"]) == ("TEXT_DELIVERED", True)
    assert last["messageId"] == message_id
    assert last["eventVersion"] == "1.0"
    assert isinstance(last["eventTimestamp"], int)


def test_a_long_text_is_shown_in_its_parts(server: Server, sender: Sender, handset: str) -> None:
    body = "ab" * 100
    message_id = sender.send(body, handset)
    server.settled()
    parts = server.call(f"/messages/{message_id}")["parts"]
    assert [part["number"] for part in parts] == [1, 2]
    assert "".join(part["text"] for part in parts) == body


def test_a_part_that_waits_for_the_carrier_is_pending(server: Server, sender: Sender, handset: str) -> None:
    from wireroom.carriers.port import Later

    server.app.simulator.answer_next(Later(60_000))
    message = server.call(f"/messages/{sender.send('hello', handset)}")
    assert message["status"] in ("ACCEPTED", "QUEUED")  # from when it has to wait
    assert [part["status"] for part in message["parts"]] == ["PENDING"]
    assert message["parts"][0]["carrierMessageId"] is None
    assert [event["eventType"] for event in message["events"]] in ([], ["TEXT_QUEUED"])


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("TEXT_DELIVERED", "DELIVERED"),
        ("TEXT_CARRIER_BLOCKED", "FAILED"),
        ("TEXT_TTL_EXPIRED", "EXPIRED"),
        ("TEXT_UNKNOWN", "UNKNOWN"),
    ],
)
@pytest.mark.parametrize(("body", "parts"), [("hello", 1), ("x" * 200, 2)])
def test_parts_are_shown_as_their_receipts_left_them(
    monkeypatch: pytest.MonkeyPatch,
    server: Server,
    sender: Sender,
    outcome: str,
    status: str,
    body: str,
    parts: int,
) -> None:
    monkeypatch.setattr(server.app.simulator, "_failure", EventType(outcome))
    message_id = sender.send(body, "+14254147167")  # AWS's failure destination
    server.settled()
    assert [part["status"] for part in server.call(f"/messages/{message_id}")["parts"]] == ["SENT"] * parts
    server.turn(1)
    server.settled()
    message = server.call(f"/messages/{message_id}")
    assert message["status"] == status
    assert [part["status"] for part in message["parts"]] == [status] * parts


def test_the_only_part_of_a_refused_text_failed(server: Server, sender: Sender, handset: str) -> None:
    server.app.simulator.answer_next(Refused(EventType.TEXT_SPAM))
    message_id = sender.send("hello", handset)
    server.settled()
    [part] = server.call(f"/messages/{message_id}")["parts"]
    assert (part["status"], part["carrierMessageId"]) == ("FAILED", None)


def test_the_newest_text_comes_first(server: Server, sender: Sender, handset: str) -> None:
    sent = [sender.send(str(number), handset) for number in range(3)]
    assert ids(server, f"destination={quote(handset)}") == sent[::-1]


def test_texts_are_found_by_account_origination_and_status(
    server: Server, sender: Sender, new_sender: Callable[[], Sender], handset: str
) -> None:
    other = new_sender()
    one, two = sender.send("one", handset), other.send("two", handset)
    server.settled()
    server.turn(1)
    server.settled()
    assert ids(server, f"account={sender.account}") == [one]
    assert ids(server, f"origination={quote(other.number)}") == [two]
    assert ids(server, f"destination={quote(handset)}&status=DELIVERED") == [two, one]
    assert ids(server, f"destination={quote(handset)}&status=FAILED") == []
    assert ids(server, f"destination={quote(handset)}&account={other.account}") == [two]


def test_a_plus_that_nobody_escaped_is_a_plus(server: Server, sender: Sender, handset: str) -> None:
    one = sender.send("one", handset)
    assert ids(server, f"destination={handset}&origination={sender.number}") == [one]


def test_texts_are_found_by_what_came_after(server: Server, sender: Sender, handset: str) -> None:
    first = sender.send("first", handset)
    server.turn(10)
    at = server.app.clock.now()
    second = sender.send("second", handset)
    to = f"destination={quote(handset)}"
    assert ids(server, f"{to}&since={first}") == [second]
    assert ids(server, f"{to}&since={at}") == [second]
    assert ids(server, f"{to}&since={at + 1}") == []
    shown = server.call(f"/messages/{second}")["createdAt"]
    assert ids(server, f"{to}&since={quote(shown)}") == [second]
    assert ids(server, f"{to}&since={NOW - 1}") == [second, first]


def test_pages_follow_each_other_without_a_gap(server: Server, sender: Sender, handset: str) -> None:
    sent = [sender.send(str(number), handset) for number in range(5)]
    query = f"/messages?destination={quote(handset)}&limit=2"
    found, token = [], None
    for _ in range(3):
        page = server.call(query + (f"&nextToken={token}" if token else ""))
        found += [message["messageId"] for message in page["messages"]]
        token = page["nextToken"]
    assert found == sent[::-1]
    assert token is None


def test_a_filter_without_an_index_looks_at_so_many_rows_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, server: Server, sender: Sender, handset: str
) -> None:
    monkeypatch.setattr("wireroom.console.search.MOST_LOOKED_AT", 4)
    monkeypatch.setattr("wireroom.console.search.STRIDE", 2)
    oldest = sender.send("oldest", handset, MessageType="TRANSACTIONAL")
    for number in range(5):
        sender.send(str(number), "+14255550199")
    first = server.call(f"/messages?account={sender.account}&origination=%2B1")
    assert first["messages"] == []
    query = f"account={sender.account}&origination={quote(sender.number)}&limit=200"
    found, token = [], None
    for _ in range(3):
        page = server.call(f"/messages?{query}" + (f"&nextToken={token}" if token else ""))
        found += [message["messageId"] for message in page["messages"]]
        token = page["nextToken"]
        if token is None:
            break
    assert found[-1] == oldest
    assert len(found) == 6


@pytest.mark.parametrize(
    "query",
    [
        "status=NONSENSE",
        "since=yesterday",
        "limit=0",
        "limit=201",
        "limit=x",
        "nextToken=forged",
        "since=99999999999999999",
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused(server: Server, query: str) -> None:
    assert refused(server, f"/messages?{query}").status == 400


def test_a_text_that_is_not_there_is_not_found(server: Server) -> None:
    assert refused(server, "/messages/01a2099b-15ed-7104-8dcb-4134098519d1").status == 404
    assert refused(server, "/messages/nonsense").status == 400


def test_a_part_that_may_have_gone_out_twice_says_so(server: Server) -> None:
    sms = server.client(account="111122223333")
    number = sms.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TEN_DLC"
    )
    server.app.simulator.answer_next(Unknown())
    sent = sms.send_text_message(
        DestinationPhoneNumber="+14255550177", OriginationIdentity=number["PhoneNumber"], MessageBody="twice?"
    )
    found = server.call("/messages/wait?destination=%2B14255550177&status=SENT")
    assert found["messageId"] == sent["MessageId"]
    assert [part["doubt"] for part in found["parts"]] == [True]
