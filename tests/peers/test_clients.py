"""AWS's own clients, old and new, are told one story and see the same (DESIGN §8)."""

import itertools
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.peers.client import KINDS, Client
from tests.peers.story import Told, tell
from wireroom.config import AuthMode, Settings
from wireroom.testing import ACCOUNT, Server

OTHERS = [name for name in KINDS if name != "boto3"]
_accounts = itertools.count(700_000_000_000)


class Opens(Protocol):
    def __call__(
        self, name: str, server: Server, access_key: str | None = None, secret: str = "any"
    ) -> Client: ...


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(Settings(quotas={"OPT_OUT_LISTS_PER_ACCOUNT": 2})) as running:
        yield running


@pytest.fixture(scope="module")
def opened(peer: Callable[[str], Path], environment: Callable[[str], Path]) -> Opens:
    """`opened("aioboto3", server)` is that client, in an account of its own unless an access key is given."""

    def interpreter(name: str) -> Path:
        kind = KINDS[name]
        if kind.program.endswith(".js"):
            environment(str(kind.environment))
            return Path(shutil.which("node") or pytest.skip("node is missing: run tools/install-peers"))
        if kind.environment is not None:
            return environment(kind.environment) / "bin/python"
        return _python_of(peer(name)) if name == "AWS CLI 2" else Path(sys.executable)

    def open_(name: str, server: Server, access_key: str | None = None, secret: str = "any") -> Client:
        return Client(KINDS[name], interpreter(name), server.url, access_key or str(next(_accounts)), secret)

    return open_


def _python_of(program: Path) -> Path:
    """Debian's AWS CLI 2 is a script; AWS's own packages bring a Python inside that runs nothing else."""
    first = program.read_bytes().partition(b"\n")[0]
    if not first.startswith(b"#!") or b"python" not in first:
        pytest.skip("only on a system whose AWS CLI 2 is a Python script, as Debian's is")
    return Path(first.removeprefix(b"#!").split()[-1].decode())


@pytest.fixture(scope="module")
def newest(opened: Opens, server: Server) -> Told:
    """The story as the newest boto3 tells it."""
    with opened("boto3", server) as client:
        return tell(client, server)


@pytest.mark.parametrize("name", OTHERS)
def test_every_client_sees_what_the_newest_boto3_sees(
    name: str, opened: Opens, server: Server, newest: Told
) -> None:
    with opened(name, server) as client:
        told = tell(client, server)
    since_sender_ids = itertools.dropwhile(lambda step: "RequestSenderId" not in step, newest)
    assert newest.keys() - told.keys() == (set() if client.kind.knows_sender_ids else {*since_sender_ids})
    for step, seen in told.items():
        assert_shown_by(newest[step], seen, step)


def assert_shown_by(model: Any, seen: Any, where: str) -> None:
    """Whatever a client shows, the model shows alike; members that an older client drops may be absent, and
    JavaScript shows an absent list as an empty one."""
    match seen:
        case dict():
            for name, value in seen.items():
                if value != [] or name in model:
                    assert name in model, f"{where}: {name}"
                    assert_shown_by(model[name], value, f"{where}.{name}")
        case list():
            assert len(seen) == len(model), where
            for one, other in zip(model, seen, strict=True):
                assert_shown_by(one, other, f"{where}[]")
        case _:
            assert seen == model, where


def test_the_boto3_of_2022_wants_a_country_that_the_newest_does_not(opened: Opens, server: Server) -> None:
    wanted = {"NumberCapabilities": ["SMS"], "NumberType": "TOLL_FREE", "MessageType": "TRANSACTIONAL"}
    for name, said in (("boto3 of 2022", "invalid"), ("boto3", "output")):
        with opened(name, server) as client:
            number = client("RequestPhoneNumber", IsoCountryCode="US", **wanted)["PhoneNumberId"]
            create = {"OriginationIdentity": number, "MessageType": "TRANSACTIONAL"}
            assert said in client.ask("pinpoint-sms-voice-v2", "CreatePool", create)


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    with Server(Settings(auth=AuthMode.KEYS)) as running:
        yield running


@pytest.mark.parametrize("name", KINDS)
def test_every_client_signs_as_the_server_verifies(name: str, opened: Opens, locked: Server) -> None:
    key = locked.run(locked.app.keys.create(ACCOUNT, admin=False))
    asked = [("sts", "GetCallerIdentity"), ("pinpoint-sms-voice-v2", "DescribePools")]
    with opened(name, locked, key.row.access_key_id, key.secret) as client:
        who, pools = (client.ask(service, operation, {}) for service, operation in asked)
    assert who["output"]["Account"] == ACCOUNT
    assert pools["output"]["Pools"] == []
    with opened(name, locked, key.row.access_key_id, "wrong") as client:
        who, pools = (client.ask(service, operation, {}) for service, operation in asked)
    assert who["error"]["Code"] == "SignatureDoesNotMatch"
    assert pools["error"]["Code"] == "InvalidSignatureException"
