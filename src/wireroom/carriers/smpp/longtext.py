"""Texts of more than one part on the wire (duties 24 and 25): user data headers, SAR TLVs, message_payload.

Cuts a text for a carrier and reads the parts that handsets send. Putting those together is not done here:
they come over any bind and must be durable first.
"""

import zlib
from collections import OrderedDict
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from wireroom.carriers.smpp import alphabets, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.alphabets import Alphabet, Coding
from wireroom.core.text import EXTENSION

UDHI = 0x40
"""The bit of esm_class that says: the message begins with a user data header."""
MOST_PARTS = 255


class Style(StrEnum):
    """How a carrier wants long texts."""

    UDH = "udh"  # header with an 8-bit reference
    UDH_16 = "udh-16"  # header with a 16-bit reference
    SAR = "sar"  # sar_* TLVs
    PAYLOAD = "payload"  # all of it in message_payload


# Units in a part: of septets, and of 16-bit units. The SMSC makes a header of SAR TLVs itself.
_ROOM = {Style.UDH: (153, 67), Style.UDH_16: (152, 66), Style.SAR: (153, 67)}
_SINGLE = (160, 70)


class Piece(Struct, frozen=True, gc=False):
    """What goes into one submit_sm; `esm_class` is a bit to be added."""

    short_message: bytes
    esm_class: int = 0
    tlvs: tlv.Pairs = ()


def coding_for(text: str, default: Coding = alphabets.DEFAULT, wide: Coding = alphabets.WIDE) -> Coding:
    """The carrier's default where its alphabet has every character of the text, otherwise `wide`."""
    return wide if alphabets.encode(text, default.alphabet) is None else default


def pieces(
    text: str, alphabet: Alphabet, style: Style, reference: int, *, tlvs: bool = True
) -> tuple[Piece, ...]:
    """A text, cut and written for a carrier; a text that fits into one part has neither header nor TLVs.

    A peer that understands no TLVs gets headers instead. ValueError: the alphabet lacks a character (see
    `coding_for`), or the parts are more than can be numbered.
    """
    if style in (Style.SAR, Style.PAYLOAD) and not tlvs:
        style = Style.UDH
    wide = alphabet is Alphabet.UCS_2 or not alphabets.is_gsm(text)
    if _units(text, wide=wide) <= _SINGLE[wide]:
        return (Piece(_octets(text, alphabet)),)
    if style is Style.PAYLOAD:
        return (Piece(b"", 0, (tlv.make("message_payload", _octets(text, alphabet)),)),)
    parts = cut(text, _ROOM[style][wide], wide=wide)
    count = len(parts)
    if count > MOST_PARTS:
        raise ValueError(f"{count} parts are more than can be numbered")
    return tuple(
        _piece(part, alphabet, style, reference, count, number) for number, part in enumerate(parts, 1)
    )


def _piece(part: str, alphabet: Alphabet, style: Style, reference: int, count: int, number: int) -> Piece:
    match style:
        case Style.SAR:
            pairs = (
                tlv.make("sar_msg_ref_num", reference & 0xFFFF),
                tlv.make("sar_total_segments", count),
                tlv.make("sar_segment_seqnum", number),
            )
            return Piece(_octets(part, alphabet), 0, pairs)
        case Style.UDH_16:
            header = b"\x06\x08\x04" + (reference & 0xFFFF).to_bytes(2, "big") + bytes((count, number))
        case _:
            header = b"\x05\x00\x03" + bytes((reference & 0xFF, count, number))
    return Piece(header + _octets(part, alphabet, _fill(len(header))), UDHI)


def _octets(text: str, alphabet: Alphabet, fill: int = 0) -> bytes:
    septets = alphabets.encode(text, Alphabet.GSM if alphabet is Alphabet.GSM_PACKED else alphabet)
    if septets is None:
        raise ValueError(f"the text has a character that {alphabet} lacks")
    return alphabets.pack(septets, fill) if alphabet is Alphabet.GSM_PACKED else septets


def _fill(header_length: int) -> int:
    """Bits between a header and packed septets, which begin on a septet's border."""
    return -8 * header_length % 7


def _unit(character: str, *, wide: bool) -> int:
    return 1 + (character > "\uffff" if wide else character in EXTENSION or character == "\f")


def _units(text: str, *, wide: bool) -> int:
    return sum(_unit(character, wide=wide) for character in text)


def cut(text: str, room: int, *, wide: bool) -> list[str]:
    """Parts of at most `room` units (16-bit ones if `wide`, else septets); no pair of units is ever cut."""
    parts, start, used = [], 0, 0
    for place, character in enumerate(text):
        units = _unit(character, wide=wide)
        if used + units > room:
            parts.append(text[start:place])
            start, used = place, 0
        used += units
    parts.append(text[start:])
    return parts


class References:
    """Reference numbers, counted for each pair of addresses, so that two texts to a handset are never mixed.

    Remembers the last `most` pairs. `seed` sets apart the processes that speak for the same sender.
    """

    def __init__(self, seed: int = 0, most: int = 10_000) -> None:
        self._seed, self._most = seed, most
        self._last: OrderedDict[tuple[str, str], int] = OrderedDict()

    def next(self, source: str, destination: str) -> int:
        """0 to 65535; a header of 8 bits takes the low ones."""
        pair = (source, destination)
        last = self._last.pop(pair, None)
        if last is None:
            last = zlib.crc32(f"{source}\0{destination}".encode(), self._seed)
        self._last[pair] = reference = (last + 1) & 0xFFFF
        if len(self._last) > self._most:
            self._last.popitem(last=False)
        return reference


# What handsets send


class Part(Struct, frozen=True, gc=False):
    """Part `number` of `total`. What shares addresses and all but `number` belongs together."""

    kind: Style
    reference: int
    total: int
    number: int


class Element(NamedTuple):
    """An information element of a user data header."""

    identifier: int
    value: bytes


class Received(Struct, frozen=True, gc=False):
    """What a message holds."""

    octets: bytes
    """The message without its header."""
    text: str | None
    """None: it is no text, or of an alphabet that we do not know."""
    part: Part | None = None
    ports: tuple[int, int] | None = None
    """Destination and source port: a message for a program, not for a person."""
    elements: tuple[Element, ...] = ()


def body_of(pdu: p.Short | p.DataSm | p.SubmitMulti) -> bytes:
    """The message of a PDU, wherever it stands."""
    short = b"" if isinstance(pdu, p.DataSm) else pdu.short_message
    return short or tlv.raw(pdu.tlvs, tlv.MESSAGE_PAYLOAD) or b""


def read(pdu: p.Short | p.DataSm, default: Alphabet = Alphabet.GSM) -> Received:
    """What a handset (or an ESME) sends; never raises. `default` is what the peer means by data_coding 0."""
    octets = body_of(pdu)
    alphabet = alphabets.alphabet_of(pdu.data_coding, default)
    elements: tuple[Element, ...] = ()
    fill = 0
    if pdu.esm_class & UDHI:
        header = read_header(octets)
        if header is not None:
            length = 1 + octets[0]
            elements, octets, fill = header, octets[length:], _fill(length)
    text = None if alphabet is None else alphabets.decode(octets, alphabet, fill)
    return Received(octets, text, _part_of(elements) or _sar_of(pdu.tlvs), _ports_of(elements), elements)


def read_header(octets: bytes) -> tuple[Element, ...] | None:
    """The elements of the user data header before a message; None: there is none that makes sense."""
    if not octets or 1 + octets[0] > len(octets):
        return None
    end, at = 1 + octets[0], 1
    elements = []
    while at + 2 <= end:
        stop = at + 2 + octets[at + 1]
        if stop > end:
            return None
        elements.append(Element(octets[at], octets[at + 2 : stop]))
        at = stop
    return tuple(elements)


def _part_of(elements: tuple[Element, ...]) -> Part | None:
    """The last element of concatenation that makes sense (03.40, 9.2.3.24.1)."""
    found = None
    for identifier, value in elements:
        match identifier, list(value):
            case 0x00, [reference, total, number] if 1 <= number <= total:
                found = Part(Style.UDH, reference, total, number)
            case 0x08, [high, low, total, number] if 1 <= number <= total:
                found = Part(Style.UDH_16, high << 8 | low, total, number)
    return found


def _sar_of(pairs: tlv.Pairs) -> Part | None:
    if not pairs:
        return None
    reference = tlv.integer(pairs, tlv.SAR_MSG_REF_NUM)
    total = tlv.integer(pairs, tlv.SAR_TOTAL_SEGMENTS)
    number = tlv.integer(pairs, tlv.SAR_SEGMENT_SEQNUM)
    if reference is None or total is None or number is None or not 1 <= number <= total:
        return None
    return Part(Style.SAR, reference, total, number)


def _ports_of(elements: tuple[Element, ...]) -> tuple[int, int] | None:
    for identifier, value in elements:
        match identifier, list(value):
            case 0x04, [destination, source]:
                return destination, source
            case 0x05, [a, b, c, d]:
                return a << 8 | b, c << 8 | d
    return None
