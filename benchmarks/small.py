"""Ready time, import time and idle memory, beside a bare uvicorn that answers `{}`."""

import contextlib
import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.processes import ENVIRONMENT, Started, data_dir, floor, wireroom
from benchmarks.report import Line

SETTLE = 1.0
"""Seconds after the first answer until memory is looked at."""
SERVER = "import wireroom.cli.serve, wireroom.app"
BARE = "import uvicorn, uvloop, httptools"


class Start(NamedTuple):
    ready_ms: float
    answer_ms: float
    mebibytes: float


def measure(rounds: int) -> list[Line]:
    """Each round starts an empty server, then a bare one."""
    starts = [(_start(_empty_server), _start(floor)) for _ in range(rounds)]
    imports = [(_import_ms(SERVER), _import_ms(BARE)) for _ in range(rounds)]
    return [
        _line("ready line, ms after the command", [(a.ready_ms, b.ready_ms) for a, b in starts]),
        _line(
            "first answer, ms after the command", [(a.answer_ms, b.answer_ms) for a, b in starts], most=300
        ),
        _line("imports, ms", imports, most=200),
        _line("idle memory, MiB", [(a.mebibytes, b.mebibytes) for a, b in starts], most=64),
    ]


def _line(name: str, pairs: list[tuple[float, float]], most: float | None = None) -> Line:
    ours, bare = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return Line(name, ours, floor=bare, ratios=[a / b for a, b in pairs], most=most)


@contextlib.contextmanager
def _empty_server() -> Iterator[Started]:
    with data_dir() as directory, wireroom(directory) as started:
        yield started


def _start(server: Callable[[], AbstractContextManager[Started]]) -> Start:
    with server() as started:
        since_ready = time.perf_counter()
        place = urlsplit(started.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
        connection.request("POST", "/", b"{}", {"X-Amz-Target": "PinpointSMSVoiceV2.DescribePools"})
        connection.getresponse().read()  # unsigned: an error is an answer, too
        answered = started.seconds + time.perf_counter() - since_ready
        connection.close()
        time.sleep(SETTLE)
        return Start(started.seconds * 1000, answered * 1000, started.resident_mebibytes())


def _import_ms(statement: str) -> float:
    code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True
    )
    return float(shown.stdout) * 1000
