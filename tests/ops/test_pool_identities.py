"""Associate, Disassociate and ListPoolOriginationIdentities (control-plane §1)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.conftest import Servers
from tests.ops.given import (
    OTHER_TOPIC,
    REGION,
    ROLE,
    TOPIC,
    a_number,
    a_pool,
    a_sender_id,
    assert_conflict,
    assert_invalid,
    assert_not_found,
    assert_quota,
    number_now,
    plain,
    refused,
)
from wireroom.api.enums import KeywordAction, MessageType
from wireroom.store.rows import Keyword

UNKNOWN_NUMBER = "phone-" + "0" * 32


def associate(sms: Any, pool: dict[str, Any], number: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = {"PoolId": pool["PoolId"], "OriginationIdentity": number["PhoneNumberId"]}
    return plain(sms.associate_origination_identity(**named, **more))


def disassociate(sms: Any, pool: dict[str, Any], number: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = {"PoolId": pool["PoolId"], "OriginationIdentity": number["PhoneNumberId"]}
    return plain(sms.disassociate_origination_identity(**named, **more))


def members(sms: Any, pool: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sms.list_pool_origination_identities(PoolId=pool["PoolId"], **more)[
        "OriginationIdentities"
    ]
    return found


# -------------------------------------------------------------------------------------------------- Associate


def test_an_association_is_answered_to_the_field(sms: Any) -> None:
    pool, number = a_pool(sms), a_number(sms)
    answer = sms.associate_origination_identity(
        PoolId=pool["PoolArn"], OriginationIdentity=number["PhoneNumberArn"], IsoCountryCode="US"
    )
    assert plain(answer) == {
        "PoolArn": pool["PoolArn"],
        "PoolId": pool["PoolId"],
        "OriginationIdentityArn": number["PhoneNumberArn"],
        "OriginationIdentity": number["PhoneNumberId"],
        "IsoCountryCode": "US",
    }
    now = number_now(sms, number)
    assert (now["PoolId"], now["Status"]) == (pool["PoolId"], "ACTIVE")


def test_a_sender_id_is_associated_under_its_own_casing(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    pool = a_pool(sms)
    answer = sms.associate_origination_identity(
        PoolId=pool["PoolId"], OriginationIdentity="WIREROOM", IsoCountryCode="GB"
    )
    assert plain(answer) == {
        "PoolArn": pool["PoolArn"],
        "PoolId": pool["PoolId"],
        "OriginationIdentityArn": f"arn:aws:sms-voice:{REGION}:{account}:sender-id/Wireroom/GB",
        "OriginationIdentity": "Wireroom",
        "IsoCountryCode": "GB",
    }


def test_numbers_and_sender_ids_of_several_countries_share_a_pool(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account), a_sender_id(account, country="DE"))
    pool = a_pool(sms)
    associate(sms, pool, a_number(sms, IsoCountryCode="GB", NumberType="LONG_CODE"))
    for country in ("GB", "DE"):
        sms.associate_origination_identity(
            PoolId=pool["PoolId"], OriginationIdentity="Wireroom", IsoCountryCode=country
        )
    assert sorted(member["IsoCountryCode"] for member in members(sms, pool)) == ["DE", "GB", "GB", "US"]


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


@pytest.mark.parametrize(
    "own",
    [
        {"keyword": "HOURS", "message": "9 to 5", "action": KeywordAction.AUTOMATIC_RESPONSE},
        {"keyword": "START", "message": "Welcome", "action": KeywordAction.OPT_IN},
    ],
)
def test_keywords_that_the_pool_does_not_have_keep_a_number_out(
    sms: Any, account: str, put: Callable[..., None], own: dict[str, Any]
) -> None:
    pool, number = a_pool(sms), a_number(sms)
    put(Keyword(account, REGION, number["PhoneNumberId"], **own))
    error = refused(associate, sms=sms, pool=pool, number=number)
    assert_conflict(error, "KEYWORD_MISMATCH", "phone-number", number["PhoneNumberId"])


def test_the_same_keyword_with_another_message_keeps_a_number_out(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    pool, number = a_pool(sms), a_number(sms)
    for owner_id, message in ((pool["PoolId"], "9 to 5"), (number["PhoneNumberId"], "all day")):
        put(Keyword(account, REGION, owner_id, "HOURS", message, KeywordAction.AUTOMATIC_RESPONSE))
    error = refused(associate, sms=sms, pool=pool, number=number)
    assert_conflict(error, "KEYWORD_MISMATCH", "phone-number", number["PhoneNumberId"])


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


def test_what_is_in_the_pool_already_cannot_join_again(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    number = a_number(sms)
    pool = a_pool(sms, number)
    error = refused(associate, sms=sms, pool=pool, number=number)
    assert_conflict(error, "RESOURCE_ALREADY_ASSOCIATED", "phone-number", number["PhoneNumberId"])
    sender = {"PoolId": pool["PoolId"], "OriginationIdentity": "Wireroom", "IsoCountryCode": "GB"}
    sms.associate_origination_identity(**sender)
    error = refused(sms.associate_origination_identity, **sender)
    assert_conflict(error, "RESOURCE_ALREADY_ASSOCIATED", "sender-id", "Wireroom")


def test_a_sender_id_may_sit_in_many_pools(sms: Any, account: str, put: Callable[..., None]) -> None:
    put(a_sender_id(account))
    for pool in (a_pool(sms), a_pool(sms)):
        sms.associate_origination_identity(
            PoolId=pool["PoolId"], OriginationIdentity="Wireroom", IsoCountryCode="GB"
        )
        assert len(members(sms, pool)) == 2


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


def test_a_pending_number_cannot_join(strict: Any, servers: Servers) -> None:
    first = a_number(strict)
    servers("strict").turn(10)
    pool, late = a_pool(strict, first), a_number(strict)
    error = refused(associate, sms=strict, pool=pool, number=late)
    assert_conflict(error, "RESOURCE_NOT_ACTIVE", "phone-number", late["PhoneNumberId"])
    servers("strict").turn(10)
    associate(strict, pool, late)


def test_an_unknown_number_or_pool_is_not_found(sms: Any) -> None:
    pool = a_pool(sms)
    for operation in (sms.associate_origination_identity, sms.disassociate_origination_identity):
        error = refused(operation, PoolId=pool["PoolId"], OriginationIdentity=UNKNOWN_NUMBER)
        assert_not_found(error, "phone-number", UNKNOWN_NUMBER)
        error = refused(operation, PoolId="pool-x", OriginationIdentity=UNKNOWN_NUMBER)
        assert_not_found(error, "pool", "pool-x")
        error = refused(operation, PoolId="", OriginationIdentity=UNKNOWN_NUMBER)
        assert_invalid(error, "MISSING_PARAMETER", "PoolId")
        error = refused(operation, PoolId=pool["PoolId"], OriginationIdentity="Wireroom")
        assert_invalid(error, "INVALID_ARN", "senderId")


def test_the_identities_of_a_pool_have_a_quota(tight: Any) -> None:
    pool, late = a_pool(tight), a_number(tight)
    associate(tight, pool, second := a_number(tight))
    error = refused(associate, sms=tight, pool=pool, number=late)
    assert_quota(error, "ORIGINATION_IDENTITIES_PER_POOL")
    assert "PoolId" not in number_now(tight, late)
    disassociate(tight, pool, second)
    associate(tight, pool, late)


def test_an_association_is_idempotent_by_its_client_token(sms: Any) -> None:
    pool, number = a_pool(sms), a_number(sms)
    first = associate(sms, pool, number, ClientToken="once")
    assert associate(sms, pool, number, ClientToken="once") == first
    assert disassociate(sms, pool, number, ClientToken="off") == disassociate(
        sms, pool, number, ClientToken="off"
    )
    assert "PoolId" not in number_now(sms, number)


# ----------------------------------------------------------------------------------------------- Disassociate


def test_a_number_that_leaves_is_free_and_keeps_what_the_pool_had_set(sms: Any) -> None:
    pool, number = a_pool(sms), a_number(sms)
    associate(sms, pool, number)
    sms.update_pool(PoolId=pool["PoolId"], SelfManagedOptOutsEnabled=True)
    assert disassociate(sms, pool, number) == {
        "PoolArn": pool["PoolArn"],
        "PoolId": pool["PoolId"],
        "OriginationIdentityArn": number["PhoneNumberArn"],
        "OriginationIdentity": number["PhoneNumberId"],
        "IsoCountryCode": "US",
    }
    now = number_now(sms, number)
    assert "PoolId" not in now
    assert now["SelfManagedOptOutsEnabled"] is True
    assert len(members(sms, pool)) == 1
    sms.update_pool(PoolId=pool["PoolId"], SelfManagedOptOutsEnabled=False)
    assert number_now(sms, number)["SelfManagedOptOutsEnabled"] is True


def test_a_sender_id_leaves_one_of_its_pools(sms: Any, account: str, put: Callable[..., None]) -> None:
    put(a_sender_id(account))
    first, second = a_pool(sms), a_pool(sms)
    sender = {"OriginationIdentity": "Wireroom", "IsoCountryCode": "GB"}
    for pool in (first, second):
        sms.associate_origination_identity(PoolId=pool["PoolId"], **sender)
    left = sms.disassociate_origination_identity(PoolId=first["PoolId"], **sender)
    assert (left["OriginationIdentity"], left["IsoCountryCode"]) == ("Wireroom", "GB")
    assert [len(members(sms, pool)) for pool in (first, second)] == [1, 2]


def test_the_last_identity_stays(sms: Any) -> None:
    number = a_number(sms)
    pool = a_pool(sms, number)
    error = refused(disassociate, sms=sms, pool=pool, number=number)
    assert_conflict(error, "LAST_PHONE_NUMBER", "phone-number", number["PhoneNumberId"])
    assert number_now(sms, number)["PoolId"] == pool["PoolId"]


def test_the_last_number_may_leave_while_a_sender_id_stays(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    number = a_number(sms)
    pool = a_pool(sms, number)
    sender = {"PoolId": pool["PoolId"], "OriginationIdentity": "wireroom", "IsoCountryCode": "GB"}
    sms.associate_origination_identity(**sender)
    disassociate(sms, pool, number)
    assert [member["OriginationIdentity"] for member in members(sms, pool)] == ["Wireroom"]
    error = refused(sms.disassociate_origination_identity, **sender)
    assert_conflict(error, "LAST_PHONE_NUMBER", "sender-id", "wireroom")


def test_what_is_not_in_the_pool_cannot_leave_it(sms: Any, account: str, put: Callable[..., None]) -> None:
    put(a_sender_id(account))
    pool, number, elsewhere = a_pool(sms), a_number(sms), a_number(sms)
    a_pool(sms, elsewhere)
    for stranger in (number, elsewhere):
        error = refused(disassociate, sms=sms, pool=pool, number=stranger)
        assert_conflict(
            error, "PHONE_NUMBER_NOT_ASSOCIATED_TO_POOL", "phone-number", stranger["PhoneNumberId"]
        )
    error = refused(
        sms.disassociate_origination_identity,
        PoolId=pool["PoolId"],
        OriginationIdentity="Wireroom",
        IsoCountryCode="GB",
    )
    assert_not_found(error, "sender-id", "Wireroom")


# ------------------------------------------------------------------------------ ListPoolOriginationIdentities


def test_the_identities_of_a_pool_are_listed_to_the_field(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    number = a_number(sms, NumberCapabilities=["SMS", "VOICE"])
    pool = a_pool(sms, number)
    sms.associate_origination_identity(
        PoolId=pool["PoolId"], OriginationIdentity="Wireroom", IsoCountryCode="GB"
    )
    answer = plain(sms.list_pool_origination_identities(PoolId=pool["PoolArn"]))
    assert answer == {
        "PoolArn": pool["PoolArn"],
        "PoolId": pool["PoolId"],
        "OriginationIdentities": [
            {
                "OriginationIdentityArn": number["PhoneNumberArn"],
                "OriginationIdentity": number["PhoneNumberId"],
                "IsoCountryCode": "US",
                "NumberCapabilities": ["SMS", "VOICE"],
                "PhoneNumber": number["PhoneNumber"],
            },
            {
                "OriginationIdentityArn": f"arn:aws:sms-voice:{REGION}:{account}:sender-id/Wireroom/GB",
                "OriginationIdentity": "Wireroom",
                "IsoCountryCode": "GB",
                "NumberCapabilities": ["SMS"],
            },
        ],
    }


def test_identities_are_filtered_by_country_and_capability(sms: Any) -> None:
    speaking = a_number(sms, NumberCapabilities=["SMS", "VOICE"])
    pool = a_pool(sms, speaking)
    british = a_number(sms, IsoCountryCode="GB", NumberType="LONG_CODE")
    associate(sms, pool, british)

    def found(name: str, *values: str) -> set[str]:
        listed = members(sms, pool, Filters=[{"Name": name, "Values": values}])
        return {member["OriginationIdentity"] for member in listed}

    assert found("iso-country-code", "GB") == {british["PhoneNumberId"]}
    assert found("iso-country-code", "DE") == set()
    assert found("number-capability", "VOICE", "MMS") == {speaking["PhoneNumberId"]}
    assert found("number-capability", "SMS") == {british["PhoneNumberId"], speaking["PhoneNumberId"]}
    error = refused(
        sms.list_pool_origination_identities,
        PoolId=pool["PoolId"],
        Filters=[{"Name": "number-capability", "Values": ["SMOKE"]}],
    )
    assert_invalid(error, "INVALID_FILTER_VALUES", "Filters")


def test_the_paginator_sees_every_identity_once_and_the_pool_on_each_page(sms: Any) -> None:
    numbers = [a_number(sms) for _ in range(5)]
    pool = a_pool(sms, numbers[0])
    for number in numbers[1:]:
        associate(sms, pool, number)
    paginator = sms.get_paginator("list_pool_origination_identities")
    pages = list(paginator.paginate(PoolId=pool["PoolId"], PaginationConfig={"PageSize": 2}))
    assert [len(page["OriginationIdentities"]) for page in pages] == [2, 2, 1]
    assert {page["PoolArn"] for page in pages} == {pool["PoolArn"]}
    seen = [member["PhoneNumber"] for page in pages for member in page["OriginationIdentities"]]
    assert sorted(seen) == sorted(number["PhoneNumber"] for number in numbers)
