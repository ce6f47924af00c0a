"""Sender IDs: how one may be spelled, and which countries let one be used (control-plane §3).

Knows no resource: whether an account has a sender ID is asked in the store.
"""

from collections.abc import Mapping

from wireroom.core.tables.countries import SENDER_ID

SUPPORTED = "SUPPORTED"
REGISTRATION_REQUIRED = "REGISTRATION_REQUIRED"
NOT_SUPPORTED = "NOT_SUPPORTED"

_WITHOUT_HYPHEN = frozenset({"FR"})  # since 2026-03-01


def misspelled(sender_id: str, country: str) -> str | None:
    """What is wrong with a text of 1 to 11 letters, digits, hyphens and underscores; None if nothing is.

    One character is enough: AWS's API and guide say 1 to 11, the guide recommends three, only Terraform
    demands them. AWS's words leave out the underscore, but its pattern takes it, and so do we.
    """
    if not any(character.isalpha() for character in sender_id):
        return "needs at least one letter"
    if sender_id.startswith("-") or sender_id.endswith("-"):
        return "cannot begin or end with a hyphen"
    if "-" in sender_id and country in _WITHOUT_HYPHEN:
        return f"cannot have a hyphen in {country}"
    return None


def country_rule(country: str, corrections: Mapping[str, str]) -> str:
    """SUPPORTED, REGISTRATION_REQUIRED or NOT_SUPPORTED, which is also what a country nobody knows is.

    `corrections` go before AWS's table: country → rule, as in `[sender_ids]`.
    """
    return corrections.get(country) or SENDER_ID.get(country, NOT_SUPPORTED)
