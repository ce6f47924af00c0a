"""UpdatePool, and what its settings do to the numbers of a pool (control-plane §1)."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tests.ops.given import (
    CONNECT,
    OTHER_ACCOUNT,
    OTHER_TOPIC,
    REGION,
    ROLE,
    TOPIC,
    a_number,
    a_pool,
    a_sender_id,
    assert_invalid,
    assert_not_found,
    number_now,
    plain,
    refused,
    rows_of_numbers,
)
from wireroom.core.keywords import DEFAULT_KEYWORDS
from wireroom.store.rows import Keyword

UNKNOWN_POOL = "pool-" + "0" * 32


def test_an_update_without_members_changes_nothing(sms: Any) -> None:
    pool = a_pool(sms)
    assert plain(sms.update_pool(PoolId=pool["PoolId"])) == pool


def test_what_is_set_on_a_pool_is_set_on_its_numbers_too(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    first, second = a_number(sms), a_number(sms)
    pool = a_pool(sms, first)
    sms.associate_origination_identity(PoolId=pool["PoolId"], OriginationIdentity=second["PhoneNumberId"])
    changed = plain(
        sms.update_pool(
            PoolId=pool["PoolArn"],
            TwoWayEnabled=True,
            TwoWayChannelArn=TOPIC,
            TwoWayChannelRole=ROLE,
            SelfManagedOptOutsEnabled=True,
            OptOutListName="sales",
            SharedRoutesEnabled=True,
            DeletionProtectionEnabled=True,
        )
    )
    driven = {
        "TwoWayEnabled": True,
        "TwoWayChannelArn": TOPIC,
        "TwoWayChannelRole": ROLE,
        "SelfManagedOptOutsEnabled": True,
        "OptOutListName": "sales",
    }
    assert changed == {**pool, **driven, "SharedRoutesEnabled": True, "DeletionProtectionEnabled": True}
    assert sms.describe_pools(PoolIds=[pool["PoolId"]])["Pools"] == [changed]
    for number in (first, second):
        now = number_now(sms, number)
        assert {name: now[name] for name in driven} == driven
        assert now["DeletionProtectionEnabled"] is False


def test_each_setting_of_a_pool_stays_as_it_is_when_it_is_not_given(sms: Any) -> None:
    pool = a_pool(sms)
    settings = {
        "TwoWayEnabled": True,
        "TwoWayChannelArn": TOPIC,
        "SelfManagedOptOutsEnabled": True,
        "SharedRoutesEnabled": True,
        "DeletionProtectionEnabled": True,
    }
    sms.update_pool(PoolId=pool["PoolId"], **settings)
    changed = plain(sms.update_pool(PoolId=pool["PoolId"], SharedRoutesEnabled=False))
    assert changed == {**pool, **settings, "SharedRoutesEnabled": False}


def test_two_way_turned_off_forgets_channel_and_role(sms: Any) -> None:
    pool = a_pool(sms)
    sms.update_pool(PoolId=pool["PoolId"], TwoWayEnabled=True, TwoWayChannelArn=TOPIC, TwoWayChannelRole=ROLE)
    assert plain(sms.update_pool(PoolId=pool["PoolId"], TwoWayEnabled=False)) == pool
    error = refused(sms.update_pool, PoolId=pool["PoolId"], TwoWayEnabled=True)
    assert_invalid(error, "TWO_WAY_CHANNEL_NOT_PRESENT", "TwoWayChannelArn")


def test_a_stored_channel_is_enough_for_two_way(sms: Any) -> None:
    pool = a_pool(sms)
    sms.update_pool(PoolId=pool["PoolId"], TwoWayEnabled=True, TwoWayChannelArn=TOPIC)
    assert sms.update_pool(PoolId=pool["PoolId"], TwoWayEnabled=True)["TwoWayChannelArn"] == TOPIC
    changed = sms.update_pool(PoolId=pool["PoolId"], TwoWayChannelArn=OTHER_TOPIC)
    assert changed["TwoWayChannelArn"] == OTHER_TOPIC


def test_amazon_connect_is_a_two_way_channel_with_a_role(sms: Any) -> None:
    pool = a_pool(sms)
    error = refused(sms.update_pool, PoolId=pool["PoolId"], TwoWayEnabled=True, TwoWayChannelArn=CONNECT)
    assert_invalid(error, "MISSING_PARAMETER", "TwoWayChannelRole")
    changed = sms.update_pool(
        PoolId=pool["PoolId"], TwoWayEnabled=True, TwoWayChannelArn=CONNECT, TwoWayChannelRole=ROLE
    )
    assert (changed["TwoWayChannelArn"], changed["TwoWayChannelRole"]) == (CONNECT, ROLE)


@pytest.mark.parametrize(
    ("given", "reason", "field"),
    [
        ({"TwoWayEnabled": True}, "TWO_WAY_CHANNEL_NOT_PRESENT", "TwoWayChannelArn"),
        ({"TwoWayChannelArn": TOPIC}, "TWO_WAY_NOT_ENABLED", "TwoWayEnabled"),
        ({"TwoWayChannelRole": ROLE}, "TWO_WAY_NOT_ENABLED", "TwoWayEnabled"),
        ({"TwoWayEnabled": False, "TwoWayChannelArn": TOPIC}, "TWO_WAY_NOT_ENABLED", "TwoWayEnabled"),
        (
            {"TwoWayEnabled": True, "TwoWayChannelArn": "arn:aws:sqs:us-east-1:123456789012:queue"},
            "INVALID_ARN",
            "TwoWayChannelArn",
        ),
        (
            {"TwoWayEnabled": True, "TwoWayChannelArn": TOPIC, "TwoWayChannelRole": "arn:aws:sns:not-a-role"},
            "INVALID_ARN",
            "TwoWayChannelRole",
        ),
    ],
)
def test_two_way_settings_that_make_no_sense_are_refused_and_change_nothing(
    sms: Any, given: dict[str, Any], reason: str, field: str
) -> None:
    pool = a_pool(sms)
    error = refused(sms.update_pool, PoolId=pool["PoolId"], DeletionProtectionEnabled=True, **given)
    assert_invalid(error, reason, field)
    assert sms.describe_pools()["Pools"] == [pool]


def test_two_way_needs_numbers_whose_recipients_can_answer(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    (row,) = rows_of_numbers(account, ["+93700000002"])
    put(replace(row, country="AF"), a_sender_id(account, country="AF"))
    for word in DEFAULT_KEYWORDS:
        put(Keyword(account, REGION, row.phone_number_id, word.keyword, word.message, word.action))
    pool = a_pool(sms)
    pool_id = pool["PoolId"]
    sms.associate_origination_identity(PoolId=pool_id, OriginationIdentity="Wireroom", IsoCountryCode="AF")
    two_way = {"PoolId": pool_id, "TwoWayEnabled": True, "TwoWayChannelArn": TOPIC}
    sms.update_pool(**two_way)
    sms.update_pool(PoolId=pool_id, TwoWayEnabled=False)
    sms.associate_origination_identity(PoolId=pool_id, OriginationIdentity=row.phone_number_id)
    error = refused(sms.update_pool, **two_way)
    assert_invalid(error, "TWO_WAY_NOT_SUPPORTED_IN_COUNTRY", "TwoWayEnabled")
    assert sms.describe_pools()["Pools"] == [pool]
    sms.update_pool(PoolId=pool_id, TwoWayEnabled=False, SharedRoutesEnabled=True)


def test_an_unknown_opt_out_list_cannot_be_set_on_a_pool(sms: Any) -> None:
    pool = a_pool(sms)
    error = refused(sms.update_pool, PoolId=pool["PoolId"], OptOutListName="nowhere")
    assert_not_found(error, "opt-out-list", "nowhere")


@pytest.mark.parametrize("operation", ["update_pool", "delete_pool", "list_pool_origination_identities"])
def test_a_pool_that_is_unknown_empty_or_no_pool_is_refused(sms: Any, account: str, operation: str) -> None:
    call = getattr(sms, operation)
    assert_not_found(refused(call, PoolId=UNKNOWN_POOL), "pool", UNKNOWN_POOL)
    theirs = f"arn:aws:sms-voice:{REGION}:{OTHER_ACCOUNT}:pool/{UNKNOWN_POOL}"
    assert_not_found(refused(call, PoolId=theirs), "pool", theirs)
    assert_invalid(refused(call, PoolId=""), "MISSING_PARAMETER", "PoolId")
    no_pool = f"arn:aws:sms-voice:{REGION}:{account}:opt-out-list/Default"
    assert_invalid(refused(call, PoolId=no_pool), "INVALID_ARN", "PoolId")
