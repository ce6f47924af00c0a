"""PutKeyword, DeleteKeyword, DescribeKeywords (control-plane §5, data-plane §4.1 and §4.2)."""

from typing import Any

import pytest

from tests.ops.conftest import Clients, Servers
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
)
from wireroom.core.keywords import HELP, STOP

UNKNOWN_NUMBER = "phone-" + "0" * 32
UNKNOWN_POOL = "pool-" + "0" * 32
UNKNOWN_AGENT = "rcs-" + "0" * 32
LONG_CODE = {"IsoCountryCode": "GB", "NumberType": "LONG_CODE"}
A_SENDER_ID = f"arn:aws:sms-voice:{REGION}:123456789012:sender-id/Wireroom/SE"
CALLS = [("put_keyword", {"KeywordMessage": "9 to 5"}), ("delete_keyword", {})]


def put(sms: Any, identity: str, keyword: str, message: str = "9 to 5", **more: Any) -> dict[str, Any]:
    return plain(
        sms.put_keyword(OriginationIdentity=identity, Keyword=keyword, KeywordMessage=message, **more)
    )


def shown(sms: Any, identity: str, **more: Any) -> dict[str, tuple[str, str]]:
    """keyword → (message, action)."""
    found = sms.describe_keywords(OriginationIdentity=identity, **more)["Keywords"]
    return {word["Keyword"]: (word["KeywordMessage"], word["KeywordAction"]) for word in found}


# ------------------------------------------------------------------------------------------------- PutKeyword


def test_a_keyword_is_answered_in_upper_case_and_its_number_by_id(sms: Any) -> None:
    number = a_number(sms)
    answer = put(sms, number["PhoneNumberArn"], "Opening hours", "9 to 5", KeywordAction="OPT_IN")
    assert answer == {
        "OriginationIdentityArn": number["PhoneNumberArn"],
        "OriginationIdentity": number["PhoneNumberId"],
        "Keyword": "OPENING HOURS",
        "KeywordMessage": "9 to 5",
        "KeywordAction": "OPT_IN",
    }


def test_a_keyword_of_a_pool_is_answered_with_the_pool(sms: Any) -> None:
    pool = a_pool(sms)
    for reference in (pool["PoolArn"], pool["PoolId"]):
        answer = put(sms, reference, "hours")
        assert answer["OriginationIdentity"] == pool["PoolId"]
        assert answer["OriginationIdentityArn"] == pool["PoolArn"]


@pytest.mark.parametrize("member", ["PhoneNumberId", "PhoneNumberArn", "PhoneNumber"])
def test_a_number_can_be_named_by_id_arn_or_digits(sms: Any, member: str) -> None:
    number = a_number(sms)
    put(sms, number[member].removeprefix("+"), "hours")
    assert "HOURS" in shown(sms, number["PhoneNumberId"])


def test_a_new_keyword_answers_unless_something_else_is_said(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    assert put(sms, number_id, "hours")["KeywordAction"] == "AUTOMATIC_RESPONSE"
    assert put(sms, number_id, "start", KeywordAction="OPT_IN")["KeywordAction"] == "OPT_IN"


def test_a_keyword_put_again_is_changed_and_does_what_it_did_unless_said(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    put(sms, number_id, "start", "Welcome", KeywordAction="OPT_IN")
    assert put(sms, number_id, "START", "Hello")["KeywordAction"] == "OPT_IN"
    assert shown(sms, number_id, Keywords=["Start"]) == {"START": ("Hello", "OPT_IN")}
    put(sms, number_id, "start", "Hello", KeywordAction="AUTOMATIC_RESPONSE")
    assert shown(sms, number_id, Keywords=["start"]) == {"START": ("Hello", "AUTOMATIC_RESPONSE")}
    assert len(shown(sms, number_id)) == 3


@pytest.mark.parametrize(
    ("word", "action", "other"),
    [
        ("help", "AUTOMATIC_RESPONSE", "OPT_OUT"),
        ("help", "AUTOMATIC_RESPONSE", "OPT_IN"),
        ("stop", "OPT_OUT", "AUTOMATIC_RESPONSE"),
        ("stop", "OPT_OUT", "OPT_IN"),
    ],
)
def test_help_and_stop_may_say_something_else_but_not_do_it(
    sms: Any, word: str, action: str, other: str
) -> None:
    number_id = a_number(sms, **LONG_CODE)["PhoneNumberId"]
    assert put(sms, number_id, word, "Write to us")["KeywordAction"] == action
    put(sms, number_id, word, "Call us", KeywordAction=action)
    pool_id = a_pool(sms)["PoolId"]
    for identity in (number_id, pool_id):
        error = refused(
            sms.put_keyword,
            OriginationIdentity=identity,
            Keyword=word,
            KeywordMessage="Mail us",
            KeywordAction=other,
        )
        assert_conflict(error, "RESOURCE_MODIFICATION_NOT_ALLOWED", "keyword", word.upper())
    assert shown(sms, number_id, Keywords=[word]) == {word.upper(): ("Call us", action)}


@pytest.mark.parametrize(("operation", "more"), CALLS)
@pytest.mark.parametrize("keyword", [" hours", "hours ", " ", "\u00a0hours", "hours\u3000"])
def test_a_keyword_with_a_space_around_it_is_refused(
    sms: Any, operation: str, more: dict[str, Any], keyword: str
) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    error = refused(getattr(sms, operation), OriginationIdentity=number_id, Keyword=keyword, **more)
    assert_invalid(error, "INVALID_PARAMETER", "Keyword")
    error = refused(sms.describe_keywords, OriginationIdentity=number_id, Keywords=[keyword])
    assert_invalid(error, "INVALID_PARAMETER", "Keywords")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"Keyword": "x" * 31}, "Keyword"),
        ({"Keyword": "two\nlines"}, "Keyword"),
        ({"KeywordMessage": "x" * 1601}, "KeywordMessage"),
        ({"KeywordMessage": " \n "}, "KeywordMessage"),
        ({"KeywordAction": "IGNORE"}, "KeywordAction"),
    ],
)
def test_what_the_model_does_not_allow_is_refused(sms: Any, given: dict[str, Any], field: str) -> None:
    wanted = {
        "OriginationIdentity": a_number(sms)["PhoneNumberId"],
        "Keyword": "hours",
        "KeywordMessage": "9 to 5",
    }
    error = refused(sms.put_keyword, **{**wanted, **given})
    assert_invalid(error, "FIELD_VALIDATION_FAILED", field)


def test_a_keyword_stays_as_long_as_it_is_and_has_one_place_for_all_its_casings(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    longest = "ß" * 30
    assert put(sms, number_id, longest)["Keyword"] == longest
    assert longest in shown(sms, number_id, Keywords=[longest])
    for casing in ("straße", "STRAßE", "STRAẞE", "Straße"):
        assert put(sms, number_id, casing, f"You wrote {casing}")["Keyword"] == "STRAßE"
    assert shown(sms, number_id, Keywords=["straẞe"]) == {
        "STRAßE": ("You wrote Straße", "AUTOMATIC_RESPONSE")
    }
    assert len(shown(sms, number_id)) == 4


def test_a_number_has_thirty_keywords_with_help_and_stop(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    for index in range(28):
        put(sms, number_id, f"word {index}")
    error = refused(put, sms=sms, identity=number_id, keyword="one more")
    assert_quota(error, "KEYWORDS_PER_PHONE_NUMBER")
    assert put(sms, number_id, "word 5", "another message")["KeywordMessage"] == "another message"
    sms.delete_keyword(OriginationIdentity=number_id, Keyword="word 7")
    put(sms, number_id, "one more")
    assert len(shown(sms, number_id)) == 30


def test_the_quotas_of_a_number_and_of_a_pool_are_those_of_the_settings(tight: Any) -> None:
    number_id, pool_id = a_number(tight)["PhoneNumberId"], a_pool(tight)["PoolId"]
    put(tight, number_id, "one")
    assert_quota(refused(put, sms=tight, identity=number_id, keyword="two"), "KEYWORDS_PER_PHONE_NUMBER")
    put(tight, pool_id, "one")
    put(tight, pool_id, "two")
    assert_quota(refused(put, sms=tight, identity=pool_id, keyword="three"), "KEYWORDS_PER_POOL")


# ----------------------------------------------------------------------------------------------- US toll-free


def test_only_stop_opts_out_of_a_us_toll_free_number_and_answers_as_the_carriers_do(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    for keyword, more in (("stop", {}), ("nomore", {"KeywordAction": "OPT_OUT"})):
        error = refused(put, sms=sms, identity=number_id, keyword=keyword, message="Bye", **more)
        assert_conflict(error, "RESOURCE_MODIFICATION_NOT_ALLOWED", "keyword", keyword.upper())
    put(sms, number_id, "later")
    error = refused(put, sms=sms, identity=number_id, keyword="later", KeywordAction="OPT_OUT")
    assert_conflict(error, "RESOURCE_MODIFICATION_NOT_ALLOWED", "keyword", "LATER")
    assert shown(sms, number_id, Keywords=["stop"]) == {"STOP": (STOP.message, "OPT_OUT")}


def test_a_us_toll_free_number_may_say_what_it_says_already_and_let_people_in_again(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    put(sms, number_id, "stop", STOP.message, KeywordAction="OPT_OUT")
    put(sms, number_id, "help", "Write to us")
    for word in ("unstop", "start"):
        assert put(sms, number_id, word, "Welcome", KeywordAction="OPT_IN")["KeywordAction"] == "OPT_IN"


def test_other_numbers_and_pools_may_have_more_words_to_opt_out(sms: Any) -> None:
    for identity in (a_number(sms, **LONG_CODE)["PhoneNumberId"], a_pool(sms)["PoolId"]):
        put(sms, identity, "stop", "Bye")
        put(sms, identity, "nomore", "Bye", KeywordAction="OPT_OUT")
        assert shown(sms, identity, Keywords=["stop", "nomore"]) == {
            "NOMORE": ("Bye", "OPT_OUT"),
            "STOP": ("Bye", "OPT_OUT"),
        }


# ----------------------------------------------------------------------------------------------- whose it is


@pytest.mark.parametrize(("operation", "more"), CALLS)
def test_a_pending_number_is_described_but_not_changed(
    strict: Any, servers: Servers, operation: str, more: dict[str, Any]
) -> None:
    number_id = a_number(strict)["PhoneNumberId"]
    put_first = {"OriginationIdentity": number_id, "Keyword": "hours"}
    error = refused(getattr(strict, operation), **put_first, **more)
    assert_conflict(error, "RESOURCE_NOT_ACTIVE", "phone-number", number_id)
    assert shown(strict, number_id).keys() == {"HELP", "STOP"}
    servers("strict").turn(10)
    put(strict, number_id, "hours")
    getattr(strict, operation)(**put_first, **more)


@pytest.mark.parametrize(("operation", "more"), [*CALLS, ("describe_keywords", None)])
def test_an_identity_that_has_no_keywords_or_is_unknown_is_refused(
    sms: Any, account: str, clients: Clients, operation: str, more: dict[str, Any] | None
) -> None:
    theirs = a_number(clients(OTHER_ACCOUNT))
    place = f"arn:aws:sms-voice:{REGION}:{account}"
    given = {} if more is None else {"Keyword": "hours", **more}
    for reference, kind in (
        (UNKNOWN_NUMBER, "phone-number"),
        ("12065550199", "phone-number"),
        (theirs["PhoneNumberId"], "phone-number"),
        (theirs["PhoneNumberArn"], "phone-number"),
        (UNKNOWN_POOL, "pool"),
        (f"{place}:pool/{UNKNOWN_POOL}", "pool"),
        (UNKNOWN_AGENT, "rcs-agent"),
        (f"{place}:rcs-agent/{UNKNOWN_AGENT}", "rcs-agent"),
        ("Wireroom", "phone-number"),  # a sender ID has no keywords, so its name is not one here
    ):
        error = refused(getattr(sms, operation), OriginationIdentity=reference, **given)
        assert_not_found(error, kind, reference)
    for reference in (
        A_SENDER_ID,
        f"{place}:opt-out-list/Default",
        "arn:aws:sns:us-east-1:123456789012:topic",
    ):
        error = refused(getattr(sms, operation), OriginationIdentity=reference, **given)
        assert_invalid(error, "INVALID_ARN", "OriginationIdentity")


# ---------------------------------------------------------------------------------------------- DeleteKeyword


def test_a_deleted_keyword_is_answered_once_more_and_gone(sms: Any) -> None:
    number = a_number(sms)
    made = put(sms, number["PhoneNumberId"], "start", "Welcome", KeywordAction="OPT_IN")
    named = {"OriginationIdentity": number["PhoneNumberArn"], "Keyword": "sTart"}
    assert plain(sms.delete_keyword(**named)) == made
    assert_not_found(refused(sms.delete_keyword, **named), "keyword", "START")
    assert shown(sms, number["PhoneNumberId"]).keys() == {"HELP", "STOP"}


@pytest.mark.parametrize("word", ["help", "Stop"])
def test_help_and_stop_are_not_deleted(sms: Any, word: str) -> None:
    for identity in (a_number(sms)["PhoneNumberId"], a_pool(sms)["PoolId"]):
        error = refused(sms.delete_keyword, OriginationIdentity=identity, Keyword=word)
        assert_conflict(error, "RESOURCE_DELETION_NOT_ALLOWED", "keyword", word.upper())
        assert shown(sms, identity).keys() == {"HELP", "STOP"}


# ------------------------------------------------------------------------------------------- DescribeKeywords


def test_a_new_number_has_help_and_stop(sms: Any) -> None:
    number = a_number(sms)
    assert plain(sms.describe_keywords(OriginationIdentity=number["PhoneNumberArn"])) == {
        "OriginationIdentityArn": number["PhoneNumberArn"],
        "OriginationIdentity": number["PhoneNumberId"],
        "Keywords": [
            {"Keyword": "HELP", "KeywordMessage": HELP.message, "KeywordAction": "AUTOMATIC_RESPONSE"},
            {"Keyword": "STOP", "KeywordMessage": STOP.message, "KeywordAction": "OPT_OUT"},
        ],
    }


def test_named_keywords_have_to_be_there(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    put(sms, number_id, "hours")
    assert list(shown(sms, number_id, Keywords=["stop", "Hours", "HOURS"])) == ["HOURS", "STOP"]
    error = refused(
        sms.describe_keywords, OriginationIdentity=number_id, Keywords=["hours", "nowhere", "stop"]
    )
    assert_not_found(error, "keyword", "NOWHERE")
    error = refused(sms.describe_keywords, OriginationIdentity=number_id, Keywords=["hours"] * 6)
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "Keywords")


def test_the_words_that_mean_stop_by_law_are_no_keywords_of_their_own(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    error = refused(sms.describe_keywords, OriginationIdentity=number_id, Keywords=["UNSUBSCRIBE"])
    assert_not_found(error, "keyword", "UNSUBSCRIBE")


def test_keywords_are_filtered_by_what_they_do(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    put(sms, number_id, "start", KeywordAction="OPT_IN")

    def found(*values: str, **more: Any) -> list[str]:
        return list(shown(sms, number_id, Filters=[{"Name": "keyword-action", "Values": values}], **more))

    assert found("OPT_IN") == ["START"]
    assert found("OPT_OUT", "AUTOMATIC_RESPONSE") == ["HELP", "STOP"]
    assert found("OPT_OUT", Keywords=["start", "stop"]) == ["STOP"]
    error = refused(
        sms.describe_keywords,
        OriginationIdentity=number_id,
        Filters=[{"Name": "keyword-action", "Values": ["opt_in"]}],
    )
    assert_invalid(error, "INVALID_FILTER_VALUES", "Filters")


def test_the_paginator_sees_every_keyword_once_in_order_and_the_number_on_each_page(sms: Any) -> None:
    number_id = a_number(sms)["PhoneNumberId"]
    for word in ("zoo", "straße", "Übermorgen", "hours", "9 to 5"):
        put(sms, number_id, word)
    paginator = sms.get_paginator("describe_keywords")
    pages = list(paginator.paginate(OriginationIdentity=number_id, PaginationConfig={"PageSize": 3}))
    assert [len(page["Keywords"]) for page in pages] == [3, 3, 1]
    assert {page["OriginationIdentity"] for page in pages} == {number_id}
    seen = [word["Keyword"] for page in pages for word in page["Keywords"]]
    assert seen == ["9 TO 5", "HELP", "HOURS", "STOP", "STRAßE", "ZOO", "ÜBERMORGEN"]


def test_a_next_token_is_good_for_its_own_number_only(sms: Any) -> None:
    first, second = a_number(sms)["PhoneNumberId"], a_number(sms)["PhoneNumberId"]
    token = sms.describe_keywords(OriginationIdentity=first, MaxResults=1)["NextToken"]
    error = refused(sms.describe_keywords, OriginationIdentity=second, MaxResults=1, NextToken=token)
    assert_invalid(error, "INVALID_NEXT_TOKEN", "NextToken")
