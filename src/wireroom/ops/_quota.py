"""Quotas: maintained counts against AWS's limits, which `[quotas]` may raise."""

from wireroom.api.enums import AccountLimitName, ServiceQuotaExceededExceptionReason
from wireroom.config import Settings
from wireroom.core.tables.quotas import QUOTAS
from wireroom.errors import QuotaExceeded
from wireroom.ops._op import Call
from wireroom.store.rows import Count


def limit(settings: Settings, reason: ServiceQuotaExceededExceptionReason) -> int:
    """How many there may be."""
    return settings.quotas.get(reason, QUOTAS[reason])


def use(call: Call, counter: str, reason: ServiceQuotaExceededExceptionReason) -> None:
    """Count one more; raises QuotaExceeded when that is one too many (the transaction is then undone)."""
    most = limit(call.settings, reason)
    if add(call, counter, 1) > most:
        raise exceeded(reason, most)


def exceeded(reason: ServiceQuotaExceededExceptionReason, most: int) -> QuotaExceeded:
    return QuotaExceeded(
        reason, f"There are {most} already, which is the quota. Delete one, or raise [quotas] {reason}."
    )


def free(call: Call, counter: str) -> None:
    """Count one less."""
    add(call, counter, -1)


def add(call: Call, counter: str, by: int) -> int:
    """Change a counter; answers what it is now."""
    caller = call.caller
    value: int = call.tx.one("count", account_id=caller.account_id, region=caller.region, name=counter, by=by)
    return value


def used(call: Call, counter: str) -> int:
    """How many there are."""
    found = call.tx.get(Count, call.caller.account_id, call.caller.region, counter)
    return 0 if found is None else found.value


def forget(call: Call, counter: str) -> None:
    """Count no more: what the counter belonged to is gone."""
    call.tx.delete(Count(call.caller.account_id, call.caller.region, counter, 0))


def identities_of(pool_id: str) -> str:
    """The counter of a pool's identities."""
    return f"pool/{pool_id}/identities"


PHONE_NUMBERS = AccountLimitName.PHONE_NUMBERS
POOLS = AccountLimitName.POOLS
OPT_OUT_LISTS = AccountLimitName.OPT_OUT_LISTS
SENDER_IDS = AccountLimitName.SENDER_IDS
CONFIGURATION_SETS = AccountLimitName.CONFIGURATION_SETS
