"""How a text comes into being: every gate, the identity, the parts, the price, the rows (data-plane §1.5).

`accept` is called inside a transaction by whoever has something to send. The 200 of a send is the commit of
that transaction; the outbox row is the promise that the line takes it from there.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from wireroom.api.enums import MessageType, ResourceType, ValidationExceptionReason
from wireroom.config import Settings
from wireroom.core import gates, numbers, pricing, routing
from wireroom.core.gates import Refused
from wireroom.core.ids import BadArn, parse_reference, uuid7_floor
from wireroom.core.message import RETRY_LIFE, MessageStatus
from wireroom.core.text import split
from wireroom.sending.choose import DEFAULT_LIST, speakers, unknown
from wireroom.store.rows import ConfigurationSet, Message, OptedOutNumber, Outbox, Spend
from wireroom.store.tx import Tx

SMS = "SMS"
OUTBOUND = "OUTBOUND"
DEFAULT_TIME_TO_LIVE = 259_200
"""Seconds: 72 hours (data-plane §1.1)."""
LEASE = 60_000
"""Milliseconds of machine time for which a new outbox row belongs to the process that accepted it."""
UNLIMITED_DOLLARS = 1_000_000
NEW_ACCOUNT_DOLLARS = 1


class Pace(Protocol):
    """Message parts a second, counted where AWS's limits of them are simulated."""

    def take(self, key: str, amount: int, per_second: float) -> bool:
        """Count `amount` against `key`; False when that is too fast, and nothing is counted."""
        ...


class Draft(Struct, frozen=True, gc=False):
    """A text that somebody wants to send. Names and units are those of SendTextMessage."""

    account_id: str
    region: str
    destination: str
    body: str
    owner: str
    """Whose lease the outbox row carries: this process."""
    machine_now: int
    origination: str | None = None
    message_type: MessageType | None = None
    configuration_set: str | None = None
    protect_configuration: str | None = None
    max_price: str | None = None
    time_to_live: int | None = None
    """Seconds."""
    context: dict[str, str] | None = None
    parameters: dict[str, str] | None = None
    """Keyword and DestinationCountryParameters, kept for the carrier."""
    feedback: bool | None = None
    dry_run: bool = False
    backlog: int = 0
    """How many texts wait for a carrier now."""
    disk_low: bool = False
    pace: Pace | None = None
    revision: str | None = None
    """Of the account's place, where the caller has read it in this transaction (docs/adr/0006)."""
    retry_of: str | None = None
    """A digest of the SDK call, the same for all its attempts: one of them sends (docs/adr/0005)."""
    first_attempt: bool = False
    """The SDK says that it has not tried before, so there is nothing to look for."""


class Accepted(Struct, frozen=True, gc=False):
    message_id: str


class NewId(Protocol):
    """`new_id("pool")` → `pool-<32 hex>`; `new_id("message")` → a UUIDv7."""

    def __call__(self, prefix: str, /) -> str: ...


class Job(Struct, frozen=True, gc=False):
    """A text on the line: its row, and what the outbox knows of earlier attempts."""

    message: Message
    attempts: int = 0
    doubt: bool = False
    resumed: bool = False
    """It came from the outbox and not from memory: some of its parts may have been handed over before."""


def accept(tx: Tx, now: int, new_id: NewId, settings: Settings, draft: Draft) -> Accepted | Refused:
    """Take a text, or say why not; the order of the checks is data-plane §1.5's."""
    if draft.retry_of is not None and not draft.first_attempt:
        before = _sent_before(tx, draft.retry_of, draft.machine_now)
        if before is not None:
            return Accepted(before)
    chosen_set = _configuration_set(tx, draft)
    if isinstance(chosen_set, Refused):
        return chosen_set
    if draft.protect_configuration is not None:
        return _no_protect_configuration(draft.protect_configuration)
    destination = numbers.parse(draft.destination)
    found = speakers(tx, draft.account_id, draft.region, draft.revision, draft.origination, destination, now)
    if isinstance(found, Refused):
        return found
    if destination is None:
        return _CANNOT_PARSE
    if refused := gates.destination_country(destination.country):
        return refused
    wanted_type = draft.message_type or (chosen_set.default_message_type if chosen_set else None)
    choice = routing.choose(found.candidates, destination, wanted_type, direct=found.direct)
    if isinstance(choice, Refused):
        # A resource is named as the caller named it: by id, ARN or number (control-plane §0.2).
        return replace(choice, resource_id=draft.origination) if choice.resource_id else choice
    speaker = choice.candidate
    text = split(draft.body)
    if refused := gates.body_length(text):
        return refused
    if settings.simulate.tier == "sandbox":
        simulated = numbers.simulated(destination.number) is not None
        # None is verified before the operations that verify are written (tests/goldens/unwritten.txt).
        if refused := gates.sandbox(destination.number, verified=False, simulated=simulated):
            return refused
    opt_out_list = found.opt_out_lists.get(speaker.identity_id, DEFAULT_LIST)
    listed = tx.get(OptedOutNumber, draft.account_id, draft.region, opt_out_list, destination.number)
    if refused := gates.opt_out(destination.number, opt_out_list, listed=listed is not None):
        return refused
    cost = pricing.price(destination.country, speaker.kind, len(text.parts))
    if draft.max_price is not None:
        most = pricing.parse_max_price(draft.max_price)
        if refused := gates.max_price(cost.total_micros, most):
            return refused
    if draft.backlog >= settings.max_backlog:
        return Refused(
            "ThrottlingException",
            None,
            "Too many texts wait for their carrier. Send again when the backlog is smaller.",
        )
    if refused := _spend(tx, now, settings, draft, cost.total_micros):
        return refused
    message_id = new_id("message")
    if draft.dry_run:
        return Accepted(message_id)
    feedback = (
        draft.feedback if draft.feedback is not None else bool(chosen_set and chosen_set.default_feedback)
    )
    message = Message(
        message_id,
        draft.account_id,
        draft.region,
        SMS,
        OUTBOUND,
        MessageStatus.ACCEPTED,
        now,
        speaker.identity,
        speaker.kind,
        destination.number,
        destination.country,
        speaker.country != destination.country,
        draft.body,
        text.encoding,
        len(text.parts),
        choice.message_type,
        found.pool_id,
        chosen_set.name if chosen_set else None,
        draft.context,
        draft.parameters,
        feedback,
        cost.message_micros,
        cost.carrier_fee_micros,
        now + (draft.time_to_live or DEFAULT_TIME_TO_LIVE) * 1000,
        choice.why,
        draft.retry_of,
    )
    tx.insert(
        message,
        Outbox(
            message_id,
            "route",
            None,
            draft.machine_now,
            draft.owner,
            draft.machine_now + LEASE,
            0,
            doubt=False,
        ),
    )
    if draft.retry_of is not None:
        tx.execute("remember_sent", digest=draft.retry_of, message_id=message_id)
    tx.hand_over("route", Job(message))
    return Accepted(message_id)


def _sent_before(tx: Tx, retry_of: str, machine_now: int) -> str | None:
    """What an earlier attempt of the same call has sent, if that is not too long ago and still there."""
    message_id: str | None = tx.one("sent_before", digest=retry_of)
    if message_id is None:
        return None
    if message_id >= uuid7_floor(machine_now - RETRY_LIFE) and tx.get(Message, message_id) is not None:
        return message_id
    tx.execute("forget_attempt", digest=retry_of)
    return None


_CANNOT_PARSE = Refused(
    "ValidationException",
    ValidationExceptionReason.CANNOT_PARSE,
    "DestinationPhoneNumber is no number of any country: write it in E.164, such as +14255550101.",
    fields=(("DestinationPhoneNumber", "cannot be parsed"),),
)


def _invalid_arn(field: str, bad: BadArn) -> Refused:
    return Refused(
        "ValidationException",
        ValidationExceptionReason.INVALID_ARN,
        f"{field} cannot be meant: {bad.why}.",
        fields=((field, bad.why),),
    )


def _no_protect_configuration(reference: str) -> Refused:
    """None can exist before the operations that make them do (tests/goldens/unwritten.txt)."""
    parsed = parse_reference(reference, (ResourceType.PROTECT_CONFIGURATION,))
    if isinstance(parsed, BadArn):
        return _invalid_arn("ProtectConfigurationId", parsed)
    return unknown(ResourceType.PROTECT_CONFIGURATION, reference)


def _configuration_set(tx: Tx, draft: Draft) -> ConfigurationSet | Refused | None:
    if draft.configuration_set is None:
        return None
    parsed = parse_reference(draft.configuration_set, (ResourceType.CONFIGURATION_SET,))
    if isinstance(parsed, BadArn):
        return _invalid_arn("ConfigurationSetName", parsed)
    here = (draft.account_id, draft.region)
    elsewhere = parsed.account_id is not None and (parsed.account_id, parsed.region) != here
    found = None if elsewhere else tx.get(ConfigurationSet, *here, parsed.id)
    return found or unknown(ResourceType.CONFIGURATION_SET, draft.configuration_set)


def month_of(now: int) -> str:
    """The UTC calendar month that a spend belongs to, e.g. 2026-11."""
    return _month_of_day(now // 86_400_000)


@lru_cache(maxsize=8)
def _month_of_day(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m")


def text_limit_micros(settings: Settings) -> int:
    """The month's limit for texts."""
    strict = settings.simulate.spend == "aws" or settings.simulate.tier == "sandbox"
    return (NEW_ACCOUNT_DOLLARS if strict else UNLIMITED_DOLLARS) * 1_000_000


def _spend(tx: Tx, now: int, settings: Settings, draft: Draft, micros: int) -> Refused | None:
    """Count the cost against the month, never past the limit, in one statement. A dry run only looks."""
    limit = text_limit_micros(settings)
    scope = {"account_id": draft.account_id, "region": draft.region, "channel": SMS, "month": month_of(now)}
    if not draft.dry_run and tx.execute("spend", **scope, micros=micros, most=limit):
        return None
    spent: int | None = tx.one("spent", **scope)
    if refused := gates.spend(spent or 0, micros, limit):
        return refused
    if not draft.dry_run:
        # The month's first text. If somebody else was first, this is a Duplicate and runs again.
        tx.insert(Spend(draft.account_id, draft.region, SMS, scope["month"], micros))
    return None
