"""DescribeSenderIds: names, filters and pages (control-plane §0.5, §0.6, §3)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.given import (
    NOW,
    REGION,
    a_requested_sender_id,
    a_sender_id,
    assert_invalid,
    assert_not_found,
    refused,
)

SHOWN = ["Wireroom/SE", "Wireroom/DE", "Sales/SE"]


@pytest.fixture
def three(sms: Any) -> Any:
    """The account with the sender IDs SHOWN."""
    a_requested_sender_id(sms)
    a_requested_sender_id(sms, IsoCountryCode="DE", MessageTypes=["PROMOTIONAL"])
    both = ["TRANSACTIONAL", "PROMOTIONAL"]
    a_requested_sender_id(sms, "Sales", MessageTypes=both, DeletionProtectionEnabled=True)
    return sms


def names(answer: dict[str, Any]) -> list[str]:
    return [f"{sender['SenderId']}/{sender['IsoCountryCode']}" for sender in answer["SenderIds"]]


def entry(sender_id: str, country: str) -> dict[str, str]:
    return {"SenderId": sender_id, "IsoCountryCode": country}


def test_a_sender_id_is_described_to_the_field(sms: Any, account: str) -> None:
    a_requested_sender_id(sms, Tags=[{"Key": "team", "Value": "sales"}])
    assert sms.describe_sender_ids()["SenderIds"] == [
        {
            "SenderIdArn": f"arn:aws:sms-voice:{REGION}:{account}:sender-id/Wireroom/SE",
            "SenderId": "Wireroom",
            "IsoCountryCode": "SE",
            "MessageTypes": ["TRANSACTIONAL"],
            "MonthlyLeasingPrice": "0.00",
            "DeletionProtectionEnabled": False,
            "Registered": False,
            "MessagingLimits": {"RateLimits": {"SMS": 10}},
        }
    ]


def test_a_registered_sender_id_names_its_registration(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account, registered=True, registration_id="registration-" + "1" * 32))
    (found,) = sms.describe_sender_ids()["SenderIds"]
    assert (found["Registered"], found["RegistrationId"]) == (True, "registration-" + "1" * 32)


def test_all_sender_ids_are_described_where_none_is_named(three: Any) -> None:
    assert sorted(names(three.describe_sender_ids())) == sorted(SHOWN)


def test_sender_ids_are_named_by_country_and_name_in_any_casing_or_arn(three: Any, account: str) -> None:
    arn = f"arn:aws:sms-voice:{REGION}:{account}:sender-id/Sales/SE"
    wanted = [entry("WIREROOM", "DE"), entry("wireroom", "DE"), entry(arn, "SE")]
    answer = three.describe_sender_ids(SenderIds=wanted)
    assert sorted(names(answer)) == ["Sales/SE", "Wireroom/DE"]
    assert "NextToken" not in answer


def test_one_unknown_sender_id_fails_the_whole_call(three: Any) -> None:
    wanted = [entry("Wireroom", "SE"), entry("Sales", "DE")]
    assert_not_found(refused(three.describe_sender_ids, SenderIds=wanted), "sender-id", "Sales")


def test_an_arn_that_names_no_sender_id_or_another_country_is_refused(three: Any, account: str) -> None:
    start = f"arn:aws:sms-voice:{REGION}:{account}"
    error = refused(three.describe_sender_ids, SenderIds=[entry(f"{start}:pool/Sales", "SE")])
    assert_invalid(error, "INVALID_ARN", "SenderIds")
    error = refused(three.describe_sender_ids, SenderIds=[entry(f"{start}:sender-id/Sales/SE", "DE")])
    assert_invalid(error, "COUNTRY_CODE_MISMATCH", "IsoCountryCode")


def test_six_names_are_too_many(sms: Any) -> None:
    error = refused(sms.describe_sender_ids, SenderIds=[entry("Wireroom", "SE")] * 6)
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "SenderIds")


def test_an_owner_and_names_exclude_each_other(three: Any) -> None:
    error = refused(three.describe_sender_ids, SenderIds=[entry("Sales", "SE")], Owner="SELF")
    assert_invalid(error, "PARAMETERS_CANNOT_BE_USED_TOGETHER", "Owner")
    assert len(three.describe_sender_ids(Owner="SELF")["SenderIds"]) == 3
    assert three.describe_sender_ids(Owner="SHARED")["SenderIds"] == []


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("sender-id", ["Sales"], ["Sales/SE"]),
        ("sender-id", ["sales"], []),
        ("sender-id", ["Sales", "Wireroom"], SHOWN),
        ("iso-country-code", ["DE"], ["Wireroom/DE"]),
        ("message-type", ["PROMOTIONAL"], ["Wireroom/DE", "Sales/SE"]),
        ("message-type", ["TRANSACTIONAL"], ["Wireroom/SE", "Sales/SE", "Brand/GB"]),
        ("deletion-protection-enabled", ["true"], ["Sales/SE"]),
        ("deletion-protection-enabled", ["false"], ["Wireroom/SE", "Wireroom/DE", "Brand/GB"]),
        ("registered", ["false"], SHOWN),
        ("registered", ["true"], ["Brand/GB"]),
    ],
)
def test_sender_ids_are_filtered(
    three: Any, account: str, put: Callable[..., None], name: str, values: list[str], found: list[str]
) -> None:
    put(a_sender_id(account, "Brand", registered=True))
    answer = three.describe_sender_ids(Filters=[{"Name": name, "Values": values}])
    assert sorted(names(answer)) == sorted(found)


def test_all_filters_have_to_be_met_by_those_that_are_named_too(three: Any) -> None:
    filters = [
        {"Name": "iso-country-code", "Values": ["SE"]},
        {"Name": "message-type", "Values": ["PROMOTIONAL"]},
    ]
    assert names(three.describe_sender_ids(Filters=filters)) == ["Sales/SE"]
    named = three.describe_sender_ids(Filters=filters, SenderIds=[entry("Wireroom", "DE")])
    assert names(named) == []


@pytest.mark.parametrize(
    ("name", "value"), [("message-type", "OTP"), ("registered", "yes"), ("deletion-protection-enabled", "1")]
)
def test_a_filter_value_that_cannot_be_is_refused(sms: Any, name: str, value: str) -> None:
    error = refused(sms.describe_sender_ids, Filters=[{"Name": name, "Values": [value]}])
    assert_invalid(error, "INVALID_FILTER_VALUES", "Filters")


def test_the_paginator_sees_every_sender_id_once_in_the_order_of_age(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    rows = [a_sender_id(account, f"Sender{index:03}", created_at=NOW + index // 3) for index in range(120)]
    put(*rows)
    paginator = sms.get_paginator("describe_sender_ids")
    for size in (7, None):
        pages = list(paginator.paginate(PaginationConfig={"PageSize": size}))
        assert {len(page["SenderIds"]) for page in pages[:-1]} == {size or 100}
        assert [name for page in pages for name in names(page)] == [f"{row.sender_id}/GB" for row in rows]


def test_named_sender_ids_come_in_pages_too(three: Any) -> None:
    wanted = [entry(*shown.split("/")) for shown in SHOWN]
    paginator = three.get_paginator("describe_sender_ids")
    pages = list(paginator.paginate(SenderIds=wanted, PaginationConfig={"PageSize": 2}))
    assert [len(page["SenderIds"]) for page in pages] == [2, 1]
    assert sorted(name for page in pages for name in names(page)) == sorted(SHOWN)


def test_a_next_token_is_good_for_its_own_parameters_only(three: Any) -> None:
    token = three.describe_sender_ids(MaxResults=1)["NextToken"]
    assert len(three.describe_sender_ids(MaxResults=1, NextToken=token)["SenderIds"]) == 1
    for others in ({"MaxResults": 2}, {"MaxResults": 1, "Owner": "SELF"}):
        error = refused(three.describe_sender_ids, NextToken=token, **others)
        assert_invalid(error, "INVALID_NEXT_TOKEN", "NextToken")
