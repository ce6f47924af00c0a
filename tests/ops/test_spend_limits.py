"""DescribeSpendLimits and the override of the limit for texts (control-plane §12)."""

from pathlib import Path
from typing import Any

import pytest

from tests.ops.conftest import Clients
from tests.ops.given import REGION, assert_invalid, plain, refused
from wireroom.config import Settings, Simulate
from wireroom.sending.limits import text_limit_micros
from wireroom.store.rows import SpendLimit
from wireroom.testing import Server

CHANNELS = ("TEXT", "VOICE", "MEDIA", "NOTIFY", "RCS")


def limits(sms: Any) -> dict[str, tuple[int, int, bool]]:
    """Channel → (MaxLimit, EnforcedLimit, Overridden)."""
    return {
        limit["Name"].removesuffix("_MESSAGE_MONTHLY_SPEND_LIMIT"): (
            limit["MaxLimit"],
            limit["EnforcedLimit"],
            limit["Overridden"],
        )
        for limit in sms.describe_spend_limits()["SpendLimits"]
    }


def test_a_laptop_may_spend_a_million_on_each_channel(sms: Any) -> None:
    assert limits(sms) == dict.fromkeys(CHANNELS, (1_000_000, 1_000_000, False))


@pytest.mark.parametrize(
    "simulate", [Simulate(spend="aws"), Simulate(tier="sandbox")], ids=["aws", "sandbox"]
)
def test_a_new_account_of_aws_may_spend_a_dollar(simulate: Simulate) -> None:
    with Server(Settings(simulate=simulate)) as server:
        assert limits(server.client()) == dict.fromkeys(CHANNELS, (1, 1, False))


def test_a_limit_has_aws_members_and_no_other(sms: Any) -> None:
    answer = plain(sms.describe_spend_limits())
    assert answer.keys() == {"SpendLimits"}
    assert answer["SpendLimits"][0] == {
        "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
        "EnforcedLimit": 1_000_000,
        "MaxLimit": 1_000_000,
        "Overridden": False,
    }


def test_limits_come_in_pages(sms: Any) -> None:
    pages = list(sms.get_paginator("describe_spend_limits").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["SpendLimits"]) for page in pages] == [2, 2, 1]
    assert len({limit["Name"] for page in pages for limit in page["SpendLimits"]}) == 5
    token = sms.describe_spend_limits(MaxResults=1)["NextToken"]
    error = refused(sms.describe_account_limits, MaxResults=1, NextToken=token)
    assert_invalid(error, "INVALID_NEXT_TOKEN", "NextToken")


@pytest.mark.parametrize("dollars", [0, 1, 50, 1_000_000])
def test_an_override_is_answered_and_enforced(sms: Any, dollars: int) -> None:
    answer = sms.set_text_message_spend_limit_override(MonthlyLimit=dollars)
    assert plain(answer) == {"MonthlyLimit": dollars}
    assert limits(sms)["TEXT"] == (1_000_000, dollars, True)
    assert limits(sms)["MEDIA"] == (1_000_000, 1_000_000, False)


def test_the_last_override_is_the_one_that_counts(sms: Any) -> None:
    for dollars in (50, 7):
        sms.set_text_message_spend_limit_override(MonthlyLimit=dollars)
    assert limits(sms)["TEXT"] == (1_000_000, 7, True)


def test_an_override_above_the_service_limit_is_refused_and_changes_nothing(sms: Any) -> None:
    sms.set_text_message_spend_limit_override(MonthlyLimit=5)
    error = refused(sms.set_text_message_spend_limit_override, MonthlyLimit=1_000_001)
    assert_invalid(error, "REQUESTED_SPEND_LIMIT_HIGHER_THAN_SERVICE_LIMIT", "MonthlyLimit")
    assert limits(sms)["TEXT"] == (1_000_000, 5, True)


def test_an_override_of_more_than_a_billion_fails_its_field(sms: Any) -> None:
    error = refused(sms.set_text_message_spend_limit_override, MonthlyLimit=1_000_000_001)
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "MonthlyLimit")


def test_without_the_override_awss_limit_is_in_force_again(sms: Any) -> None:
    sms.set_text_message_spend_limit_override(MonthlyLimit=5)
    assert plain(sms.delete_text_message_spend_limit_override()) == {"MonthlyLimit": 1_000_000}
    assert limits(sms)["TEXT"] == (1_000_000, 1_000_000, False)


def test_an_override_that_is_not_there_can_be_deleted(sms: Any) -> None:
    assert plain(sms.delete_text_message_spend_limit_override()) == {"MonthlyLimit": 1_000_000}


def test_an_override_is_of_one_account_and_region(sms: Any, clients: Clients, account: str) -> None:
    sms.set_text_message_spend_limit_override(MonthlyLimit=5)
    assert limits(clients(account, "eu-west-1"))["TEXT"] == (1_000_000, 1_000_000, False)
    assert limits(clients(account, REGION))["TEXT"] == (1_000_000, 5, True)


def test_an_override_stays_where_it_was_when_awss_limit_moves(tmp_path: Path) -> None:
    """MaxLimit falls below it and wins, then rises above it again."""
    shown: list[tuple[int, int, bool]] = []
    for spend in ("unlimited", "aws", "unlimited"):
        settings = Settings(simulate=Simulate(spend=spend))
        with Server(settings, data_dir=str(tmp_path)) as server:
            sms = server.client()
            if not shown:
                sms.set_text_message_spend_limit_override(MonthlyLimit=50)
            shown.append(limits(sms)["TEXT"])
    assert shown == [(1_000_000, 50, True), (1, 1, True), (1_000_000, 50, True)]


def test_a_reset_forgets_an_override(sms: Any, account: str, server: Server) -> None:
    sms.set_text_message_spend_limit_override(MonthlyLimit=0)
    server.call("/reset", "POST", {"account": account})
    assert limits(sms)["TEXT"] == (1_000_000, 1_000_000, False)


# ------------------------------------------------------------------------------------------- what a send pays


class Shelf:
    """The one verb that the limit is read with, counted."""

    def __init__(self) -> None:
        self.reads = 0

    def get(self, _kind: type[SpendLimit], *key: str) -> SpendLimit:
        self.reads += 1
        account_id, region, channel = key
        return SpendLimit(account_id, region, channel, 7)


def test_a_limit_is_read_once_for_a_revision(account: str) -> None:
    shelf: Any = Shelf()
    for revision in ("revision-1", "revision-1", "revision-2", "revision-1"):
        found = text_limit_micros(shelf, Settings(), account, REGION, f"{account} {revision}")
        assert found == 7_000_000
    assert shelf.reads == 2


def test_a_limit_is_read_each_time_where_the_revision_is_not_known(account: str) -> None:
    shelf: Any = Shelf()
    for _ in range(2):
        text_limit_micros(shelf, Settings(), account, REGION, None)
    assert shelf.reads == 2
