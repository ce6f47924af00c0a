"""Message ids as carriers write them (duty 15): hexadecimal here and decimal there, zeros, NULs, cases.

The id of a submit_sm_resp and that of its receipt are compared in a canonical form; both are kept raw, too.
"""

import string
from enum import StrEnum

from msgspec import Struct

_HEX = frozenset(string.hexdigits)
_LONGEST_NUMBER = 40
"""Digits beyond which an id is no number to anybody."""


class Form(StrEnum):
    """How a carrier writes a number."""

    PLAIN = "plain"  # as it is: no number, or the same in both places
    HEXADECIMAL = "hex"
    DECIMAL = "decimal"


class Rule(Struct, frozen=True, gc=False):
    """How a carrier writes ids in answers and in receipts."""

    answer: Form = Form.PLAIN
    receipt: Form = Form.PLAIN


def plain(raw: str) -> str:
    """Without NULs, spaces and leading zeros, in lower case: what carriers vary without meaning anything."""
    found = raw.partition("\0")[0].strip().lower()
    return found.lstrip("0") or ("0" if found else "")


def canonical(raw: str, form: Form) -> str:
    """The id in a form that an answer and its receipt share; decimal where it is a number."""
    found = plain(raw)
    if len(found) > _LONGEST_NUMBER or not found.isascii():
        return found
    match form:
        case Form.HEXADECIMAL if _HEX.issuperset(found) and found:
            return str(int(found, 16))
        case Form.DECIMAL if found.isdigit():
            return str(int(found))
    return found


def candidates(raw: str) -> tuple[tuple[Rule, str], ...]:
    """What the id of a receipt may be in an answer, where the carrier's rule is unknown; likeliest first.

    Each comes with the rule that it would prove: answers are kept `plain`, and a match that only one rule
    explains tells it for good.
    """
    found = plain(raw)
    guesses = [(Rule(), found)]
    if 0 < len(found) <= _LONGEST_NUMBER and found.isascii():
        if found.isdigit():
            guesses.append((Rule(Form.HEXADECIMAL, Form.DECIMAL), f"{int(found):x}"))
        if _HEX.issuperset(found):
            guesses.append((Rule(Form.DECIMAL, Form.HEXADECIMAL), str(int(found, 16))))
    return tuple(
        guess for place, guess in enumerate(guesses) if guess[1] not in [g[1] for g in guesses[:place]]
    )
