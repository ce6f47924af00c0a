"""A server process, and what it says."""

import re
import signal
import subprocess
import sys
from typing import Any

PATIENCE = 60.0


class Process:
    """`wireroom` with some arguments, until `stop` or `kill`."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wireroom", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = ""
        self.ready_line = ""

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        assert self._process.stdout is not None
        self.ready_line = self._process.stdout.readline()
        found = re.fullmatch(r"wireroom ready on (https?://\S+)\n", self.ready_line)
        assert found, (self.ready_line, self._process.communicate())
        self.url = found[1]

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Status, what else it said, and its log."""
        self._process.send_signal(how)
        rest, log = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, rest, log

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()

    def client(self, key: str = "123456789012", secret: str = "any", **options: Any) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.session.Session(key, secret, region_name="us-east-1").client(
            "pinpoint-sms-voice-v2", endpoint_url=self.url, config=Config(proxies={}), **options
        )
