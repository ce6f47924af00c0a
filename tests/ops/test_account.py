"""DescribeAccountAttributes and DescribeAccountLimits (control-plane §13)."""

from typing import Any

from tests.ops.given import a_number, a_pool, assert_invalid, plain, refused


def test_the_tier_is_production_unless_the_sandbox_is_simulated(sms: Any, strict: Any) -> None:
    assert plain(sms.describe_account_attributes()) == {
        "AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "PRODUCTION"}]
    }
    assert plain(strict.describe_account_attributes()) == {
        "AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]
    }


def test_limits_count_what_there_is(sms: Any) -> None:
    a_number(sms)
    a_pool(sms)
    sms.create_opt_out_list(OptOutListName="sales")
    assert plain(sms.describe_account_limits()) == {
        "AccountLimits": [
            {"Name": "PHONE_NUMBERS", "Used": 2, "Max": 25},
            {"Name": "POOLS", "Used": 1, "Max": 25},
            {"Name": "CONFIGURATION_SETS", "Used": 0, "Max": 25},
            {"Name": "OPT_OUT_LISTS", "Used": 2, "Max": 25},
            {"Name": "SENDER_IDS", "Used": 0, "Max": 200},
            {"Name": "REGISTRATIONS", "Used": 0, "Max": 25},
            {"Name": "REGISTRATION_ATTACHMENTS", "Used": 0, "Max": 25},
            {"Name": "VERIFIED_DESTINATION_NUMBERS", "Used": 0, "Max": 10},
        ]
    }


def test_limits_are_those_of_the_settings(tight: Any) -> None:
    limits = {limit["Name"]: limit["Max"] for limit in tight.describe_account_limits()["AccountLimits"]}
    assert limits["PHONE_NUMBERS"] == 4
    assert limits["POOLS"] == 2


def test_limits_and_attributes_come_in_pages(sms: Any) -> None:
    pages = list(sms.get_paginator("describe_account_limits").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["AccountLimits"]) for page in pages] == [3, 3, 2]
    assert len({limit["Name"] for page in pages for limit in page["AccountLimits"]}) == 8
    pages = list(sms.get_paginator("describe_account_attributes").paginate(PaginationConfig={"PageSize": 1}))
    assert [len(page["AccountAttributes"]) for page in pages] == [1]
    token = sms.describe_account_limits(MaxResults=1)["NextToken"]
    error = refused(sms.describe_account_attributes, MaxResults=1, NextToken=token)
    assert_invalid(error, "INVALID_NEXT_TOKEN", "NextToken")
