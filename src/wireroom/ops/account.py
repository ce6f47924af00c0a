"""What the account is and how much it may have (control-plane §13)."""

from wireroom.api.enums import AccountAttributeName, AccountLimitName, ServiceQuotaExceededExceptionReason
from wireroom.api.shapes import (
    AccountAttribute,
    AccountLimit,
    DescribeAccountAttributesRequest,
    DescribeAccountAttributesResult,
    DescribeAccountLimitsRequest,
    DescribeAccountLimitsResult,
)
from wireroom.ops import _quota
from wireroom.ops._op import Call, operation
from wireroom.ops._pages import listed


@operation
def describe_account_attributes(
    call: Call, req: DescribeAccountAttributesRequest
) -> DescribeAccountAttributesResult:
    """The tier, SANDBOX or PRODUCTION; a default protect configuration is named only where there is one."""
    tier = call.settings.simulate.tier.upper()
    page = listed(call, req, [AccountAttribute(name=AccountAttributeName.ACCOUNT_TIER, value=tier)])
    return DescribeAccountAttributesResult(account_attributes=page.items, next_token=page.next_token)


@operation
def describe_account_limits(call: Call, req: DescribeAccountLimitsRequest) -> DescribeAccountLimitsResult:
    """Counts of resources, whatever AWS's pages say of dollars."""
    page = listed(call, req, [_limit(call, name) for name in AccountLimitName])
    return DescribeAccountLimitsResult(account_limits=page.items, next_token=page.next_token)


def _limit(call: Call, name: AccountLimitName) -> AccountLimit:
    most = _quota.limit(call.settings, ServiceQuotaExceededExceptionReason(f"{name}_PER_ACCOUNT"))
    return AccountLimit(name=name, used=_quota.used(call, name), max=most)
