"""The rows we keep, one frozen struct for each table, and how a row becomes columns and back.

Field names are column names (`schema/`). A boolean comes back a boolean, a list a tuple, an enum its member,
on every engine. Times are milliseconds, money is micro-dollars. `gc=False`: a row refers to nothing that
could refer back, and tens of thousands of them live while texts wait.
"""

from collections.abc import Callable
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from wireroom.api.enums import KeywordAction, MessageType, NumberCapability, NumberType
from wireroom.core.message import MessageStatus, PartStatus
from wireroom.core.numbers import IdentityKind

R = TypeVar("R", bound=Struct)


class Table(NamedTuple):
    """What an engine must know of a row type. `key` is the primary key, `order` what `page` walks along."""

    kind: type[Struct]
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]
    encode: Callable[[Any], tuple[Any, ...]]
    encoders: dict[str, Callable[[Any], Any]]
    decode: Callable[[tuple[Any, ...]], Any]


TABLES: dict[type[Struct], Table] = {}


def table(name: str, *, key: str, order: str = "") -> Callable[[type[R]], type[R]]:
    """Declare a row type: `key` and `order` are column names apart by blanks (no order: the key's)."""

    def declare(kind: type[R]) -> type[R]:
        columns = kind.__struct_fields__
        hints = get_type_hints(kind)
        encoders = {column: _encoder(hints[column]) for column in columns}
        keys = tuple(key.split())
        TABLES[kind] = Table(
            kind=kind,
            name=name,
            columns=columns,
            key=keys,
            order=tuple(order.split()) or keys,
            encode=_row_encoder(columns, encoders),
            encoders={column: encoder for column, encoder in encoders.items() if encoder is not None},
            decode=_row_decoder(kind, [_decoder(hints[column]) for column in columns]),
        )
        return kind

    return declare


def _plain(hint: Any) -> tuple[Any, Any]:
    """(the type without None, its origin)."""
    if isinstance(hint, UnionType):
        hint = next(arg for arg in get_args(hint) if arg is not NoneType)
    return hint, get_origin(hint)


def _encoder(hint: Any) -> Callable[[Any], Any] | None:
    plain, origin = _plain(hint)
    if origin in (tuple, dict):
        return lambda value: None if value is None else msgspec.json.encode(value).decode()
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return str if plain is hint else lambda value: None if value is None else str(value)
    return None


def _decoder(hint: Any) -> Callable[[Any], Any] | None:
    plain, origin = _plain(hint)
    if origin in (tuple, dict):
        return msgspec.json.Decoder(plain).decode
    if plain is bool:
        return bool
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return {member.value: member for member in plain}.__getitem__  # a third of the time of plain(value)
    return None


def _row_encoder(
    columns: tuple[str, ...], encoders: dict[str, Callable[[Any], Any] | None]
) -> Callable[[Any], tuple[Any, ...]]:
    special = [(place, encoder) for place, encoder in enumerate(encoders[c] for c in columns) if encoder]

    def encode(row: Struct) -> tuple[Any, ...]:
        values = list(msgspec.structs.astuple(row))
        for place, encoder in special:
            values[place] = encoder(values[place])
        return tuple(values)

    return encode


def _row_decoder(
    kind: type[R], decoders: list[Callable[[Any], Any] | None]
) -> Callable[[tuple[Any, ...]], R]:
    special = [(place, decoder) for place, decoder in enumerate(decoders) if decoder]

    def decode(columns: tuple[Any, ...]) -> R:
        values = list(columns)
        for place, decoder in special:
            if values[place] is not None:
                values[place] = decoder(values[place])
        return kind(*values)

    return decode


@table("places", key="account_id region")
class Place(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    created_at: int
    revision: str


@table("access_keys", key="access_key_id")
class AccessKey(Struct, frozen=True, gc=False):
    access_key_id: str
    account_id: str
    admin: bool
    sealed_secret: str
    created_at: int


@table("counters", key="account_id region name")
class Count(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    name: str
    value: int


@table("tokens", key="digest")
class Token(Struct, frozen=True, gc=False):
    digest: str
    account_id: str
    fingerprint: str
    answer: str
    expires_at: int


@table("tags", key="account_id region resource_arn key")
class Tag(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    resource_arn: str
    key: str
    value: str


@table("opt_out_lists", key="account_id region name", order="created_at name")
class OptOutList(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    name: str
    created_at: int


@table("opted_out_numbers", key="account_id region list_name number", order="opted_out_at number")
class OptedOutNumber(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    list_name: str
    number: str
    opted_out_at: int
    end_user_opted_out: bool


@table("opt_ins", key="account_id region list_name number")
class OptIn(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    list_name: str
    number: str
    opted_in_at: int


@table("phone_numbers", key="account_id region phone_number_id", order="created_at phone_number_id")
class PhoneNumber(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    phone_number_id: str
    phone_number: str
    active_at: int
    country: str
    message_type: MessageType
    capabilities: tuple[NumberCapability, ...]
    number_type: NumberType
    monthly_price: str
    two_way_enabled: bool
    two_way_channel_arn: str | None
    two_way_channel_role: str | None
    self_managed_opt_outs: bool
    opt_out_list: str
    international_sending: bool
    deletion_protection: bool
    pool_id: str | None
    registration_id: str | None
    created_at: int


@table("sender_ids", key="account_id region folded country", order="created_at folded country")
class SenderId(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    folded: str
    country: str
    sender_id: str
    message_types: tuple[MessageType, ...]
    monthly_price: str
    registered: bool
    registration_id: str | None
    deletion_protection: bool
    created_at: int


@table("pools", key="account_id region pool_id", order="created_at pool_id")
class Pool(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    pool_id: str
    message_type: MessageType
    two_way_enabled: bool
    two_way_channel_arn: str | None
    two_way_channel_role: str | None
    self_managed_opt_outs: bool
    opt_out_list: str
    shared_routes: bool
    deletion_protection: bool
    created_at: int


@table(
    "pool_identities",
    key="account_id region pool_id kind identity country",
    order="joined_at kind identity country",
)
class PoolIdentity(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    pool_id: str
    kind: str
    identity: str
    country: str
    joined_at: int


@table("keywords", key="account_id region owner_id keyword")
class Keyword(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    owner_id: str
    keyword: str
    message: str
    action: KeywordAction


@table("configuration_sets", key="account_id region name", order="created_at name")
class ConfigurationSet(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    name: str
    default_message_type: MessageType | None
    default_sender_id: str | None
    default_feedback: bool | None
    created_at: int


@table("spend_slots", key="account_id region channel month slot")
class SpendSlot(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    channel: str
    month: str
    slot: int
    micros: int
    granted: int
    most: int


@table("spend_limits", key="account_id region channel")
class SpendLimit(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    channel: str
    dollars: int


@table("sticky", key="account_id region destination")
class Sticky(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    destination: str
    identity: str
    delivered_at: int


@table("troubles", key="account_id region identity slot counter")
class Trouble(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    identity: str
    slot: int
    counter: str
    finals: int
    failures: int


@table("degraded", key="account_id region identity")
class Degraded(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    identity: str
    until: int
    said: str


@table("whys", key="account_id region why_id")
class Why(Struct, frozen=True, gc=False):
    account_id: str
    region: str
    why_id: str
    used_on: int
    story: str


@table("messages", key="message_id")
class Message(Struct, frozen=True, gc=False):
    message_id: str
    account_id: str
    region: str
    channel: str
    direction: str
    status: MessageStatus
    created_at: int
    origination: str
    origination_kind: IdentityKind
    destination: str
    country: str
    international: bool
    body: str
    encoding: str
    part_count: int
    message_type: MessageType
    pool_id: str | None
    configuration_set: str | None
    context: dict[str, str] | None
    parameters: dict[str, str] | None
    feedback: bool
    price_micros: int
    fee_micros: int
    expires_at: int
    why: str
    retry_of: str | None = None


@table("parts", key="message_id number")
class Part(Struct, frozen=True, gc=False):
    message_id: str
    number: int
    status: PartStatus
    carrier: str
    carrier_message_id: str | None
    failure: str | None
    doubt: bool


@table("events", key="message_id event_type", order="created_at is_final event_type")
class Event(Struct, frozen=True, gc=False):
    message_id: str
    event_type: str
    created_at: int
    is_final: bool
    body: str


@table("outbox", key="message_id")
class Outbox(Struct, frozen=True, gc=False):
    message_id: str
    stage: str
    carrier: str | None
    due_at: int
    lease_owner: str
    lease_until: int
    attempts: int
    doubt: bool


@table("parked_receipts", key="carrier carrier_message_id")
class ParkedReceipt(Struct, frozen=True, gc=False):
    carrier: str
    carrier_message_id: str
    outcome: str
    heard_at: int
