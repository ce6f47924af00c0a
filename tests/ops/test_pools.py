"""CreatePool, UpdatePool, DeletePool, DescribePools (control-plane §1)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ops.conftest import Clients, Servers
from tests.ops.given import (
    CONNECT,
    NOW,
    OTHER_ACCOUNT,
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
    used,
)
from wireroom.api.enums import KeywordAction, MessageType
from wireroom.store.rows import Count, Keyword, Pool
from wireroom.testing import Server

UNKNOWN_POOL = "pool-" + "0" * 32
UNKNOWN_NUMBER = "phone-" + "0" * 32
PROMOTIONAL = {"MessageType": "PROMOTIONAL"}

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


def test_a_pool_takes_over_the_keywords_of_its_first_number(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    first, second = a_number(sms), a_number(sms)
    for number in (first, second):
        put(
            Keyword(
                account, REGION, number["PhoneNumberId"], "HOURS", "9 to 5", KeywordAction.AUTOMATIC_RESPONSE
            )
        )
    pool = a_pool(sms, first)
    sms.associate_origination_identity(PoolId=pool["PoolId"], OriginationIdentity=second["PhoneNumberId"])
    assert number_now(sms, second)["PoolId"] == pool["PoolId"]


def test_a_pool_of_a_sender_id_has_the_defaults(
    sms: Any, account: str, put: Callable[..., None], ask: Callable[..., list[Any]]
) -> None:
    put(a_sender_id(account))
    pool = plain(
        sms.create_pool(OriginationIdentity="WIREROOM", IsoCountryCode="GB", MessageType="TRANSACTIONAL")
    )
    assert pool["OptOutListName"] == "Default"
    assert pool["TwoWayEnabled"] is False
    assert pool["SelfManagedOptOutsEnabled"] is False
    fresh = a_number(sms)
    sms.associate_origination_identity(PoolId=pool["PoolId"], OriginationIdentity=fresh["PhoneNumberId"])
    for owner_id in (pool["PoolId"], fresh["PhoneNumberId"]):
        actions = {word.keyword: word.action for word in ask("keywords_of", owner_id=owner_id)}
        assert actions == {"HELP": "AUTOMATIC_RESPONSE", "STOP": "OPT_OUT"}


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


# ------------------------------------------------------------------------------------------------- UpdatePool


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
    assert len(ask("keywords_of", owner_id=number["PhoneNumberId"])) == 2
    counter = f"pool/{pool['PoolId']}/identities"
    found = server.app.engine.read(lambda tx: tx.get(Count, account, REGION, counter), "counter")
    assert server.run(found) is None
    error = refused(sms.list_tags_for_resource, ResourceArn=pool["PoolArn"])
    assert_not_found(error, "pool", pool["PoolArn"])


# ---------------------------------------------------------------------------------------------- DescribePools


def test_pools_are_described_in_the_order_in_which_they_were_made(sms: Any, server: Server) -> None:
    made = []
    for _ in range(3):
        made.append(a_pool(sms))
        server.turn(1)
    found = sms.describe_pools()
    assert found["Pools"] == made
    assert "NextToken" not in found
    assert (made[1]["CreatedTimestamp"] - made[0]["CreatedTimestamp"]).total_seconds() == 1


def test_times_are_those_of_the_business_clock(sms: Any, server: Server) -> None:
    now = server.app.clock.now()
    assert now >= NOW
    assert a_pool(sms)["CreatedTimestamp"] == datetime.fromtimestamp(now / 1000, UTC)


def test_pools_can_be_named_by_id_and_arn(sms: Any) -> None:
    first, second, _ = (a_pool(sms) for _ in range(3))
    found = sms.describe_pools(PoolIds=[second["PoolArn"], first["PoolId"], second["PoolId"]])["Pools"]
    assert sorted(pool["PoolId"] for pool in found) == sorted([first["PoolId"], second["PoolId"]])


def test_one_unknown_pool_fails_the_whole_call(sms: Any) -> None:
    pool = a_pool(sms)
    error = refused(sms.describe_pools, PoolIds=[pool["PoolId"], UNKNOWN_POOL])
    assert_not_found(error, "pool", UNKNOWN_POOL)


def test_an_empty_pool_id_is_a_missing_parameter(sms: Any) -> None:
    assert_invalid(refused(sms.describe_pools, PoolIds=[""]), "MISSING_PARAMETER", "PoolIds")


def test_an_owner_and_ids_exclude_each_other(sms: Any) -> None:
    pool = a_pool(sms)
    error = refused(sms.describe_pools, PoolIds=[pool["PoolId"]], Owner="SELF")
    assert_invalid(error, "PARAMETERS_CANNOT_BE_USED_TOGETHER", "Owner")
    assert sms.describe_pools(Owner="SELF")["Pools"] == [pool]
    assert sms.describe_pools(PoolIds=[], Owner="SELF")["Pools"] == [pool]


def test_nothing_is_shared_with_anybody_yet(sms: Any) -> None:
    a_pool(sms)
    assert sms.describe_pools(Owner="SHARED")["Pools"] == []


@pytest.mark.parametrize(
    ("name", "hit", "miss"),
    [
        ("status", "ACTIVE", "DELETING"),
        ("message-type", "PROMOTIONAL", "TRANSACTIONAL"),
        ("two-way-enabled", "true", "false"),
        ("self-managed-opt-outs-enabled", "true", "false"),
        ("opt-out-list-name", "sales", "Sales"),
        ("shared-routes-enabled", "true", "false"),
        ("deletion-protection-enabled", "true", "false"),
        ("two-way-channel-arn", TOPIC, OTHER_TOPIC),
    ],
)
def test_pools_are_filtered(sms: Any, name: str, hit: str, miss: str) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    pool = a_pool(sms, a_number(sms, **PROMOTIONAL))
    sms.update_pool(
        PoolId=pool["PoolId"],
        TwoWayEnabled=True,
        TwoWayChannelArn=TOPIC,
        SelfManagedOptOutsEnabled=True,
        OptOutListName="sales",
        SharedRoutesEnabled=True,
        DeletionProtectionEnabled=True,
    )

    def found(*values: str) -> list[str]:
        pools = sms.describe_pools(Filters=[{"Name": name, "Values": values}])["Pools"]
        return [pool["PoolId"] for pool in pools]

    assert found(hit) == [pool["PoolId"]]
    assert found(miss) == []
    assert found(miss, hit) == [pool["PoolId"]]


def test_all_filters_have_to_be_met(sms: Any) -> None:
    plain_pool, protected = a_pool(sms), a_pool(sms, DeletionProtectionEnabled=True)
    active = {"Name": "status", "Values": ["ACTIVE"]}
    both = [active, {"Name": "deletion-protection-enabled", "Values": ["true"]}]
    assert sms.describe_pools(Filters=both)["Pools"] == [protected]
    assert len(sms.describe_pools(Filters=[active])["Pools"]) == 2
    named = sms.describe_pools(Filters=both, PoolIds=[plain_pool["PoolId"]])
    assert named["Pools"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("two-way-enabled", "True"), ("shared-routes-enabled", "1"), ("status", "GONE"), ("message-type", "x")],
)
def test_a_filter_value_that_cannot_be_is_refused(sms: Any, name: str, value: str) -> None:
    error = refused(sms.describe_pools, Filters=[{"Name": name, "Values": [value]}])
    assert_invalid(error, "INVALID_FILTER_VALUES", "Filters")


def test_a_filter_that_pools_do_not_have_is_refused(sms: Any) -> None:
    error = refused(sms.describe_pools, Filters=[{"Name": "iso-country-code", "Values": ["US"]}])
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "Filters.0.Name")


def rows_of_pools(account: str, amount: int, *, protected_from: int) -> list[Pool]:
    return [
        Pool(
            account_id=account,
            region=REGION,
            pool_id=f"pool-{index:032x}",
            message_type=MessageType.TRANSACTIONAL,
            two_way_enabled=False,
            two_way_channel_arn=None,
            two_way_channel_role=None,
            self_managed_opt_outs=False,
            opt_out_list="Default",
            shared_routes=False,
            deletion_protection=index >= protected_from,
            created_at=NOW + index // 7,
        )
        for index in range(amount)
    ]


@pytest.mark.parametrize("size", [1, 9, 10, 100, None])
def test_the_paginator_sees_every_pool_once(
    sms: Any, account: str, put: Callable[..., None], size: int | None
) -> None:
    rows = rows_of_pools(account, 220 if size in (100, None) else 20, protected_from=1000)
    put(*rows)
    pages = list(sms.get_paginator("describe_pools").paginate(PaginationConfig={"PageSize": size}))
    assert [pool["PoolId"] for page in pages for pool in page["Pools"]] == [row.pool_id for row in rows]
    assert {len(page["Pools"]) for page in pages[:-1]} == {size or 100}
    assert pages[-1]["Pools"]


def test_named_pools_come_in_pages_too(sms: Any) -> None:
    wanted = sorted(a_pool(sms)["PoolId"] for _ in range(3))
    paginator = sms.get_paginator("describe_pools")
    pages = list(paginator.paginate(PoolIds=wanted, PaginationConfig={"PageSize": 2}))
    assert [len(page["Pools"]) for page in pages] == [2, 1]
    assert sorted(pool["PoolId"] for page in pages for pool in page["Pools"]) == wanted


def test_a_filter_looks_at_ten_thousand_rows_a_page_and_goes_on(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    rows = rows_of_pools(account, 10_050, protected_from=10_030)
    put(*rows)
    wanted = {"Filters": [{"Name": "deletion-protection-enabled", "Values": ["true"]}]}
    first = sms.describe_pools(**wanted)
    assert first["Pools"] == []
    second = sms.describe_pools(**wanted, NextToken=first["NextToken"])
    assert [pool["PoolId"] for pool in second["Pools"]] == [row.pool_id for row in rows[10_030:]]
    assert "NextToken" not in second


def test_a_filtered_page_is_full_and_the_next_begins_after_it(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    rows = rows_of_pools(account, 30, protected_from=10)
    put(*rows)
    wanted = {"Name": "deletion-protection-enabled", "Values": ["true"]}
    pages = list(
        sms.get_paginator("describe_pools").paginate(Filters=[wanted], PaginationConfig={"PageSize": 8})
    )
    assert [len(page["Pools"]) for page in pages] == [8, 8, 4]
    assert [pool["PoolId"] for page in pages for pool in page["Pools"]] == [row.pool_id for row in rows[10:]]


def test_a_next_token_is_good_for_its_own_call_only(sms: Any, account: str, clients: Clients) -> None:
    for _ in range(3):
        a_pool(sms)
    token = sms.describe_pools(MaxResults=1)["NextToken"]
    assert len(sms.describe_pools(MaxResults=1, NextToken=token)["Pools"]) == 1
    strangers: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (sms.describe_pools, {"MaxResults": 2}),
        (sms.describe_pools, {"MaxResults": 1, "Owner": "SELF"}),
        (sms.describe_pools, {"MaxResults": 1, "Filters": [{"Name": "status", "Values": ["ACTIVE"]}]}),
        (sms.describe_phone_numbers, {"MaxResults": 1}),
        (clients(OTHER_ACCOUNT).describe_pools, {"MaxResults": 1}),
        (clients(account, "eu-west-1").describe_pools, {"MaxResults": 1}),
    ]
    for operation, parameters in strangers:
        error = refused(operation, NextToken=token, **parameters)
        assert_invalid(error, "INVALID_NEXT_TOKEN", "NextToken")


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "=", "A" * 1024, "null"])
def test_a_made_up_next_token_is_refused(sms: Any, token: str) -> None:
    assert_invalid(refused(sms.describe_pools, NextToken=token), "INVALID_NEXT_TOKEN", "NextToken")


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
