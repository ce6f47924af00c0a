"""DescribePools, and with it what all paginated operations have in common (control-plane §0.5, §0.6)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ops.conftest import Clients
from tests.ops.given import (
    NOW,
    OTHER_ACCOUNT,
    OTHER_TOPIC,
    REGION,
    TOPIC,
    a_number,
    a_pool,
    assert_invalid,
    assert_not_found,
    refused,
)
from wireroom.api.enums import MessageType
from wireroom.store.rows import Pool
from wireroom.testing import Server

UNKNOWN_POOL = "pool-" + "0" * 32
UNKNOWN_NUMBER = "phone-" + "0" * 32
PROMOTIONAL = {"MessageType": "PROMOTIONAL"}


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
