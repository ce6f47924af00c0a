"""Keywords of pools, and of the numbers that come, stay and go (control-plane §1 and §5, data-plane §4.2)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.given import (
    a_number,
    a_pool,
    a_requested_sender_id,
    assert_conflict,
    number_now,
    refused,
    used,
)
from tests.ops.pooling import associate, disassociate
from tests.ops.test_keywords import put, shown

HOURS = {"HOURS": ("9 to 5", "AUTOMATIC_RESPONSE")}


def of(sms: Any, identity: str) -> dict[str, tuple[str, str]]:
    """All keywords but HELP and STOP."""
    return {word: said for word, said in shown(sms, identity).items() if word not in ("HELP", "STOP")}


def test_a_pool_takes_over_the_keywords_of_its_first_number(sms: Any) -> None:
    number = a_number(sms)
    put(sms, number["PhoneNumberId"], "hours")
    put(sms, number["PhoneNumberId"], "help", "Write to us")
    pool = a_pool(sms, number)
    assert of(sms, pool["PoolId"]) == HOURS
    assert shown(sms, pool["PoolId"])["HELP"][0] == "Write to us"
    assert shown(sms, number["PhoneNumberId"]) == shown(sms, pool["PoolId"])


def test_a_pool_of_a_sender_id_has_help_and_stop(sms: Any) -> None:
    a_requested_sender_id(sms)
    pool = sms.create_pool(OriginationIdentity="Wireroom", IsoCountryCode="SE", MessageType="TRANSACTIONAL")
    assert shown(sms, pool["PoolId"]).keys() == {"HELP", "STOP"}
    number = a_number(sms, PoolId=pool["PoolId"])
    assert shown(sms, number["PhoneNumberId"]) == shown(sms, pool["PoolId"])


def test_a_number_in_a_pool_shows_the_pools_keywords_under_its_own_name(sms: Any) -> None:
    first, second = a_number(sms), a_number(sms)
    pool = a_pool(sms, first)
    associate(sms, pool, second)
    put(sms, pool["PoolId"], "hours")
    for number in (first, second):
        answer = sms.describe_keywords(OriginationIdentity=number["PhoneNumberArn"], Keywords=["hours"])
        assert answer["OriginationIdentity"] == number["PhoneNumberId"]
        assert answer["OriginationIdentityArn"] == number["PhoneNumberArn"]
        assert of(sms, number["PhoneNumberId"]) == HOURS
    sms.delete_keyword(OriginationIdentity=pool["PoolId"], Keyword="hours")
    assert of(sms, second["PhoneNumberId"]) == {}


def test_a_keyword_of_a_pool_is_written_once_however_many_numbers_show_it(
    sms: Any, ask: Callable[..., list[Any]]
) -> None:
    first, second = a_number(sms), a_number(sms)
    pool = a_pool(sms, first)
    associate(sms, pool, second)
    put(sms, pool["PoolId"], "hours")
    rows = [
        ask("keywords_of", owner_id=owner_id)
        for owner_id in (pool["PoolId"], first["PhoneNumberId"], second["PhoneNumberId"])
    ]
    assert [len(found) for found in rows] == [3, 0, 0]


@pytest.mark.parametrize(
    ("operation", "more"), [("put_keyword", {"KeywordMessage": "9 to 5"}), ("delete_keyword", {})]
)
def test_the_keywords_of_a_number_in_a_pool_are_changed_on_the_pool(
    sms: Any, operation: str, more: dict[str, Any]
) -> None:
    number = a_number(sms)
    put(sms, number["PhoneNumberId"], "hours")
    pool = a_pool(sms, number)
    for keyword in ("hours", "help", "other"):
        error = refused(
            getattr(sms, operation), OriginationIdentity=number["PhoneNumberArn"], Keyword=keyword, **more
        )
        assert_conflict(error, "PHONE_NUMBER_ASSOCIATED_TO_POOL", "phone-number", number["PhoneNumberArn"])
    assert of(sms, pool["PoolId"]) == HOURS


def test_a_number_that_leaves_keeps_the_pools_keywords_as_its_own(sms: Any) -> None:
    stays, leaves = a_number(sms), a_number(sms)
    pool = a_pool(sms, stays)
    associate(sms, pool, leaves)
    put(sms, pool["PoolId"], "hours")
    disassociate(sms, pool, leaves)
    assert of(sms, leaves["PhoneNumberId"]) == HOURS
    sms.delete_keyword(OriginationIdentity=pool["PoolId"], Keyword="hours")
    assert of(sms, leaves["PhoneNumberId"]) == HOURS
    put(sms, leaves["PhoneNumberId"], "hours", "all day")
    assert of(sms, leaves["PhoneNumberId"]) == {"HOURS": ("all day", "AUTOMATIC_RESPONSE")}
    assert of(sms, stays["PhoneNumberId"]) == {}


def test_the_numbers_of_a_deleted_pool_keep_its_keywords(sms: Any, ask: Callable[..., list[Any]]) -> None:
    first, second = a_number(sms), a_number(sms)
    pool = a_pool(sms, first)
    associate(sms, pool, second)
    a_requested_sender_id(sms)
    sms.associate_origination_identity(
        PoolId=pool["PoolId"], OriginationIdentity="Wireroom", IsoCountryCode="SE"
    )
    put(sms, pool["PoolId"], "hours")
    sms.delete_pool(PoolId=pool["PoolId"])
    for number in (first, second):
        assert of(sms, number["PhoneNumberId"]) == HOURS
        assert len(shown(sms, number["PhoneNumberId"])) == 3
    assert ask("keywords_of", owner_id=pool["PoolId"]) == []
    assert ask("keywords_of", owner_id="wireroom") == []
    sms.release_phone_number(PhoneNumberId=first["PhoneNumberId"])
    assert ask("keywords_of", owner_id=first["PhoneNumberId"]) == []


# ------------------------------------------------------------------------------------------- KEYWORD_MISMATCH


@pytest.mark.parametrize(
    ("pools", "own"),
    [
        (("start", "Hi", "OPT_IN"), None),
        (None, ("start", "Hi", "OPT_IN")),
        (("start", "Hi", "OPT_IN"), ("begin", "Hi", "OPT_IN")),
        (("start", "Hi", "OPT_IN"), ("start", "Hello", "OPT_IN")),
        (("start", "Hi", "OPT_IN"), ("start", "Hi", "AUTOMATIC_RESPONSE")),
        (("help", "Write to us", "AUTOMATIC_RESPONSE"), None),
    ],
)
def test_a_number_with_other_keywords_cannot_join(
    sms: Any, pools: tuple[str, str, str] | None, own: tuple[str, str, str] | None
) -> None:
    pool, number = a_pool(sms), a_number(sms)
    for identity, given in ((pool["PoolId"], pools), (number["PhoneNumberId"], own)):
        if given is not None:
            word, message, action = given
            put(sms, identity, word, message, KeywordAction=action)
    error = refused(associate, sms=sms, pool=pool, number=number)
    assert_conflict(error, "KEYWORD_MISMATCH", "phone-number", number["PhoneNumberId"])
    assert "PoolId" not in number_now(sms, number)


def test_a_number_is_compared_with_the_keywords_that_the_pool_has_now(sms: Any) -> None:
    pool, number = a_pool(sms), a_number(sms)
    put(sms, pool["PoolId"], "hours")
    refused(associate, sms=sms, pool=pool, number=number)
    put(sms, number["PhoneNumberId"], "Hours")
    assert associate(sms, pool, number)["PoolId"] == pool["PoolId"]


def test_a_number_that_left_comes_back_while_the_pool_is_as_it_was(sms: Any) -> None:
    pool, number = a_pool(sms), a_number(sms)
    associate(sms, pool, number)
    put(sms, pool["PoolId"], "hours")
    disassociate(sms, pool, number)
    associate(sms, pool, number)
    disassociate(sms, pool, number)
    put(sms, pool["PoolId"], "hours", "all day")
    error = refused(associate, sms=sms, pool=pool, number=number)
    assert_conflict(error, "KEYWORD_MISMATCH", "phone-number", number["PhoneNumberId"])


def test_a_number_of_another_pool_is_compared_by_what_it_shows(sms: Any) -> None:
    number = a_number(sms)
    home, other = a_pool(sms, number), a_pool(sms)
    put(sms, home["PoolId"], "hours")
    error = refused(associate, sms=sms, pool=other, number=number)
    assert_conflict(error, "KEYWORD_MISMATCH", "phone-number", number["PhoneNumberId"])
    put(sms, other["PoolId"], "hours")
    error = refused(associate, sms=sms, pool=other, number=number)
    assert_conflict(error, "PHONE_NUMBER_ASSOCIATED_TO_POOL", "phone-number", number["PhoneNumberId"])


def test_a_number_is_not_leased_for_a_pool_with_keywords_that_no_new_number_has(sms: Any) -> None:
    pool = a_pool(sms)
    put(sms, pool["PoolId"], "hours")
    error = refused(a_number, sms=sms, PoolId=pool["PoolArn"])
    assert_conflict(error, "KEYWORD_MISMATCH", "pool", pool["PoolArn"])
    assert used(sms, "PHONE_NUMBERS") == 1
    sms.delete_keyword(OriginationIdentity=pool["PoolId"], Keyword="hours")
    assert a_number(sms, PoolId=pool["PoolId"])["PoolId"] == pool["PoolId"]
