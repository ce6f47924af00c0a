"""How a text is encoded and cut into message parts (data-plane §2): GSM 03.38 or UCS-2, chosen as AWS does.

One character outside GSM 03.38 turns the whole text to UCS-2; nothing is transliterated and no national
shift table is used. Knows nothing of carriers: how a part travels is `carriers.smpp`'s matter.
"""

import re
from typing import Literal

from msgspec import Struct

Encoding = Literal["GSM", "UNICODE"]

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Two septets each. Form feed is in the standard's table too, but not in AWS's.
EXTENSION = "^{}\\[]~|€"

GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67
MAX_PARTS = 10
MAX_GSM_UNITS = MAX_PARTS * GSM_PART
# What AWS documents; ten full parts would hold 670.
MAX_UCS2_UNITS = 630

_BASIC_ONLY = re.compile(f"[{re.escape(BASIC)}]*").fullmatch
_GSM_ONLY = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*").fullmatch
_EXTENDED = re.compile(f"([{re.escape(EXTENSION)}])")
_ASTRAL = re.compile("([\U00010000-\U0010ffff])")
# Stand before a character that takes two units, so that one character is one unit while we cut. Neither is
# ever part of a text: ESC is outside GSM 03.38, and the wire refuses lone surrogates.
_ESCAPE, _SURROGATE = "\x1b", "\udfff"


class Text(Struct, frozen=True):
    """A text as it will travel. `units`: septets (GSM) or 16-bit units (UNICODE) of the body; joined, the
    parts are the body."""

    encoding: Encoding
    units: int
    parts: tuple[str, ...]


def split(body: str) -> Text:
    """Cut `body` into parts; neither an escape pair nor a surrogate pair is ever cut."""
    if _BASIC_ONLY(body):
        return _text("GSM", body, GSM_SINGLE, GSM_PART, "")
    if _GSM_ONLY(body):
        return _text("GSM", _EXTENDED.sub(rf"{_ESCAPE}\1", body), GSM_SINGLE, GSM_PART, _ESCAPE)
    return _text("UNICODE", _ASTRAL.sub(rf"{_SURROGATE}\1", body), UCS2_SINGLE, UCS2_PART, _SURROGATE)


def too_long(text: Text) -> bool:
    """Over ten parts (1,530 septets, fewer where an escape pair leaves a gap) or 630 UCS-2 units."""
    return len(text.parts) > MAX_PARTS or (text.encoding == "UNICODE" and text.units > MAX_UCS2_UNITS)


def _text(encoding: Encoding, marked: str, single: int, room: int, mark: str) -> Text:
    """`marked` has one character for each unit: `mark` before each character that takes two."""
    units = len(marked)
    if units <= single:
        return Text(encoding, units, (marked.replace(mark, "") if mark else marked,))
    parts, start = [], 0
    while start < units:
        end = min(start + room, units)
        if mark and marked[end - 1] == mark:
            end -= 1
        part = marked[start:end]
        parts.append(part.replace(mark, "") if mark else part)
        start = end
    return Text(encoding, units, tuple(parts))
