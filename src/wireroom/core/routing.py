"""Which identity may speak to a destination, and which goes first (data-plane §1.2).

The order: the sticky identity, RCS agent, short code, 10DLC, long code, toll-free number, toll-free number of
another country, sender ID, shared route; where no message type is asked for, transactional identities before
promotional ones. Candidates come from the caller; nothing here knows a pool, an account or a table.
"""

from collections.abc import Sequence

from msgspec import Struct

from wireroom.api.enums import (
    ConflictExceptionReason,
    MessageType,
    NumberCapability,
    NumberStatus,
    ResourceType,
    ValidationExceptionReason,
)
from wireroom.core.gates import ErrorName, Refused
from wireroom.core.numbers import Destination, IdentityKind, simulated
from wireroom.core.tables.countries import LONG_CODE_INBOUND_ONLY, REACHABLE_INTERNATIONALLY, SENDER_ID

# AWS's documentation has 10DLC numbers serve these too; users have seen Puerto Rico refused (2026).
TEN_DLC_TERRITORIES = frozenset({"PR", "VI", "GU", "AS"})
# `why` goes into every message's row: a pool of a hundred must not make it a page.
_TOLD = 10


class Candidate(Struct, frozen=True):
    """An identity that might speak. `identity` is what the handset sees; `country` is its own, for a sender
    ID, RCS agent or shared route the one that it serves."""

    kind: IdentityKind
    identity: str
    identity_id: str
    country: str
    message_types: tuple[MessageType, ...]
    capabilities: tuple[NumberCapability, ...]
    status: str = NumberStatus.ACTIVE
    international_sending: bool = False


class Chosen(Struct, frozen=True):
    """Who speaks, with which message type (the one asked for, else the identity's), and why in words."""

    candidate: Candidate
    message_type: MessageType
    why: str


class Unfit(Struct, frozen=True):
    """Why a candidate cannot speak, and what a caller who asked for just that one is answered."""

    error: ErrorName
    reason: ConflictExceptionReason | ValidationExceptionReason
    words: str


_NOT_ACTIVE = Unfit("ConflictException", ConflictExceptionReason.RESOURCE_NOT_ACTIVE, "not ACTIVE")
_NO_CHANNEL = Unfit(
    "ConflictException", ConflictExceptionReason.NUMBER_CAPABILITIES_MISMATCH, "cannot send this channel"
)
_OTHER_TYPE = Unfit("ConflictException", ConflictExceptionReason.MESSAGE_TYPE_MISMATCH, "other message type")
_OTHER_COUNTRY = Unfit(
    "ValidationException",
    ValidationExceptionReason.INVALID_IDENTITY_FOR_DESTINATION_COUNTRY,
    "not for the destination's country",
)
_INBOUND_ONLY = Unfit(
    "ValidationException",
    ValidationExceptionReason.INVALID_IDENTITY_FOR_DESTINATION_COUNTRY,
    "long codes of this country only receive",
)
_SIMULATOR_ONLY = Unfit(
    "ValidationException",
    ValidationExceptionReason.INVALID_IDENTITY_FOR_DESTINATION_COUNTRY,
    "a simulator number reaches only simulator destinations of its country",
)
_NOT_INTERNATIONAL = Unfit(
    "ValidationException",
    ValidationExceptionReason.INTERNATIONAL_SENDING_NOT_SUPPORTED,
    "international sending is off",
)
_NO_SENDER_IDS = Unfit(
    "ValidationException",
    ValidationExceptionReason.SENDER_ID_NOT_SUPPORTED,
    "the destination's country has no sender IDs",
)

_STICKY, _TOLL_FREE_ABROAD, _PROMOTIONAL = -1, 6, 100
_PLACES = {
    IdentityKind.RCS_AGENT: 0,
    IdentityKind.SHORT_CODE: 1,
    IdentityKind.TEN_DLC: 2,
    IdentityKind.SIMULATOR: 3,
    IdentityKind.LONG_CODE: 4,
    IdentityKind.TOLL_FREE: 5,
    IdentityKind.SENDER_ID: 7,
    IdentityKind.SHARED_ROUTE: 8,
}
_NAMES = {
    IdentityKind.RCS_AGENT: "RCS agent",
    IdentityKind.SHORT_CODE: "short code",
    IdentityKind.TEN_DLC: "10DLC number",
    IdentityKind.SIMULATOR: "simulator number",
    IdentityKind.LONG_CODE: "long code",
    IdentityKind.TOLL_FREE: "toll-free number",
    IdentityKind.SENDER_ID: "sender ID",
    IdentityKind.SHARED_ROUTE: "shared route",
}
_RESOURCE_TYPES = {
    IdentityKind.SENDER_ID: ResourceType.SENDER_ID,
    IdentityKind.RCS_AGENT: ResourceType.RCS_AGENT,
}


def choose(
    candidates: Sequence[Candidate],
    destination: Destination,
    message_type: MessageType | None,
    *,
    direct: bool = False,
    sticky: str | None = None,
) -> Chosen | Refused:
    """The candidate that speaks to `destination`, the same whatever order they come in.

    `direct`: the request named the one candidate, whose own trouble is then the refusal; otherwise it is
    NO_ORIGINATION_IDENTITIES_FOUND. `sticky`: the identity_id that delivered there last.
    """
    best, best_place = None, 0
    verdicts: list[int | Unfit] = []
    for candidate in candidates:
        verdict = _judge(candidate, destination, message_type)
        verdicts.append(verdict)
        if isinstance(verdict, Unfit):
            continue
        place = _STICKY if candidate.identity_id == sticky else verdict
        if best is None or (place, candidate.identity_id) < (best_place, best.identity_id):
            best, best_place = candidate, place
    if best is None:
        if direct and candidates and isinstance(verdicts[0], Unfit):
            return _refuse_one(candidates[0], destination, verdicts[0])
        return _refuse_all(candidates, destination, verdicts)
    if message_type is None:
        types = best.message_types
        message_type = MessageType.TRANSACTIONAL if MessageType.TRANSACTIONAL in types else types[0]
    if direct:
        ground = "named in the request"
    elif best_place == _STICKY:
        ground = "it delivered there last"
    else:
        ground = "first in the order"
    why = f"{best.identity}: chosen, {_NAMES[best.kind]} of {best.country}, {ground}"
    if len(candidates) > 1:
        others = ((c, v) for c, v in zip(candidates, verdicts, strict=True) if c is not best)
        why = f"{why}; passed over: {_told(list(others))}"
    return Chosen(best, message_type, why)


def _judge(candidate: Candidate, destination: Destination, message_type: MessageType | None) -> int | Unfit:
    """The candidate's place in the order (the lower the sooner), or why it cannot speak."""
    if candidate.status != NumberStatus.ACTIVE:
        return _NOT_ACTIVE
    channel = NumberCapability.RCS if candidate.kind == IdentityKind.RCS_AGENT else NumberCapability.SMS
    if channel not in candidate.capabilities:
        return _NO_CHANNEL
    place = _place(candidate, destination)
    if isinstance(place, Unfit):
        return place
    if message_type is None:
        return place if MessageType.TRANSACTIONAL in candidate.message_types else place + _PROMOTIONAL
    return place if message_type in candidate.message_types else _OTHER_TYPE


def _place(candidate: Candidate, destination: Destination) -> int | Unfit:
    """Can this kind of identity reach that country at all, and how early in the order does it stand?"""
    kind, at_home = candidate.kind, candidate.country == destination.country
    if kind == IdentityKind.SIMULATOR and not (at_home and simulated(destination.number)):
        return _SIMULATOR_ONLY
    if kind == IdentityKind.LONG_CODE and candidate.country in LONG_CODE_INBOUND_ONLY:
        return _INBOUND_ONLY
    if kind == IdentityKind.SENDER_ID and SENDER_ID.get(destination.country) == "NOT_SUPPORTED":
        return _NO_SENDER_IDS
    if at_home:
        return _PLACES[kind]
    if kind == IdentityKind.TEN_DLC and destination.country in TEN_DLC_TERRITORIES:
        return _PLACES[kind]
    if kind == IdentityKind.TOLL_FREE:
        if not candidate.international_sending:
            return _NOT_INTERNATIONAL
        if destination.country in REACHABLE_INTERNATIONALLY:
            return _TOLL_FREE_ABROAD
    return _OTHER_COUNTRY


def _told(judged: Sequence[tuple[Candidate, int | Unfit]]) -> str:
    """Each candidate and what became of it, the first ten of them."""
    told = [
        f"{candidate.identity}: {verdict.words} ({candidate.country})"
        if isinstance(verdict, Unfit)
        else f"{candidate.identity}: {_NAMES[candidate.kind]}, later in the order"
        for candidate, verdict in judged[:_TOLD]
    ]
    if len(judged) > _TOLD:
        told.append(f"{len(judged) - _TOLD} more")
    return ", ".join(told)


def _refuse_one(candidate: Candidate, destination: Destination, unfit: Unfit) -> Refused:
    said = f"{candidate.identity} cannot send this message to {destination.country}: {unfit.words}."
    if unfit.error == "ValidationException":
        return Refused(unfit.error, unfit.reason, said, fields=(("OriginationIdentity", unfit.words),))
    resource_type = _RESOURCE_TYPES.get(candidate.kind, ResourceType.PHONE_NUMBER)
    return Refused(unfit.error, unfit.reason, said, resource_type, candidate.identity_id)


def _refuse_all(
    candidates: Sequence[Candidate], destination: Destination, verdicts: Sequence[int | Unfit]
) -> Refused:
    judged = list(zip(candidates, verdicts, strict=True))
    tried = f" Passed over: {_told(judged)}." if judged else ""
    return Refused(
        "ConflictException",
        ConflictExceptionReason.NO_ORIGINATION_IDENTITIES_FOUND,
        f"No origination identity can send this message to {destination.country}.{tried} "
        "Add an identity that can, or name one in OriginationIdentity.",
    )
