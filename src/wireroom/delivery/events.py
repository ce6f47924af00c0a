"""Builds AWS events and records them; nothing else does (data-plane §6.2, §6.6).

An event is what a move of a message looks like to the customer. It is kept as the JSON that every
destination gets; at most one of a type for a message, and one final one.
"""

import msgspec

from wireroom.api.enums import EventType
from wireroom.core.pricing import dollars
from wireroom.store.rows import Event, Message
from wireroom.store.tx import Tx

DESCRIPTIONS: dict[EventType, str] = {
    EventType.TEXT_QUEUED: "Message is queued for delivery",
    EventType.TEXT_PENDING: "Message is pending delivery",
    EventType.TEXT_SUCCESSFUL: "Message has been accepted by phone carrier",
    EventType.TEXT_DELIVERED: "Message has been accepted by phone",
    EventType.TEXT_INVALID: "Invalid phone number",
    EventType.TEXT_INVALID_MESSAGE: "Message body is invalid",
    EventType.TEXT_UNREACHABLE: "Phone is currently unreachable/unavailable",
    EventType.TEXT_CARRIER_UNREACHABLE: "Phone carrier is currently unreachable/unavailable",
    EventType.TEXT_BLOCKED: "Phone has blocked SMS",
    EventType.TEXT_CARRIER_BLOCKED: "Phone carrier has blocked this message",
    EventType.TEXT_SPAM: "Blocked as spam by phone carrier",
    EventType.TEXT_UNKNOWN: "Unknown error attempting to reach phone",
    EventType.TEXT_TTL_EXPIRED: "Message expired before delivery",
    EventType.TEXT_PROTECT_BLOCKED: "Message blocked by protect configuration",
}
"""`messageStatusDescription`: consumers match these strings, so they are AWS's to the letter."""

_encode = msgspec.json.Encoder().encode


def record(tx: Tx, message: Message, event_type: EventType, now: int, *, final: bool) -> None:
    """Keep the event of a move that `message` (as it is after the move) has just made, and tell the feed."""
    row = Event(
        message.message_id, event_type, now, final, _encode(_event(message, event_type, now, final)).decode()
    )
    tx.keep(row)
    tx.hand_over("feed", message)


def _event(message: Message, event_type: EventType, now: int, final: bool) -> dict[str, object]:
    """The event's members in AWS's order; `context` only where the send had one."""
    event: dict[str, object] = {
        "eventType": event_type,
        "eventVersion": "1.0",
        "eventTimestamp": now,
        "isFinal": final,
        "originationPhoneNumber": message.origination,
        "destinationPhoneNumber": message.destination,
        "isoCountryCode": message.country,
        "isInternationalSend": message.international,
        "messageId": message.message_id,
        "messageRequestTimestamp": message.created_at,
        "messageEncoding": message.encoding,
        "messageType": message.message_type,
        "messageStatus": event_type.removeprefix("TEXT_"),
        "messageStatusDescription": DESCRIPTIONS[event_type],
    }
    if message.context:
        event["context"] = message.context
    event["totalMessageParts"] = message.part_count
    # Decimal dollars for the whole message, although AWS's prose says thousandths of a cent (2026-11-23).
    event["totalMessagePrice"] = dollars(message.price_micros)
    event["totalCarrierFee"] = dollars(message.fee_micros)
    return event
