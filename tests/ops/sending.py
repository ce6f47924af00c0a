"""What tests of sending begin with: destinations, a short way to send, and what became of a text."""

from collections import Counter
from typing import Any

from tests.ops.given import REGION, refused
from wireroom.store.rows import Message, SpendSlot
from wireroom.testing import Server

HANDSET = "+14255550101"
CANADIAN = "+16045550101"
GERMAN = "+4915112345678"
INDIAN = "+919876543210"
PUERTO_RICAN = "+17875550101"
CUBAN = "+5352345678"
SIMULATED = "+14254147755"
NO_NUMBER = "+1425"


def send(sms: Any, **parameters: Any) -> str:
    """Send a text; `to`, `via` and `text` are short for the names that stand in every call."""
    named = {
        "DestinationPhoneNumber": parameters.pop("to", HANDSET),
        "MessageBody": parameters.pop("text", "hello"),
    }
    if (via := parameters.pop("via", None)) is not None:
        named["OriginationIdentity"] = via
    message_id: str = sms.send_text_message(**{**named, **parameters})["MessageId"]
    return message_id


def refusal(sms: Any, **parameters: Any) -> dict[str, Any]:
    """The error that a text is refused with."""
    return refused(lambda: send(sms, **parameters))


def sent(server: Server, message_id: str) -> dict[str, Any]:
    """What the read-back tells of a text."""
    found: dict[str, Any] = server.call(f"/messages/{message_id}")
    return found


def kept(server: Server, message_id: str) -> Message:
    """The row of a text."""
    row = server.run(server.app.engine.read(lambda tx: tx.get(Message, message_id), "message"))
    assert row is not None
    return row


def spent(server: Server, account: str, region: str = REGION) -> dict[str, int]:
    """What an account has spent on texts: month → micro-dollars."""
    scope = {"account_id": account, "region": region}
    rows = server.run(server.app.engine.read(lambda tx: tx.page(SpendSlot, scope, None, 1000), "spend"))
    assert {row.channel for row in rows} <= {"SMS"}
    months: Counter[str] = Counter()
    for row in rows:
        months[row.month] += row.micros
    return dict(months)
