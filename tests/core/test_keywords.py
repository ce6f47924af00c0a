"""How keywords are compared."""

import sys

import pytest

from wireroom.core.keywords import DEFAULT_KEYWORDS, REQUIRED, upper

CASED = [one for one in map(chr, range(sys.maxunicode + 1)) if one.lower() != one or one.upper() != one]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("hours", "HOURS"),
        ("Opening Hours", "OPENING HOURS"),
        ("übermorgen", "ÜBERMORGEN"),
        ("straße", "STRAßE"),
        ("STRAẞE", "STRAßE"),
        ("\N{LATIN SMALL LIGATURE FI}sh", "\N{LATIN SMALL LIGATURE FI}SH"),
        ("\N{KELVIN SIGN}", "K"),
        ("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}ptal", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}PTAL"),
        ("ΌΔΟΣ", "ΌΔΟΣ"),
        ("όδος", "ΌΔΟΣ"),
        ("9 to 5", "9 TO 5"),
    ],
)
def test_a_keyword_is_kept_in_capitals(given: str, kept: str) -> None:
    assert upper(given) == kept


def test_no_character_grows_and_what_is_kept_stays_what_it_is() -> None:
    for character in CASED:
        kept = upper(character)
        assert len(kept) == 1
        assert upper(kept) == kept


def test_the_casings_of_a_character_are_kept_as_one() -> None:
    for character in CASED:
        for other in (character.lower(), character.upper()):
            if len(other) == 1:
                assert upper(other) == upper(character), (character, other)


def test_the_keywords_that_all_have_are_spelled_as_they_are_kept() -> None:
    assert {upper(word.keyword) for word in DEFAULT_KEYWORDS} == REQUIRED == {"HELP", "STOP"}
