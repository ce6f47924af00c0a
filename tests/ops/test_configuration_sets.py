"""The operations on configuration sets and their defaults (control-plane §6)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.conftest import Clients
from tests.ops.given import (
    NOW,
    OTHER_ACCOUNT,
    REGION,
    assert_conflict,
    assert_invalid,
    assert_not_found,
    assert_quota,
    plain,
    refused,
    used,
)
from wireroom.store.rows import ConfigurationSet
from wireroom.testing import Server

ON_ONE_SET: dict[str, dict[str, Any]] = {
    "delete_configuration_set": {},
    "set_default_message_type": {"MessageType": "PROMOTIONAL"},
    "delete_default_message_type": {},
    "set_default_sender_id": {"SenderId": "Wireroom"},
    "delete_default_sender_id": {},
    "set_default_message_feedback_enabled": {"MessageFeedbackEnabled": True},
}
"""Each operation that takes ConfigurationSetName, and what else it needs."""


def arn_of(account: str, name: str = "news") -> str:
    return f"arn:aws:sms-voice:{REGION}:{account}:configuration-set/{name}"


def a_set(sms: Any, name: str = "news", **more: Any) -> dict[str, Any]:
    return plain(sms.create_configuration_set(ConfigurationSetName=name, **more))


def described(sms: Any, *names: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sms.describe_configuration_sets(ConfigurationSetNames=names, **more)[
        "ConfigurationSets"
    ]
    return found


# ----------------------------------------------------------------------------------------------------- Create


def test_a_set_is_answered_to_the_field(sms: Any, account: str, server: Server) -> None:
    tags = [{"Key": "team", "Value": "sales"}]
    created = a_set(sms, Tags=tags)
    assert created.pop("CreatedTimestamp").timestamp() == server.app.clock.now() / 1000
    assert created == {
        "ConfigurationSetArn": arn_of(account),
        "ConfigurationSetName": "news",
        "Tags": tags,
    }
    assert sms.list_tags_for_resource(ResourceArn=arn_of(account))["Tags"] == tags


def test_a_name_is_given_once_and_is_case_sensitive(sms: Any) -> None:
    a_set(sms)
    error = refused(sms.create_configuration_set, ConfigurationSetName="news")
    assert_conflict(error, "RESOURCE_ALREADY_EXISTS", "configuration-set", "news")
    assert a_set(sms, "News")["ConfigurationSetName"] == "News"
    assert used(sms, "CONFIGURATION_SETS") == 2


@pytest.mark.parametrize("name", ["with space", "a/b", "ä", "x" * 65, "arn:aws:x"])
def test_a_name_that_breaks_the_pattern_is_refused(sms: Any, name: str) -> None:
    error = refused(sms.create_configuration_set, ConfigurationSetName=name)
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "ConfigurationSetName")


def test_sets_have_a_quota_and_a_deleted_one_makes_room(tight: Any) -> None:
    a_set(tight, "one")
    a_set(tight, "two")
    error = refused(tight.create_configuration_set, ConfigurationSetName="three")
    assert_quota(error, "CONFIGURATION_SETS_PER_ACCOUNT")
    tight.delete_configuration_set(ConfigurationSetName="one")
    a_set(tight, "three")
    assert [found["ConfigurationSetName"] for found in described(tight)] == ["three", "two"]
    assert used(tight, "CONFIGURATION_SETS") == 2


def test_a_set_with_too_many_tags_is_not_made(tight: Any) -> None:
    tags = [{"Key": f"key{n}", "Value": ""} for n in range(4)]
    error = refused(tight.create_configuration_set, ConfigurationSetName="news", Tags=tags)
    assert_quota(error, "TAGS_PER_RESOURCE")
    assert described(tight) == []
    assert used(tight, "CONFIGURATION_SETS") == 0


def test_the_same_client_token_makes_one_set(sms: Any) -> None:
    assert a_set(sms, ClientToken="token") == a_set(sms, ClientToken="token")
    error = refused(sms.create_configuration_set, ConfigurationSetName="other", ClientToken="token")
    assert_invalid(error, "INVALID_PARAMETER", "ClientToken")
    assert len(described(sms)) == 1


# ----------------------------------------------------------------------------------------------------- Delete


def test_a_deleted_set_is_answered_with_its_defaults_and_gone_with_its_tags(sms: Any, account: str) -> None:
    created = a_set(sms, Tags=[{"Key": "team", "Value": "sales"}])
    sms.set_default_message_type(ConfigurationSetName="news", MessageType="PROMOTIONAL")
    sms.set_default_sender_id(ConfigurationSetName="news", SenderId="Wireroom")
    sms.set_default_message_feedback_enabled(ConfigurationSetName="news", MessageFeedbackEnabled=False)
    answer = plain(sms.delete_configuration_set(ConfigurationSetName=arn_of(account)))
    assert answer == {
        "ConfigurationSetArn": arn_of(account),
        "ConfigurationSetName": "news",
        "EventDestinations": [],
        "DefaultMessageType": "PROMOTIONAL",
        "DefaultSenderId": "Wireroom",
        "DefaultMessageFeedbackEnabled": False,
        "CreatedTimestamp": created["CreatedTimestamp"],
    }
    assert described(sms) == []
    assert used(sms, "CONFIGURATION_SETS") == 0
    a_set(sms)
    assert described(sms)[0].keys() == {
        "ConfigurationSetArn",
        "ConfigurationSetName",
        "EventDestinations",
        "CreatedTimestamp",
    }
    assert sms.list_tags_for_resource(ResourceArn=arn_of(account))["Tags"] == []


# --------------------------------------------------------------------------------------------------- defaults


def test_a_default_message_type_is_set_changed_and_taken_away(sms: Any, account: str) -> None:
    a_set(sms)
    names = {"ConfigurationSetArn": arn_of(account), "ConfigurationSetName": "news"}
    for kind in ("PROMOTIONAL", "TRANSACTIONAL"):
        answer = sms.set_default_message_type(ConfigurationSetName="news", MessageType=kind)
        assert plain(answer) == {**names, "MessageType": kind}
        assert described(sms)[0]["DefaultMessageType"] == kind
    answer = sms.delete_default_message_type(ConfigurationSetName=arn_of(account))
    assert plain(answer) == {**names, "MessageType": "TRANSACTIONAL"}
    assert "DefaultMessageType" not in described(sms)[0]


def test_a_default_sender_id_need_not_be_ones_own_and_keeps_its_casing(sms: Any, account: str) -> None:
    a_set(sms)
    names = {"ConfigurationSetArn": arn_of(account), "ConfigurationSetName": "news"}
    for sender_id in ("Wireroom", "sALES", "12345"):
        answer = sms.set_default_sender_id(ConfigurationSetName="news", SenderId=sender_id)
        assert plain(answer) == {**names, "SenderId": sender_id}
        assert described(sms)[0]["DefaultSenderId"] == sender_id
    assert plain(sms.delete_default_sender_id(ConfigurationSetName="news")) == {**names, "SenderId": "12345"}
    assert "DefaultSenderId" not in described(sms)[0]


@pytest.mark.parametrize("sender_id", ["TWELVE_CHARS", "a b", "Ä"])
def test_a_default_sender_id_has_to_meet_the_models_pattern(sms: Any, sender_id: str) -> None:
    a_set(sms)
    error = refused(sms.set_default_sender_id, ConfigurationSetName="news", SenderId=sender_id)
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "SenderId")


@pytest.mark.parametrize("enabled", [True, False])
def test_message_feedback_is_on_off_or_not_said(sms: Any, account: str, enabled: bool) -> None:
    a_set(sms)
    assert "DefaultMessageFeedbackEnabled" not in described(sms)[0]
    answer = sms.set_default_message_feedback_enabled(
        ConfigurationSetName=arn_of(account), MessageFeedbackEnabled=enabled
    )
    assert plain(answer) == {
        "ConfigurationSetArn": arn_of(account),
        "ConfigurationSetName": "news",
        "MessageFeedbackEnabled": enabled,
    }
    assert described(sms)[0]["DefaultMessageFeedbackEnabled"] is enabled


def test_a_default_that_is_not_set_can_be_taken_away_all_the_same(sms: Any, account: str) -> None:
    a_set(sms)
    names = {"ConfigurationSetArn": arn_of(account), "ConfigurationSetName": "news"}
    assert plain(sms.delete_default_message_type(ConfigurationSetName="news")) == names
    assert plain(sms.delete_default_sender_id(ConfigurationSetName="news")) == names


def test_a_default_belongs_to_one_set_and_changes_no_other_default(sms: Any) -> None:
    a_set(sms)
    a_set(sms, "other")
    sms.set_default_sender_id(ConfigurationSetName="news", SenderId="Wireroom")
    sms.set_default_message_type(ConfigurationSetName="news", MessageType="PROMOTIONAL")
    sms.delete_default_message_type(ConfigurationSetName="news")
    news, other = described(sms, "news", "other")
    assert news["DefaultSenderId"] == "Wireroom"
    assert not {name for name in other if name.startswith("Default")}


# ---------------------------------------------------------------------------------- what is not there to find


@pytest.mark.parametrize("operation", ON_ONE_SET)
def test_an_unknown_set_is_not_found(sms: Any, account: str, clients: Clients, operation: str) -> None:
    a_set(sms)
    foreign = f"theirs-{account}"
    a_set(clients(OTHER_ACCOUNT), foreign)
    elsewhere = arn_of(account).replace(REGION, "eu-west-1")
    for reference in ("News", arn_of(account, "News"), elsewhere, foreign, arn_of(OTHER_ACCOUNT, foreign)):
        error = refused(getattr(sms, operation), ConfigurationSetName=reference, **ON_ONE_SET[operation])
        assert_not_found(error, "configuration-set", reference)


@pytest.mark.parametrize("operation", ON_ONE_SET)
@pytest.mark.parametrize("rest", ["pool/news", "configuration-set", "configuration-set/news/SE"])
def test_the_arn_of_something_else_is_invalid(sms: Any, account: str, operation: str, rest: str) -> None:
    a_set(sms)
    reference = f"arn:aws:sms-voice:{REGION}:{account}:{rest}"
    error = refused(getattr(sms, operation), ConfigurationSetName=reference, **ON_ONE_SET[operation])
    assert_invalid(error, "INVALID_ARN", "ConfigurationSetName")


# --------------------------------------------------------------------------------------------------- Describe


def test_a_set_is_described_to_the_field(sms: Any, account: str) -> None:
    created = a_set(sms, Tags=[{"Key": "team", "Value": "sales"}])["CreatedTimestamp"]
    always = {
        "ConfigurationSetArn": arn_of(account),
        "ConfigurationSetName": "news",
        "EventDestinations": [],
        "CreatedTimestamp": created,
    }
    assert described(sms) == [always]
    sms.set_default_message_type(ConfigurationSetName="news", MessageType="TRANSACTIONAL")
    sms.set_default_sender_id(ConfigurationSetName="news", SenderId="Wireroom")
    sms.set_default_message_feedback_enabled(ConfigurationSetName="news", MessageFeedbackEnabled=True)
    assert described(sms) == [
        {
            **always,
            "DefaultMessageType": "TRANSACTIONAL",
            "DefaultSenderId": "Wireroom",
            "DefaultMessageFeedbackEnabled": True,
        }
    ]


def test_sets_are_named_by_name_or_arn_and_an_unknown_one_fails_all(sms: Any, account: str) -> None:
    for name in ("a", "b", "c"):
        a_set(sms, name)
    found = described(sms, "c", arn_of(account, "a"), "a")
    assert [one["ConfigurationSetName"] for one in found] == ["a", "c"]
    error = refused(sms.describe_configuration_sets, ConfigurationSetNames=["a", "x"])
    assert_not_found(error, "configuration-set", "x")
    error = refused(sms.describe_configuration_sets, ConfigurationSetNames=[arn_of(account) + "/SE"])
    assert_invalid(error, "INVALID_ARN", "ConfigurationSetNames")


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("default-message-type", ["PROMOTIONAL"], ["loud"]),
        ("default-message-type", ["TRANSACTIONAL"], ["quiet"]),
        ("default-message-type", ["TRANSACTIONAL", "PROMOTIONAL"], ["loud", "quiet"]),
        ("default-sender-id", ["Wireroom"], ["loud"]),
        ("default-sender-id", ["wireroom"], []),
        ("default-message-feedback-enabled", ["true"], ["loud"]),
        ("default-message-feedback-enabled", ["false"], ["quiet"]),
        ("event-destination-name", ["any"], []),
        ("matching-event-types", ["TEXT_DELIVERED", "ALL"], []),
        ("protect-configuration-id", ["protect-" + "0" * 32], []),
    ],
)
def test_sets_are_filtered_and_a_default_that_is_not_set_is_neither(
    sms: Any, name: str, values: list[str], found: list[str]
) -> None:
    for which, kind, sender_id in (("loud", "PROMOTIONAL", "Wireroom"), ("quiet", "TRANSACTIONAL", "Other")):
        a_set(sms, which)
        sms.set_default_message_type(ConfigurationSetName=which, MessageType=kind)
        sms.set_default_sender_id(ConfigurationSetName=which, SenderId=sender_id)
        sms.set_default_message_feedback_enabled(
            ConfigurationSetName=which, MessageFeedbackEnabled=which == "loud"
        )
    a_set(sms, "unset")
    sets = described(sms, Filters=[{"Name": name, "Values": values}])
    assert [one["ConfigurationSetName"] for one in sets] == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("default-message-type", "OTP"),
        ("default-message-feedback-enabled", "on"),
        ("matching-event-types", "TEXT"),
    ],
)
def test_a_filter_value_that_cannot_be_is_refused(sms: Any, name: str, value: str) -> None:
    error = refused(sms.describe_configuration_sets, Filters=[{"Name": name, "Values": [value]}])
    assert_invalid(error, "INVALID_FILTER_VALUES", "Filters")


def test_the_paginator_sees_every_set_once_in_the_order_of_age(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    names = [f"set{index:03}" for index in range(120)]
    put(
        *(
            ConfigurationSet(account, REGION, name, None, None, None, NOW + index // 3)
            for index, name in enumerate(names)
        )
    )
    paginator = sms.get_paginator("describe_configuration_sets")
    for size in (7, None):
        pages = list(paginator.paginate(PaginationConfig={"PageSize": size}))
        assert {len(page["ConfigurationSets"]) for page in pages[:-1]} == {size or 100}
        assert [one["ConfigurationSetName"] for page in pages for one in page["ConfigurationSets"]] == names
    wanted = paginator.paginate(ConfigurationSetNames=names[:5], PaginationConfig={"PageSize": 2})
    assert [len(page["ConfigurationSets"]) for page in wanted] == [2, 2, 1]


def test_a_next_token_is_good_for_its_own_call_only(sms: Any) -> None:
    for name in ("a", "b"):
        a_set(sms, name)
    token = sms.describe_configuration_sets(MaxResults=1)["NextToken"]
    assert sms.describe_configuration_sets(MaxResults=1, NextToken=token)["ConfigurationSets"]
    error = refused(sms.describe_configuration_sets, MaxResults=2, NextToken=token)
    assert_invalid(error, "INVALID_NEXT_TOKEN", "NextToken")
    error = refused(sms.describe_opt_out_lists, MaxResults=1, NextToken=token)
    assert_invalid(error, "INVALID_NEXT_TOKEN", "NextToken")
