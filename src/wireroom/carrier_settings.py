"""`[carriers.NAME]` of the settings: one real carrier, as its paper says it wants to be spoken to.

Plain values with the spelling of the file; `carriers.smpp` makes of them what it needs.
"""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from wireroom.api.enums import EventType

RETRY, THROTTLED = "retry", "throttled"
"""What a command_status may mean beside an event type."""
MOST_BINDS = 100
LARGEST_WINDOW = 10_000
LONGEST_PASSWORD = 64
"""The standard's 8 characters are exceeded in the field, and by more than one."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}").fullmatch
_RESERVED = frozenset({"simulator"})
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]\s]+):([0-9]{1,5})").fullmatch
_PIN = re.compile(r"[0-9a-f]{64}").fullmatch
_STATUS = re.compile(r"0x[0-9A-Fa-f]{1,8}").fullmatch
_TEXT_EVENTS = frozenset(each for each in EventType if each.startswith("TEXT_"))

Long = Literal["udh", "udh-16", "sar", "payload"]
DefaultAlphabet = Literal["gsm", "gsm-packed", "latin-1", "ascii"]
Ids = Literal["auto", "plain", "hex", "decimal", "hex-decimal", "decimal-hex"]


class CarrierError(Exception):
    """A carrier cannot be used as it is written; the message names the key."""


class CarrierSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Durations are text, as everywhere; 0s turns a timer off that may be off."""

    hosts: tuple[str, ...]
    """`name:port`, the first preferred."""
    system_id: str
    password: str = ""
    """Better in `password_env`."""
    password_env: str | None = None
    """The environment's variable that holds it."""
    system_type: str = ""
    address_range: str = ""

    tls: bool = False
    server_name: str | None = None
    """For SNI and the certificate's check, where it is not the host's."""
    ca: str | None = None
    """A PEM file, in place of the system's authorities."""
    pin: str | None = None
    """SHA-256 of the carrier's certificate (DER), in hex: alone, or beside `ca`."""
    cert: str | None = None
    key: str | None = None
    """Our own certificate, for carriers that ask for one."""
    source: str | None = None
    """The address of ours to speak from."""

    bind: Literal["trx", "tx+rx"] = "trx"
    binds: int = 1
    """How many; of `tx+rx`, pairs."""
    prefer: Literal["first", "spread"] = "first"
    """Every bind to the first host that takes it, or the binds spread out over the hosts."""
    window: int = 10
    """Texts without an answer, on each bind."""
    rate: float = 0.0
    """Segments a second, over all binds together; 0: as many as the windows let through."""
    on_doubt: Literal["resend", "hold", "fail"] = "resend"
    tlvs: bool | None = None
    """Whether the carrier understands TLVs; not given: as its bind_resp says."""

    receipts: Literal["all", "none"] = "all"
    without_receipts: tuple[str, ...] = ()
    """Kinds of origination identity whose routes have none: SHORT_CODE, TOLL_FREE …"""
    intermediate: bool = False
    """Ask for intermediate receipts, too."""
    ids: Ids = "auto"
    """How message ids are written in answers and in receipts."""

    long: Long = "udh"
    alphabet: DefaultAlphabet = "gsm"
    """What the carrier means by its default."""
    data_coding: int = 0
    """For texts in that alphabet."""
    wide_data_coding: int = 8
    """For texts in UCS-2."""
    number_ton: int = 1
    number_npi: int = 1
    short_code_ton: int = 3
    short_code_npi: int = 0
    name_ton: int = 5
    name_npi: int = 0
    plus: bool = False
    """Numbers with their plus."""
    validity: Literal["relative", "absolute", "none"] = "relative"
    service_type: str = ""
    protocol_id: int = 0
    priority: int = 0
    esm_class: int = 0

    session_init: str = "10s"
    enquire_link: str = "30s"
    enquire_answer: str = "10s"
    inactivity: str = "0s"
    response: str = "30s"
    reconnect: str = "1s"
    """The first pause before a bind is tried again; it doubles, up to `reconnect_most`."""
    reconnect_most: str = "60s"
    stable: str = "30s"
    """After so long a bind is good, and the pauses begin anew."""
    refused: str = "60s"
    """Between attempts at a bind that is refused as wrong."""

    statuses: Mapping[str, str] = {}
    """command_status, as "0x45" → an event type, "retry" or "throttled"."""
    states: Mapping[str, str] = {}
    """stat of a receipt → an event type."""
    errors: Mapping[str, str] = {}
    """err of a receipt → an event type."""
    spam: tuple[str, ...] = ()
    """err of receipts REJECTD that mean spam."""

    def __repr__(self) -> str:
        """Nothing of it is for a log: a password is in there."""
        return f"CarrierSettings({self.system_id!r} at {', '.join(self.hosts)})"


DURATIONS = (
    "session_init",
    "enquire_link",
    "enquire_answer",
    "inactivity",
    "response",
    "reconnect",
    "reconnect_most",
    "stable",
    "refused",
)
NEVER_OFF = ("session_init", "enquire_answer", "response", "reconnect", "reconnect_most", "refused")
_OCTETS = (
    *("data_coding", "wide_data_coding", "number_ton", "number_npi", "short_code_ton", "short_code_npi"),
    *("name_ton", "name_npi", "protocol_id", "priority", "esm_class"),
)


def host_and_port(text: str) -> tuple[str, int]:
    """`"[::1]:2775"` → `("::1", 2775)`. Raises CarrierError."""
    found = _HOST(text)
    if found is None or not 0 < int(found[2]) < 65536:
        raise CarrierError(f'hosts: {text!r} is no host and port: write for example "smpp.example.net:2775"')
    return found[1].strip("[]"), int(found[2])


def fingerprint(text: str) -> str:
    """A pin without colons, in lower case. Raises CarrierError."""
    found = text.replace(":", "").lower()
    if not _PIN(found):
        raise CarrierError("pin: it is the SHA-256 of a certificate, 64 hexadecimal digits")
    return found


def check(name: str, carrier: CarrierSettings) -> None:
    """Is it all right? Raises CarrierError."""
    if not _NAME(name) or name in _RESERVED:
        raise CarrierError("the name of a carrier has a-z, 0-9, - and _, and is not simulator")
    if not carrier.hosts:
        raise CarrierError('hosts: name at least one, as in ["smpp.example.net:2775"]')
    for host in carrier.hosts:
        host_and_port(host)
    for key, longest in (("system_id", 15), ("password", LONGEST_PASSWORD), ("system_type", 12)):
        _check_string(key, getattr(carrier, key), longest)
    _check_string("service_type", carrier.service_type, 5)
    _check_string("address_range", carrier.address_range, 40)
    if carrier.pin is not None:
        fingerprint(carrier.pin)
    if bool(carrier.cert) != bool(carrier.key):
        raise CarrierError("cert and key go together: give both, or neither")
    secured = [key for key in ("server_name", "ca", "pin", "cert") if getattr(carrier, key) is not None]
    if secured and not carrier.tls:
        raise CarrierError(f"{secured[0]} needs tls = true")
    for key, least, most in (("binds", 1, MOST_BINDS), ("window", 1, LARGEST_WINDOW)):
        if not least <= getattr(carrier, key) <= most:
            raise CarrierError(f"{key} = {getattr(carrier, key)}: it is {least} to {most}")
    if carrier.rate < 0:
        raise CarrierError(f"rate = {carrier.rate}: it is 0 or more")
    for key in _OCTETS:
        if not 0 <= getattr(carrier, key) <= 255:
            raise CarrierError(f"{key} = {getattr(carrier, key)}: it is 0 to 255")
    _check_meanings(carrier)


def _check_string(key: str, value: str, longest: int) -> None:
    if len(value) > longest or not value.isascii() or "\0" in value:
        raise CarrierError(f"{key}: it is ASCII, at most {longest} characters")


def _check_meanings(carrier: CarrierSettings) -> None:
    for status, meaning in carrier.statuses.items():
        if not _STATUS(status) or int(status, 16) == 0:
            raise CarrierError(f'statuses: {status!r} is no command_status: write for example "0x45"')
        if meaning not in _TEXT_EVENTS and meaning not in (RETRY, THROTTLED):
            raise CarrierError(
                f"statuses.{status} = {meaning!r}: it is an event type such as TEXT_SPAM, retry or throttled"
            )
    for key in ("states", "errors"):
        for code, meaning in getattr(carrier, key).items():
            if meaning not in _TEXT_EVENTS:
                raise CarrierError(f"{key}.{code} = {meaning!r}: it is an event type such as TEXT_SPAM")
