"""Reads who could speak to a destination, and asks `core.routing` who does.

What an account's pools and numbers look like changes rarely and is read with every send, so the candidates
are remembered under the place's revision: an operation that changes a resource writes another revision in
the same transaction, and what was remembered under the old one is never looked at again.
"""

from collections import OrderedDict

from msgspec import Struct

from wireroom.api.enums import (
    NumberCapability,
    NumberStatus,
    NumberType,
    ResourceType,
    ValidationExceptionReason,
)
from wireroom.core.gates import Refused
from wireroom.core.ids import BadArn, Reference, parse_reference
from wireroom.core.numbers import Destination, IdentityKind
from wireroom.core.routing import Candidate
from wireroom.store.rows import PhoneNumber, Pool, SenderId
from wireroom.store.tx import Tx

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
    pool_id: str | None
    opt_out_lists: dict[str, str]


_MOST_REMEMBERED = 10_000
_remembered: OrderedDict[tuple[str, str | None], Speakers] = OrderedDict()


def speakers(
    tx: Tx,
    account_id: str,
    region: str,
    revision: str | None,
    reference: str | None,
    destination: Destination | None,
    now: int,
) -> Speakers | Refused:
    """The candidates behind an OriginationIdentity: a pool's, one identity, or (None) all of the account.

    `revision` is that of the account's place in this transaction; without one, everything is read.
    """
    if revision is None:
        return _read(tx, account_id, region, reference, destination, now)[0]
    key = (revision, reference)
    found = _remembered.get(key)
    if found is not None:
        _remembered.move_to_end(key)
        return found
    read, lasting = _read(tx, account_id, region, reference, destination, now)
    if lasting and isinstance(read, Speakers):
        _remembered[key] = read
        if len(_remembered) > _MOST_REMEMBERED:
            _remembered.popitem(last=False)
    return read


def _read(
    tx: Tx, account_id: str, region: str, reference: str | None, destination: Destination | None, now: int
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
            if not senders:
                return unknown(ResourceType.SENDER_ID, reference), False
            wanted = named.country or (destination.country if destination else None)
            here = [sender for sender in senders if sender.country == wanted]
            # Which of a name's countries speaks depends on the destination, so this is not remembered.
            return _speakers([], here or senders[:1], now, None, direct=True), False
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
        )
        for sender in senders
    ]
    if pool is not None:
        lists = {candidate.identity_id: pool.opt_out_list for candidate in candidates}
    else:
        lists = {number.phone_number_id: number.opt_out_list for number in numbers}
    return Speakers(tuple(candidates), direct, pool.pool_id if pool else None, lists)


def unknown(kind: ResourceType, reference: str) -> Refused:
    """There is no such resource; it is named as the caller named it."""
    return Refused(
        "ResourceNotFoundException",
        None,
        f"There is no {kind} {reference!r} in this account and Region.",
        kind,
        reference,
    )
