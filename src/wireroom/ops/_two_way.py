"""Two-way messaging: what may be set on a pool or a number, and what it is afterwards (control-plane §1)."""

import re
from collections.abc import Set
from typing import Protocol

from msgspec import Struct

from wireroom.api.enums import ValidationExceptionReason
from wireroom.core.tables.countries import TWO_WAY_SMS
from wireroom.errors import Validation

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+")
_CONNECT = re.compile(r"connect\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")  # Amazon Connect: a host, not an ARN
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+")


class TwoWay(Struct, frozen=True):
    """Where answers of recipients go."""

    enabled: bool
    channel_arn: str | None
    channel_role: str | None


class Request(Protocol):
    """The three members that UpdatePool and UpdatePhoneNumber share; None leaves a setting as it is."""

    @property
    def two_way_enabled(self) -> bool | None: ...
    @property
    def two_way_channel_arn(self) -> str | None: ...
    @property
    def two_way_channel_role(self) -> str | None: ...


class Holder(Protocol):
    """A row that has two-way settings."""

    @property
    def two_way_enabled(self) -> bool: ...
    @property
    def two_way_channel_arn(self) -> str | None: ...
    @property
    def two_way_channel_role(self) -> str | None: ...


def of(holder: Holder) -> TwoWay:
    return TwoWay(holder.two_way_enabled, holder.two_way_channel_arn, holder.two_way_channel_role)


def changed(before: TwoWay, req: Request) -> TwoWay:
    """The settings after a request. Turned off, channel and role are forgotten. Raises Validation."""
    enabled = before.enabled if req.two_way_enabled is None else req.two_way_enabled
    if not enabled:
        if req.two_way_channel_arn is not None or req.two_way_channel_role is not None:
            raise Validation(
                ValidationExceptionReason.TWO_WAY_NOT_ENABLED,
                "A channel or role is of no use while two-way messaging is off: set TwoWayEnabled as well.",
                ("TwoWayEnabled", "is not true"),
            )
        return TwoWay(enabled=False, channel_arn=None, channel_role=None)
    channel = req.two_way_channel_arn or before.channel_arn
    role = req.two_way_channel_role or before.channel_role
    if channel is None:
        # TWO_WAY_TOPIC_NOT_PRESENT is the older name of this, from when a topic was the only channel.
        raise Validation(
            ValidationExceptionReason.TWO_WAY_CHANNEL_NOT_PRESENT,
            "Two-way messaging needs a TwoWayChannelArn: an SNS topic, or Amazon Connect with a role.",
            ("TwoWayChannelArn", "is neither given nor set already"),
        )
    _check(channel, role)
    return TwoWay(enabled=True, channel_arn=channel, channel_role=role)


def refuse_mute(countries: Set[str]) -> None:
    """Raises Validation where two-way messaging should be turned on for numbers of a country that has none.

    AWS has TWO_WAY_NOT_SUPPORTED_IN_REGION too. Its pages do not say of which Region it would be true, so
    nothing raises it here.
    """
    mute = sorted(countries - TWO_WAY_SMS)
    if mute:
        raise Validation(
            ValidationExceptionReason.TWO_WAY_NOT_SUPPORTED_IN_COUNTRY,
            f"Recipients in {', '.join(mute)} cannot answer.",
            ("TwoWayEnabled", f"is not supported in {', '.join(mute)}"),
        )


def _check(channel: str, role: str | None) -> None:
    connect = _CONNECT.fullmatch(channel) is not None
    if not connect and not _TOPIC.fullmatch(channel):
        raise Validation(
            ValidationExceptionReason.INVALID_ARN,
            "A two-way channel is the ARN of an SNS topic or connect.REGION.amazonaws.com.",
            ("TwoWayChannelArn", "is neither an SNS topic's ARN nor connect.REGION.amazonaws.com"),
        )
    if role is not None and not _ROLE.fullmatch(role):
        raise Validation(
            ValidationExceptionReason.INVALID_ARN,
            "TwoWayChannelRole is the ARN of an IAM role.",
            ("TwoWayChannelRole", "is not an IAM role's ARN"),
        )
    if connect and role is None:
        raise Validation(
            ValidationExceptionReason.MISSING_PARAMETER,
            "Amazon Connect as a channel needs a TwoWayChannelRole that may write to it.",
            ("TwoWayChannelRole", "is missing"),
        )
