"""RequestPhoneNumber and ListAvailablePhoneNumbers (control-plane §2)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.ops.conftest import Clients, Servers
from tests.ops.given import (
    OTHER_ACCOUNT,
    REGION,
    TOPIC,
    a_number,
    a_pool,
    assert_conflict,
    assert_invalid,
    assert_not_found,
    assert_quota,
    number_now,
    plain,
    refused,
    rows_of_numbers,
    used,
)
from wireroom.api.enums import MessageType, NumberCapability, NumberType
from wireroom.core import inventory

UNKNOWN_NUMBER = "phone-" + "0" * 32
TEN_DLC = {"NumberType": "TEN_DLC"}

# ----------------------------------------------------------------------------------------- RequestPhoneNumber


def test_a_number_is_answered_to_the_field(sms: Any, account: str) -> None:
    number = a_number(sms, NumberType="SIMULATOR")
    number_id = number["PhoneNumberId"]
    assert len(number_id) == len(UNKNOWN_NUMBER)
    assert isinstance(number.pop("CreatedTimestamp"), datetime)
    assert number == {
        "PhoneNumberArn": f"arn:aws:sms-voice:{REGION}:{account}:phone-number/{number_id}",
        "PhoneNumberId": number_id,
        "PhoneNumber": number["PhoneNumber"],
        "Status": "ACTIVE",
        "IsoCountryCode": "US",
        "MessageType": "TRANSACTIONAL",
        "NumberCapabilities": ["SMS"],
        "NumberType": "SIMULATOR",
        "MonthlyLeasingPrice": "1.00",
        "TwoWayEnabled": False,
        "SelfManagedOptOutsEnabled": False,
        "OptOutListName": "Default",
        "DeletionProtectionEnabled": False,
    }


def test_what_is_given_with_a_request_is_set_on_the_number(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    number = a_number(
        sms,
        MessageType="PROMOTIONAL",
        NumberCapabilities=["VOICE", "SMS", "VOICE"],
        OptOutListName="sales",
        InternationalSendingEnabled=True,
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "Name", "Value": "main"}],
    )
    now = number_now(sms, number)
    assert now["MessageType"] == number["MessageType"] == "PROMOTIONAL"
    assert now["NumberCapabilities"] == number["NumberCapabilities"] == ["VOICE", "SMS"]
    assert now["OptOutListName"] == number["OptOutListName"] == "sales"
    assert now["InternationalSendingEnabled"] is number["InternationalSendingEnabled"] is True
    assert now["DeletionProtectionEnabled"] is number["DeletionProtectionEnabled"] is True
    assert now["MonthlyLeasingPrice"] == number["MonthlyLeasingPrice"] == "2.00"
    assert number["Tags"] == [{"Key": "Name", "Value": "main"}]
    assert "Tags" not in now


@pytest.mark.parametrize(
    ("country", "kind"),
    [("US", "TEN_DLC"), ("US", "TOLL_FREE"), ("US", "SIMULATOR"), ("CA", "LONG_CODE"), ("GB", "LONG_CODE")],
)
def test_a_number_of_every_requestable_type_is_active_at_once(sms: Any, country: str, kind: str) -> None:
    number = a_number(sms, IsoCountryCode=country, NumberType=kind)
    assert (number["Status"], number["IsoCountryCode"], number["NumberType"]) == ("ACTIVE", country, kind)
    assert number["PhoneNumber"].startswith("+")


@pytest.mark.parametrize(
    "wanted",
    [
        {"NumberType": "SIMULATOR", "MessageType": "PROMOTIONAL"},
        {"NumberType": "SIMULATOR", "IsoCountryCode": "GB"},
        {"NumberType": "TEN_DLC", "IsoCountryCode": "CA"},
        {"NumberType": "LONG_CODE", "IsoCountryCode": "AF"},
        {"NumberType": "LONG_CODE", "IsoCountryCode": "GB", "NumberCapabilities": ["SMS", "MMS"]},
        {"NumberCapabilities": ["RCS"]},
    ],
)
def test_a_number_that_cannot_be_had_is_not_found(sms: Any, wanted: dict[str, Any]) -> None:
    assert_not_found(refused(a_number, sms=sms, **wanted), "phone-number", None)
    assert used(sms, "PHONE_NUMBERS") == 0


def test_voice_where_no_number_speaks_is_a_validation_error(sms: Any) -> None:
    country = next(
        iso
        for iso in ("SE", "GB", "DE", "NL", "HU", "PL")
        if isinstance(
            inventory.can_request(
                iso,
                NumberType.LONG_CODE,
                [NumberCapability.SMS, NumberCapability.VOICE],
                MessageType.TRANSACTIONAL,
            ),
            inventory.VoiceNotAvailable,
        )
    )
    error = refused(
        a_number, sms=sms, IsoCountryCode=country, NumberType="LONG_CODE", NumberCapabilities=["SMS", "VOICE"]
    )
    assert_invalid(error, "VOICE_CAPABILITY_NOT_AVAILABLE", "NumberCapabilities")


def test_only_us_toll_free_numbers_send_abroad(sms: Any) -> None:
    error = refused(a_number, sms=sms, NumberType="SIMULATOR", InternationalSendingEnabled=True)
    assert_invalid(error, "INTERNATIONAL_SENDING_NOT_SUPPORTED", "InternationalSendingEnabled")
    number = a_number(sms, NumberType="SIMULATOR", InternationalSendingEnabled=False)
    assert "InternationalSendingEnabled" not in number


def test_a_short_code_cannot_be_requested(sms: Any) -> None:
    assert_invalid(
        refused(a_number, sms=sms, NumberType="SHORT_CODE"), "FIELD_VALIDATION_FAILED", "NumberType"
    )


def test_an_unknown_opt_out_list_pool_or_registration_is_not_found(sms: Any) -> None:
    assert_not_found(refused(a_number, sms=sms, OptOutListName="nowhere"), "opt-out-list", "nowhere")
    assert_not_found(refused(a_number, sms=sms, PoolId="pool-x"), "pool", "pool-x")
    assert_invalid(refused(a_number, sms=sms, PoolId=""), "MISSING_PARAMETER", "PoolId")
    registration = "registration-" + "0" * 32
    error = refused(a_number, sms=sms, RegistrationId=registration, **TEN_DLC)
    assert_not_found(error, "registration", registration)
    assert used(sms, "PHONE_NUMBERS") == 0


def test_where_registrations_are_simulated_a_ten_dlc_number_needs_one(strict: Any) -> None:
    assert_invalid(refused(a_number, sms=strict, **TEN_DLC), "MISSING_PARAMETER", "RegistrationId")


def test_where_activation_takes_time_a_number_is_pending_first(strict: Any, servers: Servers) -> None:
    number = a_number(strict)
    assert number["Status"] == number_now(strict, number)["Status"] == "PENDING"
    pending = {"Filters": [{"Name": "status", "Values": ["PENDING"]}]}
    assert len(strict.describe_phone_numbers(**pending)["PhoneNumbers"]) == 1
    servers("strict").turn(9.999)
    assert number_now(strict, number)["Status"] == "PENDING"
    servers("strict").turn(0.001)
    assert number_now(strict, number)["Status"] == "ACTIVE"
    assert strict.describe_phone_numbers(**pending)["PhoneNumbers"] == []


def test_numbers_have_a_quota_and_a_released_one_makes_room(tight: Any) -> None:
    numbers = [a_number(tight) for _ in range(4)]
    assert_quota(refused(a_number, sms=tight), "PHONE_NUMBERS_PER_ACCOUNT")
    assert used(tight, "PHONE_NUMBERS") == 4
    tight.release_phone_number(PhoneNumberId=numbers[0]["PhoneNumberId"])
    a_number(tight)
    assert used(tight, "PHONE_NUMBERS") == 4


def test_twenty_five_numbers_are_the_quota_of_an_account(sms: Any) -> None:
    numbers = {a_number(sms)["PhoneNumber"] for _ in range(25)}
    assert len(numbers) == 25
    assert_quota(refused(a_number, sms=sms), "PHONE_NUMBERS_PER_ACCOUNT")


def test_the_same_client_token_requests_one_number(sms: Any) -> None:
    first = a_number(sms, ClientToken="once")
    assert a_number(sms, ClientToken="once") == first
    assert used(sms, "PHONE_NUMBERS") == 1


def test_a_request_that_is_refused_can_be_repeated_with_its_token(sms: Any) -> None:
    refused(a_number, sms=sms, ClientToken="once", OptOutListName="later")
    sms.create_opt_out_list(OptOutListName="later")
    assert a_number(sms, ClientToken="once", OptOutListName="later")["OptOutListName"] == "later"


# ------------------------------------------------------------------------------------------------ with a pool


def test_a_number_requested_for_a_pool_is_in_it(sms: Any) -> None:
    pool = a_pool(sms)
    number = a_number(sms, PoolId=pool["PoolArn"])
    assert number["PoolId"] == number_now(sms, number)["PoolId"] == pool["PoolId"]
    listed = sms.list_pool_origination_identities(PoolId=pool["PoolId"])["OriginationIdentities"]
    assert number["PhoneNumber"] in {member["PhoneNumber"] for member in listed}


@pytest.mark.parametrize(
    ("settings", "wanted", "reason"),
    [
        ({}, {"MessageType": "PROMOTIONAL"}, "MESSAGE_TYPE_MISMATCH"),
        ({}, {"OptOutListName": "sales"}, "OPT_OUT_LIST_MISMATCH"),
        ({"SelfManagedOptOutsEnabled": True}, {}, "SELF_MANAGED_OPT_OUTS_MISMATCH"),
        ({"TwoWayEnabled": True, "TwoWayChannelArn": TOPIC}, {}, "TWO_WAY_CONFIG_MISMATCH"),
        ({}, {"NumberCapabilities": ["VOICE"]}, "NUMBER_CAPABILITIES_MISMATCH"),
    ],
)
def test_a_number_that_would_not_fit_the_pool_is_not_leased(
    sms: Any, settings: dict[str, Any], wanted: dict[str, Any], reason: str
) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    pool = a_pool(sms)
    sms.update_pool(PoolId=pool["PoolId"], **settings)
    error = refused(a_number, sms=sms, PoolId=pool["PoolArn"], **wanted)
    assert_conflict(error, reason, "pool", pool["PoolArn"])
    assert used(sms, "PHONE_NUMBERS") == 1


def test_a_number_requested_for_a_full_pool_is_not_leased(tight: Any) -> None:
    pool = a_pool(tight)
    a_number(tight, PoolId=pool["PoolId"])
    error = refused(a_number, sms=tight, PoolId=pool["PoolId"])
    assert_quota(error, "ORIGINATION_IDENTITIES_PER_POOL")
    assert used(tight, "PHONE_NUMBERS") == 2


def test_a_pending_number_is_in_the_pool_that_it_was_requested_for(strict: Any, servers: Servers) -> None:
    first = a_number(strict)
    servers("strict").turn(10)
    pool = a_pool(strict, first)
    number = a_number(strict, PoolId=pool["PoolId"])
    assert (number["Status"], number["PoolId"]) == ("PENDING", pool["PoolId"])


# ----------------------------------------------------------------------------------------- which number it is


def test_account_zero_is_given_the_numbers_from_the_first_on(clients: Clients, servers: Servers) -> None:
    sms = clients("000000000000", server=servers("untouched"))
    numbers = [a_number(sms, NumberType="SIMULATOR") for _ in range(3)]
    first = [inventory.made_up("US", NumberType.SIMULATOR, index) for index in range(3)]
    assert [number["PhoneNumber"] for number in numbers] == first


def test_no_two_accounts_or_regions_are_given_the_same_number(clients: Clients, account: str) -> None:
    neighbours = [f"{int(account) + 50_000_000 + 200 * step:012d}" for step in range(4)]
    given = [
        a_number(clients(neighbour, region), IsoCountryCode="DE", NumberType="LONG_CODE")["PhoneNumber"]
        for neighbour in neighbours
        for region in (REGION, "eu-west-1")
        for _ in range(3)
    ]
    assert len(set(given)) == len(given)


def test_a_released_number_is_not_given_again_at_once(sms: Any) -> None:
    number = a_number(sms)
    sms.release_phone_number(PhoneNumberId=number["PhoneNumberId"])
    assert a_number(sms)["PhoneNumber"] != number["PhoneNumber"]


def test_the_last_free_number_is_found_and_then_there_is_none(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    swedish = list(inventory.all_made_up("SE", NumberType.LONG_CODE))
    put(*rows_of_numbers(OTHER_ACCOUNT, swedish[:-1]))
    wanted = {"IsoCountryCode": "SE", "NumberType": "LONG_CODE"}
    assert a_number(sms, **wanted)["PhoneNumber"] == swedish[-1]
    assert_not_found(refused(a_number, sms=sms, **wanted), "phone-number", None)


# ------------------------------------------------------------------------------ preferences and the free ones


def prefer(kind: str, *values: str) -> dict[str, Any]:
    return {"NumberPreference": [{"PreferenceType": [kind], "Filter": list(values)}]}


def available(sms: Any, **more: Any) -> dict[str, Any]:
    wanted = {"IsoCountryCode": "US", "NumberCapabilities": ["SMS"], "NumberType": "TEN_DLC"}
    return plain(sms.list_available_phone_numbers(**{**wanted, **more}))


def test_free_numbers_are_listed_ten_a_page(sms: Any) -> None:
    page = available(sms)
    assert len(page["AvailablePhoneNumbers"]) == 10
    following = available(sms, NextToken=page["NextToken"])
    assert len(set(page["AvailablePhoneNumbers"] + following["AvailablePhoneNumbers"])) == 20
    assert len(available(sms, MaxResults=3)["AvailablePhoneNumbers"]) == 3
    error = refused(available, sms=sms, MaxResults=11)
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "MaxResults")


def test_the_paginator_sees_every_free_number_that_is_preferred_once(sms: Any) -> None:
    paginator = sms.get_paginator("list_available_phone_numbers")
    pages = paginator.paginate(
        IsoCountryCode="US", NumberCapabilities=["SMS"], NumberType="TEN_DLC", **prefer("StartsWith", "+1205")
    )
    seen = [number for page in pages for number in page["AvailablePhoneNumbers"]]
    every = {n for n in inventory.all_made_up("US", NumberType.TEN_DLC) if n.startswith("+1205")}
    assert len(seen) == len(set(seen))
    assert set(seen) <= every
    assert len(seen) > len(every) // 2


@pytest.mark.parametrize(
    ("kind", "value", "test"),
    [
        ("StartsWith", "+1205", lambda number: number.startswith("+1205")),
        ("StartsWith", "1205", lambda number: number.startswith("+1205")),
        ("StartsWith", "205", lambda number: number.startswith("+1205")),
        ("EndsWith", "0142", lambda number: number.endswith("0142")),
        ("Contains", "5555", lambda number: "5555" in number),
    ],
)
def test_a_preferred_number_is_listed_and_can_be_requested(
    sms: Any, kind: str, value: str, test: Callable[[str], bool]
) -> None:
    listed = available(sms, **prefer(kind, value))["AvailablePhoneNumbers"]
    assert listed
    assert all(test(number) for number in listed)
    number = a_number(sms, **TEN_DLC, **prefer(kind, value))["PhoneNumber"]
    assert test(number)
    assert number not in available(sms, **prefer(kind, value))["AvailablePhoneNumbers"]


def test_an_exact_number_can_be_requested_once(sms: Any) -> None:
    wanted = available(sms, **prefer("EndsWith", "0199"))["AvailablePhoneNumbers"][:2]
    numbers = [a_number(sms, **TEN_DLC, **prefer("ExactMatch", *wanted))["PhoneNumber"] for _ in wanted]
    assert sorted(numbers) == wanted
    error = refused(a_number, sms=sms, **TEN_DLC, **prefer("ExactMatch", *wanted))
    assert_not_found(error, "phone-number", None)


def test_a_preference_that_nothing_meets_lists_nothing_and_is_not_found(sms: Any) -> None:
    nowhere = prefer("StartsWith", "+1999")
    assert available(sms, **nowhere) == {"AvailablePhoneNumbers": []}
    assert_not_found(refused(a_number, sms=sms, **TEN_DLC, **nowhere), "phone-number", None)


def test_a_preference_is_for_us_ten_dlc_numbers(sms: Any) -> None:
    error = refused(a_number, sms=sms, **prefer("StartsWith", "+1833"))
    assert_invalid(error, "INVALID_PARAMETER", "NumberPreference")
    error = refused(a_number, sms=sms, **TEN_DLC, **prefer("StartsWith", "+1204"), IsoCountryCode="CA")
    assert_invalid(error, "INVALID_PARAMETER", "NumberPreference")
    error = refused(available, sms=sms, IsoCountryCode="CA")
    assert_invalid(error, "INVALID_PARAMETER", "IsoCountryCode")


def test_exact_match_takes_ten_numbers_and_is_no_search(sms: Any) -> None:
    error = refused(a_number, sms=sms, **TEN_DLC, **prefer("StartsWith", "+1205", "+1208"))
    assert_invalid(error, "INVALID_PARAMETER", "NumberPreference")
    error = refused(available, sms=sms, **prefer("ExactMatch", "+12055550142"))
    assert_invalid(error, "INVALID_PARAMETER", "NumberPreference")


def test_capabilities_that_no_number_has_list_nothing(sms: Any) -> None:
    assert available(sms, NumberCapabilities=["RCS"]) == {"AvailablePhoneNumbers": []}


def test_free_numbers_of_an_unknown_registration_are_not_found(sms: Any) -> None:
    error = refused(available, sms=sms, RegistrationId="registration-x")
    assert_not_found(error, "registration", "registration-x")
