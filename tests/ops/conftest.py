"""Servers for the operation tests: a few for the whole session, and an account of its own for every test.

In open mode a 12-digit access key id is the account, so a test with a fresh one sees nobody else's rows.
`engine` is in the id of every test: each store runs them all.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import boto3
import pytest
from msgspec.structs import replace

from tests.ops.given import NOW, REGION
from tests.postgres import Cluster, migrated
from wireroom.config import Settings, Simulate
from wireroom.observe import ManualClock
from wireroom.testing import Server

SETTINGS = {
    "lenient": Settings(),
    "turned": Settings(),  # for the tests that turn its clock
    "untouched": Settings(),  # for the test that looks at the very first numbers
    "strict": Settings(
        simulate=Simulate(tier="sandbox", registrations="aws", number_activation="10s", opt_in_window="30d")
    ),
    "tight": Settings(
        quotas={
            "ORIGINATION_IDENTITIES_PER_POOL": 2,
            "PHONE_NUMBERS_PER_ACCOUNT": 4,
            "POOLS_PER_ACCOUNT": 2,
            "OPT_OUT_LISTS_PER_ACCOUNT": 3,
            "TAGS_PER_RESOURCE": 3,
            "SENDER_IDS_PER_ACCOUNT": 3,
            "CONFIGURATION_SETS_PER_ACCOUNT": 2,
            "KEYWORDS_PER_PHONE_NUMBER": 3,
            "KEYWORDS_PER_POOL": 4,
        }
    ),
    "corrected": Settings(
        sender_ids={"GB": "SUPPORTED", "DE": "NOT_SUPPORTED", "AT": "REGISTRATION_REQUIRED"}
    ),
}

_accounts = itertools.count(100_000_000_000)


class Servers(Protocol):
    def __call__(self, name: str = "lenient") -> Server: ...


class Clients(Protocol):
    def __call__(self, account: str, region: str = REGION, server: Server | None = None) -> Any: ...


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def servers(engine: str, request: pytest.FixtureRequest) -> Iterator[Servers]:
    """`servers("strict")` is the server with those SETTINGS, started when it is first asked for."""
    running: dict[str, Server] = {}
    with ExitStack() as stack:

        def get(name: str = "lenient") -> Server:
            if name not in running:
                settings = SETTINGS[name]
                if engine == "postgres":
                    cluster: Cluster = request.getfixturevalue("postgres")
                    settings = replace(settings, database=migrated(cluster))
                running[name] = stack.enter_context(Server(settings, clock=ManualClock(NOW)))
            return running[name]

        yield get


@pytest.fixture(scope="session")
def clients(servers: Servers) -> Clients:
    """boto3 clients. One session for all, for that is what takes time."""
    session = boto3.session.Session()

    def get(account: str, region: str = REGION, server: Server | None = None) -> Any:
        return session.client(
            "pinpoint-sms-voice-v2",
            aws_access_key_id=account,
            aws_secret_access_key="any",
            endpoint_url=(server or servers()).url,
            region_name=region,
        )

    return get


@pytest.fixture
def account() -> str:
    """An account that nobody had before."""
    return f"{next(_accounts):012d}"


@pytest.fixture
def server(servers: Servers) -> Server:
    return servers()


@pytest.fixture
def sms(clients: Clients, account: str) -> Any:
    """A client of the fresh account."""
    return clients(account)


@pytest.fixture
def strict(clients: Clients, account: str, servers: Servers) -> Any:
    """A client of the fresh account where AWS's strictness is simulated."""
    return clients(account, server=servers("strict"))


@pytest.fixture
def tight(clients: Clients, account: str, servers: Servers) -> Any:
    """A client of the fresh account where the quotas are small."""
    return clients(account, server=servers("tight"))


@pytest.fixture
def corrected(clients: Clients, account: str, servers: Servers) -> Any:
    """A client of the fresh account where the operator corrects AWS's table of sender IDs."""
    return clients(account, server=servers("corrected"))


@pytest.fixture
def ask(server: Server, account: str) -> Callable[..., list[Any]]:
    """Read rows that no written operation shows yet: a named query about the fresh account."""

    def rows(query: str, **parameters: Any) -> list[Any]:
        place = {"account_id": account, "region": REGION}
        return server.run(server.app.engine.read(lambda tx: tx.all(query, **place, **parameters), query))

    return rows


@pytest.fixture
def put(server: Server) -> Callable[..., None]:
    """Write rows that no written operation can make yet."""

    def insert(*rows: Any) -> None:
        server.run(server.app.engine.run(lambda tx: tx.insert(*rows), "a test's rows"))

    return insert
