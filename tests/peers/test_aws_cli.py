"""The main job with the AWS CLI: version 1 as PyPI has it, and version 2 as Debian has it (of 2023)."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wireroom.testing import Server

HANDSET = "+14255550101"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


class Cli:
    def __init__(self, program: Path, server: Server) -> None:
        self._program = program
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ACCESS_KEY_ID": "123456789012",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
        }
        self._url = server.url

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._program), "pinpoint-sms-voice-v2", "--endpoint-url", self._url, *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60)

    def __call__(self, *arguments: str) -> Any:
        ran = self.run(*arguments, "--output", "json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)


@pytest.fixture(params=["AWS CLI 1", "AWS CLI 2"])
def aws(request: pytest.FixtureRequest, peer: Callable[[str], Path], server: Server) -> Cli:
    return Cli(peer(request.param), server)


def test_the_aws_cli_sends_a_text_through_a_pool(aws: Cli, server: Server) -> None:
    number = aws(
        "request-phone-number",
        *("--iso-country-code", "US", "--message-type", "TRANSACTIONAL"),
        *("--number-capabilities", "SMS", "--number-type", "TEN_DLC"),
    )
    pool = aws(
        "create-pool",
        *("--origination-identity", number["PhoneNumberId"], "--iso-country-code", "US"),
        *("--message-type", "TRANSACTIONAL"),
    )
    pools = aws("describe-pools", "--pool-ids", pool["PoolId"])["Pools"]
    assert [found["PoolArn"] for found in pools] == [pool["PoolArn"]]
    sent = aws(
        "send-text-message",
        *("--destination-phone-number", HANDSET, "--origination-identity", pool["PoolId"]),
        *("--message-body", "hello from the command line"),
    )
    found = server.call(f"/messages/wait?origination=%2B{number['PhoneNumber'][1:]}&status=DELIVERED")
    assert found["messageId"] == sent["MessageId"]
    assert found["messageBody"] == "hello from the command line"


def test_the_aws_cli_shows_what_was_wrong(aws: Cli) -> None:
    ran = aws.run("describe-pools", "--pool-ids", "pool-" + "0" * 32)
    assert ran.returncode != 0
    assert "ResourceNotFoundException" in ran.stderr
    assert 'ResourceType="pool"' in ran.stderr
