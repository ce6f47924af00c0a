"""Pools and the origination identities in them (control-plane §1).

A pool drives its numbers: what is set on it is set on them, and they cannot be changed by themselves.
"""

from msgspec.structs import replace

from wireroom.api.enums import (
    ConflictExceptionReason,
    MessageType,
    NumberCapability,
    PoolFilterName,
    PoolOriginationIdentitiesFilterName,
    PoolStatus,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
)
from wireroom.api.shapes import (
    AssociateOriginationIdentityRequest,
    AssociateOriginationIdentityResult,
    CreatePoolRequest,
    CreatePoolResult,
    DeletePoolRequest,
    DeletePoolResult,
    DescribePoolsRequest,
    DescribePoolsResult,
    DisassociateOriginationIdentityRequest,
    DisassociateOriginationIdentityResult,
    ListPoolOriginationIdentitiesRequest,
    ListPoolOriginationIdentitiesResult,
    OriginationIdentityMetadata,
    PoolInformation,
    UpdatePoolRequest,
    UpdatePoolResult,
)
from wireroom.core import ids
from wireroom.errors import Conflict, NotFound
from wireroom.ops import _find, _pooling, _quota
from wireroom.ops._answer import answer, seconds
from wireroom.ops._describe import Filter, choice, describe, flag, text
from wireroom.ops._op import Call, operation
from wireroom.sending.choose import DEFAULT_LIST
from wireroom.store.rows import PhoneNumber, Pool, PoolIdentity, SenderId


@operation(tags="pool_arn")
def create_pool(call: Call, req: CreatePoolRequest) -> CreatePoolResult:
    """A pool of one identity, whose settings it takes over. IsoCountryCode finds the identity, no more."""
    identity = _find.origination_identity(call, req.origination_identity, req.iso_country_code)
    _refuse_other_type(req.message_type, identity, req.origination_identity)
    if isinstance(identity, PhoneNumber):
        _pooling.refuse_pooled(identity, req.origination_identity)
        _pooling.refuse_pending(call, identity, req.origination_identity)
    _quota.use(call, _quota.POOLS, ServiceQuotaExceededExceptionReason.POOLS_PER_ACCOUNT)
    pool = _made_of(identity, call, req)
    call.tx.insert(pool)
    if isinstance(identity, PhoneNumber):
        _pooling.copy_keywords(call, identity.phone_number_id, pool.pool_id)
    else:
        _pooling.give_keywords(call, pool.pool_id)
    _pooling.join(call, pool, identity)
    return answer(CreatePoolResult, _information(call, pool))


@operation
def associate_origination_identity(
    call: Call, req: AssociateOriginationIdentityRequest
) -> AssociateOriginationIdentityResult:
    """Put a number or sender ID that fits into a pool; nothing of either is changed to make it fit."""
    pool = _find.pool(call, req.pool_id)
    identity = _find.origination_identity(call, req.origination_identity, req.iso_country_code)
    if _pooling.is_in(call, pool, identity):
        raise Conflict(
            ConflictExceptionReason.RESOURCE_ALREADY_ASSOCIATED,
            f"The {_pooling.kind_of(identity)} is in this pool already.",
            _pooling.kind_of(identity),
            req.origination_identity,
        )
    _pooling.refuse_mismatch(call, pool, identity, _pooling.kind_of(identity), req.origination_identity)
    if isinstance(identity, PhoneNumber):
        _pooling.refuse_pooled(identity, req.origination_identity)
        _pooling.refuse_pending(call, identity, req.origination_identity)
    _pooling.join(call, pool, identity)
    named = _pooling.name(call, identity)
    return AssociateOriginationIdentityResult(
        pool_arn=_arn(call, pool),
        pool_id=pool.pool_id,
        origination_identity_arn=named.arn,
        origination_identity=named.identity,
        iso_country_code=named.country,
    )


@operation
def disassociate_origination_identity(
    call: Call, req: DisassociateOriginationIdentityRequest
) -> DisassociateOriginationIdentityResult:
    """Take an identity out of a pool, which must keep one. A number keeps what the pool had set."""
    pool = _find.pool(call, req.pool_id)
    identity = _find.origination_identity(call, req.origination_identity, req.iso_country_code)
    if not _pooling.is_in(call, pool, identity):
        raise _not_in(identity, req.origination_identity)
    if _quota.used(call, _quota.identities_of(pool.pool_id)) == 1:
        raise Conflict(
            ConflictExceptionReason.LAST_PHONE_NUMBER,
            "A pool keeps at least one origination identity: associate another first, or delete the pool.",
            _pooling.kind_of(identity),
            req.origination_identity,
        )
    _pooling.leave(call, pool, identity)
    named = _pooling.name(call, identity)
    return DisassociateOriginationIdentityResult(
        pool_arn=_arn(call, pool),
        pool_id=pool.pool_id,
        origination_identity_arn=named.arn,
        origination_identity=named.identity,
        iso_country_code=named.country,
    )


@operation
def update_pool(call: Call, req: UpdatePoolRequest) -> UpdatePoolResult:
    """Change what is given of a pool's settings, for it and all of its numbers."""
    pool = _find.pool(call, req.pool_id)
    driven = _pooling.settings_after(call, pool, req)
    shared_routes, protection = req.shared_routes_enabled, req.deletion_protection_enabled
    pool = call.tx.update(
        pool,
        **driven,
        shared_routes=pool.shared_routes if shared_routes is None else shared_routes,
        deletion_protection=pool.deletion_protection if protection is None else protection,
    )
    place = {"account_id": pool.account_id, "region": pool.region}
    call.tx.write("drive_numbers", **place, pool_id=pool.pool_id, **driven)
    return answer(UpdatePoolResult, _information(call, pool))


@operation
def delete_pool(call: Call, req: DeletePoolRequest) -> DeletePoolResult:
    """Delete a pool with identities in it; they stay, free again."""
    pool = _find.pool(call, req.pool_id)
    _find.refuse_protected(pool.deletion_protection, ResourceType.POOL, req.pool_id)
    place = {"account_id": pool.account_id, "region": pool.region}
    call.tx.write("free_numbers", **place, pool_id=pool.pool_id)
    call.tx.write("copy_keywords_to_numbers", **place, pool_id=pool.pool_id)
    call.tx.write("delete_pool_identities", **place, pool_id=pool.pool_id)
    _quota.forget(call, _quota.identities_of(pool.pool_id))
    _quota.free(call, _quota.POOLS)
    _pooling.forget(call, _arn(call, pool), pool.pool_id)
    call.tx.delete(pool)
    return replace(answer(DeletePoolResult, _information(call, pool)), status=PoolStatus.DELETING)


POOL_FILTERS: dict[PoolFilterName, Filter[PoolInformation]] = {
    PoolFilterName.STATUS: choice(PoolStatus, lambda pool: pool.status),
    PoolFilterName.MESSAGE_TYPE: choice(MessageType, lambda pool: pool.message_type),
    PoolFilterName.TWO_WAY_ENABLED: flag(lambda pool: pool.two_way_enabled),
    PoolFilterName.SELF_MANAGED_OPT_OUTS_ENABLED: flag(lambda pool: pool.self_managed_opt_outs_enabled),
    PoolFilterName.OPT_OUT_LIST_NAME: text(lambda pool: pool.opt_out_list_name),
    PoolFilterName.SHARED_ROUTES_ENABLED: flag(lambda pool: pool.shared_routes_enabled),
    PoolFilterName.DELETION_PROTECTION_ENABLED: flag(lambda pool: pool.deletion_protection_enabled),
    PoolFilterName.TWO_WAY_CHANNEL_ARN: text(lambda pool: pool.two_way_channel_arn),
}


@operation
def describe_pools(call: Call, req: DescribePoolsRequest) -> DescribePoolsResult:
    page = describe(
        call,
        req,
        Pool,
        _information,
        named=req.pool_ids,
        find=lambda call, reference: _find.pool(call, reference, "PoolIds"),
        conditions=req.filters,
        filters=POOL_FILTERS,
        owner=req.owner,
    )
    return DescribePoolsResult(pools=page.items, next_token=page.next_token)


IDENTITY_FILTERS: dict[PoolOriginationIdentitiesFilterName, Filter[OriginationIdentityMetadata]] = {
    PoolOriginationIdentitiesFilterName.ISO_COUNTRY_CODE: text(lambda identity: identity.iso_country_code),
    PoolOriginationIdentitiesFilterName.NUMBER_CAPABILITY: choice(
        NumberCapability, lambda identity: identity.number_capabilities
    ),
}


@operation
def list_pool_origination_identities(
    call: Call, req: ListPoolOriginationIdentitiesRequest
) -> ListPoolOriginationIdentitiesResult:
    pool = _find.pool(call, req.pool_id)
    page = describe(
        call,
        req,
        PoolIdentity,
        _metadata,
        scope={"pool_id": pool.pool_id},
        conditions=req.filters,
        filters=IDENTITY_FILTERS,
    )
    return ListPoolOriginationIdentitiesResult(
        pool_arn=_arn(call, pool),
        pool_id=pool.pool_id,
        origination_identities=page.items,
        next_token=page.next_token,
    )


def _arn(call: Call, pool: Pool) -> str:
    return ids.arn(call.caller.region, call.caller.account_id, ResourceType.POOL, pool.pool_id)


def _information(call: Call, pool: Pool) -> PoolInformation:
    return PoolInformation(
        pool_arn=_arn(call, pool),
        pool_id=pool.pool_id,
        status=PoolStatus.ACTIVE,  # AWS passes through CREATING; who polls for ACTIVE is served at once
        message_type=pool.message_type,
        two_way_enabled=pool.two_way_enabled,
        two_way_channel_arn=pool.two_way_channel_arn,
        two_way_channel_role=pool.two_way_channel_role,
        self_managed_opt_outs_enabled=pool.self_managed_opt_outs,
        opt_out_list_name=pool.opt_out_list,
        shared_routes_enabled=pool.shared_routes,
        deletion_protection_enabled=pool.deletion_protection,
        created_timestamp=seconds(pool.created_at),
    )


def _metadata(call: Call, member: PoolIdentity) -> OriginationIdentityMetadata:
    place = (member.account_id, member.region)
    identity: PhoneNumber | SenderId | None
    if member.kind == ResourceType.PHONE_NUMBER:
        identity = call.tx.get(PhoneNumber, *place, member.identity)
    else:
        identity = call.tx.get(SenderId, *place, member.identity, member.country)
    assert identity is not None, "an identity in a pool cannot be released"
    named = _pooling.name(call, identity)
    number = identity if isinstance(identity, PhoneNumber) else None
    return OriginationIdentityMetadata(
        origination_identity_arn=named.arn,
        origination_identity=named.identity,
        iso_country_code=named.country,
        number_capabilities=list(number.capabilities if number else _pooling.SMS_ONLY),
        phone_number=number.phone_number if number else None,
    )


def _made_of(identity: PhoneNumber | SenderId, call: Call, req: CreatePoolRequest) -> Pool:
    """Deletion protection is not inherited; a sender ID has nothing to inherit."""
    number = identity if isinstance(identity, PhoneNumber) else None
    return Pool(
        account_id=call.caller.account_id,
        region=call.caller.region,
        pool_id=call.new_id("pool"),
        message_type=req.message_type,
        two_way_enabled=number.two_way_enabled if number else False,
        two_way_channel_arn=number.two_way_channel_arn if number else None,
        two_way_channel_role=number.two_way_channel_role if number else None,
        self_managed_opt_outs=number.self_managed_opt_outs if number else False,
        opt_out_list=number.opt_out_list if number else DEFAULT_LIST,
        shared_routes=False,
        deletion_protection=bool(req.deletion_protection_enabled),
        created_at=call.now,
    )


def _refuse_other_type(wanted: MessageType, identity: PhoneNumber | SenderId, reference: str) -> None:
    """Raises Conflict: the type is given with CreatePool and has to be the identity's all the same."""
    types = (identity.message_type,) if isinstance(identity, PhoneNumber) else identity.message_types
    if wanted not in types:
        raise Conflict(
            ConflictExceptionReason.MESSAGE_TYPE_MISMATCH,
            f"The {_pooling.kind_of(identity)} sends {' and '.join(types)}, the pool is to send {wanted}.",
            _pooling.kind_of(identity),
            reference,
        )


def _not_in(identity: PhoneNumber | SenderId, reference: str) -> Conflict | NotFound:
    if isinstance(identity, SenderId):
        return NotFound(ResourceType.SENDER_ID, reference, "The sender ID is not in this pool.")
    return Conflict(
        ConflictExceptionReason.PHONE_NUMBER_NOT_ASSOCIATED_TO_POOL,
        "The number is not in this pool.",
        ResourceType.PHONE_NUMBER,
        reference,
    )
