"""What is around every operation and has no line inside it: its corner of the account, retries, tags.

One transaction: the same token? → the stored answer; else the operation, its tags, and the answer kept.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from wireroom.api.enums import ServiceQuotaExceededExceptionReason, ValidationExceptionReason
from wireroom.config import milliseconds
from wireroom.errors import QuotaExceeded, Validation
from wireroom.ops._op import Call, Written
from wireroom.ops._quota import OPT_OUT_LISTS, limit
from wireroom.sending.choose import DEFAULT_LIST
from wireroom.store.rows import OptOutList, Place, Tag, Token
from wireroom.store.tx import Read


def perform(written: Written, call: Call, request: Any) -> Struct:
    """Run an operation that writes, once for all retries of one call."""
    caller = call.caller
    if written.sends:
        call.tx.foresee(lambda: _foresee(written, call, request))
        place = settle_place(call)
        return written.function(msgspec.structs.replace(call, revision=place.revision), request)
    # One at a time in a place: what an operation has seen of the account's resources stays so until it ends.
    call.tx.alone(f"place/{caller.account_id}/{caller.region}")
    place = settle_place(call)
    # Whatever is remembered of the account's resources under the old revision is no longer looked at.
    call.tx.update(place, revision=call.new_id("revision"))
    if not written.model.idempotent or request.client_token is None:
        return _with_tags(written, call, request)
    digest = _digest(call.caller.account_id, call.caller.region, written.model.name, request.client_token)
    fingerprint = _fingerprint(request)
    stored = call.tx.get(Token, digest)
    if stored is not None and stored.expires_at <= call.machine_now:
        call.tx.delete(stored)
        stored = None
    if stored is not None:
        if stored.fingerprint != fingerprint:
            raise Validation(
                ValidationExceptionReason.INVALID_PARAMETER,
                "This ClientToken came with other parameters before. Take a new token for a new request.",
                ("ClientToken", "used before with other parameters"),
            )
        answer: Struct = msgspec.json.decode(stored.answer, type=written.model.output)
        return answer
    result = _with_tags(written, call, request)
    kept = msgspec.json.encode(result).decode()
    # Where two callers bring the same token at once, the unique key lets the second wait for the first's
    # commit; it is then undone as a Duplicate, run again, and finds the stored answer (docs/adr/0005).
    # AWS does not say how long; machine time, as a retry's.
    expires_at = call.machine_now + milliseconds(call.settings.retention.tokens)
    call.tx.insert(Token(digest, call.caller.account_id, fingerprint, kept, expires_at))
    return result


def _foresee(written: Written, call: Call, request: Any) -> Iterable[Read]:
    yield Place, (call.caller.account_id, call.caller.region)
    if written.foresee is not None:
        yield from written.foresee(call, request)


def _digest(*names: str) -> str:
    return hashlib.blake2b("\0".join(names).encode(), digest_size=16).hexdigest()


class NoPlace(Exception):
    """A read came before anything else in this account and Region: make its place, then read again."""


def look(written: Written, call: Call, request: Any) -> Struct:
    """Run an operation that only reads. Raises NoPlace where `settle_place` has not been yet."""
    if call.tx.get(Place, call.caller.account_id, call.caller.region) is None:
        raise NoPlace
    return written.function(call, request)


def settle_place(call: Call) -> Place:
    """The account's corner of this Region, made when it is first seen: the list `Default` is always there."""
    account_id, region = call.caller.account_id, call.caller.region
    place = call.tx.get(Place, account_id, region)
    if place is None:
        place = Place(account_id, region, call.now, call.new_id("revision"))
        call.tx.insert(place, OptOutList(account_id, region, DEFAULT_LIST, call.now))
        call.tx.one("count", account_id=account_id, region=region, name=OPT_OUT_LISTS, by=1)
    return place


def _fingerprint(request: Any) -> str:
    """Of all parameters but the token."""
    plain = msgspec.json.encode(msgspec.structs.replace(request, client_token=None))
    return hashlib.sha256(plain).hexdigest()


def _with_tags(written: Written, call: Call, request: Any) -> Struct:
    result = written.function(call, request)
    if written.tags is None or request.tags is None:
        return result
    put_tags(
        call, getattr(result, written.tags), {tag.key: tag.value for tag in request.tags}, len(request.tags)
    )
    return msgspec.structs.replace(result, tags=request.tags)


def put_tags(call: Call, resource_arn: str, tags: dict[str, str], given: int) -> None:
    """Merge tags into those of a resource. Raises Validation, QuotaExceeded."""
    if len(tags) < given:
        raise _bad_tags("a key stands there twice")
    if any(key.lower().startswith("aws:") for key in tags):
        raise _bad_tags("keys that begin with aws: belong to AWS")
    account_id, region = call.caller.account_id, call.caller.region
    there = {
        tag.key: tag
        for tag in call.tx.all("tags_of", account_id=account_id, region=region, resource_arn=resource_arn)
    }
    reason = ServiceQuotaExceededExceptionReason.TAGS_PER_RESOURCE
    if len(there.keys() | tags.keys()) > limit(call.settings, reason):
        raise QuotaExceeded(reason, "A resource cannot have so many tags. Remove some first.")
    for key, value in tags.items():
        if key in there:
            call.tx.update(there[key], value=value)
        else:
            call.tx.insert(Tag(account_id, region, resource_arn, key, value))


def _bad_tags(what: str) -> Validation:
    return Validation(
        ValidationExceptionReason.INVALID_PARAMETER, f"These tags cannot be set: {what}.", ("Tags", what)
    )
