"""What a carrier says of a text that it took (duties 17 to 20), in any of the ways in which carriers say it.

By TLVs, by a text of the kind `id:… stat:…` in any order and case, by deliver_sm or by data_sm; the TLVs win.
What is no receipt is a handset's own text. What a state means for the text is `codes`' matter.
"""

import re
from enum import StrEnum

from msgspec import Struct

from wireroom.carriers.smpp import longtext, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.alphabets import Alphabet

_MESSAGE_TYPE = 0x3C
"""The bits of esm_class that say what a deliver_sm is (§5.2.12)."""


class Kind(StrEnum):
    RECEIPT = "receipt"
    INTERMEDIATE = "intermediate"
    HANDSET = "handset acknowledgement"  # the handset, or its program, took note
    USER = "user acknowledgement"  # somebody pressed a key


_KINDS = {0x04: Kind.RECEIPT, 0x08: Kind.HANDSET, 0x10: Kind.USER, 0x20: Kind.INTERMEDIATE}


class DeliveryReceipt(Struct, frozen=True, gc=False):
    """A receipt as the carrier wrote it; what it does not say is empty or None."""

    kind: Kind
    message_id: str
    """Raw, but for a NUL: see `message_ids`."""
    state: int | None
    """message_state 0 to 9 (§5.2.28); None: none, or a word that we do not know."""
    stat: str = ""
    """The word in the text, as it is."""
    err: str = ""
    """As it is: some carriers have letters in it."""
    network_error: tuple[int, int] | None = None
    """network_error_code: the kind of network, and its code."""
    submitted: str = ""
    done: str = ""
    """Dates as they are: see `times.of_receipt`."""
    text: str = ""


ENROUTE, DELIVERED, EXPIRED, DELETED, UNDELIVERABLE, ACCEPTED, UNKNOWN, REJECTED, SKIPPED = range(1, 10)
SCHEDULED = 0
# The standard's words, then those that carriers made up.
STATES = {
    "SCHEDULED": SCHEDULED,
    "ENROUTE": ENROUTE,
    "DELIVRD": DELIVERED,
    "EXPIRED": EXPIRED,
    "DELETED": DELETED,
    "UNDELIV": UNDELIVERABLE,
    "ACCEPTD": ACCEPTED,
    "UNKNOWN": UNKNOWN,
    "REJECTD": REJECTED,
    "SKIPPED": SKIPPED,
    "SCHEDLD": SCHEDULED,
    "BUFFERED": ENROUTE,
    "BUFFRED": ENROUTE,
    "BUFFERD": ENROUTE,
    "DELIVERED": DELIVERED,
    "UNDELIVERABLE": UNDELIVERABLE,
    "UNDELIVERED": UNDELIVERABLE,
    "UNDELIVRD": UNDELIVERABLE,
    "FAILED": UNDELIVERABLE,
    "ACCEPTED": ACCEPTED,
    "REJECTED": REJECTED,
}

# As most carriers write it: one match, and nothing is searched.
_USUAL = re.compile(
    r"id:(?P<id>\S+) sub:\d+ dlvrd:\d+ submit date:(?P<submitted>\d+) done date:(?P<done>\d+) "
    r"stat:(?P<stat>\w+) err:(?P<err>\w+)(?: [Tt]ext:(?P<text>.*))?",
    re.DOTALL,
).fullmatch
_KEY = re.compile(
    r"(?<![a-z0-9])(id|sub|dlvrd|submit[ _-]?date|done[ _-]?date|stat|status|state|err|error|text) ?[:=]",
    re.IGNORECASE,
)
_OF_MANY_WORDS = frozenset({"text", "submitted", "done"})
_FIELDS = {"submitdate": "submitted", "donedate": "done", "status": "stat", "state": "stat", "error": "err"}


def read(pdu: p.DeliverSm | p.DataSm, default: Alphabet = Alphabet.GSM) -> DeliveryReceipt | None:
    """The receipt that a PDU is; None: it is a handset's text. Never raises.

    Where esm_class does not say so (some carriers leave it 0), it has to be plain to see: by the TLV
    receipted_message_id, or by a text with an id and a state that we know.
    """
    kind = _KINDS.get(pdu.esm_class & _MESSAGE_TYPE)
    pairs = pdu.tlvs
    receipted = tlv.text(pairs, tlv.RECEIPTED_MESSAGE_ID) if pairs else None
    if kind is None and pdu.esm_class & _MESSAGE_TYPE:
        return None  # a conversation abort, or something reserved
    found = parse(_text_of(pdu, default))
    if kind is None:
        if not receipted and not (found.get("id") and found.get("stat", "").upper() in STATES):
            return None
        kind = Kind.RECEIPT
    state = tlv.integer(pairs, tlv.MESSAGE_STATE) if pairs else None
    stat = found.get("stat", "")
    return DeliveryReceipt(
        kind,
        receipted or found.get("id", ""),
        _state_of(stat) if state is None else state,
        stat,
        found.get("err", ""),
        _network_error(pairs) if pairs else None,
        found.get("submitted", ""),
        found.get("done", ""),
        found.get("text", ""),
    )


def parse(text: str) -> dict[str, str]:
    """The fields of a receipt's text: id, stat, err, submitted, done, text and whatever else it has.

    Any order, any case, some or all missing. The first of a kind counts, and what stands behind `text:` only
    if the state does, so that a sender's own words do not speak for the carrier.
    """
    usual = _USUAL(text)
    if usual is not None:
        return usual.groupdict(default="")
    found: dict[str, str] = {}
    keys = list(_KEY.finditer(text))
    names = [_name(key) for key in keys]
    if "text" in names and "stat" in names[: names.index("text")]:  # what follows is the sender's
        own = names.index("text")
        found["text"] = text[keys[own].end() :].strip()
        keys = keys[: own + 1]
    for place, key in enumerate(keys):
        end = keys[place + 1].start() if place + 1 < len(keys) else len(text)
        value = text[key.end() : end].strip(" \t\r\n,;")
        if names[place] not in _OF_MANY_WORDS:
            value = value.partition(" ")[0]
        found.setdefault(names[place], value)
    return found


def _name(key: re.Match[str]) -> str:
    name = re.sub("[ _-]", "", key[1].lower())
    return _FIELDS.get(name, name)


def _text_of(pdu: p.DeliverSm | p.DataSm, default: Alphabet) -> str:
    if pdu.data_coding or pdu.esm_class & longtext.UDHI or default is Alphabet.GSM_PACKED:
        return longtext.read(pdu, default).text or ""
    # ASCII at heart in every other alphabet; in GSM's, only a few signs differ.
    return longtext.body_of(pdu).decode("latin-1")


def _state_of(stat: str) -> int | None:
    state = STATES.get(stat.upper())
    if state is None and len(stat) == 1 and stat in "0123456789":
        return int(stat)
    return state


def _network_error(pairs: tlv.Pairs) -> tuple[int, int] | None:
    """The kind of network and its code; some carriers write three digits instead of octets."""
    raw = tlv.raw(pairs, tlv.NETWORK_ERROR_CODE)
    if raw is None or len(raw) != 3:
        return None
    return (0, int(raw)) if raw.isdigit() else (raw[0], raw[1] << 8 | raw[2])
