"""CreatePool, DeletePool (control-plane §1)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.ops.conftest import Clients, Servers
from tests.ops.given import (
    OTHER_ACCOUNT,
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
    used,
)
from wireroom.store.rows import Count
from wireroom.testing import Server

UNKNOWN_POOL = "pool-" + "0" * 32
UNKNOWN_NUMBER = "phone-" + "0" * 32

# ------------------------------------------------------------------------------------------------- CreatePool


def test_a_pool_is_answered_to_the_field(sms: Any, account: str) -> None:
    pool = a_pool(sms, Tags=[{"Key": "Name", "Value": "main"}])
    pool_id = pool["PoolId"]
    assert pool_id.removeprefix("pool-").isalnum()
    assert len(pool_id) == len(UNKNOWN_POOL)
    assert isinstance(pool.pop("CreatedTimestamp"), datetime)
    assert pool == {
        "PoolArn": f"arn:aws:sms-voice:{REGION}:{account}:pool/{pool_id}",
        "PoolId": pool_id,
        "Status": "ACTIVE",
        "MessageType": "TRANSACTIONAL",
        "TwoWayEnabled": False,
        "SelfManagedOptOutsEnabled": False,
        "OptOutListName": "Default",
        "SharedRoutesEnabled": False,
        "DeletionProtectionEnabled": False,
        "Tags": [{"Key": "Name", "Value": "main"}],
    }


def test_a_pool_takes_over_what_is_set_on_its_first_number_but_deletion_protection(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    number = a_number(sms, DeletionProtectionEnabled=True)
    sms.update_phone_number(
        PhoneNumberId=number["PhoneNumberId"],
        TwoWayEnabled=True,
        TwoWayChannelArn=TOPIC,
        TwoWayChannelRole=ROLE,
        SelfManagedOptOutsEnabled=True,
        OptOutListName="sales",
    )
    pool = a_pool(sms, number)
    assert pool["TwoWayEnabled"] is True
    assert (pool["TwoWayChannelArn"], pool["TwoWayChannelRole"]) == (TOPIC, ROLE)
    assert pool["SelfManagedOptOutsEnabled"] is True
    assert pool["OptOutListName"] == "sales"
    assert pool["DeletionProtectionEnabled"] is False
    assert number_now(sms, number)["PoolId"] == pool["PoolId"]


def test_a_pool_of_a_sender_id_has_the_defaults(sms: Any, account: str, put: Callable[..., None]) -> None:
    put(a_sender_id(account))
    pool = plain(
        sms.create_pool(OriginationIdentity="WIREROOM", IsoCountryCode="GB", MessageType="TRANSACTIONAL")
    )
    assert pool["OptOutListName"] == "Default"
    assert pool["TwoWayEnabled"] is False
    assert pool["SelfManagedOptOutsEnabled"] is False


@pytest.mark.parametrize("member", ["PhoneNumberId", "PhoneNumberArn", "PhoneNumber"])
def test_a_number_can_be_named_by_id_arn_or_digits(sms: Any, member: str) -> None:
    number = a_number(sms)
    pool = a_pool(sms, number, OriginationIdentity=number[member].removeprefix("+"), IsoCountryCode="US")
    assert number_now(sms, number)["PoolId"] == pool["PoolId"]


def test_a_country_other_than_the_numbers_is_refused(sms: Any) -> None:
    number = a_number(sms)
    error = refused(
        sms.create_pool,
        OriginationIdentity=number["PhoneNumberId"],
        IsoCountryCode="CA",
        MessageType="TRANSACTIONAL",
    )
    assert_invalid(error, "COUNTRY_CODE_MISMATCH", "IsoCountryCode")


def test_the_message_type_has_to_be_the_numbers(sms: Any) -> None:
    number = a_number(sms)
    arn = number["PhoneNumberArn"]
    error = refused(sms.create_pool, OriginationIdentity=arn, MessageType="PROMOTIONAL")
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "phone-number", arn)
    assert "PoolId" not in number_now(sms, number)
    assert used(sms, "POOLS") == 0


def test_a_number_already_in_a_pool_cannot_start_another(sms: Any) -> None:
    number = a_number(sms)
    a_pool(sms, number)
    error = refused(sms.create_pool, OriginationIdentity=number["PhoneNumberId"], MessageType="TRANSACTIONAL")
    assert_conflict(error, "PHONE_NUMBER_ASSOCIATED_TO_POOL", "phone-number", number["PhoneNumberId"])


def test_a_number_that_is_pending_starts_no_pool_until_it_is_active(strict: Any, servers: Servers) -> None:
    number = a_number(strict)
    named = {"OriginationIdentity": number["PhoneNumberId"], "MessageType": "TRANSACTIONAL"}
    error = refused(strict.create_pool, **named)
    assert_conflict(error, "RESOURCE_NOT_ACTIVE", "phone-number", number["PhoneNumberId"])
    servers("strict").turn(10)
    assert strict.create_pool(**named)["Status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("reference", "country", "resource_type"),
    [
        (UNKNOWN_NUMBER, None, "phone-number"),
        ("12065550199", None, "phone-number"),
        (f"arn:aws:sms-voice:{REGION}:{OTHER_ACCOUNT}:phone-number/{UNKNOWN_NUMBER}", None, "phone-number"),
        ("Unheard", "GB", "sender-id"),
        (f"arn:aws:sms-voice:{REGION}:{OTHER_ACCOUNT}:sender-id/Unheard/GB", "GB", "sender-id"),
        ("rcs-" + "0" * 32, None, "rcs-agent"),
        (UNKNOWN_POOL, None, "phone-number"),
    ],
)
def test_an_unknown_identity_is_not_found(
    sms: Any, reference: str, country: str | None, resource_type: str
) -> None:
    named = {"OriginationIdentity": reference} | ({"IsoCountryCode": country} if country else {})
    error = refused(sms.create_pool, MessageType="TRANSACTIONAL", **named)
    assert_not_found(error, resource_type, reference)


def test_a_number_of_another_account_or_region_is_not_found(sms: Any, account: str, clients: Clients) -> None:
    for theirs in (clients(OTHER_ACCOUNT), clients(account, "eu-west-1")):
        number = a_number(theirs)
        for reference in (number["PhoneNumberId"], number["PhoneNumberArn"]):
            error = refused(sms.create_pool, OriginationIdentity=reference, MessageType="TRANSACTIONAL")
            assert_not_found(error, "phone-number", reference)


@pytest.mark.parametrize(
    "reference",
    [
        "arn:aws:sns:us-east-1:123456789012:topic",
        "arn:aws:sms-voice:us-east-1:123456789012:pool/" + UNKNOWN_POOL,
        "arn:aws-cn:sms-voice:us-east-1:123456789012:phone-number/" + UNKNOWN_NUMBER,
        "arn:aws:sms-voice:us-east-1:12:phone-number/" + UNKNOWN_NUMBER,
    ],
)
def test_the_arn_of_something_else_is_invalid(sms: Any, reference: str) -> None:
    error = refused(sms.create_pool, OriginationIdentity=reference, MessageType="TRANSACTIONAL")
    assert_invalid(error, "INVALID_ARN", "OriginationIdentity")


def test_a_sender_id_needs_its_country_even_as_an_arn(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    for reference in ("Wireroom", f"arn:aws:sms-voice:{REGION}:{account}:sender-id/Wireroom/GB"):
        error = refused(sms.create_pool, OriginationIdentity=reference, MessageType="TRANSACTIONAL")
        assert_invalid(error, "INVALID_ARN", "senderId")
        assert 'Reason="INVALID_ARN" Fields="senderId"' in error["Message"]


def test_the_sender_id_of_another_account_is_not_found_though_one_has_the_same(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    theirs = f"arn:aws:sms-voice:{REGION}:{OTHER_ACCOUNT}:sender-id/Wireroom/GB"
    error = refused(
        sms.create_pool, OriginationIdentity=theirs, IsoCountryCode="GB", MessageType="TRANSACTIONAL"
    )
    assert_not_found(error, "sender-id", theirs)


def test_a_country_other_than_in_the_sender_ids_arn_is_refused(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    arn = f"arn:aws:sms-voice:{REGION}:{account}:sender-id/Wireroom/GB"
    error = refused(
        sms.create_pool, OriginationIdentity=arn, IsoCountryCode="DE", MessageType="TRANSACTIONAL"
    )
    assert_invalid(error, "COUNTRY_CODE_MISMATCH", "IsoCountryCode")


def test_a_sender_id_that_does_not_send_the_pools_type_is_refused(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account))
    error = refused(
        sms.create_pool, OriginationIdentity="Wireroom", IsoCountryCode="GB", MessageType="PROMOTIONAL"
    )
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "sender-id", "Wireroom")


def test_pools_have_a_quota_and_a_refused_one_leaves_nothing(tight: Any) -> None:
    for _ in range(2):
        a_pool(tight)
    number = a_number(tight)
    error = refused(
        tight.create_pool, OriginationIdentity=number["PhoneNumberId"], MessageType="TRANSACTIONAL"
    )
    assert_quota(error, "POOLS_PER_ACCOUNT")
    assert "PoolId" not in number_now(tight, number)
    assert len(tight.describe_pools()["Pools"]) == 2
    assert used(tight, "POOLS") == 2


def test_the_same_client_token_makes_one_pool(sms: Any) -> None:
    number = a_number(sms)
    first = a_pool(sms, number, ClientToken="once", Tags=[{"Key": "a", "Value": "b"}])
    again = a_pool(sms, number, ClientToken="once", Tags=[{"Key": "a", "Value": "b"}])
    assert again == first
    assert used(sms, "POOLS") == 1
    error = refused(
        sms.create_pool,
        OriginationIdentity=number["PhoneNumberId"],
        MessageType="TRANSACTIONAL",
        ClientToken="once",
    )
    assert_invalid(error, "INVALID_PARAMETER", "ClientToken")


# ------------------------------------------------------------------------------------------------- DeletePool


def test_a_deleted_pool_is_answered_without_its_deletion_protection(sms: Any) -> None:
    pool = a_pool(sms)
    deleted = plain(sms.delete_pool(PoolId=pool["PoolArn"]))
    del pool["DeletionProtectionEnabled"]
    assert deleted == {**pool, "Status": "DELETING"}


def test_a_pool_is_deleted_with_numbers_in_it_and_sets_them_free(sms: Any) -> None:
    first, second = a_number(sms), a_number(sms)
    pool = a_pool(sms, first)
    sms.associate_origination_identity(PoolId=pool["PoolId"], OriginationIdentity=second["PhoneNumberId"])
    sms.update_pool(PoolId=pool["PoolId"], SelfManagedOptOutsEnabled=True)
    sms.delete_pool(PoolId=pool["PoolId"])
    for number in (first, second):
        now = number_now(sms, number)
        assert "PoolId" not in now
        assert now["SelfManagedOptOutsEnabled"] is True
    assert_not_found(refused(sms.describe_pools, PoolIds=[pool["PoolId"]]), "pool", pool["PoolId"])
    assert used(sms, "POOLS") == 0
    assert sms.release_phone_number(PhoneNumberId=first["PhoneNumberId"])["Status"] == "DELETED"
    a_pool(sms, second)


def test_a_protected_pool_is_not_deleted(sms: Any) -> None:
    pool = a_pool(sms, DeletionProtectionEnabled=True)
    assert pool["DeletionProtectionEnabled"] is True
    error = refused(sms.delete_pool, PoolId=pool["PoolArn"])
    assert_conflict(error, "DELETION_PROTECTION_ENABLED", "pool", pool["PoolArn"])
    sms.update_pool(PoolId=pool["PoolId"], DeletionProtectionEnabled=False)
    assert sms.delete_pool(PoolId=pool["PoolId"])["Status"] == "DELETING"


def test_tags_keywords_and_counter_of_a_deleted_pool_are_gone_with_it(
    sms: Any, account: str, server: Server, ask: Callable[..., list[Any]]
) -> None:
    number = a_number(sms)
    pool = a_pool(sms, number, Tags=[{"Key": "a", "Value": "b"}])
    sms.delete_pool(PoolId=pool["PoolId"])
    assert ask("tags_of", resource_arn=pool["PoolArn"]) == []
    assert ask("keywords_of", owner_id=pool["PoolId"]) == []
    assert ask("numbers_of_pool", pool_id=pool["PoolId"]) == []
    assert len(ask("keywords_of", owner_id=number["PhoneNumberId"])) == 2
    counter = f"pool/{pool['PoolId']}/identities"
    found = server.app.engine.read(lambda tx: tx.get(Count, account, REGION, counter), "counter")
    assert server.run(found) is None
    error = refused(sms.list_tags_for_resource, ResourceArn=pool["PoolArn"])
    assert_not_found(error, "pool", pool["PoolArn"])


def test_twenty_five_pools_are_the_quota_of_an_account(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    for _ in range(25):
        a_pool(sms)
    put(a_sender_id(account))
    error = refused(
        sms.create_pool, OriginationIdentity="Wireroom", IsoCountryCode="GB", MessageType="TRANSACTIONAL"
    )
    assert_quota(error, "POOLS_PER_ACCOUNT")
    assert used(sms, "POOLS") == 25


def test_an_old_sdk_that_sends_the_country_and_a_new_one_that_does_not_both_make_a_pool(sms: Any) -> None:
    assert a_pool(sms, IsoCountryCode="US")["Status"] == "ACTIVE"
    assert a_pool(sms, a_number(sms))["Status"] == "ACTIVE"
