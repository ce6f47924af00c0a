"""A server with a clock that stands still, and for each test an account and a pool to send through."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec import Struct

from tests.postgres import Cluster, migrated
from wireroom.config import Settings
from wireroom.observe import ManualClock
from wireroom.testing import Server

NOW = 1_795_000_000_000
HANDSET = "+14255550100"

_accounts = itertools.count(300_000_000_000)
_handsets = itertools.count(14_255_550_000)


class Sender(Struct, frozen=True):
    """An account with a number in a pool."""

    account: str
    sms: Any
    pool_id: str
    number: str

    def send(self, body: str = "hello", to: str = HANDSET, **more: Any) -> str:
        sent = self.sms.send_text_message(
            DestinationPhoneNumber=to, MessageBody=body, OriginationIdentity=self.pool_id, **more
        )
        message_id: str = sent["MessageId"]
        return message_id


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def new_settings(engine: str, request: pytest.FixtureRequest) -> Callable[[], Settings]:
    """Settings of a server on this engine, whose data are its own."""

    def make() -> Settings:
        if engine == "sqlite":
            return Settings()
        cluster: Cluster = request.getfixturevalue("postgres")
        return Settings(database=migrated(cluster))

    return make


@pytest.fixture(scope="module")
def server(new_settings: Callable[[], Settings]) -> Iterator[Server]:
    with Server(new_settings(), clock=ManualClock(NOW)) as running:
        yield running


@pytest.fixture
def new_sender(server: Server) -> Callable[[], Sender]:
    def make() -> Sender:
        account = str(next(_accounts))
        sms = server.client(account)
        number = sms.request_phone_number(
            IsoCountryCode="US",
            MessageType="TRANSACTIONAL",
            NumberCapabilities=["SMS"],
            NumberType="LONG_CODE",
        )
        pool = sms.create_pool(
            OriginationIdentity=number["PhoneNumberId"], IsoCountryCode="US", MessageType="TRANSACTIONAL"
        )
        return Sender(account, sms, pool["PoolId"], number["PhoneNumber"])

    return make


@pytest.fixture
def sender(new_sender: Callable[[], Sender]) -> Sender:
    return new_sender()


@pytest.fixture
def handset() -> str:
    """A number that no other test sends to."""
    return f"+{next(_handsets)}"


@pytest.fixture
def new_server(new_settings: Callable[[], Settings]) -> Callable[[], Server]:
    """A server that is to be stopped in the test."""
    return lambda: Server(new_settings(), clock=ManualClock(NOW))
