"""Page tokens by themselves: whatever is done to one, it is good for its own call or for none."""

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from wireroom.api.enums import Owner
from wireroom.api.shapes import DescribeOptOutListsRequest, DescribePoolsRequest
from wireroom.config import Settings
from wireroom.errors import Validation
from wireroom.ops._op import Call, Caller
from wireroom.ops._pages import Position, listed, read_token, write_token

CALLER = Caller("123456789012", "us-east-1", "123456789012")
POSITIONS = st.lists(
    st.integers(0, 2**53) | st.text("abcXYZ019_-+", max_size=64), min_size=1, max_size=4
).map(tuple)
TOKEN_TEXTS = st.text(st.characters(exclude_characters="\r\n"), min_size=1, max_size=100)


def call(caller: Caller = CALLER, page_key: bytes = b"k" * 32) -> Call:
    """A call whose transaction nobody may touch."""
    untouchable: Any = None
    return Call(untouchable, caller, Settings(), 0, 0, lambda prefix: prefix, "request", "owner", page_key)


def pools(token: str | None = None, **parameters: Any) -> DescribePoolsRequest:
    return DescribePoolsRequest(next_token=token, **parameters)


@given(POSITIONS)
def test_a_token_leads_back_to_its_position(position: Position) -> None:
    token = write_token(call(), pools(max_results=5), position)
    assert len(token) <= 1024
    assert read_token(call(), pools(token, max_results=5)) == position


def test_no_token_is_the_start() -> None:
    assert read_token(call(), pools()) is None


def test_a_token_survives_a_restart_because_nothing_of_it_is_kept() -> None:
    token = write_token(call(), pools(), (1, "pool-1"))
    assert read_token(call(), pools(token)) == (1, "pool-1")
    with pytest.raises(Validation):
        read_token(call(page_key=b"another installation"), pools(token))


@given(POSITIONS, st.data())
def test_a_token_that_was_cut_or_changed_anywhere_is_refused(position: Position, data: st.DataObject) -> None:
    token = write_token(call(), pools(), position)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(exclude_characters=token[at]))
    longer = data.draw(TOKEN_TEXTS)
    for forged in (token[:at] or "A", token[:at] + other + token[at + 1 :], token + longer, longer + token):
        with pytest.raises(Validation, match="NextToken"):
            read_token(call(), pools(forged))


def test_a_token_that_is_spelled_another_way_is_refused() -> None:
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    for name in ("a", "ab", "abc"):  # the last character of a token has two, four or no idle bits
        token = write_token(call(), pools(), (1, name))
        for last in alphabet.replace(token[-1], ""):
            with pytest.raises(Validation, match="NextToken"):
                read_token(call(), pools(token[:-1] + last))


@given(TOKEN_TEXTS)
@settings(max_examples=300)
def test_a_token_out_of_thin_air_is_refused(text: str) -> None:
    with pytest.raises(Validation, match="NextToken"):
        read_token(call(), pools(text))


@pytest.mark.parametrize(
    ("stranger", "request_"),
    [
        (CALLER, pools(max_results=2)),
        (CALLER, pools(max_results=1, owner=Owner.SELF)),
        (CALLER, pools(max_results=1, pool_ids=["pool-1"])),
        (CALLER, DescribeOptOutListsRequest(max_results=1)),
        (replace(CALLER, account_id="123456789013"), pools(max_results=1)),
        (replace(CALLER, region="us-east-2"), pools(max_results=1)),
    ],
)
def test_a_token_is_bound_to_operation_account_region_and_parameters(
    stranger: Caller, request_: DescribePoolsRequest | DescribeOptOutListsRequest
) -> None:
    token = write_token(call(), pools(max_results=1), (1, "pool-1"))
    with pytest.raises(Validation, match="NextToken"):
        read_token(call(stranger), replace(request_, next_token=token))
    assert read_token(call(replace(CALLER, access_key_id="another key")), pools(token, max_results=1))


@given(st.lists(st.integers(), max_size=40), st.integers(1, 12))
def test_pages_of_a_list_hold_what_is_kept_of_it_once_and_in_order(items: list[int], size: int) -> None:
    seen: list[int] = []
    token = None
    for _ in range(len(items) + 1):
        page = listed(call(), pools(token, max_results=size), items, lambda item: item % 3 != 0)
        assert len(page.items) <= size
        seen += page.items
        token = page.next_token
        if token is None:
            break
    assert token is None
    assert seen == [item for item in items if item % 3]
