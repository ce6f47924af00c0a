"""Opt-out lists and the numbers on them (control-plane §4)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.ops.conftest import Servers
from tests.ops.given import (
    OTHER_ACCOUNT,
    REGION,
    a_number,
    a_pool,
    assert_conflict,
    assert_invalid,
    assert_not_found,
    assert_quota,
    plain,
    refused,
    used,
)
from wireroom.store.rows import OptedOutNumber
from wireroom.testing import Server

HANDSET = "+14255550142"
OTHER_HANDSET = "+447700900123"


def names(sms: Any, **more: Any) -> list[str]:
    return [found["OptOutListName"] for found in sms.describe_opt_out_lists(**more)["OptOutLists"]]


def numbers_on(sms: Any, name: str, **more: Any) -> list[str]:
    found = sms.describe_opted_out_numbers(OptOutListName=name, **more)["OptedOutNumbers"]
    return [entry["OptedOutNumber"] for entry in found]


# ------------------------------------------------------------------------------------------------------ lists


def test_every_account_has_the_list_default_in_every_region(sms: Any, account: str) -> None:
    (default,) = sms.describe_opt_out_lists()["OptOutLists"]
    assert isinstance(default.pop("CreatedTimestamp"), datetime)
    assert default == {
        "OptOutListArn": f"arn:aws:sms-voice:{REGION}:{account}:opt-out-list/Default",
        "OptOutListName": "Default",
    }
    assert used(sms, "OPT_OUT_LISTS") == 1


def test_a_list_is_answered_to_the_field(sms: Any, account: str) -> None:
    made = plain(sms.create_opt_out_list(OptOutListName="sales_1-A", Tags=[{"Key": "a", "Value": ""}]))
    assert isinstance(made.pop("CreatedTimestamp"), datetime)
    assert made == {
        "OptOutListArn": f"arn:aws:sms-voice:{REGION}:{account}:opt-out-list/sales_1-A",
        "OptOutListName": "sales_1-A",
        "Tags": [{"Key": "a", "Value": ""}],
    }


def test_a_name_is_given_once_and_is_case_sensitive(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    sms.create_opt_out_list(OptOutListName="Sales")
    for name in ("sales", "Default"):
        error = refused(sms.create_opt_out_list, OptOutListName=name)
        assert_conflict(error, "RESOURCE_ALREADY_EXISTS", "opt-out-list", name)


@pytest.mark.parametrize("name", ["with space", "a/b", "x" * 65, "ä"])
def test_a_name_that_breaks_the_pattern_is_refused(sms: Any, name: str) -> None:
    error = refused(sms.create_opt_out_list, OptOutListName=name)
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "OptOutListName")


def test_the_same_client_token_makes_one_list(sms: Any) -> None:
    first = plain(sms.create_opt_out_list(OptOutListName="sales", ClientToken="once"))
    assert plain(sms.create_opt_out_list(OptOutListName="sales", ClientToken="once")) == first
    error = refused(sms.create_opt_out_list, OptOutListName="other", ClientToken="once")
    assert_invalid(error, "INVALID_PARAMETER", "ClientToken")


def test_lists_have_a_quota_in_which_default_counts(tight: Any) -> None:
    for name in ("a", "b"):
        tight.create_opt_out_list(OptOutListName=name)
    assert_quota(refused(tight.create_opt_out_list, OptOutListName="c"), "OPT_OUT_LISTS_PER_ACCOUNT")
    tight.delete_opt_out_list(OptOutListName="a")
    tight.create_opt_out_list(OptOutListName="c")
    assert used(tight, "OPT_OUT_LISTS") == 3


def test_lists_are_named_by_name_or_arn_and_an_unknown_one_fails_all(sms: Any) -> None:
    arn = sms.create_opt_out_list(OptOutListName="sales")["OptOutListArn"]
    assert sorted(names(sms, OptOutListNames=[arn, "Default"])) == ["Default", "sales"]
    error = refused(sms.describe_opt_out_lists, OptOutListNames=["sales", "nowhere"])
    assert_not_found(error, "opt-out-list", "nowhere")
    error = refused(sms.describe_opt_out_lists, OptOutListNames=[arn.replace("opt-out-list", "pool")])
    assert_invalid(error, "INVALID_ARN", "OptOutListNames")
    error = refused(sms.describe_opt_out_lists, OptOutListNames=["sales"], Owner="SELF")
    assert_invalid(error, "PARAMETERS_CANNOT_BE_USED_TOGETHER", "Owner")
    assert names(sms, Owner="SHARED") == []


def test_the_paginator_sees_every_list_once(sms: Any) -> None:
    for name in "abcd":
        sms.create_opt_out_list(OptOutListName=name)
    pages = list(sms.get_paginator("describe_opt_out_lists").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["OptOutLists"]) for page in pages] == [2, 2, 1]
    seen = [found["OptOutListName"] for page in pages for found in page["OptOutLists"]]
    assert sorted(seen) == ["Default", "a", "b", "c", "d"]


def test_a_deleted_list_is_answered_and_gone_with_its_entries_and_tags(sms: Any) -> None:
    made = plain(sms.create_opt_out_list(OptOutListName="sales", Tags=[{"Key": "a", "Value": "b"}]))
    sms.put_opted_out_number(OptOutListName="sales", OptedOutNumber=HANDSET)
    deleted = plain(sms.delete_opt_out_list(OptOutListName=made["OptOutListArn"]))
    assert made == {**deleted, "Tags": [{"Key": "a", "Value": "b"}]}
    assert names(sms) == ["Default"]
    again = sms.create_opt_out_list(OptOutListName="sales")
    assert numbers_on(sms, "sales") == []
    assert sms.list_tags_for_resource(ResourceArn=again["OptOutListArn"])["Tags"] == []


def test_default_cannot_be_deleted(sms: Any) -> None:
    error = refused(sms.delete_opt_out_list, OptOutListName="Default")
    assert_conflict(error, "RESOURCE_DELETION_NOT_ALLOWED", "opt-out-list", "Default")


def test_a_list_in_use_cannot_be_deleted(sms: Any) -> None:
    arn = sms.create_opt_out_list(OptOutListName="sales")["OptOutListArn"]
    number = a_number(sms, OptOutListName=arn)
    error = refused(sms.delete_opt_out_list, OptOutListName=arn)
    assert_conflict(error, "RESOURCE_NOT_EMPTY", "opt-out-list", arn)
    pool = a_pool(sms)
    sms.update_pool(PoolId=pool["PoolId"], OptOutListName="sales")
    sms.release_phone_number(PhoneNumberId=number["PhoneNumberId"])
    error = refused(sms.delete_opt_out_list, OptOutListName="sales")
    assert_conflict(error, "RESOURCE_NOT_EMPTY", "opt-out-list", "sales")
    sms.update_pool(PoolId=pool["PoolId"], OptOutListName="Default")
    assert sms.delete_opt_out_list(OptOutListName="sales")["OptOutListName"] == "sales"


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("delete_opt_out_list", {}),
        ("put_opted_out_number", {"OptedOutNumber": HANDSET}),
        ("delete_opted_out_number", {"OptedOutNumber": HANDSET}),
        ("describe_opted_out_numbers", {}),
    ],
)
def test_an_unknown_list_is_not_found(sms: Any, operation: str, more: dict[str, Any]) -> None:
    theirs = f"arn:aws:sms-voice:{REGION}:{OTHER_ACCOUNT}:opt-out-list/Default"
    for reference in ("nowhere", theirs):
        error = refused(getattr(sms, operation), OptOutListName=reference, **more)
        assert_not_found(error, "opt-out-list", reference)


# ---------------------------------------------------------------------------------------------------- numbers


def test_a_number_put_on_a_list_is_answered_to_the_field(sms: Any, account: str) -> None:
    arn = f"arn:aws:sms-voice:{REGION}:{account}:opt-out-list/Default"
    put = plain(sms.put_opted_out_number(OptOutListName=arn, OptedOutNumber=HANDSET.removeprefix("+")))
    assert isinstance(put["OptedOutTimestamp"], datetime)
    assert put == {
        "OptOutListArn": arn,
        "OptOutListName": "Default",
        "OptedOutNumber": HANDSET,
        "OptedOutTimestamp": put["OptedOutTimestamp"],
        "EndUserOptedOut": False,
    }
    assert plain(sms.describe_opted_out_numbers(OptOutListName="Default")) == {
        "OptOutListArn": arn,
        "OptOutListName": "Default",
        "OptedOutNumbers": [
            {
                "OptedOutNumber": HANDSET,
                "OptedOutTimestamp": put["OptedOutTimestamp"],
                "EndUserOptedOut": False,
            }
        ],
    }


def test_a_number_put_again_stays_as_it_was(
    sms: Any, account: str, put: Callable[..., None], server: Server
) -> None:
    put(OptedOutNumber(account, REGION, "sales", HANDSET, 1_000, end_user_opted_out=True))
    sms.create_opt_out_list(OptOutListName="sales")
    again = sms.put_opted_out_number(OptOutListName="sales", OptedOutNumber=HANDSET)
    assert again["OptedOutTimestamp"].timestamp() == 1
    assert again["EndUserOptedOut"] is True


@pytest.mark.parametrize("number", ["+1425", "+800123456789", "99912345"])
def test_what_is_no_phone_number_cannot_be_parsed(sms: Any, number: str) -> None:
    for operation in (sms.put_opted_out_number, sms.delete_opted_out_number):
        error = refused(operation, OptOutListName="Default", OptedOutNumber=number)
        assert_invalid(error, "CANNOT_PARSE", "OptedOutNumber")
    error = refused(sms.describe_opted_out_numbers, OptOutListName="Default", OptedOutNumbers=[number])
    assert_invalid(error, "CANNOT_PARSE", "OptedOutNumbers")


def test_ones_own_number_and_a_simulators_cannot_be_opted_out(sms: Any) -> None:
    for number in (a_number(sms)["PhoneNumber"], "+447937404990"):
        error = refused(sms.put_opted_out_number, OptOutListName="Default", OptedOutNumber=number)
        assert_invalid(error, "CANNOT_ADD_OPTED_OUT_NUMBER", "OptedOutNumber")
    assert numbers_on(sms, "Default") == []


def test_a_number_taken_off_a_list_is_answered_as_it_was(sms: Any) -> None:
    put = plain(sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET))
    assert plain(sms.delete_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)) == put
    assert numbers_on(sms, "Default") == []
    error = refused(sms.delete_opted_out_number, OptOutListName="Default", OptedOutNumber=HANDSET)
    assert_not_found(error, "opted-out-number", HANDSET)


def test_a_number_may_be_taken_off_as_often_as_one_likes(sms: Any) -> None:
    for _ in range(3):
        sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
        sms.delete_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    assert numbers_on(sms, "Default") == []


def test_where_the_window_is_simulated_a_number_is_taken_off_once_in_thirty_days(
    strict: Any, servers: Servers
) -> None:
    entry = {"OptOutListName": "Default", "OptedOutNumber": HANDSET}
    strict.put_opted_out_number(**entry)
    strict.delete_opted_out_number(**entry)
    strict.put_opted_out_number(**entry)
    servers("strict").turn(30 * 86_400 - 1)
    error = refused(strict.delete_opted_out_number, **entry)
    assert_invalid(error, "PHONE_NUMBER_CANNOT_BE_OPTED_IN", "OptedOutNumber")
    assert numbers_on(strict, "Default") == [HANDSET]
    servers("strict").turn(1)
    strict.delete_opted_out_number(**entry)
    strict.put_opted_out_number(**entry)
    error = refused(strict.delete_opted_out_number, **entry)
    assert_invalid(error, "PHONE_NUMBER_CANNOT_BE_OPTED_IN", "OptedOutNumber")


def test_a_list_made_again_has_no_window_from_before(strict: Any) -> None:
    entry = {"OptOutListName": "sales", "OptedOutNumber": HANDSET}
    for _ in range(2):
        strict.create_opt_out_list(OptOutListName="sales")
        strict.put_opted_out_number(**entry)
        strict.delete_opted_out_number(**entry)
        strict.delete_opt_out_list(OptOutListName="sales")
    assert names(strict) == ["Default"]


def test_named_numbers_have_to_be_on_the_list(sms: Any) -> None:
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    assert numbers_on(sms, "Default", OptedOutNumbers=[HANDSET.removeprefix("+")]) == [HANDSET]
    error = refused(
        sms.describe_opted_out_numbers, OptOutListName="Default", OptedOutNumbers=[HANDSET, OTHER_HANDSET]
    )
    assert_not_found(error, "opted-out-number", OTHER_HANDSET)


def test_opted_out_numbers_are_filtered_by_who_did_it(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(OptedOutNumber(account, REGION, "Default", HANDSET, 1_000, end_user_opted_out=True))
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=OTHER_HANDSET)

    def found(*values: str) -> list[str]:
        return numbers_on(sms, "Default", Filters=[{"Name": "end-user-opted-out", "Values": values}])

    assert found("true") == [HANDSET]
    assert found("false") == [OTHER_HANDSET]
    assert found("true", "false") == [HANDSET, OTHER_HANDSET]
    error = refused(
        sms.describe_opted_out_numbers,
        OptOutListName="Default",
        Filters=[{"Name": "end-user-opted-out", "Values": ["yes"]}],
    )
    assert_invalid(error, "INVALID_FILTER_VALUES", "Filters")


def test_the_paginator_sees_every_opted_out_number_once_and_the_list_on_each_page(sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="sales")
    wanted = [f"+1425555{index:04d}" for index in range(100, 105)]
    for number in wanted:
        sms.put_opted_out_number(OptOutListName="sales", OptedOutNumber=number)
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    paginator = sms.get_paginator("describe_opted_out_numbers")
    pages = list(paginator.paginate(OptOutListName="sales", PaginationConfig={"PageSize": 2}))
    assert [len(page["OptedOutNumbers"]) for page in pages] == [2, 2, 1]
    assert {page["OptOutListName"] for page in pages} == {"sales"}
    assert [entry["OptedOutNumber"] for page in pages for entry in page["OptedOutNumbers"]] == wanted
