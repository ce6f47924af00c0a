"""Servers on PostgreSQL, and ways to spoil what they ask of it."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.faults.spoiling import Spoiler
from tests.postgres import Cluster, migrated
from wireroom.config import Settings, Simulator
from wireroom.core.message import FINAL
from wireroom.store.rows import Message
from wireroom.testing import ACCOUNT, REGION, Server

QUICK = Simulator(latency="5ms")


@pytest.fixture
def database(own_postgres: Cluster) -> Iterator[str]:
    url = migrated(own_postgres)
    yield url
    own_postgres.drop(url)


@pytest.fixture
def server(database: str) -> Iterator[Server]:
    with Server(Settings(database=database, database_connections=12, simulator=QUICK)) as running:
        yield running


@pytest.fixture
def client_of() -> Callable[..., Any]:
    """`client_of(server, attempts)`: a boto3 client that tries so often; one try unless it says more."""

    def make(server: Server, attempts: int = 1, account: str = ACCOUNT) -> Any:
        return boto3.session.Session().client(
            "pinpoint-sms-voice-v2",
            aws_access_key_id=account,
            aws_secret_access_key="any",
            endpoint_url=server.url,
            region_name=REGION,
            config=Config(
                proxies={},
                retries={"total_max_attempts": attempts, "mode": "standard"},
                max_pool_connections=64,
                read_timeout=60,
            ),
        )

    return make


@pytest.fixture
def sms(server: Server, client_of: Callable[..., Any]) -> Any:
    """A client that tells of the first error."""
    return client_of(server)


@pytest.fixture
def pool(server: Server, sms: Any) -> str:
    """A pool with a number, through which a text was sent already, and has arrived."""
    pool_id, message_id = new_pool(sms)
    ended(server, message_id)
    return pool_id


@pytest.fixture
def spoiler(monkeypatch: pytest.MonkeyPatch) -> Spoiler:
    return Spoiler(monkeypatch)


def new_pool(sms: Any, kind: str = "TEN_DLC") -> tuple[str, str]:
    """A pool with a number, and a text that was sent through it."""
    number = sms.request_phone_number(
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS"],
        NumberType=kind,
    )
    made = sms.create_pool(
        OriginationIdentity=number["PhoneNumberId"], IsoCountryCode="US", MessageType="TRANSACTIONAL"
    )
    return made["PoolId"], send(sms, made["PoolId"])


def send(sms: Any, pool: str, body: str = "hello", to: str = "+14255550100", **more: Any) -> str:
    sent = sms.send_text_message(
        DestinationPhoneNumber=to, OriginationIdentity=pool, MessageBody=body, **more
    )
    message_id: str = sent["MessageId"]
    return message_id


def ended(server: Server, *message_ids: str) -> dict[str, Any]:
    """The texts as the console shows them, once each has come to its end."""
    return {
        each: server.run(_ended(server, each)) and server.call(f"/messages/{each}") for each in message_ids
    }


async def _ended(server: Server, message_id: str) -> bool:
    follower = server.app.bus.follow("feed")
    moved = asyncio.ensure_future(anext(follower))
    async with asyncio.timeout(60):
        while True:
            message = await server.app.engine.read(lambda tx: tx.get(Message, message_id), "message")
            if message is not None and message.status in FINAL:
                moved.cancel()
                return True
            # What another process ends makes no noise here, hence the time limit.
            if (await asyncio.wait({moved}, timeout=0.5))[0]:
                moved = asyncio.ensure_future(anext(follower))
