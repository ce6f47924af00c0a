"""Reads who could speak to a destination, and asks `core.routing` who does.

What an account's pools and numbers look like changes rarely and is read with every send, so the candidates
and their ranking are remembered under the place's revision: an operation that changes a resource writes
another revision in the same transaction, and what was remembered under the old one is never looked at again
(docs/adr/0006). Who delivered last and who is in trouble is read each time, where more than one could speak.
"""

from collections.abc import Iterable

from msgspec import Struct

from wireroom.api.enums import (
    MessageType,
    NumberCapability,
    NumberStatus,
    NumberType,
    ResourceType,
    ValidationExceptionReason,
)
from wireroom.config import Settings, milliseconds
from wireroom.core import routing
from wireroom.core.gates import Refused
from wireroom.core.ids import BadArn, Reference, parse_reference
from wireroom.core.numbers import Destination, IdentityKind
from wireroom.core.routing import Candidate, Chosen, Ranking, Wish
from wireroom.core.sender_ids import country_rule
from wireroom.sending.remembered import Remembered
from wireroom.store.rows import OptedOutNumber, PhoneNumber, Pool, SenderId, Sticky
from wireroom.store.tx import Read, Tx, Value

DEFAULT_LIST = "Default"
"""The opt-out list of identities that carry none of their own, such as sender IDs."""

KIND_OF_NUMBER = {
    NumberType.SHORT_CODE: IdentityKind.SHORT_CODE,
    NumberType.TEN_DLC: IdentityKind.TEN_DLC,
    NumberType.LONG_CODE: IdentityKind.LONG_CODE,
    NumberType.TOLL_FREE: IdentityKind.TOLL_FREE,
    NumberType.SIMULATOR: IdentityKind.SIMULATOR,
}


class Speakers(Struct, frozen=True):
    """Who may be chosen from. `direct`: the caller named just this one; `opt_out_lists` by identity id."""

    candidates: tuple[Candidate, ...]
    direct: bool
    pool: Pool | None
    opt_out_lists: dict[str, str]
    rankings: dict[tuple[Wish, str], Ranking]

    def opt_out_list(self, speaker: Candidate) -> str:
        """The list that counts: a pool's for all that it sends, else the identity's own."""
        if self.pool is not None:
            return self.pool.opt_out_list
        return self.opt_out_lists.get(speaker.identity_id, DEFAULT_LIST)

    def lists(self) -> list[str]:
        """Those that may count, a few of them if there are many."""
        if self.pool is not None:
            return [self.pool.opt_out_list]
        return sorted({DEFAULT_LIST, *self.opt_out_lists.values()})[:_FEW_LISTS]


_MOST_PLACES, _MOST_REFERENCES = 1_000, 500
_FEW_LISTS = 8


class _Place:
    """What is remembered of an account's corner of a Region, under its last revision that was seen."""

    __slots__ = ("by_reference", "revision")

    def __init__(self, revision: str) -> None:
        self.revision = revision
        self.by_reference: dict[str | None, Speakers] = {}


_places: Remembered[tuple[str, str], _Place] = Remembered(_MOST_PLACES)


def speakers(
    tx: Tx,
    account_id: str,
    region: str,
    revision: str | None,
    reference: str | None,
    now: int,
) -> Speakers | Refused:
    """The candidates behind an OriginationIdentity: a pool's, one identity, or (None) all of the account.

    `revision` is that of the account's place in this transaction; without one, everything is read.
    """
    if revision is None:
        return _read(tx, account_id, region, reference, now)[0]
    place = _place(account_id, region, revision)
    found = place.by_reference.get(reference)
    if found is not None:
        return found
    tx.foresee(lambda: _foresee_candidates(account_id, region, reference))
    read, lasting = _read(tx, account_id, region, reference, now)
    if lasting and isinstance(read, Speakers):
        if len(place.by_reference) >= _MOST_REFERENCES:
            place.by_reference.clear()
        place.by_reference[reference] = read
    return read


def _place(account_id: str, region: str, revision: str) -> _Place:
    key = (account_id, region)
    place = _places.get(key)
    if place is None or place.revision != revision:
        place = _places.put(key, _Place(revision))
    return place


def foresee(
    account_id: str, region: str, reference: str | None, destination: Destination | None, now: int
) -> Iterable[Read]:
    """What `choose` will read, as far as can be told before the place's revision is known; and who refuses
    texts of the destination's."""
    if destination is None:
        return
    scope: dict[str, Value] = {"account_id": account_id, "region": region}
    place = _places.get((account_id, region))
    found = None if place is None else place.by_reference.get(reference)
    if found is None or not found.direct:
        yield Sticky, (account_id, region, destination.number)
        yield "degraded_now", {**scope, "now": now}
    for name in (DEFAULT_LIST,) if found is None else found.lists():
        yield OptedOutNumber, (account_id, region, name, destination.number)


def _foresee_candidates(account_id: str, region: str, reference: str | None) -> Iterable[Read]:
    scope = {"account_id": account_id, "region": region}
    match None if reference is None else _parse(reference, account_id, region):
        case None:
            yield "numbers_of_account", scope
            yield "sender_ids_of_account", scope
        case Reference(kind=ResourceType.POOL, id=pool_id):
            yield Pool, (account_id, region, pool_id)
            yield "numbers_of_pool", {**scope, "pool_id": pool_id}
            yield "sender_ids_of_pool", {**scope, "pool_id": pool_id}
        case _:  # one read, or a refusal
            return


def _read(
    tx: Tx, account_id: str, region: str, reference: str | None, now: int
) -> tuple[Speakers | Refused, bool]:
    """(the candidates, whether they stay so until the next revision: a PENDING number does not)."""
    scope = {"account_id": account_id, "region": region}
    if reference is None:
        numbers = tx.all("numbers_of_account", **scope)
        senders = tx.all("sender_ids_of_account", **scope)
        return _speakers(numbers, senders, now, None), _all_active(numbers, now)
    named = _parse(reference, account_id, region)
    match named:
        case Refused():
            return named, False
        case Reference(kind=ResourceType.POOL):
            pool = tx.get(Pool, account_id, region, named.id)
            if pool is None:
                return unknown(ResourceType.POOL, reference), False
            numbers = tx.all("numbers_of_pool", **scope, pool_id=pool.pool_id)
            senders = tx.all("sender_ids_of_pool", **scope, pool_id=pool.pool_id)
            return _speakers(numbers, senders, now, pool), _all_active(numbers, now)
        case Reference(kind=ResourceType.PHONE_NUMBER):
            number: PhoneNumber | None = (
                tx.get(PhoneNumber, account_id, region, named.id)
                if named.id.startswith("phone-")
                else tx.one("phone_number_called", **scope, phone_number=_number(named.id))
            )
            if number is None:
                return unknown(ResourceType.PHONE_NUMBER, reference), False
            return _speakers([number], [], now, None, direct=True), _all_active([number], now)
        case Reference(kind=ResourceType.SENDER_ID):
            senders = tx.all("sender_ids_named", **scope, folded=named.id.lower())
            senders = [sender for sender in senders if named.country in (None, sender.country)]
            if not senders:
                return unknown(ResourceType.SENDER_ID, reference), False
            return _speakers([], senders, now, None, direct=True), True
    return unknown(named.kind or ResourceType.PHONE_NUMBER, reference), False


def _parse(reference: str, account_id: str, region: str) -> Reference | Refused:
    """What kind of identity a caller named, and the id, number or name by which we look it up."""
    parsed = parse_reference(reference, _KINDS)
    if isinstance(parsed, BadArn):
        return Refused(
            "ValidationException",
            ValidationExceptionReason.INVALID_ARN,
            f"OriginationIdentity cannot be meant: {parsed.why}.",
            fields=(("OriginationIdentity", parsed.why),),
        )
    if parsed.kind is None:
        return unknown(ResourceType.PHONE_NUMBER, reference)
    if parsed.account_id is not None and (parsed.account_id, parsed.region) != (account_id, region):
        return unknown(parsed.kind, reference)
    return parsed


_KINDS = (ResourceType.POOL, ResourceType.PHONE_NUMBER, ResourceType.SENDER_ID, ResourceType.RCS_AGENT)
_LONGEST_SHORT_CODE = 8


def _number(reference: str) -> str:
    """Short codes stand without a plus, everything longer is E.164 and may have lost it."""
    return f"+{reference}" if reference.isdecimal() and len(reference) > _LONGEST_SHORT_CODE else reference


def _all_active(numbers: list[PhoneNumber], now: int) -> bool:
    return all(number.active_at <= now for number in numbers)


def _speakers(
    numbers: list[PhoneNumber], senders: list[SenderId], now: int, pool: Pool | None, *, direct: bool = False
) -> Speakers:
    candidates = [
        Candidate(
            kind=KIND_OF_NUMBER[number.number_type],
            identity=number.phone_number,
            identity_id=number.phone_number_id,
            country=number.country,
            message_types=(number.message_type,),
            capabilities=number.capabilities,
            status=NumberStatus.ACTIVE if number.active_at <= now else NumberStatus.PENDING,
            international_sending=number.international_sending,
        )
        for number in numbers
    ] + [
        Candidate(
            kind=IdentityKind.SENDER_ID,
            identity=sender.sender_id,
            identity_id=f"{sender.folded}/{sender.country}",
            country=sender.country,
            message_types=sender.message_types,
            capabilities=(NumberCapability.SMS,),
            registered=sender.registered,
        )
        for sender in senders
    ]
    lists = {number.phone_number_id: number.opt_out_list for number in numbers}
    return Speakers(tuple(candidates), direct, pool, lists, {})


_MOST_RANKINGS = 250


def choose(
    tx: Tx,
    settings: Settings,
    found: Speakers,
    account_id: str,
    region: str,
    destination: Destination,
    wish: Wish,
    now: int,
) -> Chosen | Refused:
    """Who of those found speaks to a destination, of which `wish` says what matters."""
    # The rule is not in the data, whose revision stays when a server starts with other `[sender_ids]`.
    rule = country_rule(wish.country, settings.sender_ids)
    ranking = found.rankings.get((wish, rule))
    if ranking is None:
        if len(found.rankings) >= _MOST_RANKINGS:
            found.rankings.clear()
        ranking = routing.rank(_with_the_unowned(found, wish, rule), wish, rule)
        found.rankings[wish, rule] = ranking
    if found.direct or len(ranking.fits) < 2:
        return routing.pick(ranking, direct=found.direct)
    last = tx.get(Sticky, account_id, region, destination.number)
    sticky = None
    if last is not None and now - last.delivered_at < milliseconds(settings.retention.stickiness):
        sticky = last.identity
    degraded = dict(tx.all("degraded_now", account_id=account_id, region=region, now=now))
    return routing.pick(ranking, sticky=sticky, degraded=degraded)


def _with_the_unowned(found: Speakers, wish: Wish, rule: str) -> list[Candidate]:
    """The candidates, and what may speak though the account does not have it: a shared route where the pool
    allows it; for a text that may come from anywhere, the default sender ID where a country asks for no
    registration (SetDefaultSenderId takes any name)."""
    candidates = list(found.candidates)
    if found.pool is not None and found.pool.shared_routes:
        candidates.append(routing.shared_route(wish.country))
    name = wish.default_sender
    if name and found.pool is None and not found.direct and rule == "SUPPORTED":
        identity_id = f"{name.lower()}/{wish.country}"
        if all(candidate.identity_id != identity_id for candidate in candidates):
            types, sms = tuple(MessageType), (NumberCapability.SMS,)
            candidates.append(Candidate(IdentityKind.SENDER_ID, name, identity_id, wish.country, types, sms))
    return candidates


def unknown(kind: ResourceType, reference: str) -> Refused:
    """There is no such resource; it is named as the caller named it."""
    return Refused(
        "ResourceNotFoundException",
        None,
        f"There is no {kind} {reference!r} in this account and Region.",
        kind,
        reference,
    )
