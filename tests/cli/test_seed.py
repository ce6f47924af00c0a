"""serve --seed: what is there before the first request."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.processes import Process
from wireroom.config import ConfigError, Settings
from wireroom.testing import Server

NUMBER = {
    "operation": "RequestPhoneNumber",
    "as": "number",
    "account": "123456789012",
    "parameters": {
        "IsoCountryCode": "US",
        "MessageType": "TRANSACTIONAL",
        "NumberCapabilities": ["SMS"],
        "NumberType": "LONG_CODE",
    },
}
POOL = {
    "operation": "CreatePool",
    "account": "123456789012",
    "parameters": {
        "OriginationIdentity": "$number.PhoneNumberId",
        "IsoCountryCode": "US",
        "MessageType": "TRANSACTIONAL",
    },
}


def seed_file(directory: Path, *steps: object) -> str:
    file = directory / "seed.json"
    file.write_text(json.dumps(steps))
    return str(file)


def test_later_steps_use_what_earlier_ones_answered_and_a_restart_adds_nothing(
    serve: Callable[..., Process], tmp_path: Path
) -> None:
    arguments = ("--data-dir", str(tmp_path / "data"), "--seed", seed_file(tmp_path, NUMBER, POOL))
    for _ in range(2):
        server = serve(*arguments)
        assert len(server.client().describe_pools()["Pools"]) == 1
        assert len(server.client().describe_phone_numbers()["PhoneNumbers"]) == 1
        server.stop()


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"operation": "Nonsense"}, r"step 1 \(Nonsense\): there is no such operation"),
        (POOL, r"\$number\.PhoneNumberId names nothing"),
        ({**NUMBER, "parameters": {}}, r"step 1 \(RequestPhoneNumber\): .*MISSING_PARAMETER"),
        ({"operation": "DescribePools", "parametres": {}}, "parametres"),
    ],
)
def test_a_seed_that_cannot_be_sown_is_named(tmp_path: Path, step: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said), Server(Settings(seed=seed_file(tmp_path, step))):
        pass


def test_a_bad_seed_is_said_in_one_sentence(
    wireroom: Callable[..., "subprocess.CompletedProcess[str]"],
) -> None:
    done = wireroom("serve", "--port", "0", "--seed", "nowhere.json")
    assert done.returncode == 1
    assert done.stderr.startswith("wireroom: seed nowhere.json: ")
    assert len(done.stderr.splitlines()) == 1
