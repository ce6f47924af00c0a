"""Phone numbers: requested, changed, released (control-plane §2).

A number in a pool is the pool's: it can neither be changed nor released.
"""

from msgspec.structs import replace

from wireroom.api.enums import (
    MessageType,
    NumberCapability,
    NumberStatus,
    NumberType,
    PhoneNumberFilterName,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
    ValidationExceptionReason,
)
from wireroom.api.shapes import (
    DescribePhoneNumbersRequest,
    DescribePhoneNumbersResult,
    ListAvailablePhoneNumbersRequest,
    ListAvailablePhoneNumbersResult,
    MessagingLimits,
    PhoneNumberInformation,
    ReleasePhoneNumberRequest,
    ReleasePhoneNumberResult,
    RequestPhoneNumberRequest,
    RequestPhoneNumberResult,
    UpdatePhoneNumberRequest,
    UpdatePhoneNumberResult,
)
from wireroom.config import milliseconds
from wireroom.core import ids, inventory
from wireroom.errors import NotFound, Validation
from wireroom.ops import _find, _numbers, _pooling, _quota
from wireroom.ops._answer import answer, seconds
from wireroom.ops._describe import Filter, choice, describe, flag, text
from wireroom.ops._op import Call, operation
from wireroom.ops._pages import listed
from wireroom.sending.choose import DEFAULT_LIST
from wireroom.store.rows import PhoneNumber

US = "US"


@operation(tags="phone_number_arn")
def request_phone_number(call: Call, req: RequestPhoneNumberRequest) -> RequestPhoneNumberResult:
    """Lease a number. What cannot be had is ResourceNotFoundException, which is odd and AWS's way."""
    kind = NumberType(req.number_type)
    fits = _preference(req, kind)
    if kind is NumberType.TEN_DLC and req.registration_id is None:
        _refuse_unregistered(call)
    price = _price(req, kind)
    _refuse_international(req.international_sending_enabled, kind)
    opt_out_list = _find.opt_out_list(call, req.opt_out_list_name or DEFAULT_LIST)
    pool = None if req.pool_id is None else _find.pool(call, req.pool_id)
    if req.registration_id is not None:
        raise NotFound(ResourceType.REGISTRATION, req.registration_id)
    phone_number = (
        _numbers.take_preferred(call, req.iso_country_code, kind, fits)
        if fits
        else _numbers.take(call, req.iso_country_code, kind)
    )
    if phone_number is None:
        raise _none("Every number of that kind is taken, or none is as you prefer it.")
    number = PhoneNumber(
        account_id=call.caller.account_id,
        region=call.caller.region,
        phone_number_id=call.new_id("phone"),
        phone_number=phone_number,
        active_at=call.now + milliseconds(call.settings.simulate.number_activation),
        country=req.iso_country_code,
        message_type=req.message_type,
        capabilities=tuple(dict.fromkeys(req.number_capabilities)),
        number_type=kind,
        monthly_price=price,
        two_way_enabled=False,
        two_way_channel_arn=None,
        two_way_channel_role=None,
        self_managed_opt_outs=False,
        opt_out_list=opt_out_list.name,
        international_sending=bool(req.international_sending_enabled),
        deletion_protection=bool(req.deletion_protection_enabled),
        pool_id=None,
        registration_id=None,
        created_at=call.now,
    )
    call.tx.insert(number)
    _pooling.give_keywords(call, number.phone_number_id)
    if pool is not None:
        # A number that is still PENDING joins all the same: AWS has it join as soon as it is ACTIVE.
        _pooling.refuse_mismatch(call, pool, number, ResourceType.POOL, req.pool_id or pool.pool_id)
        _pooling.join(call, pool, number)
        number = replace(number, pool_id=pool.pool_id)
    _quota.use(call, _quota.PHONE_NUMBERS, ServiceQuotaExceededExceptionReason.PHONE_NUMBERS_PER_ACCOUNT)
    return answer(RequestPhoneNumberResult, _information(call, number))


@operation
def list_available_phone_numbers(
    call: Call, req: ListAvailablePhoneNumbersRequest
) -> ListAvailablePhoneNumbersResult:
    """US 10DLC numbers that nobody has; ten a page. Being listed reserves nothing."""
    kind = NumberType(req.number_type)
    if req.iso_country_code != US:
        raise Validation(
            ValidationExceptionReason.INVALID_PARAMETER,
            "Numbers can be searched in the US only.",
            ("IsoCountryCode", "is not US"),
        )
    fits = _numbers.preference(req.number_preference, exact=False)
    if req.registration_id is not None:
        raise NotFound(ResourceType.REGISTRATION, req.registration_id)
    can = inventory.can_request(US, kind, req.number_capabilities, MessageType.TRANSACTIONAL)
    suitable = _numbers.preferred(US, kind, fits) if isinstance(can, inventory.Available) else ()
    page = listed(call, req, suitable, lambda number: not _numbers.is_taken(call, number), size=10)
    return ListAvailablePhoneNumbersResult(available_phone_numbers=page.items, next_token=page.next_token)


PHONE_NUMBER_FILTERS: dict[PhoneNumberFilterName, Filter[PhoneNumberInformation]] = {
    PhoneNumberFilterName.STATUS: choice(NumberStatus, lambda number: number.status),
    PhoneNumberFilterName.ISO_COUNTRY_CODE: text(lambda number: number.iso_country_code),
    PhoneNumberFilterName.MESSAGE_TYPE: choice(MessageType, lambda number: number.message_type),
    PhoneNumberFilterName.NUMBER_CAPABILITY: choice(
        NumberCapability, lambda number: number.number_capabilities
    ),
    PhoneNumberFilterName.NUMBER_TYPE: choice(NumberType, lambda number: number.number_type),
    PhoneNumberFilterName.TWO_WAY_ENABLED: flag(lambda number: number.two_way_enabled),
    PhoneNumberFilterName.SELF_MANAGED_OPT_OUTS_ENABLED: flag(
        lambda number: number.self_managed_opt_outs_enabled
    ),
    PhoneNumberFilterName.OPT_OUT_LIST_NAME: text(lambda number: number.opt_out_list_name),
    PhoneNumberFilterName.DELETION_PROTECTION_ENABLED: flag(
        lambda number: number.deletion_protection_enabled
    ),
    PhoneNumberFilterName.TWO_WAY_CHANNEL_ARN: text(lambda number: number.two_way_channel_arn),
}


@operation
def describe_phone_numbers(call: Call, req: DescribePhoneNumbersRequest) -> DescribePhoneNumbersResult:
    page = describe(
        call,
        req,
        PhoneNumber,
        _information,
        named=req.phone_number_ids,
        find=lambda call, reference: _find.phone_number(call, reference, "PhoneNumberIds"),
        conditions=req.filters,
        filters=PHONE_NUMBER_FILTERS,
        owner=req.owner,
    )
    return DescribePhoneNumbersResult(phone_numbers=page.items, next_token=page.next_token)


@operation
def update_phone_number(call: Call, req: UpdatePhoneNumberRequest) -> UpdatePhoneNumberResult:
    """Change what is given of the settings of a number that is in no pool."""
    number = _find.phone_number(call, req.phone_number_id)
    settings = _pooling.settings_after(call, number, req)
    _refuse_international(req.international_sending_enabled, number.number_type)
    _pooling.refuse_pooled(number, req.phone_number_id)
    _pooling.refuse_pending(call, number, req.phone_number_id)
    international, protection = req.international_sending_enabled, req.deletion_protection_enabled
    number = call.tx.update(
        number,
        **settings,
        international_sending=number.international_sending if international is None else international,
        deletion_protection=number.deletion_protection if protection is None else protection,
    )
    return answer(UpdatePhoneNumberResult, _information(call, number))


@operation
def release_phone_number(call: Call, req: ReleasePhoneNumberRequest) -> ReleasePhoneNumberResult:
    """Give a number back for good."""
    number = _find.phone_number(call, req.phone_number_id)
    if number.number_type is NumberType.SHORT_CODE:
        raise Validation(
            ValidationExceptionReason.PHONE_NUMBER_CANNOT_BE_RELEASED,
            "A short code cannot be released through the API.",
            ("PhoneNumberId", "is a short code"),
        )
    _find.refuse_protected(number.deletion_protection, ResourceType.PHONE_NUMBER, req.phone_number_id)
    _pooling.refuse_pooled(number, req.phone_number_id)
    information = _information(call, number)
    _pooling.forget(call, information.phone_number_arn, number.phone_number_id)
    call.tx.delete(number)
    _quota.free(call, _quota.PHONE_NUMBERS)
    return replace(answer(ReleasePhoneNumberResult, information), status=NumberStatus.DELETED)


def _information(call: Call, number: PhoneNumber) -> PhoneNumberInformation:
    rates = inventory.parts_per_second(number.country, number.number_type, number.capabilities)
    return PhoneNumberInformation(
        phone_number_arn=ids.arn(
            call.caller.region, call.caller.account_id, ResourceType.PHONE_NUMBER, number.phone_number_id
        ),
        phone_number_id=number.phone_number_id,
        phone_number=number.phone_number,
        status=NumberStatus.PENDING if call.now < number.active_at else NumberStatus.ACTIVE,
        iso_country_code=number.country,
        message_type=number.message_type,
        number_capabilities=list(number.capabilities),
        number_type=number.number_type,
        monthly_leasing_price=number.monthly_price,
        two_way_enabled=number.two_way_enabled,
        two_way_channel_arn=number.two_way_channel_arn,
        two_way_channel_role=number.two_way_channel_role,
        self_managed_opt_outs_enabled=number.self_managed_opt_outs,
        opt_out_list_name=number.opt_out_list,
        international_sending_enabled=(
            number.international_sending if _can_send_abroad(number.number_type) else None
        ),
        deletion_protection_enabled=number.deletion_protection,
        pool_id=number.pool_id,
        registration_id=number.registration_id,
        messaging_limits=MessagingLimits(rate_limits={**rates}) if rates else None,
        created_timestamp=seconds(number.created_at),
    )


def _preference(req: RequestPhoneNumberRequest, kind: NumberType) -> _numbers.Fits | None:
    if req.number_preference and (kind is not NumberType.TEN_DLC or req.iso_country_code != US):
        raise Validation(
            ValidationExceptionReason.INVALID_PARAMETER,
            "A number can be preferred among US 10DLC numbers only.",
            ("NumberPreference", "is for TEN_DLC numbers in the US"),
        )
    return _numbers.preference(req.number_preference, exact=True)


def _price(req: RequestPhoneNumberRequest, kind: NumberType) -> str:
    """MonthlyLeasingPrice. Raises NotFound, Validation (VOICE_CAPABILITY_NOT_AVAILABLE)."""
    can = inventory.can_request(req.iso_country_code, kind, req.number_capabilities, req.message_type)
    match can:
        case inventory.Available():
            return can.monthly_price
        case inventory.VoiceNotAvailable():
            raise Validation(
                ValidationExceptionReason.VOICE_CAPABILITY_NOT_AVAILABLE,
                can.why,
                ("NumberCapabilities", "VOICE is not available"),
            )
        case inventory.NotToBeHad():
            raise _none(can.why)


def _none(why: str) -> NotFound:
    return NotFound(ResourceType.PHONE_NUMBER, None, why)


def _refuse_unregistered(call: Call) -> None:
    if call.settings.simulate.registrations == "aws":
        raise Validation(
            ValidationExceptionReason.MISSING_PARAMETER,
            "A TEN_DLC number needs the RegistrationId of a complete campaign.",
            ("RegistrationId", "is missing"),
        )


def _can_send_abroad(kind: NumberType) -> bool:
    return kind is NumberType.TOLL_FREE


def _refuse_international(wanted: bool | None, kind: NumberType) -> None:
    if wanted and not _can_send_abroad(kind):
        raise Validation(
            ValidationExceptionReason.INTERNATIONAL_SENDING_NOT_SUPPORTED,
            "Only US toll-free numbers can send to other countries.",
            ("InternationalSendingEnabled", f"is not supported for {kind}"),
        )
