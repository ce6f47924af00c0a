"""One frozen `Settings`, from `wireroom.toml` and `WIREROOM_*`; the only reader of the environment.

Precedence: command line, environment, file, default. An unknown key is refused by name: a typing mistake
must not look like a setting.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from wireroom import carrier_settings
from wireroom.carrier_settings import CarrierError, CarrierSettings


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key and what would be right."""


class AuthMode(StrEnum):
    OPEN = "open"
    KEYS = "keys"


class Profile(StrEnum):
    LAPTOP = "laptop"
    AWS = "aws"


class Simulate(Struct, frozen=True, forbid_unknown_fields=True):
    """How strict the simulated AWS is. The defaults suit a laptop; `profile = "aws"` sets them all."""

    profile: Profile = Profile.LAPTOP
    tier: str = "production"
    """production or sandbox."""
    spend: str = "unlimited"
    """aws: MaxLimit is 1 dollar a month, as in a new account; unlimited: 1,000,000."""
    rates: str = "off"
    """aws: one request a second for most operations, as AWS's quota page has it."""
    registrations: str = "off"
    """aws: a TEN_DLC number needs a RegistrationId."""
    number_activation: str = "0s"
    """How long a requested number stays PENDING, in business time."""
    opt_in_window: str = "0s"
    """How long after DeleteOptedOutNumber the same number cannot be taken out again (AWS: 30d)."""
    receipts: str = "aws"
    """aws: handset receipts on the routes that have them; all: on every route."""
    account: str = "active"
    """disabled, low_reputation: every send is refused with AccessDeniedException, as AWS does then."""


AWS_PROFILE: Mapping[str, str] = {
    "tier": "sandbox",
    "spend": "aws",
    "rates": "aws",
    "registrations": "aws",
    "number_activation": "10s",
    "opt_in_window": "30d",
    "receipts": "aws",
}

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "tier": ("production", "sandbox"),
    "spend": ("unlimited", "aws"),
    "rates": ("off", "aws"),
    "registrations": ("off", "aws"),
    "receipts": ("aws", "all"),
    "account": ("active", "disabled", "low_reputation"),
}


class Simulator(Struct, frozen=True, forbid_unknown_fields=True):
    """The simulated carrier network."""

    latency: str = "200ms"
    """From a text's acceptance to its handset receipt, in business time."""
    failure: str = "TEXT_CARRIER_UNREACHABLE"
    """The event type with which AWS's failure destinations fail."""


FOREVER = "forever"


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """How long what is kept is kept: a duration, of the first three also `forever`. Texts under way stay."""

    messages: str = FOREVER
    bodies: str = FOREVER
    """The words of a text may go before the text, of which the rest stays."""
    events: str = FOREVER
    tokens: str = "24h"
    """Answers kept for retries with the same ClientToken."""
    stickiness: str = "25h"
    """From the last delivery: AWS's figure, in business time."""
    newest: int | None = None
    """Of all texts only so many; None: 100,000 in open mode, all with keys; 0: all."""


class Disk(Struct, frozen=True, forbid_unknown_fields=True):
    """When less than either is free, sends are refused before anything breaks."""

    min_free_percent: float = 5.0
    min_free_bytes: int = 1024**3


class PriceRow(Struct, frozen=True, forbid_unknown_fields=True):
    """What one part of a text costs: US dollars, decimal text. `*` is every country, every kind."""

    price: str
    carrier_fee: str = "0"
    country: str = "*"
    kind: str = "*"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set. Durations are text such as 200ms, 10s, 15m, 24h, 30d."""

    host: str = "127.0.0.1"
    port: int = 8470
    data_dir: str | None = None
    database: str | None = None
    """postgresql://…: the data are kept there; None: in SQLite, in the data directory."""
    database_connections: int = 24
    """How many connections to PostgreSQL this process may have."""
    seed: str | None = None
    """A file of calls that are made at the first start, in data that nobody has used."""
    auth: AuthMode = AuthMode.OPEN
    allowed_hosts: tuple[str, ...] = ()
    insecure_open: bool = False
    tls_cert: str | None = None
    tls_key: str | None = None
    secret_key: str | None = None
    max_body: int = 1024 * 1024
    """Bytes of a request body; more is 413."""
    request_timeout: str = "30s"
    """For a whole request, from its first byte to its last."""
    max_connections: int = 1000
    max_backlog: int = 1_000_000
    """Texts that may wait for a carrier before a send answers ThrottlingException."""
    clock_skew: str = "15m"
    """How far the time of a signature may be off."""
    quotas: dict[str, int] = {}
    """ServiceQuotaExceededException reason, e.g. POOLS_PER_ACCOUNT → another limit than AWS's."""
    prices: tuple[PriceRow, ...] = ()
    """Rows that go before those of the built-in table."""
    sender_ids: dict[str, str] = {}
    """Country → SUPPORTED, REGISTRATION_REQUIRED or NOT_SUPPORTED, where AWS's table is to be corrected."""
    retention: Retention = Retention()
    disk: Disk = Disk()
    simulate: Simulate = Simulate()
    simulator: Simulator = Simulator()
    carriers: dict[str, CarrierSettings] = {}
    """Real carriers by name, in order; without any, the simulated network takes the texts."""


_TABLES = (
    *(Simulate, Simulator, Retention, Disk),
    *(dict[str, int], dict[str, str], dict[str, CarrierSettings], tuple[PriceRow, ...]),
)
"""The kinds of setting that are a table in the file, and in the environment too."""
_SENDER_ID_RULES = ("SUPPORTED", "REGISTRATION_REQUIRED", "NOT_SUPPORTED")
_DATABASES = ("postgresql://", "postgres://")
_LEAST_CONNECTIONS = 4
_DOLLARS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def milliseconds(text: str) -> int:
    """`"10s"` → 10000. Raises ConfigError."""
    for unit in ("ms", "s", "m", "h", "d"):
        number = text.removesuffix(unit)
        if number != text and number.isdecimal():
            return int(number) * _UNITS[unit]
    raise ConfigError(f"{text!r} is not a duration: write for example 200ms, 10s, 15m, 24h or 30d")


def lifetime(text: str) -> int | None:
    """Milliseconds that something is kept; None is for ever. Raises ConfigError."""
    return None if text == FOREVER else milliseconds(text)


def load(
    path: Path | None = None,
    environment: Mapping[str, str] | None = None,
    **given: object,
) -> Settings:
    """Settings from a file, `WIREROOM_*` and the command line (`given`; None means not given).

    Raises ConfigError with a sentence that names the key.
    """
    environment = os.environ if environment is None else environment
    raw: dict[str, Any] = {}
    if path is not None:
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: {error}") from error
    for name in Settings.__struct_fields__:
        if (value := environment.get(f"WIREROOM_{name.upper()}")) is not None:
            raw[name] = _from_environment(name, value)
    raw.update({name: value for name, value in given.items() if value is not None})
    simulate = raw.get("simulate")
    if isinstance(simulate, dict) and simulate.get("profile") == Profile.AWS:
        raw["simulate"] = {**AWS_PROFILE, **simulate}
    _fetch_passwords(raw.get("carriers"), environment)
    try:
        settings = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        where = f"{path}: " if path else ""
        raise ConfigError(f"{where}{error}") from error
    _check(settings)
    return settings


def _fetch_passwords(carriers: object, environment: Mapping[str, str]) -> None:
    """Put in place of each `password_env` what the environment has under that name."""
    if not isinstance(carriers, dict):
        return
    for name, carrier in carriers.items():
        variable = carrier.get("password_env") if isinstance(carrier, dict) else None
        if isinstance(variable, str):
            if carrier.get("password"):
                raise ConfigError(f"carriers.{name}: give password or password_env, not both")
            if variable not in environment:
                raise ConfigError(f"carriers.{name}.password_env: the environment has no {variable}")
            carriers[name] = {**carrier, "password": environment[variable]}


def _from_environment(name: str, value: str) -> object:
    kinds = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    kind = kinds[name]
    try:
        if kind == tuple[str, ...]:
            return tuple(filter(None, (part.strip() for part in value.split(","))))
        if kind in _TABLES:
            return tomllib.loads(f"value = {value}")["value"]
        return msgspec.convert(value, kind, strict=False)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"WIREROOM_{name.upper()}={value!r}: {error}") from error


def _check(settings: Settings) -> None:
    for key, choices in _CHOICES.items():
        value = getattr(settings.simulate, key)
        if value not in choices:
            raise ConfigError(f"simulate.{key} = {value!r}: it is one of {', '.join(choices)}")
    for text in (
        settings.request_timeout,
        settings.clock_skew,
        settings.simulate.number_activation,
        settings.simulate.opt_in_window,
        settings.simulator.latency,
        settings.retention.tokens,
        settings.retention.stickiness,
    ):
        milliseconds(text)
    for text in (settings.retention.messages, settings.retention.bodies, settings.retention.events):
        lifetime(text)
    for name, amount in (
        ("retention.newest", settings.retention.newest or 0),
        ("disk.min_free_percent", settings.disk.min_free_percent),
        ("disk.min_free_bytes", settings.disk.min_free_bytes),
    ):
        if amount < 0:
            raise ConfigError(f"{name} = {amount}: it is 0 or more")
    for country, rule in settings.sender_ids.items():
        if rule not in _SENDER_ID_RULES:
            raise ConfigError(f"sender_ids.{country} = {rule!r}: it is one of {', '.join(_SENDER_ID_RULES)}")
    for name, carrier in settings.carriers.items():
        _check_carrier(name, carrier)
    for row in settings.prices:
        for text in (row.price, row.carrier_fee):
            if not _DOLLARS.fullmatch(text):
                raise ConfigError(f'a price of {text!r}: write US dollars such as "0.00581", as text')
    if settings.database is not None and not settings.database.startswith(_DATABASES):
        raise ConfigError("database: it is a URL that begins with postgresql://")
    if settings.database_connections < _LEAST_CONNECTIONS:
        raise ConfigError(
            f"database_connections = {settings.database_connections}: it is {_LEAST_CONNECTIONS} or more"
        )
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise ConfigError("tls_cert and tls_key go together: give both, or neither")
    if not 0 <= settings.port <= 65535:
        raise ConfigError(f"port = {settings.port}: it is a number from 0 to 65535")


def _check_carrier(name: str, carrier: CarrierSettings) -> None:
    try:
        carrier_settings.check(name, carrier)
    except CarrierError as error:
        raise ConfigError(f"carriers.{name}: {error}") from error
    for key in carrier_settings.DURATIONS:
        text = getattr(carrier, key)
        if milliseconds(text) == 0 and key in carrier_settings.NEVER_OFF:
            raise ConfigError(f"carriers.{name}.{key} = {text!r}: it cannot be turned off")
