"""Describe-, Update- and ReleasePhoneNumber (control-plane §2)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.conftest import Servers
from tests.ops.given import (
    OTHER_TOPIC,
    TOPIC,
    a_number,
    a_pool,
    assert_conflict,
    assert_invalid,
    assert_not_found,
    number_now,
    plain,
    refused,
    rows_of_numbers,
    used,
)
from wireroom.api.enums import NumberType
from wireroom.store.rows import PhoneNumber

UNKNOWN_NUMBER = "phone-" + "0" * 32
TEN_DLC = {"NumberType": "TEN_DLC"}

# --------------------------------------------------------------------------------------- DescribePhoneNumbers


def test_a_number_is_described_to_the_field(sms: Any) -> None:
    number = a_number(sms, NumberCapabilities=["SMS", "VOICE", "MMS"])
    answer = plain(sms.describe_phone_numbers())
    assert answer == {
        "PhoneNumbers": [{**number, "MessagingLimits": {"RateLimits": {"SMS": 3, "MMS": 3}}}],
    }


def test_a_number_for_calls_alone_has_no_message_parts_a_second(sms: Any) -> None:
    assert "MessagingLimits" not in number_now(sms, a_number(sms, NumberCapabilities=["VOICE"]))


def test_numbers_are_named_by_id_or_arn_and_an_unknown_one_fails_all(sms: Any) -> None:
    first, second = a_number(sms), a_number(sms)
    named = [first["PhoneNumberArn"], second["PhoneNumberId"]]
    found = sms.describe_phone_numbers(PhoneNumberIds=named)["PhoneNumbers"]
    assert {number["PhoneNumberId"] for number in found} == {first["PhoneNumberId"], second["PhoneNumberId"]}
    error = refused(sms.describe_phone_numbers, PhoneNumberIds=[first["PhoneNumberId"], UNKNOWN_NUMBER])
    assert_not_found(error, "phone-number", UNKNOWN_NUMBER)
    error = refused(sms.describe_phone_numbers, PhoneNumberIds=[first["PhoneNumberId"]], Owner="SHARED")
    assert_invalid(error, "PARAMETERS_CANNOT_BE_USED_TOGETHER", "Owner")
    assert sms.describe_phone_numbers(Owner="SHARED")["PhoneNumbers"] == []
    error = refused(sms.describe_phone_numbers, PhoneNumberIds=[first["PhoneNumberId"]] * 6)
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "PhoneNumberIds")


@pytest.mark.parametrize(
    ("name", "hit", "miss"),
    [
        ("status", "ACTIVE", "PENDING"),
        ("iso-country-code", "US", "GB"),
        ("message-type", "PROMOTIONAL", "TRANSACTIONAL"),
        ("number-capability", "VOICE", "MMS"),
        ("number-type", "TOLL_FREE", "LONG_CODE"),
        ("two-way-enabled", "true", "false"),
        ("self-managed-opt-outs-enabled", "true", "false"),
        ("opt-out-list-name", "sales", "Default"),
        ("deletion-protection-enabled", "true", "false"),
        ("two-way-channel-arn", TOPIC, OTHER_TOPIC),
    ],
)
def test_numbers_are_filtered(sms: Any, name: str, hit: str, miss: str) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    number = a_number(
        sms,
        MessageType="PROMOTIONAL",
        NumberCapabilities=["SMS", "VOICE"],
        OptOutListName="sales",
        DeletionProtectionEnabled=True,
    )
    sms.update_phone_number(
        PhoneNumberId=number["PhoneNumberId"],
        TwoWayEnabled=True,
        TwoWayChannelArn=TOPIC,
        SelfManagedOptOutsEnabled=True,
    )

    def found(*values: str) -> list[str]:
        numbers = sms.describe_phone_numbers(Filters=[{"Name": name, "Values": values}])["PhoneNumbers"]
        return [number["PhoneNumberId"] for number in numbers]

    assert found(hit) == [number["PhoneNumberId"]]
    assert found(miss) == []
    assert found(hit, miss) == [number["PhoneNumberId"]]


def test_the_paginator_sees_every_number_once(sms: Any) -> None:
    numbers = {a_number(sms)["PhoneNumberId"] for _ in range(5)}
    pages = list(sms.get_paginator("describe_phone_numbers").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["PhoneNumbers"]) for page in pages] == [2, 2, 1]
    assert {number["PhoneNumberId"] for page in pages for number in page["PhoneNumbers"]} == numbers


# ------------------------------------------------------------------------------------------ UpdatePhoneNumber


def test_an_update_answers_the_number_without_its_limits(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    number = a_number(sms)
    settings = {
        "TwoWayEnabled": True,
        "TwoWayChannelArn": TOPIC,
        "SelfManagedOptOutsEnabled": True,
        "OptOutListName": "sales",
        "InternationalSendingEnabled": True,
        "DeletionProtectionEnabled": True,
    }
    changed = plain(sms.update_phone_number(PhoneNumberId=number["PhoneNumberArn"], **settings))
    assert changed == {**number, **settings}
    now = number_now(sms, number)
    del now["MessagingLimits"]
    assert now == changed
    assert plain(sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"])) == changed


def test_two_way_follows_the_same_rules_as_on_a_pool(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    error = refused(sms.update_phone_number, PhoneNumberId=number_id, TwoWayEnabled=True)
    assert_invalid(error, "TWO_WAY_CHANNEL_NOT_PRESENT", "TwoWayChannelArn")
    error = refused(sms.update_phone_number, PhoneNumberId=number_id, TwoWayChannelArn=TOPIC)
    assert_invalid(error, "TWO_WAY_NOT_ENABLED", "TwoWayEnabled")
    sms.update_phone_number(PhoneNumberId=number_id, TwoWayEnabled=True, TwoWayChannelArn=TOPIC)
    assert "TwoWayChannelArn" not in sms.update_phone_number(PhoneNumberId=number_id, TwoWayEnabled=False)


def test_two_way_needs_a_country_whose_recipients_can_answer(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    (row,) = rows_of_numbers(account, ["+93700000001"])
    put(PhoneNumber(**{**{f: getattr(row, f) for f in row.__struct_fields__}, "country": "AF"}))
    error = refused(
        sms.update_phone_number, PhoneNumberId=row.phone_number_id, TwoWayEnabled=True, TwoWayChannelArn=TOPIC
    )
    assert_invalid(error, "TWO_WAY_NOT_SUPPORTED_IN_COUNTRY", "TwoWayEnabled")


def test_a_number_in_a_pool_cannot_be_changed_in_any_way(sms: Any) -> None:
    number = a_number(sms)
    a_pool(sms, number)
    for change in ({}, {"DeletionProtectionEnabled": True}, {"SelfManagedOptOutsEnabled": False}):
        error = refused(sms.update_phone_number, PhoneNumberId=number["PhoneNumberArn"], **change)
        assert_conflict(error, "PHONE_NUMBER_ASSOCIATED_TO_POOL", "phone-number", number["PhoneNumberArn"])


def test_a_pending_number_cannot_be_changed(strict: Any, servers: Servers) -> None:
    number = a_number(strict)
    change = {"PhoneNumberId": number["PhoneNumberId"], "SelfManagedOptOutsEnabled": True}
    error = refused(strict.update_phone_number, **change)
    assert_conflict(error, "RESOURCE_NOT_ACTIVE", "phone-number", number["PhoneNumberId"])
    servers("strict").turn(10)
    assert strict.update_phone_number(**change)["SelfManagedOptOutsEnabled"] is True


def test_an_update_to_what_the_number_cannot_do_or_does_not_find_is_refused(sms: Any) -> None:
    number_id = a_number(sms, NumberType="SIMULATOR")["PhoneNumberId"]
    error = refused(sms.update_phone_number, PhoneNumberId=number_id, InternationalSendingEnabled=True)
    assert_invalid(error, "INTERNATIONAL_SENDING_NOT_SUPPORTED", "InternationalSendingEnabled")
    error = refused(sms.update_phone_number, PhoneNumberId=number_id, OptOutListName="nowhere")
    assert_not_found(error, "opt-out-list", "nowhere")
    error = refused(sms.update_phone_number, PhoneNumberId=UNKNOWN_NUMBER)
    assert_not_found(error, "phone-number", UNKNOWN_NUMBER)
    error = refused(sms.update_phone_number, PhoneNumberId="arn:aws:sms-voice:us-east-1:1:pool/x")
    assert_invalid(error, "INVALID_ARN", "PhoneNumberId")


# ----------------------------------------------------------------------------------------- ReleasePhoneNumber


def test_a_released_number_is_answered_once_more_and_gone(sms: Any, ask: Callable[..., list[Any]]) -> None:
    number = a_number(sms, Tags=[{"Key": "a", "Value": "b"}])
    released = plain(sms.release_phone_number(PhoneNumberId=number["PhoneNumberArn"]))
    for member in ("Tags", "DeletionProtectionEnabled", "InternationalSendingEnabled"):
        del number[member]
    assert released == {**number, "Status": "DELETED"}
    assert ask("tags_of", resource_arn=number["PhoneNumberArn"]) == []
    assert ask("keywords_of", owner_id=number["PhoneNumberId"]) == []
    error = refused(sms.describe_phone_numbers, PhoneNumberIds=[number["PhoneNumberId"]])
    assert_not_found(error, "phone-number", number["PhoneNumberId"])
    error = refused(sms.list_tags_for_resource, ResourceArn=number["PhoneNumberArn"])
    assert_not_found(error, "phone-number", number["PhoneNumberArn"])
    assert used(sms, "PHONE_NUMBERS") == 0


def test_a_protected_number_is_not_released(sms: Any) -> None:
    number_id = a_number(sms, DeletionProtectionEnabled=True)["PhoneNumberId"]
    error = refused(sms.release_phone_number, PhoneNumberId=number_id)
    assert_conflict(error, "DELETION_PROTECTION_ENABLED", "phone-number", number_id)
    sms.update_phone_number(PhoneNumberId=number_id, DeletionProtectionEnabled=False)
    assert sms.release_phone_number(PhoneNumberId=number_id)["Status"] == "DELETED"


def test_a_number_in_a_pool_is_not_released(sms: Any) -> None:
    number = a_number(sms)
    a_pool(sms, number)
    error = refused(sms.release_phone_number, PhoneNumberId=number["PhoneNumberId"])
    assert_conflict(error, "PHONE_NUMBER_ASSOCIATED_TO_POOL", "phone-number", number["PhoneNumberId"])


def test_a_short_code_is_not_released_by_api(sms: Any, account: str, put: Callable[..., None]) -> None:
    (row,) = rows_of_numbers(account, ["72975"])
    put(
        PhoneNumber(
            **{**{f: getattr(row, f) for f in row.__struct_fields__}, "number_type": NumberType.SHORT_CODE}
        )
    )
    error = refused(sms.release_phone_number, PhoneNumberId=row.phone_number_id)
    assert_invalid(error, "PHONE_NUMBER_CANNOT_BE_RELEASED", "PhoneNumberId")


def test_an_unknown_number_cannot_be_released(sms: Any) -> None:
    error = refused(sms.release_phone_number, PhoneNumberId=UNKNOWN_NUMBER)
    assert_not_found(error, "phone-number", UNKNOWN_NUMBER)
