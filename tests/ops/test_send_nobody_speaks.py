"""Who cannot speak in a text, and what a caller is answered: line 9 of data-plane §1.5, by §1.2 and §1.4."""

from typing import Any

import pytest

from tests.ops.given import a_number, a_pool, assert_conflict, assert_invalid
from tests.ops.sending import CANADIAN, GERMAN, SIMULATED, refusal, send


def test_line_9_an_account_without_numbers_has_nobody_to_speak(sms: Any) -> None:
    error = refusal(sms)
    assert error["Error"]["Code"] == "ConflictException"
    assert error["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"


def test_line_9_a_pool_does_not_cross_borders(sms: Any) -> None:
    error = refusal(sms, via=a_pool(sms, a_number(sms, NumberType="TEN_DLC"))["PoolId"], to=CANADIAN)
    assert error["Error"]["Code"] == "ConflictException"
    assert error["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"


def test_line_9_a_number_named_for_another_country_is_invalid_for_it(sms: Any) -> None:
    number = a_number(sms, NumberType="TEN_DLC")
    error = refusal(sms, via=number["PhoneNumberId"], to=CANADIAN)
    assert_invalid(error, "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY", "OriginationIdentity")


def test_line_9_a_toll_free_number_crosses_borders_only_with_international_sending(sms: Any) -> None:
    at_home = a_number(sms)
    error = refusal(sms, via=at_home["PhoneNumberId"], to=GERMAN)
    assert_invalid(error, "INTERNATIONAL_SENDING_NOT_SUPPORTED", "OriginationIdentity")
    abroad = a_number(sms, InternationalSendingEnabled=True)
    assert send(sms, via=abroad["PhoneNumberId"], to=GERMAN)


def test_line_9_a_simulator_number_reaches_simulator_destinations_only(sms: Any) -> None:
    number = a_number(sms, NumberType="SIMULATOR")
    assert send(sms, via=number["PhoneNumberId"], to=SIMULATED)
    error = refusal(sms, via=number["PhoneNumberId"])
    assert_invalid(error, "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY", "OriginationIdentity")


def test_line_9_a_sender_id_cannot_write_to_a_country_without_them(sms: Any) -> None:
    sms.request_sender_id(SenderId="Wireroom", IsoCountryCode="DE")
    assert_invalid(refusal(sms, via="Wireroom"), "SENDER_ID_NOT_SUPPORTED", "OriginationIdentity")


def test_line_9_a_number_that_is_still_pending_cannot_speak(strict: Any) -> None:
    number = a_number(strict)
    error = refusal(strict, via=number["PhoneNumberId"], to=SIMULATED)
    assert_conflict(error, "RESOURCE_NOT_ACTIVE", "phone-number", number["PhoneNumberId"])


def test_line_9_another_message_type_than_the_numbers_is_refused(sms: Any) -> None:
    number = a_number(sms)
    error = refusal(sms, via=number["PhoneNumberId"], MessageType="PROMOTIONAL")
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "phone-number", number["PhoneNumberId"])


@pytest.mark.parametrize("name", ["PhoneNumber", "PhoneNumberArn"])
def test_line_9_a_conflict_names_the_number_as_the_caller_did(sms: Any, name: str) -> None:
    number = a_number(sms)
    error = refusal(sms, via=number[name], MessageType="PROMOTIONAL")
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "phone-number", number[name])


def test_line_9_a_conflict_names_a_sender_id_by_its_name(sms: Any) -> None:
    sms.request_sender_id(SenderId="Wireroom", IsoCountryCode="DE", MessageTypes=["TRANSACTIONAL"])
    error = refusal(sms, via="Wireroom", to=GERMAN, MessageType="PROMOTIONAL")
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "sender-id", "Wireroom")


def test_line_9_another_message_type_than_the_pools_finds_nobody(sms: Any) -> None:
    error = refusal(sms, via=a_pool(sms)["PoolId"], MessageType="PROMOTIONAL")
    assert error["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"
