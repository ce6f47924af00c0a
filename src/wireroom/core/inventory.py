"""The numbers that can be requested: which kinds, where, and the numbers themselves (control-plane §2).

Numbers are made up, always the same ones in the same order, from ranges kept for fiction where a country has
one (data/fiction.json). Knows nothing of who has which number: callers walk on until they find a free one.
"""

from collections.abc import Collection, Iterator

from msgspec import Struct

from wireroom.api.enums import MessageType, NumberCapability, NumberType
from wireroom.core.numbers import IdentityKind
from wireroom.core.tables.countries import LONG_CODE, MMS, NAMES, VOICE
from wireroom.core.tables.inventory import BLOCKS
from wireroom.core.tables.quotas import PARTS_PER_SECOND

# US dollars a month, in the form of MonthlyLeasingPrice. 1.00 is documented, the others are ours.
MONTHLY_PRICES = {
    NumberType.LONG_CODE: "1.00",
    NumberType.TEN_DLC: "1.00",
    NumberType.TOLL_FREE: "2.00",
    NumberType.SIMULATOR: "1.00",
    NumberType.SHORT_CODE: "995.00",
}
_US_ONLY = {
    NumberType.TEN_DLC: "10DLC numbers",
    NumberType.TOLL_FREE: "Toll-free numbers",
    NumberType.SIMULATOR: "Simulator numbers",
}


class Available(Struct, frozen=True):
    """It can be had. `monthly_price`: US dollars, two decimals."""

    monthly_price: str


class NotToBeHad(Struct, frozen=True):
    """There is no such number: the caller raises ResourceNotFoundException."""

    why: str


class VoiceNotAvailable(Struct, frozen=True):
    """There are such numbers, none of which can speak: the caller raises VOICE_CAPABILITY_NOT_AVAILABLE."""

    why: str


def can_request(
    iso: str, number_type: NumberType, capabilities: Collection[NumberCapability], message_type: MessageType
) -> Available | NotToBeHad | VoiceNotAvailable:
    """May a number like this be requested through the API?

    A long code that a country has for inbound texts only can be had too; it is `routing` that does not
    send from it.
    """
    country = NAMES.get(iso, iso)
    if number_type == NumberType.SHORT_CODE:
        return NotToBeHad("Short codes are not given out by API: AWS leases them through a support case.")
    if number_type in _US_ONLY and iso != "US":
        return NotToBeHad(f"{_US_ONLY[number_type]} exist in the US only, not in {country}.")
    if number_type == NumberType.SIMULATOR and message_type != MessageType.TRANSACTIONAL:
        return NotToBeHad("Simulator numbers are TRANSACTIONAL only.")
    if NumberCapability.RCS in capabilities:
        return NotToBeHad("No number speaks RCS: create an RCS agent.")
    if NumberCapability.MMS in capabilities and not _has_mms(iso, number_type):
        return NotToBeHad(f"No {number_type} number of {country} can send MMS: US and CA numbers can.")
    if number_type == NumberType.LONG_CODE:
        if NumberCapability.SMS in capabilities and iso not in LONG_CODE:
            return NotToBeHad(f"Long codes for texts are not to be had in {country}.")
        if NumberCapability.VOICE in capabilities and iso not in VOICE:
            return VoiceNotAvailable(f"No number of {country} with VOICE can be requested through the API.")
    return Available(MONTHLY_PRICES[number_type])


def _has_mms(iso: str, number_type: NumberType) -> bool:
    """AWS's table knows short codes, long codes and toll-free numbers; 10DLC are the US's long codes."""
    return (iso, "TOLL_FREE" if number_type == NumberType.TOLL_FREE else "LONG_CODE") in MMS


def count(iso: str, number_type: NumberType) -> int:
    """How many different numbers `made_up` knows."""
    block = BLOCKS.get((iso, number_type))
    return len(block[0]) * block[2] if block else 0


def made_up(iso: str, number_type: NumberType, index: int) -> str | None:
    """The number at `index`, E.164; None past the last one, or where there are none.

    Neighbours have different prefixes, so that a handful of US numbers comes from a handful of cities.
    """
    block = BLOCKS.get((iso, number_type))
    if block is None:
        return None
    prefixes, first, amount, width = block
    line, place = divmod(index, len(prefixes))
    return f"{prefixes[place]}{first + line:0{width}}" if 0 <= line < amount else None


def all_made_up(iso: str, number_type: NumberType) -> Iterator[str]:
    """Every number of that kind, in the order of `made_up`."""
    for index in range(count(iso, number_type)):
        number = made_up(iso, number_type, index)
        if number is not None:
            yield number


def parts_per_second(
    iso: str, number_type: NumberType, capabilities: Collection[NumberCapability]
) -> dict[str, int]:
    """RateLimits of a number: message parts per second for each of its capabilities that has a limit.

    A US long code and a simulator number have no row in AWS's table; they count as 10DLC (our choice).
    """
    match number_type:
        case NumberType.SHORT_CODE:
            rates = PARTS_PER_SECOND["short_code_US_CA"]
        case NumberType.TOLL_FREE:
            rates = PARTS_PER_SECOND["toll_free"]
        case NumberType.LONG_CODE if iso == "CA":
            rates = PARTS_PER_SECOND["long_code_CA"]
        case NumberType.LONG_CODE if iso != "US":
            rates = PARTS_PER_SECOND["long_code_other"]
        case _:
            rates = PARTS_PER_SECOND["ten_dlc"]
    return {capability: rates[capability] for capability in capabilities if capability in rates}


def sms_parts_per_second(kind: IdentityKind, iso: str) -> int:
    """How many parts of texts an identity of country `iso` sends in a second (data-plane §7.2)."""
    match kind:
        case IdentityKind.SENDER_ID:
            return PARTS_PER_SECOND["sender_id"]["SMS"]
        case IdentityKind.SHARED_ROUTE:
            return PARTS_PER_SECOND["shared_routes"]["SMS"]
        case IdentityKind.RCS_AGENT:
            raise ValueError("an RCS agent sends no texts")
        case _:
            return parts_per_second(iso, NumberType(kind), (NumberCapability.SMS,))["SMS"]
