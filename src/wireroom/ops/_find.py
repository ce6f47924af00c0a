"""Existence: what a caller names by id or ARN, as a row, or ResourceNotFoundException (control-plane §0.3).

Nothing is shared between accounts yet, so the ARN of somebody else's resource is that of nothing.
"""

from typing import TypeVar

from wireroom.api.enums import ConflictExceptionReason, ResourceType, ValidationExceptionReason
from wireroom.core import ids
from wireroom.errors import Conflict, NotFound, Validation
from wireroom.ops._op import Call
from wireroom.store.rows import ConfigurationSet, OptOutList, PhoneNumber, Pool, SenderId

Row = TypeVar("Row")

_IDENTITIES = (ResourceType.PHONE_NUMBER, ResourceType.SENDER_ID, ResourceType.RCS_AGENT)
_KEYWORD_HOLDERS = (ResourceType.PHONE_NUMBER, ResourceType.POOL, ResourceType.RCS_AGENT)
TAGGABLE = (
    ResourceType.CONFIGURATION_SET,
    ResourceType.NOTIFY_CONFIGURATION,
    ResourceType.OPT_OUT_LIST,
    ResourceType.PHONE_NUMBER,
    ResourceType.POOL,
    ResourceType.PROTECT_CONFIGURATION,
    ResourceType.RCS_AGENT,
    ResourceType.REGISTRATION,
    ResourceType.REGISTRATION_ATTACHMENT,
    ResourceType.SENDER_ID,
    ResourceType.VERIFIED_DESTINATION_NUMBER,
)


def pool(call: Call, reference: str, field: str = "PoolId") -> Pool:
    """Raises NotFound, Validation (INVALID_ARN, or MISSING_PARAMETER for an empty one)."""
    if not reference:
        # The model lets the empty text through (control-plane §1).
        raise Validation(
            ValidationExceptionReason.MISSING_PARAMETER, f"{field} is empty.", (field, "is empty")
        )
    pool_id = _id(call, reference, ResourceType.POOL, field)
    return _there(call.tx.get(Pool, *_place(call), pool_id), ResourceType.POOL, reference)


def phone_number(call: Call, reference: str, field: str = "PhoneNumberId") -> PhoneNumber:
    """Raises NotFound, Validation (INVALID_ARN)."""
    phone_number_id = _id(call, reference, ResourceType.PHONE_NUMBER, field)
    return _there(
        call.tx.get(PhoneNumber, *_place(call), phone_number_id), ResourceType.PHONE_NUMBER, reference
    )


def opt_out_list(call: Call, reference: str, field: str = "OptOutListName") -> OptOutList:
    """Raises NotFound, Validation (INVALID_ARN)."""
    name = _id(call, reference, ResourceType.OPT_OUT_LIST, field)
    return _there(call.tx.get(OptOutList, *_place(call), name), ResourceType.OPT_OUT_LIST, reference)


def sender_id(call: Call, reference: str, country: str, field: str = "SenderId") -> SenderId:
    """By name in any casing, or ARN. Raises NotFound, Validation (INVALID_ARN, COUNTRY_CODE_MISMATCH)."""
    parsed = ids.parse_reference(reference, (ResourceType.SENDER_ID,))
    if isinstance(parsed, ids.BadArn):
        raise _invalid_arn(field, parsed.why)
    return _sender_id(call, reference, parsed, country)


def configuration_set(call: Call, reference: str, field: str = "ConfigurationSetName") -> ConfigurationSet:
    """Raises NotFound, Validation (INVALID_ARN)."""
    name = _id(call, reference, ResourceType.CONFIGURATION_SET, field)
    found = call.tx.get(ConfigurationSet, *_place(call), name)
    return _there(found, ResourceType.CONFIGURATION_SET, reference)


def origination_identity(call: Call, reference: str, country: str | None) -> PhoneNumber | SenderId:
    """A phone number (id, ARN or E.164) or sender ID (name or ARN); RCS agents do not exist yet.

    Raises NotFound, Validation (INVALID_ARN, COUNTRY_CODE_MISMATCH).
    """
    parsed = ids.parse_reference(reference, _IDENTITIES)
    if isinstance(parsed, ids.BadArn):
        raise _invalid_arn("OriginationIdentity", parsed.why)
    match parsed.kind:
        case ResourceType.SENDER_ID:
            return _sender_id(call, reference, parsed, country)
        case ResourceType.RCS_AGENT:
            raise NotFound(ResourceType.RCS_AGENT, reference)
        case _:
            called = parsed.id.removeprefix("+").isdigit()
            number = (_called if called else phone_number)(call, reference)
            if country is not None and country != number.country:
                raise _country_mismatch(number.country)
            return number


def keyword_holder(call: Call, reference: str) -> PhoneNumber | Pool:
    """A phone number (id, ARN or digits) or pool (id or ARN); RCS agents do not exist yet.

    A sender ID has no keywords, though AWS's pages about them name SenderId (control-plane §3): its ARN is of
    a wrong type here, its bare name is looked for as a number. Raises NotFound, Validation (INVALID_ARN).
    """
    parsed = ids.parse_reference(reference, _KEYWORD_HOLDERS)
    if isinstance(parsed, ids.BadArn):
        raise _invalid_arn("OriginationIdentity", parsed.why)
    match parsed.kind:
        case ResourceType.POOL:
            return pool(call, reference, "OriginationIdentity")
        case ResourceType.RCS_AGENT:
            raise NotFound(ResourceType.RCS_AGENT, reference)
        case _:
            return (_called if parsed.id.isdigit() else phone_number)(call, reference)


def tagged(call: Call, arn: str) -> str:
    """The ARN under which the tags of a resource are kept. Raises NotFound, Validation (INVALID_ARN)."""
    parsed = ids.parse_reference(arn, TAGGABLE)
    if isinstance(parsed, ids.BadArn) or parsed.kind is None:
        raise _invalid_arn("ResourceArn", "is not the ARN of anything that has tags")
    kind, rest = parsed.kind, parsed.id
    _refuse_foreign(call, arn, parsed, kind)
    match kind:
        case ResourceType.POOL:
            _there(call.tx.get(Pool, *_place(call), rest), kind, arn)
        case ResourceType.PHONE_NUMBER:
            _there(call.tx.get(PhoneNumber, *_place(call), rest), kind, arn)
        case ResourceType.OPT_OUT_LIST:
            _there(call.tx.get(OptOutList, *_place(call), rest), kind, arn)
        case ResourceType.CONFIGURATION_SET:
            _there(call.tx.get(ConfigurationSet, *_place(call), rest), kind, arn)
        case ResourceType.SENDER_ID:
            sender = call.tx.get(SenderId, *_place(call), rest.lower(), parsed.country)
            rest = f"{_there(sender, kind, arn).sender_id}/{parsed.country}"
        case _:
            raise NotFound(kind, arn)  # the operations that make such a thing are not written yet
    return ids.arn(call.caller.region, call.caller.account_id, kind, rest)


def refuse_protected(protected: bool, kind: ResourceType, reference: str) -> None:
    """Raises Conflict (DELETION_PROTECTION_ENABLED)."""
    if protected:
        raise Conflict(
            ConflictExceptionReason.DELETION_PROTECTION_ENABLED,
            f"Deletion protection is on: turn it off before you delete this {kind}.",
            kind,
            reference,
        )


def _called(call: Call, number: str) -> PhoneNumber:
    account_id, region = _place(call)
    found: PhoneNumber | None = call.tx.one(
        "phone_number_called",
        account_id=account_id,
        region=region,
        phone_number=f"+{number.removeprefix('+')}",
    )
    return _there(found, ResourceType.PHONE_NUMBER, number)


def _sender_id(call: Call, reference: str, parsed: ids.Reference, country: str | None) -> SenderId:
    if country is None:
        # Even when the ARN has the country in it: seen against AWS by Terraform's tests (control-plane §1).
        raise _invalid_arn("senderId", "a sender ID needs its IsoCountryCode")
    if parsed.country is not None and parsed.country != country:
        raise _country_mismatch(parsed.country)
    _refuse_foreign(call, reference, parsed, ResourceType.SENDER_ID)
    found = call.tx.get(SenderId, *_place(call), parsed.id.lower(), country)
    return _there(found, ResourceType.SENDER_ID, reference)


def _place(call: Call) -> tuple[str, str]:
    return call.caller.account_id, call.caller.region


def _there(row: Row | None, kind: ResourceType, reference: str) -> Row:
    if row is None:
        raise NotFound(kind, reference)
    return row


def _id(call: Call, reference: str, kind: ResourceType, field: str) -> str:
    """The id in a reference to one of the caller's own resources."""
    parsed = ids.parse_reference(reference, (kind,))
    if isinstance(parsed, ids.BadArn):
        raise _invalid_arn(field, parsed.why)
    _refuse_foreign(call, reference, parsed, kind)
    return parsed.id


def _refuse_foreign(call: Call, reference: str, parsed: ids.Reference, kind: ResourceType) -> None:
    if parsed.account_id is not None and (parsed.account_id, parsed.region) != _place(call):
        raise NotFound(kind, reference)


def _invalid_arn(field: str, what: str) -> Validation:
    return Validation(ValidationExceptionReason.INVALID_ARN, f"{field}: {what}.", (field, what))


def _country_mismatch(country: str) -> Validation:
    return Validation(
        ValidationExceptionReason.COUNTRY_CODE_MISMATCH,
        f"The origination identity belongs to {country}.",
        ("IsoCountryCode", f"is not {country}"),
    )
