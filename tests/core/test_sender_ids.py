"""Sender IDs: spelling, and the rule of a country."""

import pytest

from wireroom.core.sender_ids import country_rule, misspelled


@pytest.mark.parametrize("sender_id", ["A", "3com", "AB-CD", "ab_cd", "_a_"])
def test_a_letter_is_enough(sender_id: str) -> None:
    assert misspelled(sender_id, "SE") is None


@pytest.mark.parametrize(
    ("sender_id", "country", "said"),
    [
        ("123", "SE", "letter"),
        ("1_2", "SE", "letter"),
        ("-abc", "SE", "begin or end"),
        ("abc-", "SE", "begin or end"),
        ("ab-c", "FR", "hyphen in FR"),
    ],
)
def test_it_is_said_what_is_wrong_with_a_sender_id(sender_id: str, country: str, said: str) -> None:
    assert said in (misspelled(sender_id, country) or "nothing is wrong")


def test_only_france_has_no_hyphens() -> None:
    assert [country for country in ("DE", "FR", "GB", "SE") if misspelled("a-b", country)] == ["FR"]


def test_corrections_go_before_the_table_and_what_nobody_knows_is_not_supported() -> None:
    assert [country_rule(country, {}) for country in ("SE", "GB", "US", "XX")] == [
        "SUPPORTED",
        "REGISTRATION_REQUIRED",
        "NOT_SUPPORTED",
        "NOT_SUPPORTED",
    ]
    corrected = {"GB": "SUPPORTED", "SE": "NOT_SUPPORTED", "XX": "SUPPORTED"}
    assert [country_rule(country, corrected) for country in ("SE", "GB", "US", "XX")] == [
        "NOT_SUPPORTED",
        "SUPPORTED",
        "NOT_SUPPORTED",
        "SUPPORTED",
    ]
