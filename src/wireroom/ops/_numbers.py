"""The stock of numbers: which one a request gets (control-plane §2).

Numbers are unique in the installation. An account begins at its own place in the series and walks on from
where it stopped, so that neither many accounts nor a big one look at what is taken again and again. Account
000000000000 begins at the start. A number that was released comes round again last.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial

from wireroom.api.enums import NumberType, PreferenceType, ValidationExceptionReason
from wireroom.api.shapes import NumberPreferenceItem
from wireroom.core import inventory
from wireroom.errors import Validation
from wireroom.ops import _quota
from wireroom.ops._op import Call
from wireroom.store.tx import Read

Fits = Callable[[str], bool]

_LOOKED_UP_AT_ONCE = 50
_SPREAD = 2_654_435_761  # Knuth's multiplicative hash: neighbouring account ids begin far apart


def take(call: Call, country: str, kind: NumberType) -> str | None:
    """The next number that nobody has; None where all are taken."""
    alone_with(call, country, kind)
    counter = f"numbers/{country}/{kind}"
    begin = _quota.used(call, counter)
    for step in range(inventory.count(country, kind)):
        number = _nth(call, country, kind, begin + step)
        if not is_taken(call, number):
            _quota.add(call, counter, step + 1)
            return number
    return None


def preferred(country: str, kind: NumberType, fits: Fits | None) -> Sequence[str]:
    """The numbers of a kind that fit, whoever has them, in the order of the series."""
    stock = _stock(country, kind)
    return stock if fits is None else [number for number in stock if fits(number)]


def take_preferred(call: Call, country: str, kind: NumberType, fits: Fits) -> str | None:
    """The first number that fits and that nobody has; None where there is none."""
    alone_with(call, country, kind)
    numbers = preferred(country, kind, fits)
    for at in range(0, len(numbers), _LOOKED_UP_AT_ONCE):
        some = numbers[at : at + _LOOKED_UP_AT_ONCE]
        call.tx.foresee(partial(_looked_up, some))
        for number in some:
            if not is_taken(call, number):
                return number
    return None


def _looked_up(numbers: Sequence[str]) -> list[Read]:
    return [("number_is_taken", {"phone_number": each}) for each in numbers]


def alone_with(call: Call, country: str, kind: NumberType) -> None:
    """Nobody else of this installation takes a number of this series until the transaction ends."""
    call.tx.alone(f"numbers/{country}/{kind}")


@cache
def _stock(country: str, kind: NumberType) -> tuple[str, ...]:
    """All at once, because making 12,000 numbers takes 20 ms. Only US 10DLC numbers can be preferred."""
    return tuple(inventory.all_made_up(country, kind))


def _nth(call: Call, country: str, kind: NumberType, index: int) -> str:
    """The number at a place of the caller's own walk through the series, which goes round."""
    count = inventory.count(country, kind)
    number = inventory.made_up(country, kind, (int(call.caller.account_id) * _SPREAD + index) % count)
    assert number is not None, "an index below the count has a number"
    return number


def is_taken(call: Call, number: str) -> bool:
    """Whether anybody in this installation has the number."""
    return call.tx.one("number_is_taken", phone_number=number) is not None


def preference(items: Sequence[NumberPreferenceItem] | None, *, exact: bool) -> Fits | None:
    """What a NumberPreference asks of a number. Raises Validation (INVALID_PARAMETER).

    `exact`: ExactMatch is valid, with up to ten numbers; the other types take one value.
    """
    if not items:
        return None
    kind, values = items[0].preference_type[0], items[0].filter
    if kind is PreferenceType.EXACTMATCH and not exact:
        raise _invalid("ExactMatch is for RequestPhoneNumber only")
    if kind is not PreferenceType.EXACTMATCH and len(values) > 1:
        raise _invalid(f"{kind} takes one Filter value")
    return lambda number: any(_matches(kind, number, value) for value in values)


def _matches(kind: PreferenceType, number: str, value: str) -> bool:
    """A value with a plus is of E.164; one without may be of the national number, where area codes begin."""
    digits = number if value.startswith("+") else number[1:]
    match kind:
        case PreferenceType.STARTSWITH:
            return digits.startswith(value) or number[2:].startswith(value)
        case PreferenceType.ENDSWITH:
            return digits.endswith(value)
        case PreferenceType.CONTAINS:
            return value in digits
        case PreferenceType.EXACTMATCH:
            return value in (number, number[1:])


def _invalid(what: str) -> Validation:
    return Validation(
        ValidationExceptionReason.INVALID_PARAMETER,
        f"This NumberPreference cannot be used: {what}.",
        ("NumberPreference", what),
    )
