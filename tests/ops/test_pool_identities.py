"""Associate, Disassociate and ListPoolOriginationIdentities (control-plane §1)."""

from collections.abc import Callable
from typing import Any

from tests.ops.conftest import Servers
from tests.ops.given import (
    REGION,
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
from tests.ops.pooling import associate, disassociate, members

UNKNOWN_NUMBER = "phone-" + "0" * 32

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
