"""Type of number and numbering plan (duty 29): how a carrier wants a sender, what its own mean."""

from msgspec import Struct

INTERNATIONAL, ALPHANUMERIC = 1, 5
LONGEST_NAME = 11


class Typed(Struct, frozen=True, gc=False):
    """An address as a PDU has it."""

    ton: int
    npi: int
    text: str


class Dialect(Struct, frozen=True, gc=False):
    """(ton, npi) of each kind of address; short codes differ by carrier."""

    number: tuple[int, int] = (INTERNATIONAL, 1)
    short_code: tuple[int, int] = (3, 0)
    name: tuple[int, int] = (ALPHANUMERIC, 0)
    plus: bool = False
    """Does the carrier want the plus of a number?"""


def write(identity: str, dialect: Dialect) -> Typed:
    """A number (E.164 with its plus), a short code or a sender ID as the carrier wants it.

    ValueError: a sender ID that no handset can show.
    """
    digits = identity.removeprefix("+")
    if identity.startswith("+"):
        return Typed(*dialect.number, identity if dialect.plus else digits)
    if digits.isascii() and digits.isdigit():
        return Typed(*dialect.short_code, digits)
    if not 1 <= len(identity) <= LONGEST_NAME:
        raise ValueError(f"a sender ID has 1 to {LONGEST_NAME} characters")
    return Typed(*dialect.name, identity)


def read(typed: Typed) -> str:
    """What a carrier's address means: international numbers get their plus, whatever else is as it is."""
    digits = typed.text.removeprefix("00") if typed.ton == INTERNATIONAL else typed.text
    if typed.ton == INTERNATIONAL and digits.isascii() and digits.isdigit():
        return f"+{digits}"
    return typed.text
