"""SendTextMessage's failure table (data-plane §1.5), line by line; `test_send_order` has which goes first.

Line 9, the choice of an identity, has `test_send_nobody_speaks`. Lines 13 and 14, the protect configurations,
come with the operations that make them.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.ops.conftest import Servers
from tests.ops.given import (
    NOW,
    OTHER_ACCOUNT,
    a_number,
    a_pool,
    assert_conflict,
    assert_invalid,
    assert_not_found,
    assert_quota,
    refused,
)
from tests.ops.sending import CUBAN, HANDSET, SIMULATED, refusal, send, sent, spent
from wireroom.config import AuthMode, Settings, Simulate
from wireroom.observe import ManualClock
from wireroom.store.rows import Message
from wireroom.testing import Server

ONE_TRY = Config(retries={"total_max_attempts": 1}, proxies={})
UNCHECKED = Config(parameter_validation=False, proxies={})
"""boto3 lets wrong types and lengths through."""


@pytest.fixture(scope="module")
def pacing() -> Iterator[Server]:
    with Server(Settings(simulate=Simulate(rates="aws")), clock=ManualClock(NOW)) as running:
        yield running


@pytest.fixture
def paced(pacing: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server with AWS's rates, for which the machine's time stands still."""
    monkeypatch.setattr(pacing.app.machine, "monotonic", lambda: 0.0)
    return pacing


def assert_throttled(error: dict[str, Any], said: str) -> None:
    assert error["Error"]["Code"] == "ThrottlingException"
    assert said in error["Message"]
    assert "Reason" not in error


# ---------------------------------------------------------------------------------------------- 1 · signature


def test_line_1_a_wrong_signature_is_refused() -> None:
    with Server(Settings(auth=AuthMode.KEYS)) as server:
        key = server.run(server.app.keys.create("111122223333", admin=False))
        sms = server.client(aws_access_key_id=key.row.access_key_id, aws_secret_access_key="another")
        with pytest.raises(ClientError) as caught:
            send(sms)
    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"


# -------------------------------------------------------------------------------------- 2 · requests a second


def test_line_2_more_requests_than_awss_rate_are_throttled(paced: Server, account: str) -> None:
    sms = paced.client(account, config=ONE_TRY)
    refusals = [refusal(sms) for _ in range(3)]  # twice the rate is let through at once
    assert [error["Error"]["Code"] for error in refusals[:2]] == ["ConflictException"] * 2
    assert_throttled(refusals[2], "Rate exceeded")


# -------------------------------------------------------------------------------------------------- 3 · types


@pytest.mark.parametrize("wrong", [{"TimeToLive": "soon"}, {"MessageBody": 5}, {"DryRun": "yes"}])
def test_line_3_a_member_of_another_type_is_a_serialization_exception(
    server: Server, account: str, wrong: dict[str, Any]
) -> None:
    sms = server.client(account, config=UNCHECKED)
    with pytest.raises(ClientError) as caught:
        send(sms, **wrong)
    assert caught.value.response["Error"]["Code"] == "SerializationException"


# -------------------------------------------------------------------------------------------- 4 · constraints


def test_line_4_a_destination_is_required(server: Server, account: str) -> None:
    sms = server.client(account, config=UNCHECKED)
    assert_invalid(
        refused(sms.send_text_message, MessageBody="x"), "MISSING_PARAMETER", "DestinationPhoneNumber"
    )


def test_line_4_a_number_with_letters_fails_its_field(sms: Any) -> None:
    assert_invalid(refusal(sms, to="+1425555CALL"), "FIELD_VALIDATION_FAILED", "DestinationPhoneNumber")


def test_line_4_a_text_needs_a_body(sms: Any) -> None:
    error = refused(sms.send_text_message, DestinationPhoneNumber=HANDSET)
    assert_invalid(error, "MISSING_PARAMETER", "MessageBody")


@pytest.mark.parametrize("text", [" ", "\n\t"])
def test_line_4_a_blank_body_fails_its_field(sms: Any, text: str) -> None:
    assert_invalid(refusal(sms, text=text), "FIELD_VALIDATION_FAILED", "MessageBody")


def test_line_4_every_bad_field_is_named_at_once(sms: Any) -> None:
    error = refusal(sms, to="nobody", text="x" * 1601, MaxPrice="100", TimeToLive=999_999, MessageType="SPAM")
    assert error["Reason"] == "FIELD_VALIDATION_FAILED"
    assert {field["Name"] for field in error["Fields"]} == {
        "DestinationPhoneNumber",
        "MessageBody",
        "MaxPrice",
        "TimeToLive",
        "MessageType",
    }


# -------------------------------------------------------------------------------------------- 5 · the account


@pytest.mark.parametrize(
    ("status", "reason"),
    [("disabled", "ACCOUNT_DISABLED"), ("low_reputation", "INSUFFICIENT_ACCOUNT_REPUTATION")],
)
def test_line_5_an_account_that_may_not_send_is_denied(status: str, reason: str) -> None:
    with Server(Settings(simulate=Simulate(account=status))) as server:
        sms = server.client()
        error = refusal(sms, via=a_number(sms)["PhoneNumberId"])
    assert error["Error"]["Code"] == "AccessDeniedException"
    assert error["Reason"] == reason
    assert f'Reason="{reason}"' in error["Message"]


# ---------------------------------------------------------------------------------------- 6 · what is unknown


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
def test_line_6_an_unknown_identity_is_not_found(sms: Any, reference: str, resource_type: str) -> None:
    assert_not_found(refusal(sms, via=reference), resource_type, reference)


def test_line_6_another_accounts_pool_is_not_found(sms: Any, account: str) -> None:
    arn = a_pool(sms)["PoolArn"].replace(account, OTHER_ACCOUNT)
    assert_not_found(refusal(sms, via=arn), "pool", arn)


@pytest.mark.parametrize("arn", ["arn:aws:sns:us-east-1:123456789012:t", "arn:aws:sms-voice:us-east-1:1:x/y"])
def test_line_6_an_arn_of_something_else_is_invalid(sms: Any, arn: str) -> None:
    assert_invalid(refusal(sms, via=arn), "INVALID_ARN", "OriginationIdentity")


def test_line_6_an_unknown_configuration_set_is_not_found(sms: Any) -> None:
    assert_not_found(refusal(sms, ConfigurationSetName="none"), "configuration-set", "none")


def test_line_6_an_unknown_protect_configuration_is_not_found(sms: Any) -> None:
    error = refusal(sms, ProtectConfigurationId="protect-1")
    assert_not_found(error, "protect-configuration", "protect-1")


@pytest.mark.parametrize("arn", ["arn:aws:sms-voice:us-east-1:123456789012:pool/x", "arn:aws:x"])
def test_line_6_an_arn_of_something_else_is_no_protect_configuration(sms: Any, arn: str) -> None:
    assert_invalid(refusal(sms, ProtectConfigurationId=arn), "INVALID_ARN", "ProtectConfigurationId")


# ------------------------------------------------------------------------------------- 7, 8 · the destination


@pytest.mark.parametrize("destination", ["+999123456789", "+1425", "+12345678901234567"])
def test_line_7_a_number_of_no_country_cannot_be_parsed(sms: Any, destination: str) -> None:
    assert_invalid(refusal(sms, to=destination), "CANNOT_PARSE", "DestinationPhoneNumber")


def test_line_8_a_country_that_is_not_served_is_refused(sms: Any) -> None:
    a_number(sms)
    error = refusal(sms, to="+5352345678")
    assert_invalid(error, "DESTINATION_COUNTRY_BLOCKED", "DestinationPhoneNumber")


# ------------------------------------------------------------------------------------- 10 · the body's length


@pytest.mark.parametrize(("text", "parts"), [("a" * 1530, 10), ("中" * 630, 10)])
def test_line_10_ten_parts_are_the_most(sms: Any, server: Server, text: str, parts: int) -> None:
    number = a_number(sms)
    assert len(sent(server, send(sms, via=number["PhoneNumberId"], text=text))["parts"]) == parts
    error = refusal(sms, via=number["PhoneNumberId"], text=text + text[0])
    assert_invalid(error, "MAXIMUM_SIZE_EXCEEDED", "MessageBody")


# ------------------------------------------------------------------------------------------- 11 · the sandbox


def test_line_11_in_the_sandbox_only_simulator_destinations_are_written_to(
    strict: Any, servers: Servers
) -> None:
    number = a_number(strict)
    servers("strict").turn(10)
    assert send(strict, via=number["PhoneNumberId"], to=SIMULATED)
    error = refusal(strict, via=number["PhoneNumberId"])
    assert error["Reason"] == "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"
    assert error["ResourceId"] == HANDSET


# ---------------------------------------------------------------------------------------------- 12 · opt-outs


def test_line_12_an_opted_out_destination_is_refused_at_once(sms: Any) -> None:
    number = a_number(sms)
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    error = refusal(sms, via=number["PhoneNumberId"])
    assert_conflict(error, "DESTINATION_PHONE_NUMBER_OPTED_OUT", "phone-number", HANDSET)
    sms.delete_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    assert send(sms, via=number["PhoneNumberId"])


def test_line_12_an_opt_out_counts_only_for_the_identities_of_its_list(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="news")
    of_default = a_number(sms)
    of_news = a_number(sms, OptOutListName="news")
    sms.put_opted_out_number(OptOutListName="news", OptedOutNumber=HANDSET)
    assert send(sms, via=of_default["PhoneNumberId"])
    assert refusal(sms, via=of_news["PhoneNumberId"])["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"


def test_line_12_a_pools_list_counts_for_what_goes_through_the_pool(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="news")
    pool = a_pool(sms)
    sms.update_pool(PoolId=pool["PoolId"], OptOutListName="news")
    sms.put_opted_out_number(OptOutListName="news", OptedOutNumber=HANDSET)
    assert refusal(sms, via=pool["PoolId"])["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"


def test_line_12_an_opt_out_holds_although_opt_outs_are_self_managed(sms: Any) -> None:
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


# ------------------------------------------------------------------- 15, 16 · money (test_spend has the rest)


def test_line_15_a_text_dearer_than_its_max_price_is_refused(sms: Any) -> None:
    number = a_number(sms)
    assert_invalid(
        refusal(sms, via=number["PhoneNumberId"], MaxPrice="0.00001"), "PRICE_OVER_THRESHOLD", "MaxPrice"
    )
    one_part = send(sms, via=number["PhoneNumberId"], MaxPrice="0.02")
    assert one_part
    error = refusal(sms, via=number["PhoneNumberId"], MaxPrice="0.02", text="x" * 1500)
    assert_invalid(error, "PRICE_OVER_THRESHOLD", "MaxPrice")


def test_line_16_a_month_that_is_spent_refuses_texts(sms: Any) -> None:
    number = a_number(sms)
    sms.set_text_message_spend_limit_override(MonthlyLimit=0)
    assert_quota(refusal(sms, via=number["PhoneNumberId"]), "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")


# ---------------------------------------------------------------------------------------- 17 · parts a second


@pytest.mark.parametrize(("number_type", "parts"), [("TEN_DLC", 1), ("TOLL_FREE", 3)])
def test_line_17_an_identity_sends_so_many_parts_a_second(
    paced: Server, monkeypatch: pytest.MonkeyPatch, account: str, number_type: str, parts: int
) -> None:
    sms = paced.client(account, config=ONE_TRY)
    via = a_number(sms, NumberType=number_type)["PhoneNumberId"]
    full = "x" * (153 * parts if parts > 1 else 1)
    assert send(sms, via=via, text=full)
    assert_throttled(refusal(sms, via=via, to="+14255550102"), "parts a second")
    monkeypatch.setattr(paced.app.machine, "monotonic", lambda: 1.0)
    assert send(sms, via=via, text=full)


def test_line_17_a_sender_id_sends_ten_parts_a_second(paced: Server, account: str) -> None:
    sms = paced.client(account, config=ONE_TRY)
    sms.request_sender_id(SenderId="Wireroom", IsoCountryCode="DE")
    assert send(sms, via="Wireroom", to="+4915112345678", text="x" * 1530)
    assert_throttled(refusal(sms, via="Wireroom", to="+4915112345679"), "parts a second")


def test_line_17_a_text_of_more_parts_than_a_second_takes_goes_and_what_follows_waits(
    paced: Server, account: str
) -> None:
    sms = paced.client(account, config=ONE_TRY)
    via = a_number(sms, NumberType="TEN_DLC")["PhoneNumberId"]
    assert send(sms, via=via, text="x" * 1530)
    assert_throttled(refusal(sms, via=via, to="+14255550102"), "parts a second")


def test_line_17_a_recipient_gets_one_text_a_second_whoever_speaks(
    paced: Server, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    sms = paced.client(account, config=ONE_TRY)
    one, other = (a_number(sms)["PhoneNumberId"] for _ in range(2))
    assert send(sms, via=one)
    assert_throttled(refusal(sms, via=other), "recipient")
    monkeypatch.setattr(paced.app.machine, "monotonic", lambda: 1.0)
    assert send(sms, via=other)


def test_line_17_without_awss_rates_nothing_is_paced(sms: Any) -> None:
    via = a_number(sms, NumberType="TEN_DLC")["PhoneNumberId"]
    assert len({send(sms, via=via) for _ in range(5)}) == 5


# -------------------------------------------------------------------------------------- what a refusal leaves


def test_refused_texts_leave_no_row_and_cost_nothing(sms: Any, server: Server, account: str) -> None:
    number = a_number(sms)
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    refusal(sms)
    refusal(sms, to="+999123456789")
    refusal(sms, via=number["PhoneNumberId"], to=CUBAN)
    refusal(sms, via=number["PhoneNumberId"], MaxPrice="0.00001")
    rows = server.run(
        server.app.engine.read(lambda tx: tx.page(Message, {"account_id": account}, None, 10), "messages")
    )
    assert rows == []
    assert spent(server, account) == {}


def test_a_text_that_is_too_fast_costs_nothing(paced: Server, account: str) -> None:
    sms = paced.client(account, config=ONE_TRY)
    via = a_number(sms, NumberType="TEN_DLC")["PhoneNumberId"]
    send(sms, via=via)
    before = spent(paced, account)
    refusal(sms, via=via)
    assert spent(paced, account) == before
