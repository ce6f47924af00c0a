"""What operation tests begin with, and how they look at refusals."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from wireroom.api.enums import MessageType, NumberCapability, NumberType
from wireroom.store.rows import PhoneNumber, SenderId

NOW = 1_795_000_000_000
"""Milliseconds: when the business clock of the servers begins."""
REGION = "us-east-1"
OTHER_ACCOUNT = "999999999999"
TOPIC = "arn:aws:sns:us-east-1:123456789012:answers"
OTHER_TOPIC = "arn:aws:sns:us-east-1:123456789012:other-answers"
CONNECT = "connect.us-east-1.amazonaws.com"
ROLE = "arn:aws:iam::123456789012:role/answers"


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what boto3 adds to it."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def a_number(sms: Any, **changes: Any) -> dict[str, Any]:
    """A US toll-free number for transactional texts, unless said otherwise."""
    wanted = {
        "IsoCountryCode": "US",
        "MessageType": "TRANSACTIONAL",
        "NumberCapabilities": ["SMS"],
        "NumberType": "TOLL_FREE",
    }
    return plain(sms.request_phone_number(**{**wanted, **changes}))


def a_pool(sms: Any, number: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A pool of one number."""
    number = number or a_number(sms)
    wanted = {"OriginationIdentity": number["PhoneNumberId"], "MessageType": number["MessageType"]}
    return plain(sms.create_pool(**{**wanted, **changes}))


def a_sender_id(account: str, sender_id: str = "Wireroom", country: str = "GB", **changes: Any) -> SenderId:
    """The row of a sender ID, for what no request can make: a registered one, or one for Great Britain."""
    wanted = {
        "message_types": (MessageType.TRANSACTIONAL,),
        "monthly_price": "0.00",
        "registered": False,
        "registration_id": None,
        "deletion_protection": False,
        "created_at": NOW,
    }
    return SenderId(account, REGION, sender_id.lower(), country, sender_id, **{**wanted, **changes})


def a_requested_sender_id(sms: Any, sender_id: str = "Wireroom", **changes: Any) -> dict[str, Any]:
    """A sender ID for Sweden, unless said otherwise."""
    wanted = {"SenderId": sender_id, "IsoCountryCode": "SE"}
    return plain(sms.request_sender_id(**{**wanted, **changes}))


def rows_of_numbers(account: str, numbers: list[str]) -> list[PhoneNumber]:
    """The rows of Swedish long codes, for what no request can make."""
    return [
        PhoneNumber(
            account_id=account,
            region=REGION,
            phone_number_id=f"phone-{index:032x}",
            phone_number=number,
            active_at=0,
            country="SE",
            message_type=MessageType.TRANSACTIONAL,
            capabilities=(NumberCapability.SMS,),
            number_type=NumberType.LONG_CODE,
            monthly_price="1.00",
            two_way_enabled=False,
            two_way_channel_arn=None,
            two_way_channel_role=None,
            self_managed_opt_outs=False,
            opt_out_list="Default",
            international_sending=False,
            deletion_protection=False,
            pool_id=None,
            registration_id=None,
            created_at=index,
        )
        for index, number in enumerate(numbers)
    ]


def number_now(sms: Any, number: dict[str, Any]) -> dict[str, Any]:
    """A number as DescribePhoneNumbers shows it."""
    found: dict[str, Any] = sms.describe_phone_numbers(PhoneNumberIds=[number["PhoneNumberId"]])[
        "PhoneNumbers"
    ][0]
    return found


def used(sms: Any, name: str) -> int:
    """What DescribeAccountLimits counts."""
    limits = sms.describe_account_limits()["AccountLimits"]
    return next(int(limit["Used"]) for limit in limits if limit["Name"] == name)


def refused(operation: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    """The error that a call is refused with, as boto3 has it."""
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    response: dict[str, Any] = caught.value.response
    assert response["Message"] == response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return response


def assert_conflict(error: dict[str, Any], reason: str, resource_type: str, resource_id: str) -> None:
    assert error["Error"]["Code"] == "ConflictException", error
    assert (error["Reason"], error["ResourceType"], error["ResourceId"]) == (
        reason,
        resource_type,
        resource_id,
    )
    said = f'Reason="{reason}" ResourceType="{resource_type}" ResourceId="{resource_id}"'
    assert said in error["Message"]


def assert_not_found(error: dict[str, Any], resource_type: str, resource_id: str | None) -> None:
    assert error["Error"]["Code"] == "ResourceNotFoundException", error
    assert (error["ResourceType"], error.get("ResourceId")) == (resource_type, resource_id)
    assert f'ResourceType="{resource_type}"' in error["Message"]
    assert resource_id is None or f'ResourceId="{resource_id}"' in error["Message"]


def assert_invalid(error: dict[str, Any], reason: str, *fields: str) -> None:
    assert error["Error"]["Code"] == "ValidationException", error
    assert error["Reason"] == reason, error
    assert tuple(field["Name"] for field in error.get("Fields", ())) == fields
    assert f'Reason="{reason}"' in error["Message"]


def assert_quota(error: dict[str, Any], reason: str) -> None:
    assert error["Error"]["Code"] == "ServiceQuotaExceededException", error
    assert error["Reason"] == reason
    assert f'Reason="{reason}"' in error["Message"]
