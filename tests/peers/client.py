"""A client of somebody else's, in a process of its own, that makes the calls we want and says what it saw.

The programs are in `clients/`: they read a call a line and write what came of it.
"""

import json
import os
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from wireroom.testing import REGION

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0
"""Seconds after which a client that does not end has failed."""


class Kind(Struct, frozen=True):
    """A client: its program in `clients/`, and what is in `.peers` for it (None: nothing)."""

    program: str
    environment: str | None = None
    knows_variable: bool = True
    """Does it read AWS_ENDPOINT_URL? SDKs that were alive in the summer of 2023 do."""
    knows_sender_ids: bool = True
    """Can it request sender IDs? The API has had these operations since the end of 2023."""


KINDS = {
    "boto3": Kind("boto.py"),
    "boto3 of 2022": Kind("boto.py", "boto3-2022", knows_variable=False, knows_sender_ids=False),
    "aioboto3": Kind("aioboto.py", "aioboto3"),
    "AWS CLI 1": Kind("cli.py", "awscli"),
    "AWS CLI 2": Kind("cli.py", knows_variable=False, knows_sender_ids=False),
    "JavaScript SDK 2": Kind("sdk2.js", "aws-sdk-js-2", knows_variable=False),
    "JavaScript SDK 3": Kind("sdk3.js", "aws-sdk-js-3"),
}


class Client:
    """Runs from `with` to its end. Called with an operation, it gives the answer."""

    def __init__(self, kind: Kind, interpreter: Path, url: str, account: str, secret: str = "any") -> None:
        """`interpreter`: the Python or the node that runs it. `account`: the access key id."""
        program = ROOT / "tests/peers/clients" / kind.program
        run = ["-m", f"tests.peers.clients.{program.stem}"] if program.suffix == ".py" else [str(program)]
        self.kind = kind
        self.account = account
        self._command = [str(interpreter), *run, *([] if kind.knows_variable else [url])]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))},
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": url,
            "NODE_PATH": str(ROOT / ".peers" / (kind.environment or "") / "node_modules"),
            "NO_PROXY": "127.0.0.1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._watch = threading.Timer(PATIENCE, self._process.kill)
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._process.communicate()
        self._watch.cancel()

    def ask(self, service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """One of {"output"}, {"error"}, {"invalid"} (refused by the client itself) and {"unknown"}."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([service, operation, parameters]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the client ended at {operation}: what it said is above"
        said: dict[str, Any] = json.loads(line)
        return said

    def __call__(self, operation: str, **parameters: Any) -> Any:
        said = self.ask("pinpoint-sms-voice-v2", operation, parameters)
        assert "output" in said, f"{operation}: {said}"
        return said["output"]

    def refused(self, operation: str, **parameters: Any) -> Any:
        """The error that a call is answered."""
        said = self.ask("pinpoint-sms-voice-v2", operation, parameters)
        assert "error" in said, f"{operation}: {said}"
        return said["error"]
