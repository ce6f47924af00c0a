"""Message ids, resource ids and ARNs (control-plane §0.3).

Knows no resource: whether an id exists is asked in the store.
"""

import re
from collections.abc import Collection

from msgspec import Struct

from wireroom.api.enums import ResourceType

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))
# How a plain id tells what it is the id of; what follows is 32 hex digits.
_PREFIXES = {
    "pool-": ResourceType.POOL,
    "phone-": ResourceType.PHONE_NUMBER,
    "rcs-": ResourceType.RCS_AGENT,
    "registration-": ResourceType.REGISTRATION,
    "protect-": ResourceType.PROTECT_CONFIGURATION,
}
_LONGEST_SENDER_ID = 11
_ARN = re.compile(
    r"arn:([a-z-]+):sms-voice:([a-z0-9-]+):([0-9]{12}):([a-z-]+)/([A-Za-z0-9_+-]+)(?:/([A-Z]{2}))?"
)


class Reference(Struct, frozen=True):
    """What an "id or ARN" parameter names. `kind` is None where the text alone cannot tell; `account_id` and
    `region` are known from an ARN only, `country` from a sender ID's ARN only."""

    kind: ResourceType | None
    id: str
    account_id: str | None = None
    region: str | None = None
    country: str | None = None


class BadArn(Struct, frozen=True):
    """An ARN that cannot be meant: the caller raises INVALID_ARN. `why` says what is wrong with it."""

    why: str


def uuid7(unix_ms: int, random: bytes) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of time, 74 of the ten `random` bytes. Sorts by time."""
    time, chance = f"{unix_ms:012x}", random.hex()
    variant = "89ab"[random[9] & 3]
    return f"{time[:8]}-{time[8:]}-7{chance[:3]}-{variant}{chance[3:6]}-{chance[6:18]}"


def uuid7_floor(unix_ms: int) -> str:
    """Not above any UUIDv7 of this millisecond or later, above all earlier ones."""
    time = f"{unix_ms:012x}"
    return f"{time[:8]}-{time[8:]}"


def resource_id(prefix: str, random: bytes) -> str:
    """`pool-` and its like: the prefix without its hyphen, and sixteen random bytes as 32 hex digits."""
    return f"{prefix}-{random.hex()}"


def partition(region: str) -> str:
    """The ARN partition that a Region lies in."""
    for start, name in _PARTITIONS:
        if region.startswith(start):
            return name
    return "aws"


def arn(region: str, account_id: str, resource_type: ResourceType, rest: str) -> str:
    """The ARN of a resource; `rest` is its id or name, for a sender ID `{SenderId}/{ISO2}`."""
    return f"arn:{partition(region)}:sms-voice:{region}:{account_id}:{resource_type}/{rest}"


def parse_reference(text: str, kinds: Collection[ResourceType]) -> Reference | BadArn:
    """Read an "id or ARN" parameter that may name a resource of one of `kinds`.

    A number without ARN is a phone number with and without its plus; what looks like nothing else is a
    sender ID where one is allowed. Another partition, service or kind in an ARN is a BadArn.
    """
    if text.startswith("arn:"):
        return _parse_arn(text, kinds)
    if len(kinds) == 1:
        return Reference(next(iter(kinds)), text)
    return Reference(_kind_of(text, kinds), text)


def _parse_arn(text: str, kinds: Collection[ResourceType]) -> Reference | BadArn:
    found = _ARN.fullmatch(text)
    if found is None:
        return BadArn("an ARN here reads arn:partition:sms-voice:region:account:type/id")
    named, region, account_id, kind, name, country = found.groups()
    if named != partition(region):
        return BadArn(f"Region {region} lies in partition {partition(region)}, not {named}")
    if kind not in kinds:
        return BadArn(f"an ARN of {' or '.join(sorted(kinds))} is wanted, not of {kind}")
    if (country is not None) != (kind == ResourceType.SENDER_ID):
        return BadArn("a sender ID's ARN ends in /SenderId/country, no other has a country")
    return Reference(ResourceType(kind), name, account_id, region, country)


def _kind_of(text: str, kinds: Collection[ResourceType]) -> ResourceType | None:
    if text.removeprefix("+").isdigit():
        kind = ResourceType.PHONE_NUMBER
    elif len(text) <= _LONGEST_SENDER_ID and ResourceType.SENDER_ID in kinds:
        kind = ResourceType.SENDER_ID
    else:
        known = (kind for prefix, kind in _PREFIXES.items() if text.startswith(prefix))
        return next((kind for kind in known if kind in kinds), None)
    return kind if kind in kinds else None
