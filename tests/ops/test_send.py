"""SendTextMessage (data-plane §1.1): every parameter, what is answered, and what becomes of a text."""

import uuid
from typing import Any

import pytest

from tests.ops.given import REGION, a_number, a_pool
from tests.ops.sending import HANDSET, kept, refusal, send, sent
from wireroom.testing import Server


def test_a_text_is_answered_with_a_message_id_and_nothing_else(sms: Any) -> None:
    number = a_number(sms)
    answer = sms.send_text_message(
        DestinationPhoneNumber=HANDSET, OriginationIdentity=number["PhoneNumber"], MessageBody="hello"
    )
    assert set(answer) == {"MessageId", "ResponseMetadata"}
    assert str(uuid.UUID(answer["MessageId"])) == answer["MessageId"]


def test_a_text_through_a_pool_is_read_back_to_the_field(sms: Any, server: Server, account: str) -> None:
    number = a_number(sms, NumberType="TEN_DLC")
    pool = a_pool(sms, number)
    message_id = send(
        sms,
        via=pool["PoolId"],
        text="Your code is 482913.",
        Context={"order": "42"},
        MaxPrice="0.99",
        TimeToLive=60,
        Keyword="WIRE",
        MessageType="TRANSACTIONAL",
        MessageFeedbackEnabled=True,
    )
    server.settled()
    found = sent(server, message_id)
    assert found["accountId"] == account
    assert found["region"] == REGION
    assert (found["channel"], found["direction"]) == ("SMS", "OUTBOUND")
    assert found["originationPhoneNumber"] == number["PhoneNumber"]
    assert found["destinationPhoneNumber"] == HANDSET
    assert found["poolId"] == pool["PoolId"]
    assert found["messageType"] == "TRANSACTIONAL"
    assert found["context"] == {"order": "42"}
    assert found["codes"] == ["482913"]
    assert "10DLC" in found["why"]
    assert [part["encoding"] for part in found["parts"]] == ["GSM"]
    assert found["events"][0]["eventType"] == "TEXT_SUCCESSFUL"


@pytest.mark.parametrize("reference", ["PoolId", "PoolArn"])
def test_a_pool_is_named_by_id_or_arn(sms: Any, reference: str) -> None:
    assert send(sms, via=a_pool(sms)[reference])


@pytest.mark.parametrize("reference", ["PhoneNumber", "PhoneNumberId", "PhoneNumberArn"])
def test_a_number_is_named_by_itself_by_id_or_by_arn(sms: Any, reference: str) -> None:
    assert send(sms, via=a_number(sms)[reference])


def test_the_plus_of_a_number_may_be_missing(sms: Any, server: Server) -> None:
    number = a_number(sms)
    message_id = send(sms, via=number["PhoneNumber"][1:], to=HANDSET[1:])
    assert sent(server, message_id)["destinationPhoneNumber"] == HANDSET


def test_without_an_identity_the_whole_account_is_chosen_from(sms: Any, server: Server) -> None:
    number = a_number(sms)
    message_id = send(sms)
    found = sent(server, message_id)
    assert found["originationPhoneNumber"] == number["PhoneNumber"]
    assert found["poolId"] is None


def test_a_long_text_travels_in_parts_that_join_to_it(sms: Any, server: Server) -> None:
    text = "€" * 100 + "a" * 120
    message_id = send(sms, via=a_number(sms)["PhoneNumberId"], text=text)
    server.settled()
    parts = sent(server, message_id)["parts"]
    assert "".join(part["text"] for part in parts) == text
    assert [part["number"] for part in parts] == [1, 2, 3]


def test_the_kinds_of_a_pool_speak_in_awss_order(sms: Any, server: Server) -> None:
    toll_free = a_number(sms)
    pool = a_pool(sms, toll_free)
    ten_dlc = a_number(sms, NumberType="TEN_DLC", PoolId=pool["PoolId"])
    found = sent(server, send(sms, via=pool["PoolId"]))
    assert found["originationPhoneNumber"] == ten_dlc["PhoneNumber"]
    assert toll_free["PhoneNumber"] in found["why"]


def test_a_number_that_joins_or_leaves_a_pool_counts_from_the_next_text_on(sms: Any, server: Server) -> None:
    toll_free = a_number(sms)
    pool = a_pool(sms, toll_free)
    # To another handset each time: who delivered last to a handset would speak again.
    before = sent(server, send(sms, via=pool["PoolId"], to="+14255550111"))
    ten_dlc = a_number(sms, NumberType="TEN_DLC", PoolId=pool["PoolId"])
    with_it = sent(server, send(sms, via=pool["PoolId"], to="+14255550112"))
    sms.disassociate_origination_identity(
        PoolId=pool["PoolId"], OriginationIdentity=ten_dlc["PhoneNumberId"], IsoCountryCode="US"
    )
    after = sent(server, send(sms, via=pool["PoolId"], to="+14255550113"))
    spoke = [found["originationPhoneNumber"] for found in (before, with_it, after)]
    assert spoke == [toll_free["PhoneNumber"], ten_dlc["PhoneNumber"], toll_free["PhoneNumber"]]


# ------------------------------------------------------------------------------- what is kept for the carrier


def test_keyword_and_country_parameters_are_kept_as_they_came(sms: Any, server: Server) -> None:
    number = a_number(sms)
    message_id = send(
        sms,
        via=number["PhoneNumberId"],
        Keyword="WIRE ROOM",
        DestinationCountryParameters={"IN_ENTITY_ID": "1101", "IN_TEMPLATE_ID": "1107"},
    )
    assert kept(server, message_id).parameters == {
        "IN_ENTITY_ID": "1101",
        "IN_TEMPLATE_ID": "1107",
        "Keyword": "WIRE ROOM",
    }
    assert kept(server, send(sms, via=number["PhoneNumberId"])).parameters is None


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"Keyword": "x" * 31}, "Keyword"),
        ({"Keyword": "two\nlines"}, "Keyword"),
        ({"DestinationCountryParameters": {"IN_PAN_ID": "1"}}, "DestinationCountryParameters"),
        ({"DestinationCountryParameters": {"IN_ENTITY_ID": "1 1"}}, "DestinationCountryParameters"),
        ({"DestinationCountryParameters": {"IN_ENTITY_ID": "1" * 65}}, "DestinationCountryParameters"),
        ({"Context": {str(n): "x" for n in range(6)}}, "Context"),
        ({"Context": {"a key": "x"}}, "Context"),
        ({"Context": {"key": " x"}}, "Context"),
        ({"TimeToLive": 259_201}, "TimeToLive"),
    ],
)
def test_what_a_field_does_not_take_is_named(sms: Any, parameters: dict[str, Any], field: str) -> None:
    error = refusal(sms, **parameters)
    assert error["Reason"] == "FIELD_VALIDATION_FAILED"
    assert [named["Name"].partition(".")[0] for named in error["Fields"]] == [field]


@pytest.mark.parametrize(
    ("default", "said", "wanted"),
    [
        (None, None, False),
        (None, True, True),
        (True, None, True),
        (True, False, False),
        (False, True, True),
        (False, None, False),
    ],
)
def test_the_requests_feedback_flag_beats_the_sets_even_when_it_is_false(
    sms: Any, server: Server, default: bool | None, said: bool | None, wanted: bool
) -> None:
    number = a_number(sms)
    sms.create_configuration_set(ConfigurationSetName="news")
    if default is not None:
        sms.set_default_message_feedback_enabled(ConfigurationSetName="news", MessageFeedbackEnabled=default)
    named = {} if said is None else {"MessageFeedbackEnabled": said}
    message_id = send(sms, via=number["PhoneNumberId"], ConfigurationSetName="news", **named)
    assert kept(server, message_id).feedback is wanted


def test_the_context_stands_in_every_event(sms: Any, server: Server, account: str) -> None:
    number = a_number(sms, NumberType="TEN_DLC")
    context = {"order": "42", "customer": "Zoë"}
    message_id = send(sms, via=number["PhoneNumberId"], Context=context)
    server.settled()
    server.turn(1)
    server.call(f"/messages/wait?account={account}&status=DELIVERED")
    events = sent(server, message_id)["events"]
    assert [event["eventType"] for event in events] == ["TEXT_SUCCESSFUL", "TEXT_DELIVERED"]
    assert [event["context"] for event in events] == [context, context]


def test_a_text_without_context_has_none_in_its_events(sms: Any, server: Server) -> None:
    message_id = send(sms, via=a_number(sms)["PhoneNumberId"])
    server.settled()
    assert ["context" in event for event in sent(server, message_id)["events"]] == [False]


# ------------------------------------------------------------------------------------------- what comes after


def test_awss_failure_destination_fails(sms: Any, server: Server, account: str) -> None:
    number = a_number(sms, NumberType="SIMULATOR")
    message_id = send(sms, via=number["PhoneNumberId"], to="+14254147167")
    server.settled()
    server.turn(1)
    found = server.call(f"/messages/wait?account={account}&destination=%2B14254147167&status=FAILED")
    assert found["messageId"] == message_id
    assert found["events"][-1]["eventType"] == "TEXT_CARRIER_UNREACHABLE"
    assert found["events"][-1]["isFinal"] is True


def test_a_handset_gets_the_text_and_the_receipt_ends_it(sms: Any, server: Server, account: str) -> None:
    number = a_number(sms, NumberType="TEN_DLC")
    message_id = send(sms, via=number["PhoneNumberId"], text="hello there")
    server.settled()
    server.turn(1)
    found = server.call(f"/messages/wait?account={account}&status=DELIVERED")
    assert found["messageId"] == message_id
    assert [event["eventType"] for event in found["events"]] == ["TEXT_SUCCESSFUL", "TEXT_DELIVERED"]
