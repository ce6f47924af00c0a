"""What the ends of its texts say of an identity (data-plane §1.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireroom.api.enums import EventType
from wireroom.core.numbers import IdentityKind
from wireroom.core.standing import (
    FAILURES,
    LEAST_FINALS,
    SLOT_MS,
    SUCCESSES,
    WINDOW_MS,
    Tally,
    counts,
    degraded,
    oldest_slot,
    since_first_failure,
    slot,
    standing_key,
    told,
)

HANDSET, SIMULATED_FAILURE, SIMULATED_SUCCESS = "+14255550101", "+14254147167", "+14254147755"

ROWS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 50), st.integers(0, 50)).map(
        lambda row: (row[0], row[1] + row[2], row[2])
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("finals", "failures", "steps_back"),
    [(19, 19, False), (20, 10, False), (20, 11, True), (20, 20, True), (1000, 500, False), (1000, 501, True)],
)
def test_an_identity_steps_back_when_more_than_half_of_twenty_or_more_failed(
    finals: int, failures: int, steps_back: bool
) -> None:
    assert degraded(finals, failures) is steps_back


@given(st.integers(0, 500), st.integers(0, 500))
def test_one_more_success_never_degrades_and_one_more_failure_never_recovers(
    finals: int, failures: int
) -> None:
    failures = min(failures, finals)
    if finals >= LEAST_FINALS:
        assert degraded(finals, failures) >= degraded(finals + 1, failures)
    assert degraded(finals + 1, failures + 1) >= degraded(finals, failures)


def test_a_sender_id_is_another_one_in_each_country_and_a_number_is_one() -> None:
    assert standing_key(IdentityKind.SENDER_ID, "ACME", "FR") == "ACME/FR"
    assert standing_key(IdentityKind.SHARED_ROUTE, "NOTICE", "FR") == "NOTICE/FR"
    assert standing_key(IdentityKind.TOLL_FREE, "+18335550100", "FR") == "+18335550100"


@pytest.mark.parametrize(
    "outcome",
    [
        EventType.TEXT_INVALID,
        EventType.TEXT_INVALID_MESSAGE,
        EventType.TEXT_TTL_EXPIRED,
        EventType.TEXT_PROTECT_BLOCKED,
        EventType.TEXT_QUEUED,
        EventType.TEXT_PENDING,
    ],
)
def test_what_another_has_to_answer_for_says_nothing_of_the_identity(outcome: EventType) -> None:
    assert not counts(outcome, HANDSET)


@pytest.mark.parametrize("outcome", sorted(FAILURES | SUCCESSES))
@pytest.mark.parametrize("destination", [SIMULATED_FAILURE, SIMULATED_SUCCESS])
def test_nothing_sent_to_a_simulator_number_counts(outcome: EventType, destination: str) -> None:
    assert counts(outcome, HANDSET)
    assert not counts(outcome, destination)


@given(ROWS)
def test_counting_begins_with_the_first_failure_and_until_is_when_the_last_is_forgotten(
    rows: list[tuple[int, int, int]],
) -> None:
    tally = since_first_failure(rows)
    failing = [at for at, _, failures in rows if failures]
    if tally is None:
        assert failing == []
        return
    assert tally.failures == sum(failures for _, _, failures in rows)
    assert tally.failures <= tally.finals <= sum(finals for _, finals, _ in rows)
    assert oldest_slot(tally.until - 1) <= max(failing) < oldest_slot(tally.until)


@given(ROWS, st.integers(0, 39), st.integers(1, 50))
def test_successes_before_the_first_failure_make_no_difference(
    rows: list[tuple[int, int, int]], at: int, successes: int
) -> None:
    later = [(40 + at, finals, failures) for at, finals, failures in rows]
    assert since_first_failure([*later, (at, successes, 0)]) == since_first_failure(later)


@given(ROWS)
def test_the_order_and_the_number_of_counters_make_no_difference(
    rows: list[tuple[int, int, int]],
) -> None:
    halves = [
        half
        for at, finals, failures in rows
        for half in ((at, finals - failures, 0), (at, failures, failures))
    ]
    assert since_first_failure(halves[::-1]) == since_first_failure(rows)


@given(st.integers(0, 2**42))
def test_the_window_is_five_minutes_and_ends_with_the_slot_of_now(now: int) -> None:
    assert slot(now) - oldest_slot(now) + 1 == WINDOW_MS // SLOT_MS
    assert 0 <= now - slot(now) * SLOT_MS < SLOT_MS


def test_the_receipts_are_told_in_words() -> None:
    assert told(Tally(22, 14, 0)) == "14 of its last 22 receipts are failures"
