"""Which identity may speak to a destination, and which goes first (data-plane §1.2).

Two steps. `rank` judges every candidate against a country and a message type: who fits, in which order, and
what is wrong with the others; it is the same for all texts to that country, so whoever calls it keeps it.
`pick` then takes the first that fits, unless another one delivered to this very destination last (it is
sticky) or the first one is in trouble (it is degraded).

The order: sticky identity, RCS agent, short code, 10DLC, long code, toll-free number, toll-free number of
another country, the configuration set's default sender ID, other sender IDs, shared routes; where no message
type is asked for, transactional identities before promotional ones; degraded ones after all others. Nothing
here knows a pool, an account or a table.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

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
from wireroom.core.numbers import IdentityKind
from wireroom.core.standing import standing_key
from wireroom.core.tables.countries import LONG_CODE_INBOUND_ONLY, REACHABLE_INTERNATIONALLY

# AWS's documentation has 10DLC numbers serve these too; users have seen Puerto Rico refused (2026).
TEN_DLC_TERRITORIES = frozenset({"PR", "VI", "GU", "AS"})
NOTICE = "NOTICE"
"""The sender ID that a shared route shows."""
_TOLD = 10
"""Candidates that the message of an error names; the read-back names all."""


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
    registered: bool = True
    """A sender ID without registration speaks only where none is required."""


class Unfit(Struct, frozen=True):
    """Why a candidate cannot speak, and what a caller who asked for just that one is answered."""

    error: ErrorName
    reason: ConflictExceptionReason | ValidationExceptionReason
    words: str


class Fit(NamedTuple):
    """A candidate that can speak; the lower its place, the sooner it does."""

    place: int
    candidate: Candidate
    standing: str
    """Under which receipts are counted for it."""


class Story(NamedTuple):
    """Why this identity speaks: each candidate, and what was found of it. The id is a digest of the words."""

    id: str
    words: str


class Wish(Struct, frozen=True):
    """What a text is, as far as it matters to who may speak. Those with the same wish are ranked alike."""

    country: str
    simulated: bool
    """The destination is one of AWS's simulator numbers."""
    message_type: MessageType | None
    default_sender: str | None = None
    """The configuration set's default sender ID: it goes before the others."""


class Ranking(Struct, frozen=True):
    """What became of each candidate: those that fit, first first, and those that do not."""

    wish: Wish
    fits: tuple[Fit, ...]
    unfit: tuple[tuple[Candidate, Unfit], ...]
    by_identity: dict[str, Fit]
    stories: dict[tuple[object, ...], Story]
    """Told once for all texts that are chosen for alike."""


class Chosen(Struct, frozen=True):
    """Who speaks, with which message type (the one asked for, else the identity's), and why."""

    candidate: Candidate
    message_type: MessageType
    story: Story


_NOT_ACTIVE = Unfit("ConflictException", ConflictExceptionReason.RESOURCE_NOT_ACTIVE, "not ACTIVE")
_NO_CHANNEL = Unfit(
    "ConflictException", ConflictExceptionReason.NUMBER_CAPABILITIES_MISMATCH, "cannot send this channel"
)
_OTHER_TYPE = Unfit("ConflictException", ConflictExceptionReason.MESSAGE_TYPE_MISMATCH, "other message type")


def _invalid(reason: ValidationExceptionReason, words: str) -> Unfit:
    return Unfit("ValidationException", reason, words)


_OTHER_COUNTRY = _invalid(
    ValidationExceptionReason.INVALID_IDENTITY_FOR_DESTINATION_COUNTRY, "not for the destination's country"
)
_INBOUND_ONLY = _invalid(
    ValidationExceptionReason.INVALID_IDENTITY_FOR_DESTINATION_COUNTRY,
    "long codes of this country only receive",
)
_SIMULATOR_ONLY = _invalid(
    ValidationExceptionReason.INVALID_IDENTITY_FOR_DESTINATION_COUNTRY,
    "a simulator number reaches only simulator destinations of its country",
)
_NOT_INTERNATIONAL = _invalid(
    ValidationExceptionReason.INTERNATIONAL_SENDING_NOT_SUPPORTED, "international sending is off"
)
_NO_SENDER_IDS = _invalid(
    ValidationExceptionReason.SENDER_ID_NOT_SUPPORTED, "the destination's country has no sender IDs"
)
_NO_REGISTRATION = _invalid(
    ValidationExceptionReason.SENDER_ID_NOT_REGISTERED,
    "the destination's country requires its registration, which it does not have",
)
_NEEDS_REGISTRATION = _invalid(
    ValidationExceptionReason.SENDER_ID_REQUIRES_REGISTRATION,
    "the destination's country requires a sender ID that is registered there",
)
_NO_SHARED_ROUTE = _invalid(
    ValidationExceptionReason.INVALID_IDENTITY_FOR_DESTINATION_COUNTRY, "no shared route into this country"
)

_TOLL_FREE_ABROAD, _DEFAULT_SENDER, _PROMOTIONAL = 6, 7, 100
_PLACES = {
    IdentityKind.RCS_AGENT: 0,
    IdentityKind.SHORT_CODE: 1,
    IdentityKind.TEN_DLC: 2,
    IdentityKind.SIMULATOR: 3,
    IdentityKind.LONG_CODE: 4,
    IdentityKind.TOLL_FREE: 5,
    IdentityKind.SENDER_ID: 8,
    IdentityKind.SHARED_ROUTE: 9,
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


def shared_route(country: str) -> Candidate:
    """The way into a country that many customers share (data-plane §1.2): both message types, no name of
    one's own. Where a country has no sender IDs there is none (the US among them; of others AWS says only
    "some")."""
    return Candidate(
        IdentityKind.SHARED_ROUTE,
        NOTICE,
        f"shared-route/{country}",
        country,
        tuple(MessageType),
        (NumberCapability.SMS,),
    )


def rank(candidates: Sequence[Candidate], wish: Wish, rule: str) -> Ranking:
    """Judge each candidate; the same whatever order they come in.

    `rule`: what the country says of sender IDs: SUPPORTED, REGISTRATION_REQUIRED or NOT_SUPPORTED.
    """
    fits: list[Fit] = []
    unfit: list[tuple[Candidate, Unfit]] = []
    for candidate in candidates:
        verdict = _judge(candidate, wish, rule)
        if isinstance(verdict, Unfit):
            unfit.append((candidate, verdict))
        else:
            key = standing_key(candidate.kind, candidate.identity, candidate.country)
            fits.append(Fit(verdict, candidate, key))
    fits.sort(key=lambda fit: (fit.place, fit.candidate.identity_id))
    by_identity = {fit.candidate.identity: fit for fit in reversed(fits)}
    return Ranking(wish, tuple(fits), tuple(unfit), by_identity, {})


def pick(
    ranking: Ranking,
    *,
    direct: bool = False,
    sticky: str | None = None,
    degraded: Mapping[str, str] | None = None,
) -> Chosen | Refused:
    """Who speaks.

    `direct`: the request named the one candidate, whose own trouble is then the refusal; otherwise it is
    NO_ORIGINATION_IDENTITIES_FOUND. `sticky`: the identity that delivered there last. `degraded`: standing
    key to what its receipts say, for the identities in trouble.
    """
    if not ranking.fits:
        return _refuse_one(ranking) if direct and ranking.unfit else _refuse_all(ranking)
    best, ground = ranking.fits[0], "first in the order"
    if direct:
        ground = "named in the request"
    elif degraded:
        best, ground = _first(ranking.fits, sticky, degraded)
    elif sticky is not None and sticky in ranking.by_identity:
        best, ground = ranking.by_identity[sticky], _DELIVERED_LAST
    message_type = ranking.wish.message_type
    if message_type is None:
        types = best.candidate.message_types
        message_type = MessageType.TRANSACTIONAL if MessageType.TRANSACTIONAL in types else types[0]
    told = tuple(degraded.items()) if degraded else ()
    key = (best.candidate.identity_id, ground, told)
    story = ranking.stories.get(key)
    if story is None:
        if len(ranking.stories) >= _MOST_STORIES:
            ranking.stories.clear()
        story = ranking.stories[key] = tell(_story(ranking, best, ground, dict(told)))
    return Chosen(best.candidate, message_type, story)


_MOST_STORIES = 1000
_DELIVERED_LAST = "it delivered there last"


def _first(fits: Sequence[Fit], sticky: str | None, degraded: Mapping[str, str]) -> tuple[Fit, str]:
    """Trouble counts more than stickiness: an identity that does not get through is not worth keeping to."""
    best = min(
        fits,
        key=lambda fit: (
            fit.standing in degraded,
            fit.candidate.identity != sticky,
            fit.place,
            fit.candidate.identity_id,
        ),
    )
    if best.candidate.identity == sticky:
        return best, _DELIVERED_LAST
    if best is not fits[0] and fits[0].standing in degraded:
        return best, "those before it are degraded"
    return best, "first in the order"


def tell(words: str) -> Story:
    """A story with its id."""
    return Story(hashlib.blake2b(words.encode(), digest_size=8).hexdigest(), words)


def _judge(candidate: Candidate, wish: Wish, rule: str) -> int | Unfit:
    """The candidate's place in the order (the lower the sooner), or why it cannot speak."""
    if candidate.status != NumberStatus.ACTIVE:
        return _NOT_ACTIVE
    channel = NumberCapability.RCS if candidate.kind == IdentityKind.RCS_AGENT else NumberCapability.SMS
    if channel not in candidate.capabilities:
        return _NO_CHANNEL
    place = _place(candidate, wish, rule)
    if isinstance(place, Unfit):
        return place
    if wish.message_type is None:
        return place if MessageType.TRANSACTIONAL in candidate.message_types else place + _PROMOTIONAL
    return place if wish.message_type in candidate.message_types else _OTHER_TYPE


def _place(candidate: Candidate, wish: Wish, rule: str) -> int | Unfit:
    """Can this kind of identity reach that country at all, and how early in the order does it stand?"""
    kind, at_home = candidate.kind, candidate.country == wish.country
    match kind:
        case IdentityKind.SENDER_ID:
            return _place_sender_id(candidate, wish, rule)
        case IdentityKind.SHARED_ROUTE:
            return _NO_SHARED_ROUTE if rule == "NOT_SUPPORTED" or not at_home else _PLACES[kind]
        case IdentityKind.SIMULATOR:
            return _PLACES[kind] if at_home and wish.simulated else _SIMULATOR_ONLY
        case IdentityKind.LONG_CODE if candidate.country in LONG_CODE_INBOUND_ONLY:
            return _INBOUND_ONLY
        case IdentityKind.TEN_DLC if wish.country in TEN_DLC_TERRITORIES:
            return _PLACES[kind]
        case IdentityKind.TOLL_FREE if not at_home:
            if not candidate.international_sending:
                return _NOT_INTERNATIONAL
            return _TOLL_FREE_ABROAD if wish.country in REACHABLE_INTERNATIONALLY else _OTHER_COUNTRY
    return _PLACES[kind] if at_home else _OTHER_COUNTRY


def _place_sender_id(candidate: Candidate, wish: Wish, rule: str) -> int | Unfit:
    if rule == "NOT_SUPPORTED":
        return _NO_SENDER_IDS
    if candidate.country != wish.country:
        return _NEEDS_REGISTRATION if rule == "REGISTRATION_REQUIRED" else _OTHER_COUNTRY
    if rule == "REGISTRATION_REQUIRED" and not candidate.registered:
        return _NO_REGISTRATION
    default = wish.default_sender is not None and wish.default_sender.lower() == candidate.identity.lower()
    return _DEFAULT_SENDER if default else _PLACES[candidate.kind]


def _story(ranking: Ranking, best: Fit, ground: str, degraded: Mapping[str, str]) -> str:
    chosen = best.candidate
    told = [f"{chosen.identity}: chosen, {_NAMES[chosen.kind]} of {chosen.country}, {ground}"]
    if best.standing in degraded:  # then all that fit are
        told[0] += f", degraded like the others, {degraded[best.standing]}"
    passed_over = "earlier in the order, but another delivered there last"
    for fit in ranking.fits:
        if fit is best:
            passed_over = "later in the order"
            continue
        said = degraded.get(fit.standing)
        words = passed_over if said is None else f"degraded, {said}"
        told.append(f"{fit.candidate.identity}: {_NAMES[fit.candidate.kind]}, {words}")
    told += (_passed_over(candidate, unfit) for candidate, unfit in ranking.unfit)
    return "; ".join(told)


def _passed_over(candidate: Candidate, unfit: Unfit) -> str:
    return f"{candidate.identity}: {unfit.words} ({candidate.country})"


def _refuse_one(ranking: Ranking) -> Refused:
    """Of a sender ID's countries the destination's speaks for the name."""
    country = ranking.wish.country
    at_home = (told for told in ranking.unfit if told[0].country == country)
    candidate, unfit = next(at_home, ranking.unfit[0])
    said = f"{candidate.identity} cannot send this message to {country}: {unfit.words}."
    if unfit.error == "ValidationException":
        return Refused(unfit.error, unfit.reason, said, fields=(("OriginationIdentity", unfit.words),))
    resource_type = _RESOURCE_TYPES.get(candidate.kind, ResourceType.PHONE_NUMBER)
    return Refused(unfit.error, unfit.reason, said, resource_type, candidate.identity_id)


def _refuse_all(ranking: Ranking) -> Refused:
    told = [_passed_over(candidate, unfit) for candidate, unfit in ranking.unfit[:_TOLD]]
    if len(ranking.unfit) > _TOLD:
        told.append(f"{len(ranking.unfit) - _TOLD} more")
    tried = f" Passed over: {', '.join(told)}." if told else ""
    return Refused(
        "ConflictException",
        ConflictExceptionReason.NO_ORIGINATION_IDENTITIES_FOUND,
        f"No origination identity can send this message to {ranking.wish.country}.{tried} "
        "Add an identity that can, or name one in OriginationIdentity.",
    )
