"""What may be spent in a month: AWS's limits, and the owner's below them (control-plane §12).

Texts have an override. Those of the other four channels are not written yet, as nothing is sent on them
(tests/goldens/unwritten.txt), so there AWS's limit is in force.
"""

from wireroom.api.enums import SpendLimitName, ValidationExceptionReason
from wireroom.api.shapes import (
    DeleteTextMessageSpendLimitOverrideRequest,
    DeleteTextMessageSpendLimitOverrideResult,
    DescribeSpendLimitsRequest,
    DescribeSpendLimitsResult,
    SetTextMessageSpendLimitOverrideRequest,
    SetTextMessageSpendLimitOverrideResult,
    SpendLimit,
)
from wireroom.errors import Validation
from wireroom.ops._op import Call, operation
from wireroom.ops._pages import listed
from wireroom.sending import limits
from wireroom.store import rows


@operation
def describe_spend_limits(call: Call, req: DescribeSpendLimitsRequest) -> DescribeSpendLimitsResult:
    """Whole US dollars a month. All five are there always."""
    page = listed(call, req, [_shown(call, name) for name in SpendLimitName])
    return DescribeSpendLimitsResult(spend_limits=page.items, next_token=page.next_token)


@operation
def set_text_message_spend_limit_override(
    call: Call, req: SetTextMessageSpendLimitOverrideRequest
) -> SetTextMessageSpendLimitOverrideResult:
    """0 is taken, and stops texts: AWS's guide has 1 as the least, its model 0 (2026-11-23)."""
    return SetTextMessageSpendLimitOverrideResult(monthly_limit=_set(call, limits.TEXT, req.monthly_limit))


@operation
def delete_text_message_spend_limit_override(
    call: Call, _: DeleteTextMessageSpendLimitOverrideRequest
) -> DeleteTextMessageSpendLimitOverrideResult:
    """Answers the limit in force from now on, which is AWS's; so too where there was no override."""
    return DeleteTextMessageSpendLimitOverrideResult(monthly_limit=_delete(call, limits.TEXT))


def _shown(call: Call, name: SpendLimitName) -> SpendLimit:
    own = limits.override(call.tx, call.caller.account_id, call.caller.region, name)
    return SpendLimit(
        name=name,
        enforced_limit=limits.enforced_dollars(call.settings, name, own),
        max_limit=limits.max_dollars(call.settings, name),
        overridden=own is not None,
    )


def _set(call: Call, name: SpendLimitName, dollars: int) -> int:
    most = limits.max_dollars(call.settings, name)
    if dollars > most:
        raise Validation(
            ValidationExceptionReason.REQUESTED_SPEND_LIMIT_HIGHER_THAN_SERVICE_LIMIT,
            f"The limit of this account is {most} USD a month, and an override stays within it.",
            ("MonthlyLimit", f"is more than {most}"),
        )
    there = limits.override(call.tx, call.caller.account_id, call.caller.region, name)
    if there is None:
        channel = limits.CHANNELS[name]
        call.tx.insert(rows.SpendLimit(call.caller.account_id, call.caller.region, channel, dollars))
    else:
        call.tx.update(there, dollars=dollars)
    return dollars


def _delete(call: Call, name: SpendLimitName) -> int:
    there = limits.override(call.tx, call.caller.account_id, call.caller.region, name)
    if there is not None:
        call.tx.delete(there)
    return limits.max_dollars(call.settings, name)
