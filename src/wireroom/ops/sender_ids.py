"""Sender IDs: names that recipients see instead of a number, country by country (control-plane §3).

The same name in two countries is two resources. Names differ by more than their casing, which is kept as it
was first given, for carriers look at it.
"""

from wireroom.api.enums import (
    ConflictExceptionReason,
    MessageType,
    ResourceType,
    SenderIdFilterName,
    ServiceQuotaExceededExceptionReason,
    ValidationExceptionReason,
)
from wireroom.api.shapes import (
    DescribeSenderIdsRequest,
    DescribeSenderIdsResult,
    MessagingLimits,
    ReleaseSenderIdRequest,
    ReleaseSenderIdResult,
    RequestSenderIdRequest,
    RequestSenderIdResult,
    SenderIdInformation,
    UpdateSenderIdRequest,
    UpdateSenderIdResult,
)
from wireroom.core import ids, sender_ids
from wireroom.core.tables.quotas import PARTS_PER_SECOND
from wireroom.errors import Conflict, Validation
from wireroom.ops import _find, _quota
from wireroom.ops._answer import answer
from wireroom.ops._describe import Filter, choice, describe, flag, text
from wireroom.ops._op import Call, operation
from wireroom.store.rows import SenderId

_FREE = "0.00"
"""MonthlyLeasingPrice: AWS charges nothing for having a sender ID."""


@operation(tags="sender_id_arn")
def request_sender_id(call: Call, req: RequestSenderIdRequest) -> RequestSenderIdResult:
    """A sender ID for a country that asks for no registration. Sends TRANSACTIONAL unless types are given."""
    _refuse_misspelled(req)
    _refuse_country(call, req.iso_country_code)
    wanted = req.message_types or [MessageType.TRANSACTIONAL]
    row = SenderId(
        account_id=call.caller.account_id,
        region=call.caller.region,
        folded=req.sender_id.lower(),
        country=req.iso_country_code,
        sender_id=req.sender_id,
        message_types=tuple(kind for kind in MessageType if kind in wanted),
        monthly_price=_FREE,
        registered=False,
        registration_id=None,
        deletion_protection=bool(req.deletion_protection_enabled),
        created_at=call.now,
    )
    if call.tx.get(SenderId, row.account_id, row.region, row.folded, row.country) is not None:
        raise Conflict(
            ConflictExceptionReason.RESOURCE_ALREADY_EXISTS,
            f"There is a sender ID of this name in {row.country} already.",
            ResourceType.SENDER_ID,
            req.sender_id,
        )
    _quota.use(call, _quota.SENDER_IDS, ServiceQuotaExceededExceptionReason.SENDER_IDS_PER_ACCOUNT)
    call.tx.insert(row)
    return answer(RequestSenderIdResult, _information(call, row))


@operation
def update_sender_id(call: Call, req: UpdateSenderIdRequest) -> UpdateSenderIdResult:
    """Turn deletion protection on or off: nothing else of a sender ID can be changed."""
    found = _find.sender_id(call, req.sender_id, req.iso_country_code)
    if req.deletion_protection_enabled is not None:
        found = call.tx.update(found, deletion_protection=req.deletion_protection_enabled)
    return answer(UpdateSenderIdResult, _information(call, found))


@operation
def release_sender_id(call: Call, req: ReleaseSenderIdRequest) -> ReleaseSenderIdResult:
    """Give up a sender ID that is in no pool. It may be requested again at once; AWS takes minutes."""
    found = _find.sender_id(call, req.sender_id, req.iso_country_code)
    _find.refuse_protected(found.deletion_protection, ResourceType.SENDER_ID, req.sender_id)
    _refuse_pooled(call, found, req.sender_id)
    information = _information(call, found)
    place = {"account_id": found.account_id, "region": found.region}
    call.tx.write("delete_tags", **place, resource_arn=information.sender_id_arn)
    call.tx.delete(found)
    _quota.free(call, _quota.SENDER_IDS)
    return answer(ReleaseSenderIdResult, information)


SENDER_ID_FILTERS: dict[SenderIdFilterName, Filter[SenderIdInformation]] = {
    SenderIdFilterName.SENDER_ID: text(lambda sender: sender.sender_id),
    SenderIdFilterName.ISO_COUNTRY_CODE: text(lambda sender: sender.iso_country_code),
    SenderIdFilterName.MESSAGE_TYPE: choice(MessageType, lambda sender: sender.message_types),
    SenderIdFilterName.DELETION_PROTECTION_ENABLED: flag(lambda sender: sender.deletion_protection_enabled),
    SenderIdFilterName.REGISTERED: flag(lambda sender: sender.registered),
}


@operation
def describe_sender_ids(call: Call, req: DescribeSenderIdsRequest) -> DescribeSenderIdsResult:
    page = describe(
        call,
        req,
        SenderId,
        _information,
        named=req.sender_ids,
        find=lambda call, named: _find.sender_id(call, named.sender_id, named.iso_country_code, "SenderIds"),
        conditions=req.filters,
        filters=SENDER_ID_FILTERS,
        owner=req.owner,
    )
    return DescribeSenderIdsResult(sender_ids=page.items, next_token=page.next_token)


def _information(call: Call, found: SenderId) -> SenderIdInformation:
    rest = f"{found.sender_id}/{found.country}"
    return SenderIdInformation(
        sender_id_arn=ids.arn(call.caller.region, call.caller.account_id, ResourceType.SENDER_ID, rest),
        sender_id=found.sender_id,
        iso_country_code=found.country,
        message_types=list(found.message_types),
        monthly_leasing_price=found.monthly_price,
        deletion_protection_enabled=found.deletion_protection,
        registered=found.registered,
        registration_id=found.registration_id,
        messaging_limits=MessagingLimits(rate_limits={**PARTS_PER_SECOND["sender_id"]}),
    )


def _refuse_misspelled(req: RequestSenderIdRequest) -> None:
    """Raises Validation (INVALID_PARAMETER)."""
    wrong = sender_ids.misspelled(req.sender_id, req.iso_country_code)
    if wrong is not None:
        raise Validation(
            ValidationExceptionReason.INVALID_PARAMETER,
            f"A sender ID is 1 to 11 letters, digits, hyphens and underscores; this one {wrong}.",
            ("SenderId", wrong),
        )


def _refuse_country(call: Call, country: str) -> None:
    """Raises Validation (SENDER_ID_NOT_SUPPORTED, SENDER_ID_REQUIRES_REGISTRATION)."""
    match sender_ids.country_rule(country, call.settings.sender_ids):
        case sender_ids.NOT_SUPPORTED:
            raise Validation(
                ValidationExceptionReason.SENDER_ID_NOT_SUPPORTED,
                f"Texts to {country} cannot be sent with a sender ID: request a phone number.",
                ("IsoCountryCode", "is a country without sender IDs"),
            )
        case sender_ids.REGISTRATION_REQUIRED:
            raise Validation(
                ValidationExceptionReason.SENDER_ID_REQUIRES_REGISTRATION,
                f"A sender ID in {country} comes by registration. If AWS's rule has changed, the operator of "
                f'this server may set [sender_ids] {country} = "SUPPORTED".',
                ("IsoCountryCode", "is a country where sender IDs are registered"),
            )


def _refuse_pooled(call: Call, found: SenderId, reference: str) -> None:
    """Raises Conflict (SENDER_ID_ASSOCIATED_TO_POOL): it may sit in many pools, one is enough."""
    pool_id = call.tx.one(
        "pool_of_sender_id",
        account_id=found.account_id,
        region=found.region,
        folded=found.folded,
        country=found.country,
    )
    if pool_id is not None:
        raise Conflict(
            ConflictExceptionReason.SENDER_ID_ASSOCIATED_TO_POOL,
            f"The sender ID is in the pool {pool_id}: disassociate it from all of its pools first.",
            ResourceType.SENDER_ID,
            reference,
        )
