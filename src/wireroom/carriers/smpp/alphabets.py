"""Texts as octets (duties 22 and 23): GSM 03.38 as carriers take it, Latin-1, UCS-2, and data_coding.

Which texts are GSM is `core.text`'s rule. Reading never fails: what is no character becomes U+FFFD, and a
data_coding that we do not know leaves the octets as they are.
"""

import re
from enum import StrEnum

from msgspec import Struct

from wireroom.core.text import BASIC, EXTENSION

ESCAPE = 0x1B
_EXTENSION_CODES = dict(zip(EXTENSION, b"\x14\x28\x29\x2f\x3c\x3e\x3d\x40\x65", strict=True)) | {"\f": 0x0A}
_CODES = {character: place + (place >= ESCAPE) for place, character in enumerate(BASIC)}
_CARRIAGE_RETURN = 0x0D
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"

_TO_GSM = {ord(character): chr(code) for character, code in _CODES.items()} | {
    ord(character): f"\x1b{chr(code)}" for character, code in _EXTENSION_CODES.items()
}
_FROM_GSM = dict.fromkeys(range(0x80, 0x100), _UNKNOWN) | {
    code: character for character, code in _CODES.items()
}
_FROM_EXTENSION = {chr(code): character for character, code in _EXTENSION_CODES.items()}
_IS_GSM = re.compile(f"[{re.escape(''.join(map(chr, _TO_GSM)))}]*").fullmatch
_ESCAPED = re.compile("([^\x1b]*)(?:\x1b([^\x1b]?))?")


class Alphabet(StrEnum):
    """How the octets of a message are a text."""

    GSM = "gsm"  # GSM 03.38, a septet in each octet: what SMPP means by its default
    GSM_PACKED = "gsm-packed"  # eight septets in seven octets, as some carriers want them
    LATIN_1 = "latin-1"
    ASCII = "ascii"
    UCS_2 = "ucs-2"  # in fact UTF-16, big end first
    CYRILLIC = "iso8859-5"
    HEBREW = "iso8859-8"
    KOREAN = "euc-kr"


class Coding(Struct, frozen=True, gc=False):
    """What a carrier wants: this data_coding for texts of this alphabet."""

    data_coding: int
    alphabet: Alphabet


DEFAULT = Coding(0x00, Alphabet.GSM)
WIDE = Coding(0x08, Alphabet.UCS_2)


def alphabet_of(data_coding: int, default: Alphabet = Alphabet.GSM) -> Alphabet | None:
    """What a data_coding means where 0 is `default` (which differs by carrier); None: octets.

    Below 0x10 as SMPP says, above as GSM 03.38's data coding scheme says, class bits and all.
    """
    if data_coding < 0x10:
        return _CODINGS.get(data_coding, default if data_coding == 0 else None)
    group = data_coding >> 4
    if group < 0x8:  # general: the alphabet stands in bits 3 and 2; compressed (bit 5) is octets to us
        return None if group & 0x2 else (default, None, Alphabet.UCS_2, None)[data_coding >> 2 & 3]
    match group:
        case 0xC | 0xD:  # message waiting
            return default
        case 0xE:
            return Alphabet.UCS_2
        case 0xF:  # class bits; bit 2 says octets
            return None if data_coding & 0x04 else default
    return None


_CODINGS = {
    0x01: Alphabet.ASCII,
    0x03: Alphabet.LATIN_1,
    0x06: Alphabet.CYRILLIC,
    0x07: Alphabet.HEBREW,
    0x08: Alphabet.UCS_2,
    0x0E: Alphabet.KOREAN,
}


def is_gsm(text: str) -> bool:
    """Is every character in GSM 03.38 (form feed included, which AWS counts out)?"""
    return _IS_GSM(text) is not None


def encode(text: str, alphabet: Alphabet) -> bytes | None:
    """The octets of `text`; None where the alphabet lacks a character."""
    match alphabet:
        case Alphabet.GSM:
            return text.translate(_TO_GSM).encode("latin-1") if is_gsm(text) else None
        case Alphabet.GSM_PACKED:
            return pack(text.translate(_TO_GSM).encode("latin-1")) if is_gsm(text) else None
        case Alphabet.UCS_2:
            codec = "utf-16-be"
        case _:
            codec = alphabet.value
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return None


def decode(octets: bytes, alphabet: Alphabet, fill: int = 0) -> str:
    """The text of `octets`; `fill` is how many bits stand before packed septets."""
    match alphabet:
        case Alphabet.GSM:
            return _read_gsm(octets)
        case Alphabet.GSM_PACKED:
            return _read_gsm(unpack(octets, fill))
        case Alphabet.UCS_2:
            return octets.decode("utf-16-be", "replace")
        case Alphabet.ASCII:  # some who say ASCII mean Latin-1
            return octets.decode("latin-1")
    return octets.decode(alphabet.value, "replace")


def _read_gsm(octets: bytes) -> str:
    text = octets.decode("latin-1")
    if ESCAPE not in octets:
        return text.translate(_FROM_GSM)
    return "".join(
        plain.translate(_FROM_GSM) + _escaped(following) for plain, following in _ESCAPED.findall(text)
    )


def _escaped(following: str) -> str:
    """What stands behind an escape; the character itself, where the extension table has none."""
    return _FROM_EXTENSION.get(following) or following.translate(_FROM_GSM)


def pack(septets: bytes, fill: int = 0) -> bytes:
    """Eight septets into seven octets, behind `fill` bits of nothing.

    Seven bits left over at the end become a carriage return, lest they read as an @ (03.38 §6.1.2.3).
    """
    length = fill + 7 * len(septets)
    if -length % 8 == 7:
        septets, length = septets + bytes((_CARRIAGE_RETURN,)), length + 7
    bits = 0
    for place, septet in enumerate(septets):
        bits |= septet << (fill + 7 * place)
    return bits.to_bytes((length + 7) // 8, "little")


def unpack(octets: bytes, fill: int = 0) -> bytes:
    """Seven octets into eight septets; a carriage return that only fills the last octet is left out."""
    bits = int.from_bytes(octets, "little") >> fill
    room = max(0, 8 * len(octets) - fill)
    septets = bytes([bits >> 7 * place & 0x7F for place in range(room // 7)])
    filled = room % 7 == 0 and septets[-1:] == bytes((_CARRIAGE_RETURN,))
    return septets[:-1] if filled else septets
