"""Pools of sender IDs that were requested, of several countries (control-plane §1, §3)."""

from typing import Any

import pytest

from tests.ops.given import (
    REGION,
    a_number,
    a_pool,
    a_requested_sender_id,
    assert_conflict,
    assert_invalid,
    assert_not_found,
    assert_quota,
    plain,
    refused,
    used,
)

SENDER = {"OriginationIdentity": "Wireroom", "IsoCountryCode": "SE"}


def a_sender_pool(sms: Any, **changes: Any) -> dict[str, Any]:
    """A pool of the sender ID SENDER, which must be there."""
    return plain(sms.create_pool(**{**SENDER, "MessageType": "TRANSACTIONAL", **changes}))


def associate(sms: Any, pool: dict[str, Any], **changes: Any) -> dict[str, Any]:
    wanted = {**SENDER, "PoolId": pool["PoolId"], **changes}
    return plain(sms.associate_origination_identity(**wanted))


def members(sms: Any, pool: dict[str, Any], **more: Any) -> list[str]:
    answer = sms.list_pool_origination_identities(PoolId=pool["PoolId"], **more)
    return sorted(
        f"{member['OriginationIdentity']}/{member['IsoCountryCode']}"
        for member in answer["OriginationIdentities"]
    )


# ------------------------------------------------------------------------------- CreatePool and DescribePools


@pytest.mark.parametrize("named", ["Wireroom", "WIREROOM", "arn"])
def test_a_pool_of_a_sender_id_is_answered_to_the_field(sms: Any, account: str, named: str) -> None:
    sender = a_requested_sender_id(sms)
    reference = sender["SenderIdArn"] if named == "arn" else named
    pool = a_sender_pool(sms, OriginationIdentity=reference, Tags=[{"Key": "team", "Value": "sales"}])
    shown = {
        "PoolArn": f"arn:aws:sms-voice:{REGION}:{account}:pool/{pool['PoolId']}",
        "PoolId": pool["PoolId"],
        "Status": "ACTIVE",
        "MessageType": "TRANSACTIONAL",
        "TwoWayEnabled": False,
        "SelfManagedOptOutsEnabled": False,
        "OptOutListName": "Default",
        "SharedRoutesEnabled": False,
        "DeletionProtectionEnabled": False,
        "CreatedTimestamp": pool["CreatedTimestamp"],
    }
    assert pool == {**shown, "Tags": [{"Key": "team", "Value": "sales"}]}
    assert sms.describe_pools(PoolIds=[pool["PoolId"]])["Pools"] == [shown]
    assert members(sms, pool) == ["Wireroom/SE"]


def test_the_protection_of_a_sender_id_is_not_the_pools(sms: Any) -> None:
    a_requested_sender_id(sms, DeletionProtectionEnabled=True)
    assert a_sender_pool(sms)["DeletionProtectionEnabled"] is False


@pytest.mark.parametrize("operation", ["create", "associate", "disassociate"])
@pytest.mark.parametrize("by_arn", [False, True])
def test_a_sender_id_needs_its_country_even_as_an_arn(sms: Any, operation: str, by_arn: bool) -> None:
    sender = a_requested_sender_id(sms)
    reference = sender["SenderIdArn"] if by_arn else "Wireroom"
    if operation == "create":
        call, more = sms.create_pool, {"MessageType": "TRANSACTIONAL"}
    else:
        call, more = getattr(sms, f"{operation}_origination_identity"), {"PoolId": a_pool(sms)["PoolId"]}
    error = refused(call, OriginationIdentity=reference, **more)
    assert_invalid(error, "INVALID_ARN", "senderId")


def test_the_country_has_to_be_the_one_of_the_arn(sms: Any) -> None:
    arn = a_requested_sender_id(sms)["SenderIdArn"]
    a_requested_sender_id(sms, IsoCountryCode="DE")
    wrong = {"OriginationIdentity": arn, "IsoCountryCode": "DE"}
    error = refused(sms.create_pool, **wrong, MessageType="TRANSACTIONAL")
    assert_invalid(error, "COUNTRY_CODE_MISMATCH", "IsoCountryCode")
    pool = a_pool(sms)
    error = refused(sms.associate_origination_identity, PoolId=pool["PoolId"], **wrong)
    assert_invalid(error, "COUNTRY_CODE_MISMATCH", "IsoCountryCode")


def test_a_name_that_exists_in_another_country_only_is_not_found(sms: Any) -> None:
    a_requested_sender_id(sms)
    pool = a_sender_pool(sms)
    wrong = {**SENDER, "IsoCountryCode": "DE"}
    error = refused(sms.create_pool, **wrong, MessageType="TRANSACTIONAL")
    assert_not_found(error, "sender-id", "Wireroom")
    error = refused(sms.associate_origination_identity, PoolId=pool["PoolId"], **wrong)
    assert_not_found(error, "sender-id", "Wireroom")


# ---------------------------------------------------------------------------------------------- message types


@pytest.mark.parametrize("kind", ["TRANSACTIONAL", "PROMOTIONAL"])
def test_a_sender_id_of_both_types_may_start_a_pool_of_either(sms: Any, kind: str) -> None:
    a_requested_sender_id(sms, MessageTypes=["TRANSACTIONAL", "PROMOTIONAL"])
    assert a_sender_pool(sms, MessageType=kind)["MessageType"] == kind


def test_a_sender_id_that_does_not_send_the_pools_type_starts_and_joins_none(sms: Any) -> None:
    a_requested_sender_id(sms)
    a_requested_sender_id(sms, IsoCountryCode="DE", MessageTypes=["PROMOTIONAL"])
    error = refused(sms.create_pool, **SENDER, MessageType="PROMOTIONAL")
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "sender-id", "Wireroom")
    pool = a_sender_pool(sms)
    german = {**SENDER, "IsoCountryCode": "DE"}
    error = refused(sms.associate_origination_identity, PoolId=pool["PoolId"], **german)
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "sender-id", "Wireroom")
    assert members(sms, pool) == ["Wireroom/SE"]


# -------------------------------------------------------------------------------------------- several at once


def test_a_pool_holds_sender_ids_of_several_countries_and_numbers(sms: Any, account: str) -> None:
    a_requested_sender_id(sms)
    german = a_requested_sender_id(sms, "Verkauf", IsoCountryCode="DE")
    a_requested_sender_id(sms, IsoCountryCode="FR")
    pool = a_sender_pool(sms)
    answer = associate(sms, pool, OriginationIdentity="VERKAUF", IsoCountryCode="DE")
    assert answer == {
        "PoolArn": pool["PoolArn"],
        "PoolId": pool["PoolId"],
        "OriginationIdentityArn": german["SenderIdArn"],
        "OriginationIdentity": "Verkauf",
        "IsoCountryCode": "DE",
    }
    associate(sms, pool, IsoCountryCode="FR")
    number = a_number(sms)
    sms.associate_origination_identity(PoolId=pool["PoolId"], OriginationIdentity=number["PhoneNumberId"])
    listed = sms.list_pool_origination_identities(PoolId=pool["PoolArn"])
    assert sorted(listed["OriginationIdentities"], key=lambda member: str(member["IsoCountryCode"])) == [
        {
            "OriginationIdentityArn": german["SenderIdArn"],
            "OriginationIdentity": "Verkauf",
            "IsoCountryCode": "DE",
            "NumberCapabilities": ["SMS"],
        },
        {
            "OriginationIdentityArn": f"arn:aws:sms-voice:{REGION}:{account}:sender-id/Wireroom/FR",
            "OriginationIdentity": "Wireroom",
            "IsoCountryCode": "FR",
            "NumberCapabilities": ["SMS"],
        },
        {
            "OriginationIdentityArn": f"arn:aws:sms-voice:{REGION}:{account}:sender-id/Wireroom/SE",
            "OriginationIdentity": "Wireroom",
            "IsoCountryCode": "SE",
            "NumberCapabilities": ["SMS"],
        },
        {
            "OriginationIdentityArn": number["PhoneNumberArn"],
            "OriginationIdentity": number["PhoneNumberId"],
            "IsoCountryCode": "US",
            "NumberCapabilities": ["SMS"],
            "PhoneNumber": number["PhoneNumber"],
        },
    ]
    french = [{"Name": "iso-country-code", "Values": ["FR"]}]
    assert members(sms, pool, Filters=french) == ["Wireroom/FR"]


def test_a_sender_id_joins_a_pool_once_whatever_its_casing(sms: Any) -> None:
    a_requested_sender_id(sms)
    pool = a_sender_pool(sms)
    for name in ("Wireroom", "wireroom"):
        named = {**SENDER, "OriginationIdentity": name}
        error = refused(sms.associate_origination_identity, PoolId=pool["PoolId"], **named)
        assert_conflict(error, "RESOURCE_ALREADY_ASSOCIATED", "sender-id", name)


def test_a_sender_id_may_sit_in_two_pools_and_leave_one(sms: Any) -> None:
    a_requested_sender_id(sms)
    a_requested_sender_id(sms, "Second")
    first, second = a_sender_pool(sms), a_sender_pool(sms, OriginationIdentity="Second")
    associate(sms, second)
    answer = sms.disassociate_origination_identity(PoolId=second["PoolId"], **SENDER)
    assert (answer["OriginationIdentity"], answer["IsoCountryCode"]) == ("Wireroom", "SE")
    assert members(sms, first) == ["Wireroom/SE"]
    assert members(sms, second) == ["Second/SE"]


def test_what_left_or_never_joined_cannot_leave_and_the_last_one_stays(sms: Any) -> None:
    a_requested_sender_id(sms)
    a_requested_sender_id(sms, IsoCountryCode="DE")
    pool = a_sender_pool(sms)
    leave = sms.disassociate_origination_identity
    error = refused(leave, PoolId=pool["PoolId"], **{**SENDER, "IsoCountryCode": "DE"})
    assert_not_found(error, "sender-id", "Wireroom")
    error = refused(leave, PoolId=pool["PoolId"], **SENDER)
    assert_conflict(error, "LAST_PHONE_NUMBER", "sender-id", "Wireroom")
    associate(sms, pool, IsoCountryCode="DE")
    leave(PoolId=pool["PoolId"], **SENDER)
    assert members(sms, pool) == ["Wireroom/DE"]


def test_sender_ids_count_against_the_identities_of_a_pool(tight: Any) -> None:
    for name in ("one", "two", "three"):
        a_requested_sender_id(tight, name)
    pool = a_sender_pool(tight, OriginationIdentity="one")
    associate(tight, pool, OriginationIdentity="two")
    error = refused(
        tight.associate_origination_identity,
        **{**SENDER, "OriginationIdentity": "three"},
        PoolId=pool["PoolId"],
    )
    assert_quota(error, "ORIGINATION_IDENTITIES_PER_POOL")


# ---------------------------------------------------------------------------------------------------- Release


@pytest.mark.parametrize("by_arn", [False, True])
def test_a_sender_id_in_any_pool_is_not_released(sms: Any, by_arn: bool) -> None:
    sender = a_requested_sender_id(sms)
    first = a_sender_pool(sms)
    second = a_pool(sms)
    associate(sms, second)
    reference = sender["SenderIdArn"] if by_arn else "WIREROOM"
    for pool in (first, second):
        error = refused(sms.release_sender_id, SenderId=reference, IsoCountryCode="SE")
        assert_conflict(error, "SENDER_ID_ASSOCIATED_TO_POOL", "sender-id", reference)
        sms.delete_pool(PoolId=pool["PoolId"])
    sms.release_sender_id(SenderId=reference, IsoCountryCode="SE")
    assert used(sms, "SENDER_IDS") == 0


def test_the_same_name_of_another_country_is_released_though_this_one_is_in_a_pool(sms: Any) -> None:
    a_requested_sender_id(sms)
    a_requested_sender_id(sms, IsoCountryCode="DE")
    pool = a_sender_pool(sms)
    sms.release_sender_id(SenderId="Wireroom", IsoCountryCode="DE")
    assert members(sms, pool) == ["Wireroom/SE"]


def test_a_sender_id_that_left_its_pool_is_released(sms: Any) -> None:
    a_requested_sender_id(sms)
    pool = a_pool(sms)
    associate(sms, pool)
    sms.disassociate_origination_identity(PoolId=pool["PoolId"], **SENDER)
    sms.release_sender_id(SenderId="Wireroom", IsoCountryCode="SE")
    assert sms.describe_sender_ids()["SenderIds"] == []
