"""What keeps an identity out of a pool: AssociateOriginationIdentity's comparisons (control-plane §1)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.given import (
    OTHER_TOPIC,
    ROLE,
    TOPIC,
    a_number,
    a_pool,
    a_sender_id,
    assert_conflict,
    number_now,
    plain,
    refused,
)
from tests.ops.pooling import associate, members
from wireroom.api.enums import MessageType


@pytest.mark.parametrize(
    ("requested", "changes", "reason"),
    [
        ({"MessageType": "PROMOTIONAL"}, {}, "MESSAGE_TYPE_MISMATCH"),
        ({"OptOutListName": "sales"}, {}, "OPT_OUT_LIST_MISMATCH"),
        ({}, {"SelfManagedOptOutsEnabled": False}, "SELF_MANAGED_OPT_OUTS_MISMATCH"),
        ({}, {"TwoWayEnabled": False}, "TWO_WAY_CONFIG_MISMATCH"),
        ({}, {"TwoWayChannelArn": OTHER_TOPIC}, "TWO_WAY_CONFIG_MISMATCH"),
        ({}, {"TwoWayChannelRole": ROLE + "-2"}, "TWO_WAY_CONFIG_MISMATCH"),
        ({"NumberCapabilities": ["VOICE"]}, {}, "NUMBER_CAPABILITIES_MISMATCH"),
    ],
)
def test_a_number_that_differs_from_the_pool_is_refused(
    sms: Any, requested: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    settings = {
        "TwoWayEnabled": True,
        "TwoWayChannelArn": TOPIC,
        "TwoWayChannelRole": ROLE,
        "SelfManagedOptOutsEnabled": True,
    }
    pool = a_pool(sms)
    sms.update_pool(PoolId=pool["PoolId"], **settings)
    number = a_number(sms, **requested)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], **settings)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], **changes)
    error = refused(
        sms.associate_origination_identity,
        PoolId=pool["PoolId"],
        OriginationIdentity=number["PhoneNumberArn"],
    )
    assert_conflict(error, reason, "phone-number", number["PhoneNumberArn"])
    assert "PoolId" not in number_now(sms, number)
    assert len(members(sms, pool)) == 1


def test_a_number_is_compared_with_what_the_pool_is_now(sms: Any) -> None:
    pool, number = a_pool(sms), a_number(sms)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], SelfManagedOptOutsEnabled=True)
    sms.update_pool(PoolId=pool["PoolId"], SelfManagedOptOutsEnabled=True)
    assert associate(sms, pool, number)["PoolId"] == pool["PoolId"]


def test_a_number_with_some_capability_of_the_pool_may_join(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    pool = a_pool(sms)
    associate(sms, pool, a_number(sms, NumberCapabilities=["SMS", "VOICE"]))
    associate(sms, pool, a_number(sms, NumberCapabilities=["VOICE"]))
    put(a_sender_id(account))
    of_sender_id = sms.create_pool(
        OriginationIdentity="Wireroom", IsoCountryCode="GB", MessageType="TRANSACTIONAL"
    )
    associate(sms, of_sender_id, a_number(sms))
    assert len(members(sms, pool)) == 3
    assert len(members(sms, of_sender_id)) == 2


def test_a_number_that_can_do_nothing_that_the_pool_can_is_kept_out(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    texting = plain(
        sms.create_pool(OriginationIdentity="Wireroom", IsoCountryCode="GB", MessageType="TRANSACTIONAL")
    )
    speaking = a_pool(sms, a_number(sms, NumberCapabilities=["VOICE"]))
    for pool, capability in ((texting, "VOICE"), (speaking, "SMS")):
        number = a_number(sms, NumberCapabilities=[capability])
        error = refused(associate, sms=sms, pool=pool, number=number)
        assert_conflict(error, "NUMBER_CAPABILITIES_MISMATCH", "phone-number", number["PhoneNumberId"])


def test_a_number_of_one_pool_cannot_join_another(sms: Any) -> None:
    number = a_number(sms)
    home, other = a_pool(sms, number), a_pool(sms)
    error = refused(associate, sms=sms, pool=other, number=number)
    assert_conflict(error, "PHONE_NUMBER_ASSOCIATED_TO_POOL", "phone-number", number["PhoneNumberId"])
    assert number_now(sms, number)["PoolId"] == home["PoolId"]


def test_a_sender_id_of_another_message_type_is_refused(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account, message_types=(MessageType.PROMOTIONAL,)))
    error = refused(
        sms.associate_origination_identity,
        PoolId=a_pool(sms)["PoolId"],
        OriginationIdentity="Wireroom",
        IsoCountryCode="GB",
    )
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "sender-id", "Wireroom")
