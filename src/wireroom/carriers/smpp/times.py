"""SMPP's times (§7.1.1): `YYMMDDhhmmsstnnp`, absolute or relative; and the dates in receipts.

Milliseconds, absolute ones in UTC. Knows no clock.
"""

from datetime import UTC, datetime, timedelta

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def relative(milliseconds: int) -> str:
    """As a time from now on, rounded up to a second, in days and below (months differ): 000003000000000R."""
    seconds = max(1, -(-milliseconds // _SECOND))
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    if days > 99:
        raise ValueError("more than 99 days cannot be written")
    return f"0000{days:02}{hours:02}{minutes:02}{seconds:02}000R"


def absolute(at: int) -> str:
    """As a date in UTC, to a tenth of a second: 261123093100500+."""
    when = _EPOCH + timedelta(milliseconds=at)
    return f"{when:%y%m%d%H%M%S}{when.microsecond // 100_000}00+"


def read(text: str, now: int) -> int | None:
    """When a schedule_delivery_time or validity_period is meant; None: it is empty, or no time."""
    if len(text) != 16 or not (text[:15].isascii() and text[:15].isdigit()):
        return None
    pairs = [int(text[place : place + 2]) for place in range(0, 12, 2)]
    sign = {"+": 1, "-": -1, "R": 0}.get(text[15])
    if sign is None:
        return None
    if sign == 0:
        years, months, days, hours, minutes, seconds = pairs
        days += 365 * years + 30 * months
        return now + days * _DAY + hours * _HOUR + minutes * _MINUTE + seconds * _SECOND
    local = _moment(2000 + pairs[0], *pairs[1:])
    if local is None:
        return None
    quarters = sign * int(text[13:15])
    return local + 100 * int(text[12]) - quarters * 15 * _MINUTE


def of_receipt(text: str, offset: int = 0) -> int | None:
    """A date as receipts have it: 10, 12 or 14 digits, with or without punctuation; None: none of them.

    Receipts name no time zone: `offset` is the carrier's, in minutes east of UTC. Of 12 digits the last two
    are seconds, unless only a year of four digits makes sense of them.
    """
    digits = "".join(character for character in text if character in "0123456789")
    match len(digits):
        case 10 | 12:
            found = _moment(2000 + int(digits[:2]), *_pairs(digits[2:]))
            if found is None and len(digits) == 12:
                found = _moment(int(digits[:4]), *_pairs(digits[4:]))
        case 14:
            found = _moment(int(digits[:4]), *_pairs(digits[4:]))
        case _:
            found = None
    return None if found is None else found - offset * _MINUTE


def _pairs(digits: str) -> list[int]:
    return [int(digits[place : place + 2]) for place in range(0, len(digits), 2)]


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int = 0) -> int | None:
    try:
        when = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int((when - _EPOCH) / timedelta(milliseconds=1))
