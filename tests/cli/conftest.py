"""`wireroom` as a process of its own, with nothing of the user's around it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.processes import PATIENCE, Process


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No AWS configuration, no WIREROOM_*, an empty home, and a proxy that nothing may use."""
    kept = ("PATH", "PYTHONPATH", "LANG", "TMPDIR")
    home = tmp_path / "home"
    home.mkdir()
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


@pytest.fixture
def wireroom(environment: dict[str, str]) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """`wireroom("keys", "list")` runs to its end."""

    def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "wireroom", *arguments],
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return run


@pytest.fixture
def serve(environment: dict[str, str]) -> Iterator[Callable[..., Process]]:
    """`serve("--auth", "keys")` is a server that is ready; it goes with the test."""
    begun: list[Process] = []

    def start(*arguments: str, **more: str) -> Process:
        process = Process(["serve", "--port", "0", *arguments], {**environment, **more})
        begun.append(process)
        process.wait_until_ready()
        return process

    yield start
    for process in begun:
        process.kill()
