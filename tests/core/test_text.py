"""Encodings and parts. The vectors are those of the data-plane dossier §2; gsm0338 is a foreign oracle."""

import gsm0338
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireroom.core.text import BASIC, EXTENSION, MAX_PARTS, split, too_long

VECTORS = [
    ("a" * 160, "GSM", 160, 1),
    ("a" * 161, "GSM", 161, 2),
    ("a" * 306, "GSM", 306, 2),
    ("a" * 307, "GSM", 307, 3),
    ("a" * 481, "GSM", 481, 4),
    ("€" * 80, "GSM", 160, 1),
    ("€" * 81, "GSM", 162, 2),
    ("ç" * 70, "UNICODE", 70, 1),
    ("中" * 71, "UNICODE", 71, 2),
    ("😀" * 35, "UNICODE", 70, 1),
    ("😀" * 36, "UNICODE", 72, 2),
    ("a" * 129 + "’", "UNICODE", 130, 2),
    ("a" * 1530, "GSM", 1530, 10),
    ("中" * 630, "UNICODE", 630, 10),
]

# Half of the characters take two units, and most texts have several parts: that is where cuts go wrong.
gsm_texts = st.text(st.sampled_from("abc\n" + EXTENSION), min_size=120, max_size=700)
any_texts = st.text(min_size=1, max_size=400)
emoji_texts = st.text(st.sampled_from("aç😀中"), min_size=50, max_size=400)


def units(part: str, encoding: str) -> int:
    if encoding == "GSM":
        return sum(2 if character in EXTENSION else 1 for character in part)
    return len(part.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(("body", "encoding", "length", "parts"), VECTORS)
def test_a_text_has_the_encoding_length_and_parts_of_the_vectors(
    body: str, encoding: str, length: int, parts: int
) -> None:
    text = split(body)
    assert (text.encoding, text.units, len(text.parts)) == (encoding, length, parts)


def test_the_tables_are_those_of_gsm_03_38_but_for_form_feed() -> None:
    codec = gsm0338.Codec()
    lengths = {}
    for point in range(0x3000):
        try:
            lengths[chr(point)] = len(codec.encode(chr(point))[0])
        except UnicodeEncodeError:
            continue
    lengths.pop("\x1b", None)
    assert lengths.pop("\f") == 2
    assert lengths == dict.fromkeys(BASIC, 1) | dict.fromkeys(EXTENSION, 2)


@given(st.one_of(gsm_texts, any_texts, emoji_texts))
def test_the_parts_of_a_text_join_to_the_text(body: str) -> None:
    assert "".join(split(body).parts) == body


@given(st.one_of(gsm_texts, any_texts, emoji_texts))
def test_every_part_fits_its_room_and_none_is_emptier_than_an_uncut_pair_explains(body: str) -> None:
    text = split(body)
    single, room = (160, 153) if text.encoding == "GSM" else (70, 67)
    sizes = [units(part, text.encoding) for part in text.parts]
    assert sum(sizes) == text.units
    if len(sizes) == 1:
        assert sizes[0] <= single
    else:
        assert all(size in (room, room - 1) for size in sizes[:-1])
        assert 1 <= sizes[-1] <= room


@given(emoji_texts)
def test_a_surrogate_pair_is_never_cut(body: str) -> None:
    for part in split(body).parts:
        part.encode("utf-16-le")  # half a pair cannot be encoded


def test_an_escape_pair_moves_to_the_next_part_whole() -> None:
    text = split("a" * 152 + "€" + "b" * 200)
    assert text.parts == ("a" * 152, "€" + "b" * 151, "b" * 49)


def test_one_strange_character_makes_the_whole_text_ucs_2() -> None:
    assert split("a" * 160).encoding == "GSM"
    assert split("a" * 159 + "`").encoding == "UNICODE"
    assert split("a\fb").encoding == "UNICODE"


def test_ten_full_parts_are_not_too_long_and_one_unit_more_is() -> None:
    assert not too_long(split("a" * 1530))
    assert too_long(split("a" * 1531))
    assert not too_long(split("中" * 630))
    assert too_long(split("中" * 631))


def test_gaps_before_escape_pairs_count_against_the_ten_parts() -> None:
    text = split(("a" * 152 + "€") * 9 + "a" * 150)
    assert text.units < 1540
    assert len(text.parts) == MAX_PARTS + 1
    assert too_long(text)


@given(st.text(st.characters(codec=None, categories=["Cs", "Lu"]), max_size=200))
def test_lone_surrogates_do_not_break_it(body: str) -> None:
    assert split(body).units >= 0
