"""The gates that a message passes before it is accepted: each says Refused or nothing (data-plane §1.5).

A gate takes plain values and decides; who fetches them, and in which order the gates stand, is
`sending.accept`'s matter. Knows no Python exception: `error` names the one that the service answers with.
"""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from wireroom.api.enums import (
    AccessDeniedExceptionReason,
    ConflictExceptionReason,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
    ValidationExceptionReason,
)
from wireroom.core.pricing import dollars
from wireroom.core.tables.countries import NAMES, NOT_SENDABLE
from wireroom.core.text import MAX_GSM_UNITS, MAX_PARTS, MAX_UCS2_UNITS, Text, too_long

ErrorName = Literal[
    "AccessDeniedException",
    "ConflictException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ThrottlingException",
    "ValidationException",
]


class Refused(Struct, frozen=True):
    """Why not. `said` says in our words what to do next; `fields` are (wire name, what is wrong)."""

    error: ErrorName
    reason: StrEnum | None
    said: str
    resource_type: ResourceType | None = None
    resource_id: str | None = None
    fields: tuple[tuple[str, str], ...] = ()


def account(status: str) -> Refused | None:
    """`status`: active, disabled or low_reputation, as `[simulate] account` says (data-plane §1.5, row 5)."""
    if status == "active":
        return None
    reason = (
        AccessDeniedExceptionReason.ACCOUNT_DISABLED
        if status == "disabled"
        else AccessDeniedExceptionReason.INSUFFICIENT_ACCOUNT_REPUTATION
    )
    return Refused("AccessDeniedException", reason, f"This account may not send: {status.replace('_', ' ')}.")


def disk(*, low: bool) -> Refused | None:
    """Nothing new is taken while there is little room to keep what was taken."""
    if not low:
        return None
    return Refused(
        "ThrottlingException",
        None,
        "The disk of this server is nearly full: /_wireroom/ready says how full, [disk] sets the limits. "
        "Send again when its operator has made room.",
    )


def backlog(waiting: int, most: int) -> Refused | None:
    """`waiting`: texts that wait for a carrier now."""
    if waiting < most:
        return None
    return Refused(
        "ThrottlingException",
        None,
        "Too many texts wait for their carrier. Send again when the backlog is smaller.",
    )


def pace(*, slow_enough: bool) -> Refused | None:
    """Message parts a second of the identity, and texts a second of the recipient (data-plane §7.2)."""
    if slow_enough:
        return None
    return Refused(
        "ThrottlingException",
        None,
        "Too many message parts a second for this origination identity or recipient. Send again later.",
    )


def destination_country(country: str) -> Refused | None:
    """AWS sends nothing to a few countries, whatever the identity."""
    if country not in NOT_SENDABLE:
        return None
    name = NAMES.get(country, country)
    return Refused(
        "ValidationException",
        ValidationExceptionReason.DESTINATION_COUNTRY_BLOCKED,
        f"Nothing can be sent to {name}: the service does not serve that country.",
        fields=(("DestinationPhoneNumber", f"lies in {name}"),),
    )


def body_length(text: Text) -> Refused | None:
    """Ten parts are the most: 1,530 GSM septets or 630 other characters, though the field takes 1,600."""
    if not too_long(text):
        return None
    unit = "GSM characters" if text.encoding == "GSM" else "UCS-2 characters"
    return Refused(
        "ValidationException",
        ValidationExceptionReason.MAXIMUM_SIZE_EXCEEDED,
        f"The text has {text.units} {unit} and would need {len(text.parts)} parts. At most {MAX_PARTS} parts "
        f"are sent: {MAX_GSM_UNITS} GSM characters, or {MAX_UCS2_UNITS} when one character is not GSM. "
        "Shorten it, or send it as several messages.",
        fields=(("MessageBody", f"has {text.units} {unit}"),),
    )


def sandbox(destination: str, *, verified: bool, simulated: bool) -> Refused | None:
    """In the sandbox only verified numbers and simulator destinations can be written to (data-plane §7.3)."""
    if verified or simulated:
        return None
    return Refused(
        "ConflictException",
        ConflictExceptionReason.DESTINATION_PHONE_NUMBER_NOT_VERIFIED,
        "The account is in the sandbox and this destination is not verified. Verify it, use a simulator "
        "destination, or move the account to PRODUCTION.",
        ResourceType.VERIFIED_DESTINATION_NUMBER,
        destination,
    )


def opt_out(destination: str, opt_out_list: str, *, listed: bool) -> Refused | None:
    """`listed`: does the opt-out list of the chosen identity hold the destination? (data-plane §4.4)"""
    if not listed:
        return None
    return Refused(
        "ConflictException",
        ConflictExceptionReason.DESTINATION_PHONE_NUMBER_OPTED_OUT,
        f"The destination is on opt-out list {opt_out_list}. If its owner agrees, take it off with "
        "DeleteOptedOutNumber.",
        ResourceType.PHONE_NUMBER,
        destination,
    )


def max_price(total_micros: int, max_micros: int | None) -> Refused | None:
    """MaxPrice is for the whole message, carrier fee included; None is no maximum."""
    if max_micros is None or total_micros <= max_micros:
        return None
    return Refused(
        "ValidationException",
        ValidationExceptionReason.PRICE_OVER_THRESHOLD,
        f"The message would cost {_usd(total_micros)} USD, more than MaxPrice allows "
        f"({_usd(max_micros)} USD). Raise MaxPrice or shorten the text.",
        fields=(("MaxPrice", f"is below {_usd(total_micros)}"),),
    )


def spend(spent_micros: int, cost_micros: int, limit_micros: int) -> Refused | None:
    """The month's limit for texts; exact, where AWS lags by minutes (data-plane §7.4)."""
    if spent_micros + cost_micros <= limit_micros:
        return None
    return Refused(
        "ServiceQuotaExceededException",
        ServiceQuotaExceededExceptionReason.MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT,
        f"{_usd(spent_micros)} of {dollars(limit_micros):.2f} USD are spent this month and this message "
        f"costs {_usd(cost_micros)} USD. Raise the limit with SetTextMessageSpendLimitOverride.",
    )


def _usd(micros: int) -> str:
    """With five decimals, as MaxPrice has them, and the sixth that an operator's price may have."""
    return f"{dollars(micros):.6f}".removesuffix("0")
