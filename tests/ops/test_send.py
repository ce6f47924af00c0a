"""SendTextMessage (data-plane §1): every parameter, the choice of an identity, and the failure table."""

import json
import uuid
from typing import Any

import pytest

from tests.ops.conftest import Clients, Servers
from tests.ops.given import (
    NOW,
    OTHER_ACCOUNT,
    REGION,
    a_number,
    a_pool,
    a_sender_id,
    assert_conflict,
    assert_invalid,
    assert_not_found,
    assert_quota,
    refused,
)
from wireroom.api.enums import MessageType
from wireroom.store.rows import ConfigurationSet, Message, Spend
from wireroom.testing import Server

HANDSET = "+14255550101"
CANADIAN = "+16045550101"
GERMAN = "+4915112345678"
PUERTO_RICAN = "+17875550101"
SIMULATED = "+14254147755"
UNKNOWN = "00000000-0000-0000-0000-000000000000"


def sent(server: Server, message_id: str) -> dict[str, Any]:
    """What the read-back tells of a text."""
    found: dict[str, Any] = server.call(f"/messages/{message_id}")
    return found


def send(sms: Any, **parameters: Any) -> str:
    """Send a text; `to`, `via` and `text` are short for the names that stand in every call."""
    named = {
        "DestinationPhoneNumber": parameters.pop("to", HANDSET),
        "MessageBody": parameters.pop("text", "hello"),
    }
    if (via := parameters.pop("via", None)) is not None:
        named["OriginationIdentity"] = via
    message_id: str = sms.send_text_message(**{**named, **parameters})["MessageId"]
    return message_id


def refusal(sms: Any, **parameters: Any) -> dict[str, Any]:
    return refused(lambda: send(sms, **parameters))


# ------------------------------------------------------------------------------------------- what is answered


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


# --------------------------------------------------------------------------------------- who speaks in a text


def test_the_kinds_of_a_pool_speak_in_awss_order(sms: Any, server: Server) -> None:
    toll_free = a_number(sms)
    pool = a_pool(sms, toll_free)
    ten_dlc = a_number(sms, NumberType="TEN_DLC", PoolId=pool["PoolId"])
    found = sent(server, send(sms, via=pool["PoolId"]))
    assert found["originationPhoneNumber"] == ten_dlc["PhoneNumber"]
    assert toll_free["PhoneNumber"] in found["why"]


def test_a_pool_speaks_with_the_number_of_the_destinations_country(sms: Any, server: Server) -> None:
    american = a_number(sms, NumberType="TEN_DLC")
    pool = a_pool(sms, american)
    canadian = a_number(sms, IsoCountryCode="CA", NumberType="LONG_CODE", PoolId=pool["PoolId"])
    there = sent(server, send(sms, via=pool["PoolId"], to=CANADIAN))
    here = sent(server, send(sms, via=pool["PoolId"]))
    assert there["originationPhoneNumber"] == canadian["PhoneNumber"]
    assert here["originationPhoneNumber"] == american["PhoneNumber"]


def test_a_number_that_joins_or_leaves_a_pool_counts_from_the_next_text_on(sms: Any, server: Server) -> None:
    toll_free = a_number(sms)
    pool = a_pool(sms, toll_free)
    before = sent(server, send(sms, via=pool["PoolId"]))
    ten_dlc = a_number(sms, NumberType="TEN_DLC", PoolId=pool["PoolId"])
    with_it = sent(server, send(sms, via=pool["PoolId"]))
    sms.disassociate_origination_identity(
        PoolId=pool["PoolId"], OriginationIdentity=ten_dlc["PhoneNumberId"], IsoCountryCode="US"
    )
    after = sent(server, send(sms, via=pool["PoolId"]))
    spoke = [found["originationPhoneNumber"] for found in (before, with_it, after)]
    assert spoke == [toll_free["PhoneNumber"], ten_dlc["PhoneNumber"], toll_free["PhoneNumber"]]


def test_a_10dlc_number_reaches_the_territories(sms: Any) -> None:
    assert send(sms, via=a_number(sms, NumberType="TEN_DLC")["PhoneNumberId"], to=PUERTO_RICAN)


def test_a_pool_does_not_cross_borders(sms: Any) -> None:
    error = refusal(sms, via=a_pool(sms, a_number(sms, NumberType="TEN_DLC"))["PoolId"], to=CANADIAN)
    assert error["Error"]["Code"] == "ConflictException"
    assert error["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"


def test_an_account_without_numbers_has_nobody_to_speak(sms: Any) -> None:
    assert refusal(sms)["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"


def test_a_number_named_for_another_country_is_invalid_for_it(sms: Any) -> None:
    number = a_number(sms, NumberType="TEN_DLC")
    error = refusal(sms, via=number["PhoneNumberId"], to=CANADIAN)
    assert_invalid(error, "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY", "OriginationIdentity")


def test_a_toll_free_number_crosses_borders_only_with_international_sending(sms: Any, server: Server) -> None:
    at_home = a_number(sms)
    error = refusal(sms, via=at_home["PhoneNumberId"], to=GERMAN)
    assert_invalid(error, "INTERNATIONAL_SENDING_NOT_SUPPORTED", "OriginationIdentity")
    abroad = a_number(sms, InternationalSendingEnabled=True)
    message_id = send(sms, via=abroad["PhoneNumberId"], to=GERMAN)
    server.settled()
    assert sent(server, message_id)["events"][0]["isInternationalSend"] is True


def test_a_simulator_number_reaches_simulator_destinations_only(sms: Any) -> None:
    number = a_number(sms, NumberType="SIMULATOR")
    assert send(sms, via=number["PhoneNumberId"], to=SIMULATED)
    error = refusal(sms, via=number["PhoneNumberId"])
    assert_invalid(error, "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY", "OriginationIdentity")


def test_a_sender_id_is_taken_for_the_destinations_country(
    sms: Any, server: Server, account: str, put: Any
) -> None:
    put(a_sender_id(account, country="DE"), a_sender_id(account, country="GB"))
    found = sent(server, send(sms, via="Wireroom", to=GERMAN))
    assert found["originationPhoneNumber"] == "Wireroom"
    assert "of DE" in found["why"]


def test_a_sender_id_cannot_write_to_a_country_without_them(sms: Any, account: str, put: Any) -> None:
    put(a_sender_id(account, country="DE"))
    assert_invalid(refusal(sms, via="Wireroom"), "SENDER_ID_NOT_SUPPORTED", "OriginationIdentity")


def test_a_number_that_is_still_pending_cannot_speak(strict: Any) -> None:
    number = a_number(strict)
    error = refusal(strict, via=number["PhoneNumberId"], to=SIMULATED)
    assert_conflict(error, "RESOURCE_NOT_ACTIVE", "phone-number", number["PhoneNumberId"])


# ----------------------------------------------------------------------------------------------- message type


def test_another_message_type_than_the_numbers_is_refused(sms: Any) -> None:
    number = a_number(sms)
    error = refusal(sms, via=number["PhoneNumberId"], MessageType="PROMOTIONAL")
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "phone-number", number["PhoneNumberId"])


@pytest.mark.parametrize("name", ["PhoneNumber", "PhoneNumberArn"])
def test_a_conflict_names_the_number_as_the_caller_did(sms: Any, name: str) -> None:
    number = a_number(sms)
    error = refusal(sms, via=number[name], MessageType="PROMOTIONAL")
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "phone-number", number[name])


def test_a_conflict_names_a_sender_id_by_its_name(sms: Any, account: str, put: Any) -> None:
    put(a_sender_id(account, message_types=(MessageType.TRANSACTIONAL,)))
    error = refusal(sms, via="Wireroom", to="+447700900123", MessageType="PROMOTIONAL")
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "sender-id", "Wireroom")


def test_another_message_type_than_the_pools_finds_nobody(sms: Any) -> None:
    error = refusal(sms, via=a_pool(sms)["PoolId"], MessageType="PROMOTIONAL")
    assert error["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"


def test_the_message_type_is_the_identitys_when_nobody_says_another(sms: Any, server: Server) -> None:
    number = a_number(sms, MessageType="PROMOTIONAL")
    assert sent(server, send(sms, via=number["PhoneNumberId"]))["messageType"] == "PROMOTIONAL"


def test_a_configuration_sets_message_type_decides_where_the_request_does_not(
    sms: Any, server: Server, account: str, put: Any
) -> None:
    put(ConfigurationSet(account, REGION, "news", MessageType.PROMOTIONAL, None, None, NOW))
    a_number(sms)
    promotional = a_number(sms, MessageType="PROMOTIONAL")
    found = sent(server, send(sms, ConfigurationSetName="news"))
    assert found["originationPhoneNumber"] == promotional["PhoneNumber"]
    assert found["configurationSetName"] == "news"
    said = sent(server, send(sms, ConfigurationSetName="news", MessageType="TRANSACTIONAL"))
    assert said["messageType"] == "TRANSACTIONAL"


# -------------------------------------------------------------------------------------------- what is unknown


@pytest.mark.parametrize(
    ("reference", "resource_type"),
    [
        ("pool-" + "0" * 32, "pool"),
        ("phone-" + "0" * 32, "phone-number"),
        ("+12065550199", "phone-number"),
        ("555555", "phone-number"),
        ("NOBODY", "sender-id"),
        ("rcs-" + "0" * 32, "rcs-agent"),
    ],
)
def test_an_unknown_identity_is_not_found(sms: Any, reference: str, resource_type: str) -> None:
    assert_not_found(refusal(sms, via=reference), resource_type, reference)


def test_another_accounts_pool_is_not_found(sms: Any, account: str) -> None:
    arn = a_pool(sms)["PoolArn"].replace(account, OTHER_ACCOUNT)
    assert_not_found(refusal(sms, via=arn), "pool", arn)


@pytest.mark.parametrize("arn", ["arn:aws:sns:us-east-1:123456789012:t", "arn:aws:sms-voice:us-east-1:1:x/y"])
def test_an_arn_of_something_else_is_invalid(sms: Any, arn: str) -> None:
    assert_invalid(refusal(sms, via=arn), "INVALID_ARN", "OriginationIdentity")


def test_an_unknown_configuration_set_is_not_found(sms: Any) -> None:
    assert_not_found(refusal(sms, ConfigurationSetName="none"), "configuration-set", "none")


def test_an_unknown_protect_configuration_is_not_found(sms: Any) -> None:
    error = refusal(sms, ProtectConfigurationId="protect-1")
    assert_not_found(error, "protect-configuration", "protect-1")


@pytest.mark.parametrize("arn", ["arn:aws:sms-voice:us-east-1:123456789012:pool/x", "arn:aws:x"])
def test_an_arn_of_something_else_is_no_protect_configuration(sms: Any, arn: str) -> None:
    assert_invalid(refusal(sms, ProtectConfigurationId=arn), "INVALID_ARN", "ProtectConfigurationId")


def test_an_unknown_identity_is_said_before_a_number_that_cannot_be_parsed(sms: Any) -> None:
    unknown = f"pool-{'0' * 32}"
    assert_not_found(refusal(sms, to="+1425", via=unknown), "pool", unknown)


# --------------------------------------------------------------------------------------- body and destination


@pytest.mark.parametrize("destination", ["+999123456789", "+1425", "+12345678901234567"])
def test_a_number_of_no_country_cannot_be_parsed(sms: Any, destination: str) -> None:
    assert_invalid(refusal(sms, to=destination), "CANNOT_PARSE", "DestinationPhoneNumber")


def test_a_number_with_letters_fails_its_field(sms: Any) -> None:
    assert_invalid(refusal(sms, to="+1425555CALL"), "FIELD_VALIDATION_FAILED", "DestinationPhoneNumber")


def test_a_country_that_is_not_served_is_refused(sms: Any) -> None:
    a_number(sms)
    error = refusal(sms, to="+5352345678")
    assert_invalid(error, "DESTINATION_COUNTRY_BLOCKED", "DestinationPhoneNumber")


def test_a_text_needs_a_body(sms: Any) -> None:
    error = refused(sms.send_text_message, DestinationPhoneNumber=HANDSET)
    assert_invalid(error, "MISSING_PARAMETER", "MessageBody")


@pytest.mark.parametrize("text", [" ", "\n\t"])
def test_a_blank_body_fails_its_field(sms: Any, text: str) -> None:
    assert_invalid(refusal(sms, text=text), "FIELD_VALIDATION_FAILED", "MessageBody")


@pytest.mark.parametrize(("text", "parts"), [("a" * 1530, 10), ("中" * 630, 10)])
def test_ten_parts_are_the_most(sms: Any, server: Server, text: str, parts: int) -> None:
    number = a_number(sms)
    assert len(sent(server, send(sms, via=number["PhoneNumberId"], text=text))["parts"]) == parts
    error = refusal(sms, via=number["PhoneNumberId"], text=text + text[0])
    assert_invalid(error, "MAXIMUM_SIZE_EXCEEDED", "MessageBody")


def test_every_bad_field_is_named_at_once(sms: Any) -> None:
    error = refusal(sms, to="nobody", text="x" * 1601, MaxPrice="100", TimeToLive=999_999, MessageType="SPAM")
    assert error["Reason"] == "FIELD_VALIDATION_FAILED"
    assert {field["Name"] for field in error["Fields"]} == {
        "DestinationPhoneNumber",
        "MessageBody",
        "MaxPrice",
        "TimeToLive",
        "MessageType",
    }


# -------------------------------------------------------------------------------------------------- the gates


def test_an_opted_out_destination_is_refused_at_once(sms: Any) -> None:
    number = a_number(sms)
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    error = refusal(sms, via=number["PhoneNumberId"])
    assert_conflict(error, "DESTINATION_PHONE_NUMBER_OPTED_OUT", "phone-number", HANDSET)
    sms.delete_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    assert send(sms, via=number["PhoneNumberId"])


def test_an_opt_out_counts_only_for_the_identities_of_its_list(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="news")
    of_default = a_number(sms)
    of_news = a_number(sms, OptOutListName="news")
    sms.put_opted_out_number(OptOutListName="news", OptedOutNumber=HANDSET)
    assert send(sms, via=of_default["PhoneNumberId"])
    assert refusal(sms, via=of_news["PhoneNumberId"])["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"


def test_a_pools_list_counts_for_what_goes_through_the_pool(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="news")
    pool = a_pool(sms)
    sms.update_pool(PoolId=pool["PoolId"], OptOutListName="news")
    sms.put_opted_out_number(OptOutListName="news", OptedOutNumber=HANDSET)
    assert refusal(sms, via=pool["PoolId"])["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"


def test_an_opt_out_holds_although_opt_outs_are_self_managed(sms: Any) -> None:
    number = a_number(sms)
    channel = "arn:aws:sns:us-east-1:123456789012:answers"
    sms.update_phone_number(
        PhoneNumberId=number["PhoneNumberId"],
        TwoWayEnabled=True,
        TwoWayChannelArn=channel,
        SelfManagedOptOutsEnabled=True,
    )
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    assert refusal(sms, via=number["PhoneNumberId"])["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"


def test_a_text_dearer_than_its_max_price_is_refused(sms: Any) -> None:
    number = a_number(sms)
    assert_invalid(
        refusal(sms, via=number["PhoneNumberId"], MaxPrice="0.00001"), "PRICE_OVER_THRESHOLD", "MaxPrice"
    )
    one_part = send(sms, via=number["PhoneNumberId"], MaxPrice="0.02")
    assert one_part
    error = refusal(sms, via=number["PhoneNumberId"], MaxPrice="0.02", text="x" * 1500)
    assert_invalid(error, "PRICE_OVER_THRESHOLD", "MaxPrice")


def test_the_months_spend_is_counted_and_never_passes_the_limit(
    strict: Any, servers: Servers, account: str
) -> None:
    server = servers("strict")
    number = a_number(strict, NumberType="SIMULATOR")
    server.turn(10)  # until the number is ACTIVE
    send(strict, via=number["PhoneNumberId"], to=SIMULATED, text="x" * 1500)

    def spent() -> Spend:
        rows = server.run(
            server.app.engine.read(
                lambda tx: tx.page(Spend, {"account_id": account, "region": REGION}, None, 10), "spend"
            )
        )
        assert len(rows) == 1
        return rows[0]

    cost = spent().micros
    assert cost > 0
    for _ in range(1_000_000 // cost - 1):
        send(strict, via=number["PhoneNumberId"], to=SIMULATED, text="x" * 1500)
    error = refusal(strict, via=number["PhoneNumberId"], to=SIMULATED, text="x" * 1500)
    assert_quota(error, "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")
    assert 1_000_000 - cost < spent().micros <= 1_000_000


def test_in_the_sandbox_only_simulator_destinations_are_written_to(strict: Any, servers: Servers) -> None:
    number = a_number(strict)
    servers("strict").turn(10)
    assert send(strict, via=number["PhoneNumberId"], to=SIMULATED)
    error = refusal(strict, via=number["PhoneNumberId"])
    assert error["Reason"] == "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"
    assert error["ResourceId"] == HANDSET


# --------------------------------------------------------------------------------------------------- dry runs


def test_a_dry_run_is_answered_and_leaves_nothing_behind(sms: Any, server: Server, account: str) -> None:
    number = a_number(sms)
    message_id = send(sms, via=number["PhoneNumberId"], DryRun=True)
    assert uuid.UUID(message_id)
    assert server.call(f"/messages?account={account}")["messages"] == []
    rows = server.run(
        server.app.engine.read(
            lambda tx: tx.page(Spend, {"account_id": account, "region": REGION}, None, 10), "spend"
        )
    )
    assert rows == []


def test_a_dry_run_is_checked_like_any_other_text(sms: Any) -> None:
    number = a_number(sms)
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    error = refusal(sms, via=number["PhoneNumberId"], DryRun=True)
    assert error["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"


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
    assert "context" not in found["events"][0]
    assert json.dumps(found["price"])


def test_refused_texts_leave_no_row(sms: Any, server: Server, account: str) -> None:
    a_number(sms)
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    refusal(sms)
    refusal(sms, to="+999123456789")
    rows = server.run(
        server.app.engine.read(lambda tx: tx.page(Message, {"account_id": account}, None, 10), "messages")
    )
    assert rows == []


def test_an_old_sdk_that_sends_the_country_and_a_new_one_that_does_not_both_make_a_pool(
    clients: Clients, account: str
) -> None:
    sms = clients(account)
    assert a_pool(sms, IsoCountryCode="US")["Status"] == "ACTIVE"
    assert a_pool(sms, a_number(sms))["Status"] == "ACTIVE"
