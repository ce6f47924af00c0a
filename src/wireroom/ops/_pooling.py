"""What makes an identity fit a pool, and what joining and leaving write (control-plane §1).

An identity is compared with the pool's present settings, never with the identities already in it. What is
set on a pool is written to its numbers as well, so a number that leaves keeps what the pool had set. With
keywords, which are many, that would be numbers × keywords rows: a number in a pool has none of its own, shows
the pool's, and takes a copy along when it leaves or the pool is deleted.
"""

from msgspec import Struct

from wireroom.api.enums import (
    ConflictExceptionReason,
    KeywordAction,
    NumberCapability,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
)
from wireroom.api.shapes import UpdatePhoneNumberRequest, UpdatePoolRequest
from wireroom.core import ids, keywords
from wireroom.errors import Conflict
from wireroom.ops import _find, _quota, _two_way
from wireroom.ops._op import Call
from wireroom.store.rows import Keyword, PhoneNumber, Pool, PoolIdentity, SenderId

SMS_ONLY = (NumberCapability.SMS,)


class Named(Struct, frozen=True):
    """An identity in a pool as answers name it."""

    arn: str
    identity: str
    country: str


def name(call: Call, identity: PhoneNumber | SenderId) -> Named:
    """How the answers of the pool operations name an identity."""
    region, account_id = call.caller.region, call.caller.account_id
    match identity:
        case PhoneNumber():
            phone_number_id = identity.phone_number_id
            arn = ids.arn(region, account_id, ResourceType.PHONE_NUMBER, phone_number_id)
            return Named(arn, phone_number_id, identity.country)
        case SenderId():
            rest = f"{identity.sender_id}/{identity.country}"
            arn = ids.arn(region, account_id, ResourceType.SENDER_ID, rest)
            return Named(arn, identity.sender_id, identity.country)


def kind_of(identity: PhoneNumber | SenderId) -> ResourceType:
    match identity:
        case PhoneNumber():
            return ResourceType.PHONE_NUMBER
        case SenderId():
            return ResourceType.SENDER_ID


def membership(pool: Pool, identity: PhoneNumber | SenderId, joined_at: int) -> PoolIdentity:
    """The row that says that an identity is in a pool."""
    key = identity.phone_number_id if isinstance(identity, PhoneNumber) else identity.folded
    return PoolIdentity(
        pool.account_id, pool.region, pool.pool_id, kind_of(identity), key, identity.country, joined_at
    )


def is_in(call: Call, pool: Pool, identity: PhoneNumber | SenderId) -> bool:
    row = membership(pool, identity, 0)
    key = (row.account_id, row.region, row.pool_id, row.kind, row.identity, row.country)
    return call.tx.get(PoolIdentity, *key) is not None


def refuse_mismatch(
    call: Call, pool: Pool, identity: PhoneNumber | SenderId, kind: ResourceType, reference: str
) -> None:
    """Raises Conflict for the first thing in which an identity differs from the pool that it should join.

    The order is that of control-plane §1. `kind` and `reference` are what the caller named.
    """
    reason = _mismatch(call, pool, identity)
    if reason is not None:
        raise Conflict(
            reason,
            f"The {kind_of(identity)} and the pool differ: {_DIFFERENT[reason]}.",
            kind,
            reference,
        )


_DIFFERENT = {
    ConflictExceptionReason.MESSAGE_TYPE_MISMATCH: "they have different message types",
    ConflictExceptionReason.OPT_OUT_LIST_MISMATCH: "they use different opt-out lists",
    ConflictExceptionReason.SELF_MANAGED_OPT_OUTS_MISMATCH: "only one of them has self-managed opt-outs",
    ConflictExceptionReason.TWO_WAY_CONFIG_MISMATCH: "their two-way settings are not the same",
    ConflictExceptionReason.KEYWORD_MISMATCH: "their keywords, messages and actions are not the same",
    ConflictExceptionReason.NUMBER_CAPABILITIES_MISMATCH: "nothing in the pool can do what the number can",
}


def _mismatch(call: Call, pool: Pool, identity: PhoneNumber | SenderId) -> ConflictExceptionReason | None:
    reasons = ConflictExceptionReason
    match identity:
        case SenderId():
            if pool.message_type not in identity.message_types:
                return reasons.MESSAGE_TYPE_MISMATCH
        case PhoneNumber():
            if pool.message_type != identity.message_type:
                return reasons.MESSAGE_TYPE_MISMATCH
            if pool.opt_out_list != identity.opt_out_list:
                return reasons.OPT_OUT_LIST_MISMATCH
            if pool.self_managed_opt_outs != identity.self_managed_opt_outs:
                return reasons.SELF_MANAGED_OPT_OUTS_MISMATCH
            if _two_way.of(pool) != _two_way.of(identity):
                return reasons.TWO_WAY_CONFIG_MISMATCH
            if _keywords_of(call, pool) != _keywords_of(call, identity):
                return reasons.KEYWORD_MISMATCH
            if not _can_join_in(call, pool, identity):
                return reasons.NUMBER_CAPABILITIES_MISMATCH
    return None


def _can_join_in(call: Call, pool: Pool, number: PhoneNumber) -> bool:
    """Whether a number can do something that the pool can.

    AWS does not publish its rule, and its pages find use in pools whose numbers can do different things: so
    only a number that has nothing in common with the pool is kept out.
    """
    scope = {"account_id": pool.account_id, "region": pool.region, "pool_id": pool.pool_id}
    if NumberCapability.SMS in number.capabilities and call.tx.all("sender_ids_of_pool", **scope):
        return True
    numbers = call.tx.all("numbers_of_pool", **scope)
    return any(not set(number.capabilities).isdisjoint(other.capabilities) for other in numbers)


def settings_after(
    call: Call, holder: Pool | PhoneNumber, req: UpdatePoolRequest | UpdatePhoneNumberRequest
) -> dict[str, str | bool | None]:
    """The columns that a pool drives, as they are after a request. Raises Validation, NotFound."""
    two_way = _two_way.changed(_two_way.of(holder), req)
    if req.two_way_enabled:
        _two_way.refuse_mute(_countries_of(call, holder))
    self_managed, opt_out_list = req.self_managed_opt_outs_enabled, req.opt_out_list_name
    return {
        "two_way_enabled": two_way.enabled,
        "two_way_channel_arn": two_way.channel_arn,
        "two_way_channel_role": two_way.channel_role,
        "self_managed_opt_outs": holder.self_managed_opt_outs if self_managed is None else self_managed,
        "opt_out_list": _find.opt_out_list(call, opt_out_list).name if opt_out_list else holder.opt_out_list,
    }


def _countries_of(call: Call, holder: Pool | PhoneNumber) -> frozenset[str]:
    """Of the numbers that a setting is for. A pool's sender IDs do not count: nobody can answer to them."""
    match holder:
        case PhoneNumber():
            return frozenset((holder.country,))
        case Pool():
            scope = {"account_id": holder.account_id, "region": holder.region, "pool_id": holder.pool_id}
            return frozenset(number.country for number in call.tx.all("numbers_of_pool", **scope))


def refuse_pooled(number: PhoneNumber, reference: str) -> None:
    """Raises Conflict where a pool owns the number's settings."""
    if number.pool_id is not None:
        raise Conflict(
            ConflictExceptionReason.PHONE_NUMBER_ASSOCIATED_TO_POOL,
            f"The number is in the pool {number.pool_id}: change the pool, or disassociate the number first.",
            ResourceType.PHONE_NUMBER,
            reference,
        )


def refuse_pending(call: Call, number: PhoneNumber, reference: str) -> None:
    """Raises Conflict where the number is not ACTIVE yet."""
    if call.now < number.active_at:
        raise Conflict(
            ConflictExceptionReason.RESOURCE_NOT_ACTIVE,
            "The number is still PENDING: wait until DescribePhoneNumbers shows it ACTIVE.",
            ResourceType.PHONE_NUMBER,
            reference,
        )


def join(call: Call, pool: Pool, identity: PhoneNumber | SenderId) -> None:
    """Put an identity that fits into a pool. Raises QuotaExceeded."""
    counter = _quota.identities_of(pool.pool_id)
    _quota.use(call, counter, ServiceQuotaExceededExceptionReason.ORIGINATION_IDENTITIES_PER_POOL)
    call.tx.insert(membership(pool, identity, call.now))
    if isinstance(identity, PhoneNumber):
        call.tx.update(identity, pool_id=pool.pool_id)
        _delete_keywords(call, identity.phone_number_id)


def leave(call: Call, pool: Pool, identity: PhoneNumber | SenderId) -> None:
    """Take an identity out of its pool."""
    _quota.free(call, _quota.identities_of(pool.pool_id))
    call.tx.delete(membership(pool, identity, 0))
    if isinstance(identity, PhoneNumber):
        call.tx.update(identity, pool_id=None)
        copy_keywords(call, pool.pool_id, identity.phone_number_id)


def keyword_owner(holder: Pool | PhoneNumber) -> str:
    """Whose id the keywords of a number or pool are kept under: the pool's, for a number in one."""
    match holder:
        case Pool():
            return holder.pool_id
        case PhoneNumber():
            return holder.pool_id or holder.phone_number_id


def _keywords_of(call: Call, holder: Pool | PhoneNumber) -> dict[str, tuple[str, KeywordAction]]:
    """keyword → (message, action)."""
    rows = call.tx.all("keywords_of", **_place(call), owner_id=keyword_owner(holder))
    return {row.keyword: (row.message, row.action) for row in rows}


def give_keywords(call: Call, owner_id: str) -> None:
    """The HELP and STOP that all have."""
    for word in keywords.DEFAULT_KEYWORDS:
        row = Keyword(
            **_place(call), owner_id=owner_id, keyword=word.keyword, message=word.message, action=word.action
        )
        call.tx.insert(row)


def copy_keywords(call: Call, copied_from: str, owner_id: str) -> None:
    """Give something that has no keywords those of another."""
    call.tx.write("copy_keywords", **_place(call), copied_from=copied_from, owner_id=owner_id)


def _delete_keywords(call: Call, owner_id: str) -> None:
    call.tx.write("delete_keywords", **_place(call), owner_id=owner_id)


def forget(call: Call, arn: str, owner_id: str) -> None:
    """Remove the tags and keywords of a pool or number that goes away."""
    call.tx.write("delete_tags", **_place(call), resource_arn=arn)
    _delete_keywords(call, owner_id)


def _place(call: Call) -> dict[str, str]:
    return {"account_id": call.caller.account_id, "region": call.caller.region}
