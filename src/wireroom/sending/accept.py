"""How a text comes into being: every gate, the identity, the parts, the price, the rows (data-plane §1.5).

`accept` is called inside a transaction by whoever has something to send. The 200 of a send is the commit of
that transaction; the outbox row is the promise that the line takes it from there.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

from wireroom.api.enums import MessageType, ResourceType, ValidationExceptionReason
from wireroom.config import Settings
from wireroom.core import gates, india, inventory, numbers, pricing
from wireroom.core.gates import Refused
from wireroom.core.ids import BadArn, Reference, parse_reference, uuid7_floor
from wireroom.core.message import RETRY_LIFE, MessageStatus
from wireroom.core.numbers import Destination, IdentityKind
from wireroom.core.routing import Candidate, Chosen, Story, Wish, tell
from wireroom.core.text import split
from wireroom.sending import choose, limits, spend, stories
from wireroom.sending.choose import Speakers, speakers, unknown
from wireroom.sending.spend import Purse
from wireroom.store.rows import ConfigurationSet, Message, OptedOutNumber, Outbox
from wireroom.store.tx import Read, Tx

SMS = "SMS"
OUTBOUND = "OUTBOUND"
DEFAULT_TIME_TO_LIVE = 259_200
"""Seconds: 72 hours (data-plane §1.1)."""
LEASE = 60_000
"""Milliseconds of machine time for which a new outbox row belongs to the process that accepted it."""
INDIA = "IN"
DRY_RUNS_PER_SECOND = 5
RECIPIENT_PER_SECOND = 1
"""Texts that one recipient gets in a second, from the whole account (data-plane §7.2)."""


class Wanted(NamedTuple):
    """So much of what may pass in a second under a key."""

    key: str
    amount: int
    per_second: int


class Pace(Protocol):
    """Counts what passes in a second, where AWS's limits of it are simulated."""

    def take(self, *wanted: Wanted) -> bool:
        """Count all of them; False when one of them is too fast, and then nothing is counted."""
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


def foresee(now: int, draft: Draft) -> Iterable[Read]:
    """What `accept` will read of a draft, as far as can be told before the first of it is read."""
    if draft.retry_of is not None and not draft.first_attempt:
        yield "sent_before", {"digest": draft.retry_of}
    if draft.configuration_set is not None:
        parsed = parse_reference(draft.configuration_set, (ResourceType.CONFIGURATION_SET,))
        if isinstance(parsed, Reference):
            yield ConfigurationSet, (draft.account_id, draft.region, parsed.id)
    destination = numbers.parse(draft.destination)
    yield from choose.foresee(draft.account_id, draft.region, draft.origination, destination, now)


def accept(tx: Tx, now: int, new_id: NewId, settings: Settings, draft: Draft) -> Accepted | Refused:
    """Take a text, or say why not; the order of the checks is data-plane §1.5's, whose rows they name."""
    if draft.retry_of is not None and not draft.first_attempt:
        before = _sent_before(tx, draft.retry_of, draft.machine_now)
        if before is not None:
            return Accepted(before)
    if refused := gates.account(settings.simulate.account):  # 5
        return refused
    chosen_set = _configuration_set(tx, draft)  # 6
    if isinstance(chosen_set, Refused):
        return chosen_set
    if draft.protect_configuration is not None:
        return _no_protect_configuration(draft.protect_configuration)
    limits.foresee(tx, draft.account_id, draft.region, draft.revision)
    found = speakers(tx, draft.account_id, draft.region, draft.revision, draft.origination, now)
    if isinstance(found, Refused):
        return found
    destination = numbers.parse(draft.destination)  # 7
    if destination is None:
        return _CANNOT_PARSE
    if refused := gates.destination_country(destination.country):  # 8
        return refused
    choice = _choose(tx, now, settings, draft, found, chosen_set, destination)  # 9
    if isinstance(choice, Refused):
        # A resource is named as the caller named it: by id, ARN or number (control-plane §0.2).
        return replace(choice, resource_id=draft.origination) if choice.resource_id else choice
    speaker = choice.candidate
    text = split(draft.body)
    if refused := gates.body_length(text):  # 10
        return refused
    if settings.simulate.tier == "sandbox":
        simulated = numbers.simulated(destination.number) is not None
        # None is verified before the operations that verify are written (tests/goldens/unwritten.txt).
        if refused := gates.sandbox(destination.number, verified=False, simulated=simulated):  # 11
            return refused
    purse = Purse(draft.account_id, draft.region, SMS, spend.month_of(now))
    limit = limits.text_limit_micros(tx, settings, draft.account_id, draft.region, draft.revision)
    spend.foresee(tx, purse, limit, dry_run=draft.dry_run)
    opt_out_list = found.opt_out_list(speaker)
    listed = tx.get(OptedOutNumber, draft.account_id, draft.region, opt_out_list, destination.number)
    if refused := gates.opt_out(destination.number, opt_out_list, listed=listed is not None):  # 12
        return refused
    cost = _cost(settings, draft, speaker, destination.country, len(text.parts))
    if draft.max_price is not None:
        most = pricing.parse_max_price(draft.max_price)
        if refused := gates.max_price(cost.total_micros, most):  # 15
            return refused
    message_id = new_id("message")
    pay = spend.look if draft.dry_run else spend.count
    if refused := pay(tx, purse, cost.total_micros, limit):  # 16
        return refused
    if refused := _too_fast(settings, draft, speaker, destination, len(text.parts)):  # 17
        if not draft.dry_run:
            spend.give_back(tx, purse, cost.total_micros)
        return refused
    if draft.dry_run:  # 18
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
        found.pool.pool_id if found.pool else None,
        chosen_set.name if chosen_set else None,
        draft.context,
        draft.parameters,
        feedback,
        cost.message_micros,
        cost.carrier_fee_micros,
        now + (draft.time_to_live or DEFAULT_TIME_TO_LIVE) * 1000,
        stories.keep(
            tx, draft.account_id, draft.region, draft.revision, _told(draft, choice, destination.country), now
        ),
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
        tx.write("remember_sent", digest=draft.retry_of, message_id=message_id)
    tx.hand_over("route", Job(message))
    return Accepted(message_id)


def _choose(
    tx: Tx,
    now: int,
    settings: Settings,
    draft: Draft,
    found: Speakers,
    chosen_set: ConfigurationSet | None,
    destination: Destination,
) -> Chosen | Refused:
    """Who speaks, with the type that the request asks for, else the configuration set (data-plane §1.4)."""
    wish = Wish(
        destination.country,
        numbers.simulated(destination.number) is not None,
        draft.message_type or (chosen_set.default_message_type if chosen_set else None),
        chosen_set.default_sender_id if chosen_set else None,
    )
    return choose.choose(tx, settings, found, draft.account_id, draft.region, destination, wish, now)


def _cost(settings: Settings, draft: Draft, speaker: Candidate, country: str, parts: int) -> pricing.Price:
    table = pricing.table_with(settings.prices)
    by_name = country == INDIA and speaker.kind is IdentityKind.SENDER_ID
    if by_name and not india.local_route(draft.region, speaker.kind, draft.parameters):
        return pricing.price(country, india.ILDO, parts, table)
    return pricing.price(country, speaker.kind, parts, table)


def _told(draft: Draft, choice: Chosen, country: str) -> Story:
    """Why this identity, and where the way depends on it, which way."""
    if country != INDIA or choice.candidate.kind is not IdentityKind.SENDER_ID:
        return choice.story
    return tell(f"{choice.story.words}; {india.said(draft.region, draft.parameters)}")


def _too_fast(
    settings: Settings, draft: Draft, speaker: Candidate, destination: Destination, parts: int
) -> Refused | None:
    """AWS's parts a second where they are simulated, and what this server can take."""
    if draft.pace is not None:
        rate = inventory.sms_parts_per_second(speaker.kind, speaker.country)
        key = f"{draft.account_id}/{draft.region}/{speaker.identity_id}"
        if draft.dry_run:  # nobody gets it, so that no recipient gets too much
            fits = draft.pace.take(Wanted(f"dry/{key}", parts, min(rate, DRY_RUNS_PER_SECOND)))
        else:
            recipient = f"{draft.account_id}/to/{destination.number}"
            fits = draft.pace.take(Wanted(key, parts, rate), Wanted(recipient, 1, RECIPIENT_PER_SECOND))
        if refused := gates.pace(slow_enough=fits):
            return refused
    return gates.disk(low=draft.disk_low) or gates.backlog(draft.backlog, settings.max_backlog)


def _sent_before(tx: Tx, retry_of: str, machine_now: int) -> str | None:
    """What an earlier attempt of the same call has sent, if that is not too long ago and still there."""
    message_id: str | None = tx.one("sent_before", digest=retry_of)
    if message_id is None:
        return None
    if message_id >= uuid7_floor(machine_now - RETRY_LIFE) and tx.get(Message, message_id) is not None:
        return message_id
    tx.write("forget_attempt", digest=retry_of)
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
