"""A text as submit_sm's, in a carrier's dialect (duties 24 and 26 to 29).

A carrier may cut a long text otherwise than its segments are cut: into one message_payload, or into parts
with a longer header. Which segments a PDU speaks for is said beside it. Times are business time.
"""

import zlib
from collections import OrderedDict, deque
from collections.abc import Sequence

from msgspec import Struct

from wireroom.carrier_settings import CarrierSettings
from wireroom.carriers.port import Segment
from wireroom.carriers.smpp import addresses, alphabets, longtext, times
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.addresses import Dialect, Typed
from wireroom.carriers.smpp.alphabets import Alphabet, Coding
from wireroom.carriers.smpp.longtext import Piece, Style

FINAL, INTERMEDIATE = 0x01, 0x10
"""Bits of registered_delivery."""
MOST_ADDRESSES = 10_000
LATEST = 8
"""References that a text to the same handset stays clear of."""


_ALONE: list[tuple[int, ...]] = [(1,)]


class Written(Struct, frozen=True):
    """One PDU, and the numbers of the segments that it carries or helps to carry."""

    pdu: p.SubmitSm
    numbers: tuple[int, ...]


class Writer:
    """Writes for one carrier."""

    def __init__(self, carrier: CarrierSettings) -> None:
        self._carrier = carrier
        self._style = Style(carrier.long)
        self._default = Coding(carrier.data_coding, Alphabet(carrier.alphabet))
        self._wide = Coding(carrier.wide_data_coding, Alphabet.UCS_2)
        self._dialect = Dialect(
            number=(carrier.number_ton, carrier.number_npi),
            short_code=(carrier.short_code_ton, carrier.short_code_npi),
            name=(carrier.name_ton, carrier.name_npi),
            plus=carrier.plus,
        )
        self._references = References()
        self._addresses: dict[str, Typed] = {}
        self._validity_of = (0, times.relative(0))

    def write(self, segments: Sequence[Segment], now: int, *, tlvs: bool) -> list[Written]:
        """The PDUs of one text's segments, in order. `tlvs`: does the peer understand them?

        ValueError: the carrier's dialect has no way to say it.
        """
        first = segments[0]
        coding, pieces = self._pieces(first, tlvs=tlvs)
        source = self._address(first.origination)
        target = addresses.write(first.destination, self._dialect)
        validity = self._validity(first.validity_until, now)
        registered = 0
        if first.receipt_wanted:
            registered = FINAL | INTERMEDIATE if self._carrier.intermediate else FINAL
        wanted = {segment.number for segment in segments}
        carrier = self._carrier
        shares = spread(len(pieces), first.count)
        return [
            Written(
                p.SubmitSm(
                    0,
                    carrier.service_type,
                    source.ton,
                    source.npi,
                    source.text,
                    target.ton,
                    target.npi,
                    target.text,
                    carrier.esm_class | piece.esm_class,
                    carrier.protocol_id,
                    carrier.priority,
                    "",
                    validity,
                    registered,
                    0,
                    coding.data_coding,
                    0,
                    piece.short_message,
                    piece.tlvs,
                ),
                numbers,
            )
            for piece, numbers in zip(pieces, shares, strict=True)
            if not wanted.isdisjoint(numbers)
        ]

    def _address(self, origination: str) -> Typed:
        """Those who speak are few, and speak often."""
        known = self._addresses.get(origination)
        if known is None:
            if len(self._addresses) >= MOST_ADDRESSES:
                self._addresses.clear()
            known = self._addresses[origination] = addresses.write(origination, self._dialect)
        return known

    def _pieces(self, segment: Segment, *, tlvs: bool) -> tuple[Coding, Sequence[Piece]]:
        """In the alphabet for which the text was cut, unless the carrier's lacks a character of it."""
        body = segment.body or segment.text
        plain = segment.encoding == "GSM"
        coding = self._default if plain else self._wide
        octets = alphabets.encode(body, coding.alphabet)
        if octets is None:
            coding = self._wide
        elif segment.count == 1:
            return coding, (Piece(octets),)
        reference = self._references.of(segment.message_id, segment.origination, segment.destination)
        return coding, longtext.pieces(body, coding.alphabet, self._style, reference, tlvs=tlvs)

    def _validity(self, until: int, now: int) -> str:
        match self._carrier.validity:
            case "relative":
                seconds = -((now - until) // 1_000)
                if seconds != self._validity_of[0]:  # mostly the text before had the same
                    self._validity_of = (seconds, times.relative(1_000 * seconds))
                return self._validity_of[1]
            case "absolute":
                return times.absolute(until)
        return ""


def spread(pieces: int, segments: int) -> list[tuple[int, ...]]:
    """Which segments (1, 2, …) each piece speaks for, where a carrier cuts otherwise than we do."""
    if pieces == segments == 1:
        return _ALONE
    if pieces >= segments:
        return [(place * segments // pieces + 1,) for place in range(pieces)]
    spoken: list[list[int]] = [[] for _ in range(pieces)]
    for number in range(segments):
        spoken[number * pieces // segments].append(number + 1)
    return [tuple(numbers) for numbers in spoken]


class References:
    """Reference numbers of long texts, made of their message ids.

    Parts that are offered again, even after a restart, get the reference that the others have; and yet two
    texts to a handset that follow each other do not get the same one.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._of: OrderedDict[str, int] = OrderedDict()
        self._latest: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()

    def of(self, message_id: str, source: str, destination: str) -> int:
        """0 to 65535; a header of 8 bits takes the low ones, which differ, too."""
        if message_id in self._of:
            return self._of[message_id]
        latest = self._latest.setdefault((source, destination), deque(maxlen=LATEST))
        reference = zlib.crc32(message_id.encode()) & 0xFFFF
        while any((reference ^ other) & 0xFF == 0 for other in latest):
            reference = (reference + 1) & 0xFFFF
        latest.append(reference)
        self._of[message_id] = reference
        for kept in (self._of, self._latest):
            if len(kept) > self._most:
                kept.popitem(last=False)
        return reference
