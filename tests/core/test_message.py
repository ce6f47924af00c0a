"""The life of a message and of its parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireroom.core.message import (
    FINAL,
    FINAL_PARTS,
    LEGAL_MOVES,
    LEGAL_PART_MOVES,
    MessageStatus,
    PartStatus,
    fold,
    may_move,
    may_move_part,
)


def test_every_state_stands_in_the_table() -> None:
    assert set(LEGAL_MOVES) == set(MessageStatus)
    assert set(LEGAL_PART_MOVES) == set(PartStatus)


def test_final_states_have_no_exits_and_the_others_have() -> None:
    assert {status for status, exits in LEGAL_MOVES.items() if not exits} == FINAL
    assert {status for status, exits in LEGAL_PART_MOVES.items() if not exits} == FINAL_PARTS


def test_every_accepted_message_can_reach_every_end_and_none_turns_into_an_inbound_one() -> None:
    reached, frontier = set(), {MessageStatus.ACCEPTED}
    while frontier:
        reached |= frontier
        frontier = {then for now in frontier for then in LEGAL_MOVES[now]} - reached
    assert reached == set(MessageStatus) - {MessageStatus.RECEIVED}


def test_nothing_moves_back() -> None:
    assert not may_move(MessageStatus.SENT, MessageStatus.ACCEPTED)
    assert not may_move(MessageStatus.SENT, MessageStatus.QUEUED)
    assert may_move(MessageStatus.SENT, MessageStatus.DELIVERED)
    assert not may_move_part(PartStatus.SENT, PartStatus.PENDING)
    assert not may_move_part(PartStatus.DELIVERED, PartStatus.FAILED)


S, D, F, E, U = (
    PartStatus.SENT,
    PartStatus.DELIVERED,
    PartStatus.FAILED,
    PartStatus.EXPIRED,
    PartStatus.UNKNOWN,
)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([D], MessageStatus.DELIVERED),
        ([S], MessageStatus.SENT),
        ([D, S], MessageStatus.SENT),
        ([F, S], MessageStatus.SENT),
        ([D, D], MessageStatus.DELIVERED),
        ([D, F], MessageStatus.FAILED),
        ([D, E], MessageStatus.EXPIRED),
        ([D, U], MessageStatus.UNKNOWN),
        ([U, E, F], MessageStatus.FAILED),
        ([D, PartStatus.PENDING], None),
        ([F, PartStatus.PENDING], None),
    ],
)
def test_a_message_settles_with_its_last_part_and_the_worst_part_wins(
    parts: list[PartStatus], whole: MessageStatus | None
) -> None:
    assert fold(parts) == whole


@given(st.lists(st.sampled_from(PartStatus), min_size=1, max_size=10), st.data())
def test_a_legal_move_of_a_part_never_asks_for_an_illegal_move_of_the_message(
    parts: list[PartStatus], data: st.DataObject
) -> None:
    before = fold(parts) or MessageStatus.ACCEPTED
    place = data.draw(st.integers(0, len(parts) - 1))
    for then in LEGAL_PART_MOVES[parts[place]]:
        after = fold([*parts[:place], then, *parts[place + 1 :]])
        if after is not None and after != before:
            assert may_move(before, after), (before, after)
