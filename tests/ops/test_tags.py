"""TagResource, UntagResource, ListTagsForResource and tags on create (control-plane §15)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.given import (
    OTHER_ACCOUNT,
    REGION,
    a_number,
    a_pool,
    a_sender_id,
    assert_invalid,
    assert_not_found,
    assert_quota,
    plain,
    refused,
    used,
)


def tags_of(sms: Any, arn: str) -> dict[str, str]:
    found = plain(sms.list_tags_for_resource(ResourceArn=arn))
    assert found["ResourceArn"] == arn
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def tag(sms: Any, arn: str, **tags: str) -> dict[str, Any]:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    return plain(sms.tag_resource(ResourceArn=arn, Tags=pairs))


def test_numbers_pools_and_lists_have_tags(sms: Any) -> None:
    number = a_number(sms)
    pool = a_pool(sms, number)
    arns = [number["PhoneNumberArn"], pool["PoolArn"]]
    arns.append(sms.create_opt_out_list(OptOutListName="sales")["OptOutListArn"])
    for arn in arns:
        assert tags_of(sms, arn) == {}
        assert tag(sms, arn, Name=arn[-5:]) == {}
    assert [tags_of(sms, arn) for arn in arns] == [{"Name": arn[-5:]} for arn in arns]


def test_tags_are_merged_by_key(sms: Any) -> None:
    arn = a_pool(sms, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])["PoolArn"]
    tag(sms, arn, b="3", c="")
    assert tags_of(sms, arn) == {"a": "1", "b": "3", "c": ""}


def test_tags_are_removed_by_key_and_absent_keys_do_not_matter(sms: Any) -> None:
    arn = a_pool(sms, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])["PoolArn"]
    assert plain(sms.untag_resource(ResourceArn=arn, TagKeys=["a", "a", "z"])) == {}
    assert tags_of(sms, arn) == {"b": "2"}


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Key": "aws:created", "Value": "1"}],
        [{"Key": "AWS:created", "Value": "1"}],
    ],
)
def test_a_key_that_stands_there_twice_or_belongs_to_aws_is_refused(
    sms: Any, tags: list[dict[str, str]]
) -> None:
    number = a_number(sms)
    error = refused(sms.tag_resource, ResourceArn=number["PhoneNumberArn"], Tags=tags)
    assert_invalid(error, "INVALID_PARAMETER", "Tags")
    assert tags_of(sms, number["PhoneNumberArn"]) == {}
    error = refused(a_pool, sms=sms, number=number, Tags=tags)
    assert_invalid(error, "INVALID_PARAMETER", "Tags")
    assert used(sms, "POOLS") == 0


def test_tags_have_a_quota_and_a_pool_with_too_many_is_not_made(tight: Any) -> None:
    number = a_number(tight)
    arn = number["PhoneNumberArn"]
    tag(tight, arn, a="1", b="2", c="3")
    tag(tight, arn, c="4")
    error = refused(tag, sms=tight, arn=arn, d="5")
    assert_quota(error, "TAGS_PER_RESOURCE")
    assert tags_of(tight, arn) == {"a": "1", "b": "2", "c": "4"}
    four = [{"Key": key, "Value": ""} for key in "abcd"]
    assert_quota(refused(a_pool, sms=tight, number=number, Tags=four), "TAGS_PER_RESOURCE")
    assert tight.describe_pools()["Pools"] == []


def test_a_resource_has_fifty_tags_at_most(sms: Any) -> None:
    arn = a_number(sms)["PhoneNumberArn"]
    tag(sms, arn, **{f"key{index}": "" for index in range(50)})
    assert_quota(refused(tag, sms=sms, arn=arn, one="more"), "TAGS_PER_RESOURCE")


OPERATIONS = [
    ("tag_resource", {"Tags": [{"Key": "a", "Value": "b"}]}),
    ("untag_resource", {"TagKeys": ["a"]}),
    ("list_tags_for_resource", {}),
]


@pytest.mark.parametrize(("operation", "more"), OPERATIONS)
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("pool", "pool-" + "0" * 32),
        ("phone-number", "phone-" + "0" * 32),
        ("opt-out-list", "nowhere"),
        ("sender-id", "Wireroom/GB"),
        ("configuration-set", "nowhere"),
        ("registration", "registration-" + "0" * 32),
    ],
)
def test_tags_of_what_does_not_exist_are_not_found(
    sms: Any, account: str, operation: str, more: dict[str, Any], kind: str, name: str
) -> None:
    for owner in (account, OTHER_ACCOUNT):
        arn = f"arn:aws:sms-voice:{REGION}:{owner}:{kind}/{name}"
        assert_not_found(refused(getattr(sms, operation), ResourceArn=arn, **more), kind, arn)


@pytest.mark.parametrize(("operation", "more"), OPERATIONS)
def test_another_accounts_resource_of_the_same_name_is_not_found(
    sms: Any, operation: str, more: dict[str, Any]
) -> None:
    arn = f"arn:aws:sms-voice:{REGION}:{OTHER_ACCOUNT}:opt-out-list/Default"
    assert_not_found(refused(getattr(sms, operation), ResourceArn=arn, **more), "opt-out-list", arn)


def test_the_tags_of_a_sender_id_are_the_same_in_every_casing(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    arn = f"arn:aws:sms-voice:{REGION}:{account}:sender-id/Wireroom/GB"
    tag(sms, arn.replace("Wireroom", "WIREROOM"), a="1")
    assert tags_of(sms, arn) == {"a": "1"}


@pytest.mark.parametrize(("operation", "more"), OPERATIONS)
@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sns:us-east-1:123456789012:topic",
        "arn:aws:sms-voice:us-east-1:123456789012:message/019abc",
        "arn:aws:sms-voice:us-east-1:123456789012:pool",
        "arn:aws:sms-voice:us-east-1:123456789012:keyword/STOP",
    ],
)
def test_the_arn_of_what_has_no_tags_is_invalid(
    sms: Any, operation: str, more: dict[str, Any], arn: str
) -> None:
    error = refused(getattr(sms, operation), ResourceArn=arn, **more)
    assert_invalid(error, "INVALID_ARN", "ResourceArn")
