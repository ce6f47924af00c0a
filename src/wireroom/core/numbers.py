"""Phone numbers: E.164, the country of a number, the kinds of origination identity (data-plane §1.3, §8).

Possible is enough here: a number that nobody has been given is accepted, as AWS accepts it, and fails later.
Everything comes from generated tables; knows nothing of accounts, identities in use or carriers.
"""

from enum import StrEnum

from msgspec import Struct

from wireroom.core.tables.numbering import PLANS
from wireroom.core.tables.simulator import DESTINATIONS


class IdentityKind(StrEnum):
    """What a recipient may see as the sender. Number types have the name of AWS's NumberType."""

    SHORT_CODE = "SHORT_CODE"
    TEN_DLC = "TEN_DLC"
    LONG_CODE = "LONG_CODE"
    TOLL_FREE = "TOLL_FREE"
    SIMULATOR = "SIMULATOR"
    SENDER_ID = "SENDER_ID"
    RCS_AGENT = "RCS_AGENT"
    SHARED_ROUTE = "SHARED_ROUTE"


class Destination(Struct, frozen=True, gc=False):
    """A number that can be written to: E.164 with its plus, and the country (ISO 3166-1 alpha-2)."""

    number: str
    country: str


class Outcome(StrEnum):
    """What becomes of everything sent to a simulator destination."""

    SUCCESS = "success"
    FAILURE = "failure"


_SIMULATED = {number: Outcome(outcome) for number, (_, outcome) in DESTINATIONS.items()}


def parse(text: str) -> Destination | None:
    """The destination that `text` means, the plus added where it is missing; None is AWS's CANNOT_PARSE.

    None: not all digits, no such calling code, a calling code that is no country's (+800, +883 …), or a
    length that the country does not have. An area code of +1 that nobody has been given counts as the US.
    """
    digits = text[1:] if text[:1] == "+" else text
    if not (digits.isascii() and digits.isdigit()):
        return None
    plan = PLANS.get(digits[:1]) or PLANS.get(digits[:2]) or PLANS.get(digits[:3])
    if plan is None:
        return None
    country, code_length, lengths, areas, depths = plan
    if not lengths >> (len(digits) - code_length) & 1:
        return None
    for depth in depths:
        country = areas.get(digits[code_length : code_length + depth], country)
        if country is not plan[0]:
            break
    return Destination("+" + digits, country)


def simulated(number: str) -> Outcome | None:
    """The fate of a message to this number (E.164) if it is one of AWS's simulator destinations."""
    return _SIMULATED.get(number)
