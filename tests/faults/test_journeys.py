"""A send waits for the database at most four times, the stages of the line not once for each text."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest

from tests.faults.conftest import ended, send
from wireroom.store.crew import Done
from wireroom.store.postgres import PostgresEngine
from wireroom.store.tx import Tx
from wireroom.testing import Server

MOST = 4
SEND = "SendTextMessage"


@pytest.fixture
def journeys(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """How often each transaction waited, by its name."""
    seen: dict[str, list[int]] = defaultdict(list)
    write = PostgresEngine._write

    def watched(engine: PostgresEngine, work: Callable[[Tx], Any], name: str, seat: int) -> Done:
        done = write(engine, work, name, seat)
        seen[name].append(done.journeys)
        return done

    monkeypatch.setattr(PostgresEngine, "_write", watched)
    return seen


def request(sms: Any, kind: str) -> dict[str, Any]:
    number: dict[str, Any] = sms.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType=kind
    )
    return number


def test_a_send_of_a_known_account_takes_two_journeys(
    sms: Any, pool: str, journeys: dict[str, list[int]]
) -> None:
    for _ in range(30):
        send(sms, pool)
    assert sorted(set(journeys[SEND]))[0] == 2
    assert max(journeys[SEND]) <= MOST
    assert journeys[SEND].count(2) >= 15, "the others were the first of their thread"


def test_no_send_takes_more_than_four(server: Server, sms: Any, journeys: dict[str, list[int]]) -> None:
    """The first of a thread, after a change of the account's resources, of every form."""
    numbers = [request(sms, "TEN_DLC") for _ in range(3)]
    sms.create_opt_out_list(OptOutListName="mine")
    sms.update_phone_number(PhoneNumberId=numbers[2]["PhoneNumberId"], OptOutListName="mine")
    pool = sms.create_pool(
        OriginationIdentity=numbers[0]["PhoneNumberId"], IsoCountryCode="US", MessageType="TRANSACTIONAL"
    )["PoolId"]
    sms.request_sender_id(SenderId="ACME", IsoCountryCode="DE")
    sms.create_configuration_set(ConfigurationSetName="set")
    forms: list[dict[str, Any]] = [
        {"OriginationIdentity": pool},
        {"OriginationIdentity": numbers[1]["PhoneNumberId"]},
        {"OriginationIdentity": numbers[1]["PhoneNumber"]},
        {"OriginationIdentity": numbers[2]["PhoneNumberArn"]},
        {"OriginationIdentity": "ACME", "DestinationPhoneNumber": "+4915112345678"},
        {},
        {"ConfigurationSetName": "set"},
        {"ConfigurationSetName": "set", "OriginationIdentity": pool, "MaxPrice": "1.00", "TimeToLive": 60},
        {"DryRun": True, "OriginationIdentity": pool},
        {"MessageBody": "word " * 60},
    ]
    for number, form in enumerate(forms * 3):
        sms.put_opted_out_number(OptOutListName="mine", OptedOutNumber=f"+1425555{number:04}")  # a revision
        sms.send_text_message(**{"DestinationPhoneNumber": "+14255550100", "MessageBody": "hello", **form})
    assert len(journeys[SEND]) == len(forms) * 3
    assert max(journeys[SEND]) <= MOST, journeys[SEND]


def test_a_second_attempt_takes_no_more(sms: Any, pool: str, journeys: dict[str, list[int]]) -> None:
    """An attempt that is not the first looks for what the first has sent."""

    def second(request: AWSRequest, **_: Any) -> None:
        request.headers["amz-sdk-request"] = "attempt=2; max=3"

    sms.meta.events.register("before-send.*.SendTextMessage", second)
    for _ in range(10):
        send(sms, pool)
    assert max(journeys[SEND]) <= MOST


def test_the_stages_of_the_line_wait_for_all_their_texts_at_once(
    server: Server, sms: Any, pool: str, journeys: dict[str, list[int]]
) -> None:
    sent = [send(sms, pool, f"text {number}") for number in range(100)]
    ended(server, *sent)
    for name in ("route", "submit", "receipt"):
        assert journeys[name]
        assert max(journeys[name]) <= 6, name
