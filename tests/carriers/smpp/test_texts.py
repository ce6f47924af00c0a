"""Texts on the wire (carrier-side §2, duties 22 to 29): alphabets, long texts, times, addresses."""

from itertools import pairwise

import gsm0338
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireroom.carriers.smpp import addresses, alphabets, longtext, times, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.addresses import Dialect, Typed
from wireroom.carriers.smpp.alphabets import Alphabet, Coding
from wireroom.carriers.smpp.longtext import Element, Part, Piece, References, Style
from wireroom.core.text import BASIC, EXTENSION, split

gsm_texts = st.text(st.sampled_from(BASIC + EXTENSION + "\f"), max_size=700)
any_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)

# 22, 23: alphabets


@given(gsm_texts)
def test_duty_22_gsm_03_38_is_written_and_read_as_another_codec_does(text: str) -> None:
    codec = gsm0338.Codec()
    octets = alphabets.encode(text, Alphabet.GSM)
    assert octets == codec.encode(text)[0]
    assert octets is not None
    assert alphabets.decode(octets, Alphabet.GSM) == text


def test_duty_22_every_sign_of_gsm_03_38_has_its_own_octets() -> None:
    written = {character: alphabets.encode(character, Alphabet.GSM) for character in BASIC + EXTENSION + "\f"}
    assert len(set(written.values())) == 127 + 9 + 1
    assert written["@"] == b"\x00"
    assert written["€"] == b"\x1b\x65"
    assert written["Æ"] == b"\x1c"
    assert written["à"] == b"\x7f"
    assert alphabets.encode("`", Alphabet.GSM) is None
    assert alphabets.encode("§", Alphabet.GSM) == b"\x5f"


def test_duty_22_what_is_no_gsm_is_read_as_something_and_never_raises() -> None:
    assert alphabets.decode(b"a\xe7b", Alphabet.GSM) == "a\N{REPLACEMENT CHARACTER}b"
    assert alphabets.decode(b"a\x1b", Alphabet.GSM) == "a"
    assert alphabets.decode(b"\x1bA\x1b\x1b\x65", Alphabet.GSM) == "A€"
    assert alphabets.decode(b"\x1b\x0a", Alphabet.GSM) == "\f"


@given(st.binary(max_size=200), st.sampled_from(Alphabet), st.integers(0, 6))
def test_no_octets_break_an_alphabet(octets: bytes, alphabet: Alphabet, fill: int) -> None:
    assert isinstance(alphabets.decode(octets, alphabet, fill), str)


@given(any_texts, st.sampled_from(Alphabet))
def test_a_text_is_written_whole_or_not_at_all(text: str, alphabet: Alphabet) -> None:
    octets = alphabets.encode(text, alphabet)
    if octets is not None and not (alphabet is Alphabet.GSM_PACKED and text.endswith("\r")):
        assert alphabets.decode(octets, alphabet) == text


@pytest.mark.parametrize(
    ("septets", "octets"),
    [
        (b"hellohello", "e8329bfd4697d9ec37"),
        (b"", ""),
        (b"1234567", "31d98c56b3dd1a"),  # seven bits are left: a carriage return fills them
        (b"12345678", "31d98c56b3dd70"),
    ],
)
def test_duty_22_septets_are_packed_as_gsm_03_38_packs_them(septets: bytes, octets: str) -> None:
    assert alphabets.pack(septets).hex() == octets
    assert alphabets.unpack(bytes.fromhex(octets)) == septets


@given(st.binary(max_size=160), st.integers(0, 6))
def test_duty_22_packed_septets_come_back_behind_any_fill_bits(raw: bytes, fill: int) -> None:
    septets = bytes(octet & 0x7F for octet in raw)
    packed = alphabets.pack(septets, fill)
    assert len(packed) <= (fill + 7 * len(septets) + 7) // 8 + 1
    if not septets.endswith(b"\r"):
        assert alphabets.unpack(packed, fill) == septets


@pytest.mark.parametrize(
    ("data_coding", "alphabet"),
    [
        (0x00, Alphabet.GSM),
        (0x01, Alphabet.ASCII),
        (0x02, None),
        (0x03, Alphabet.LATIN_1),
        (0x04, None),
        (0x06, Alphabet.CYRILLIC),
        (0x08, Alphabet.UCS_2),
        (0x0F, None),
        (0x10, Alphabet.GSM),
        (0x11, Alphabet.GSM),
        (0x15, None),
        (0x18, Alphabet.UCS_2),
        (0x20, None),
        (0x90, None),
        (0xC8, Alphabet.GSM),
        (0xE0, Alphabet.UCS_2),
        (0xF0, Alphabet.GSM),
        (0xF1, Alphabet.GSM),
        (0xF5, None),
        (0xFF, None),
    ],
)
def test_duty_23_a_data_coding_means_what_smpp_or_gsm_says(
    data_coding: int, alphabet: Alphabet | None
) -> None:
    assert alphabets.alphabet_of(data_coding) is alphabet


def test_duty_23_every_data_coding_means_something_or_is_octets_and_0_is_the_carriers_own() -> None:
    for data_coding in range(256):
        assert alphabets.alphabet_of(data_coding) in {None, *Alphabet}
    assert alphabets.alphabet_of(0, Alphabet.LATIN_1) is Alphabet.LATIN_1
    assert alphabets.alphabet_of(0xF1, Alphabet.GSM_PACKED) is Alphabet.GSM_PACKED
    assert alphabets.alphabet_of(3, Alphabet.GSM_PACKED) is Alphabet.LATIN_1


@pytest.mark.parametrize("data_coding", [0xF1, 0x11])
def test_hostile_case_a_handsets_text_with_class_bits_is_read(data_coding: int) -> None:
    found = longtext.read(p.DeliverSm(data_coding=data_coding, short_message=b"hi \x00"))
    assert found.text == "hi @"


def test_duty_23_octets_of_an_unknown_coding_are_kept() -> None:
    found = longtext.read(p.DeliverSm(data_coding=0x04, short_message=b"\x00\xff"))
    assert (found.text, found.octets) == (None, b"\x00\xff")


def test_duty_23_a_text_that_a_carriers_alphabet_lacks_goes_wide() -> None:
    latin = Coding(0, Alphabet.LATIN_1)
    assert longtext.coding_for("ça va", latin) is latin
    assert longtext.coding_for("5 €", latin) == alphabets.WIDE
    assert longtext.coding_for("5 €") == alphabets.DEFAULT
    assert longtext.coding_for("ça va") == alphabets.WIDE


# 24: long texts out


@given(gsm_texts | any_texts, st.sampled_from([Style.UDH, Style.SAR]))
def test_duty_24_a_text_is_cut_where_it_was_counted(text: str, style: Style) -> None:
    alphabet = longtext.coding_for(text).alphabet
    counted = split(text)
    if (counted.encoding == "GSM") != (alphabet is Alphabet.GSM):
        return  # a form feed, which AWS counts out of GSM
    found = longtext.pieces(text, alphabet, style, 7)
    header = 6 if style is Style.UDH and len(found) > 1 else 0
    assert [alphabets.decode(piece.short_message[header:], alphabet) for piece in found] == list(
        counted.parts
    )


@given(
    gsm_texts | any_texts,
    st.sampled_from(Style),
    st.sampled_from([Alphabet.GSM, Alphabet.GSM_PACKED, Alphabet.LATIN_1]),
    st.integers(0, 0xFFFF),
)
def test_duty_24_what_is_cut_is_read_back_whole(
    text: str, style: Style, alphabet: Alphabet, reference: int
) -> None:
    coding = longtext.coding_for(text, Coding(0, alphabet))
    found = longtext.pieces(text, coding.alphabet, style, reference)
    heard = [
        longtext.read(
            p.DeliverSm(
                esm_class=piece.esm_class,
                data_coding=coding.data_coding,
                short_message=piece.short_message,
                tlvs=piece.tlvs,
            ),
            alphabet,
        )
        for piece in found
    ]
    if not (coding.alphabet is Alphabet.GSM_PACKED and "\r" in text):
        assert "".join(each.text or "" for each in heard) == text
    parts = [each.part for each in heard]
    if len(found) > 1:
        reference &= 0xFF if style is Style.UDH else 0xFFFF
        count = len(found)
        assert parts == [Part(style, reference, count, number) for number in range(1, count + 1)]
    else:
        assert parts == [None]
    for piece in found:
        octets = len(piece.short_message)
        assert octets <= (140 if coding.alphabet in (Alphabet.GSM_PACKED, Alphabet.UCS_2) else 160)


@pytest.mark.parametrize(
    ("style", "first"),
    [
        (Style.UDH, Piece(b"\x05\x00\x03\x34\x02\x01" + b"a" * 153, 0x40)),
        (Style.UDH_16, Piece(b"\x06\x08\x04\x12\x34\x02\x01" + b"a" * 152, 0x40)),
        (
            Style.SAR,
            Piece(b"a" * 153, 0, ((0x020C, b"\x12\x34"), (0x020E, b"\x02"), (0x020F, b"\x01"))),
        ),
        (Style.PAYLOAD, Piece(b"", 0, ((0x0424, b"a" * 161),))),
    ],
)
def test_duty_24_a_long_text_goes_in_the_carriers_style_and_never_in_two(style: Style, first: Piece) -> None:
    assert longtext.pieces("a" * 161, Alphabet.GSM, style, 0x1234)[0] == first


@pytest.mark.parametrize(
    ("text", "alphabet", "places"),
    [
        ("a" * 152 + "€" + "b" * 160, Alphabet.GSM, [0, 152, 304]),
        ("ç" * 66 + "😀" + "ç" * 70, Alphabet.UCS_2, [0, 66, 132]),
    ],
)
def test_duty_24_a_pair_of_units_moves_to_the_next_part_whole(
    text: str, alphabet: Alphabet, places: list[int]
) -> None:
    found = [
        alphabets.decode(piece.short_message[6:], alphabet)
        for piece in longtext.pieces(text, alphabet, Style.UDH, 1)
    ]
    assert found == [text[a:b] for a, b in pairwise([*places, len(text)])]
    assert found == list(split(text).parts)


@pytest.mark.parametrize("style", Style)
def test_duty_24_a_short_text_has_no_header_and_no_tlvs(style: Style) -> None:
    assert longtext.pieces("a" * 158 + "€", Alphabet.GSM, style, 1) == (Piece(b"a" * 158 + b"\x1b\x65"),)
    assert longtext.pieces("ç" * 70, Alphabet.UCS_2, style, 1) == (Piece("ç".encode("utf-16-be") * 70),)


@pytest.mark.parametrize("style", [Style.SAR, Style.PAYLOAD])
def test_duty_24_a_peer_without_tlvs_gets_headers(style: Style) -> None:
    found = longtext.pieces("a" * 161, Alphabet.GSM, style, 1, tlvs=False)
    assert found == longtext.pieces("a" * 161, Alphabet.GSM, Style.UDH, 1)


def test_duty_24_packed_septets_begin_on_a_septets_border_behind_the_header() -> None:
    first, second = longtext.pieces("a" * 160 + "b", Alphabet.GSM_PACKED, Style.UDH, 1)
    assert len(first.short_message) == 140
    assert alphabets.unpack(first.short_message[6:], 1) == b"a" * 153
    assert alphabets.unpack(second.short_message[6:], 1) == b"a" * 7 + b"b"


def test_a_text_that_cannot_be_written_or_numbered_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        longtext.pieces("中", Alphabet.GSM, Style.UDH, 1)
    with pytest.raises(ValueError, match="numbered"):
        longtext.pieces("a" * 153 * 256, Alphabet.GSM, Style.UDH, 1)


def test_duty_24_references_are_counted_for_each_pair_of_addresses() -> None:
    references = References()
    first = [references.next("SHOP", "447700900123") for _ in range(3)]
    other = references.next("SHOP", "447700900124")
    assert all((then - now) & 0xFFFF == 1 for now, then in pairwise(first))
    assert references.next("SHOP", "447700900124") == (other + 1) & 0xFFFF
    assert References(seed=1).next("SHOP", "447700900123") != first[0]


def test_references_are_remembered_for_so_many_pairs_only() -> None:
    references = References(most=2)
    first = references.next("a", "1")
    references.next("a", "2")
    references.next("a", "3")
    assert references.next("a", "1") == first


# 25: long texts in


def received(hexadecimal: str, esm_class: int = 0x40, data_coding: int = 0) -> longtext.Received:
    message = bytes.fromhex(hexadecimal)
    return longtext.read(p.DeliverSm(esm_class=esm_class, data_coding=data_coding, short_message=message))


def test_duty_25_a_part_is_read_with_its_number() -> None:
    assert received("05 00 03 2a 02 01 68 69") == longtext.Received(
        b"hi", "hi", Part(Style.UDH, 42, 2, 1), None, (Element(0, b"\x2a\x02\x01"),)
    )


def test_hostile_case_a_16_bit_reference_is_two_octets() -> None:
    assert received("06 08 04 01 02 0b 0a 68 69").part == Part(Style.UDH_16, 0x0102, 11, 10)


def test_hostile_case_eleven_parts_have_numbers_and_not_words() -> None:
    parts = [received(f"05 00 03 01 0b {number:02x} 61").part for number in range(1, 12)]
    assert [part.number for part in parts if part] == list(range(1, 12))


def test_hostile_case_port_addressing_is_no_concatenation() -> None:
    found = received("06 05 04 0b 84 23 f0 01 02", data_coding=4)
    assert (found.part, found.ports, found.octets) == (None, (2948, 9200), b"\x01\x02")


def test_duty_25_other_elements_stand_beside_a_part() -> None:
    found = received("0b 05 04 0b 84 23 f0 00 03 2a 02 01 68 69")
    assert (found.part, found.ports, found.text) == (Part(Style.UDH, 42, 2, 1), (2948, 9200), "hi")


@pytest.mark.parametrize(
    "header",
    ["05 00 03 2a 00 01", "05 00 03 2a 02 00", "05 00 03 2a 02 03", "04 00 02 2a 02", "06 08 04 01 02 02 03"],
)
def test_duty_25_a_number_that_cannot_be_is_no_part(header: str) -> None:
    found = received(f"{header} 68 69")
    assert (found.part, found.text) == (None, "hi")


@pytest.mark.parametrize("message", ["", "05", "ff 00 03", "03 00 03 68", "05 00 09 2a 02 01"])
def test_duty_25_a_header_that_makes_no_sense_is_left_in_the_message(message: str) -> None:
    found = received(message)
    assert (found.part, found.elements, found.octets) == (None, (), bytes.fromhex(message))


def test_duty_25_parts_come_by_sar_and_long_texts_by_payload() -> None:
    sar = (
        tlv.make("sar_msg_ref_num", 0x1234),
        tlv.make("sar_total_segments", 2),
        tlv.make("sar_segment_seqnum", 2),
    )
    assert longtext.read(p.DeliverSm(short_message=b"hi", tlvs=sar)).part == Part(Style.SAR, 0x1234, 2, 2)
    assert longtext.read(p.DeliverSm(short_message=b"hi", tlvs=sar[:2])).part is None
    assert longtext.read(p.DeliverSm(short_message=b"hi", tlvs=(*sar[:2], (0x020F, b"\x03")))).part is None
    payload = (tlv.make("message_payload", b"\x05\x00\x03\x2a\x02\x01hi"),)
    found = longtext.read(p.DataSm(esm_class=0x40, tlvs=payload))
    assert (found.text, found.part) == ("hi", Part(Style.UDH, 42, 2, 1))


@given(st.binary(max_size=200), st.integers(0, 255), st.integers(0, 255))
def test_no_message_breaks_the_reading_of_texts(message: bytes, esm_class: int, data_coding: int) -> None:
    found = received(message.hex(), esm_class, data_coding)
    assert message.endswith(found.octets)


# 27: times


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (5_000, "000000000005000R"),
        (1, "000000000001000R"),
        (259_200_000, "000003000000000R"),
        (86_399_999, "000001000000000R"),
        (90_061_000, "000001010101000R"),
    ],
)
def test_duty_27_what_is_left_of_a_time_to_live_is_a_relative_time(milliseconds: int, text: str) -> None:
    assert times.relative(milliseconds) == text


def test_duty_27_a_time_is_written_absolutely_where_a_carrier_wants_it() -> None:
    assert times.absolute(1795426261500) == "261123093101500+"


@given(
    st.integers(1_000_000_000_000, 4_000_000_000_000).map(lambda at: at // 100 * 100), st.integers(1, 10**9)
)
def test_duty_27_a_time_that_is_written_is_read(at: int, left: int) -> None:
    assert times.read(times.absolute(at), 0) == at
    assert times.read(times.relative(left), at) == at + -(-left // 1_000) * 1_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("261123113101508+", 1795426261500),  # two hours ahead of UTC
        ("261123073101508-", 1795426261500),
        ("261323093101500+", None),
        ("261123093101500?", None),
        ("26112309310150+", None),
        ("x61123093101500+", None),
        ("", None),
    ],
)
def test_duty_27_a_peers_time_has_its_own_zone_or_is_none(text: str, expected: int | None) -> None:
    assert times.read(text, 0) == expected


# 29: addresses


@pytest.mark.parametrize(
    ("identity", "typed"),
    [
        ("+447700900123", Typed(1, 1, "447700900123")),
        ("SHOP", Typed(5, 0, "SHOP")),
        ("4U 24", Typed(5, 0, "4U 24")),
        ("12345", Typed(3, 0, "12345")),
    ],
)
def test_duty_29_an_identity_has_the_type_that_carriers_expect(identity: str, typed: Typed) -> None:
    assert addresses.write(identity, Dialect()) == typed
    assert addresses.read(typed) == identity


def test_duty_29_a_carrier_may_want_other_types() -> None:
    dialect = Dialect(short_code=(6, 1), plus=True)
    assert addresses.write("12345", dialect) == Typed(6, 1, "12345")
    assert addresses.write("+447700900123", dialect) == Typed(1, 1, "+447700900123")
    for name in ("TWELVE CHARS", ""):
        with pytest.raises(ValueError):
            addresses.write(name, dialect)


def test_duty_29_a_carriers_address_is_read_for_what_it_means() -> None:
    assert addresses.read(Typed(1, 1, "00447700900123")) == "+447700900123"
    assert addresses.read(Typed(1, 1, "+447700900123")) == "+447700900123"
    assert addresses.read(Typed(0, 0, "12345")) == "12345"
    assert addresses.read(Typed(1, 0, "SHOP")) == "SHOP"
