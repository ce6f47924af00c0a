"""Starting servers and load, each on a CPU of its own where there are two."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import apsw
import msgspec

from benchmarks.load import Job, Result
from benchmarks.signed import Key, call

ACCOUNT = "123456789012"
LONGEST_DRAIN = 300.0

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WIREROOM_"))},
    "PYTHONPATH": os.pathsep.join(sys.path),
}


@contextlib.contextmanager
def on_cpu(which: int) -> Iterator[None]:
    """What is started inside runs on the first (0) or the second (1) CPU that we may use."""
    if not hasattr(os, "sched_setaffinity") or len(ours := os.sched_getaffinity(0)) < 2:
        yield
        return
    os.sched_setaffinity(0, {sorted(ours)[which]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


class Started:
    """A server process. `seconds` from the command to its ready line; `settings` are WIREROOM_*."""

    def __init__(self, arguments: Sequence[str], settings: Mapping[str, str] | None = None) -> None:
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- closed by stop()
        began = time.perf_counter()
        with on_cpu(0):
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                env={**ENVIRONMENT, **(settings or {})},
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.seconds = time.perf_counter() - began
        found = re.search(r"ready on (http://\S+)", line)
        if found is None:
            self.stop()
            raise RuntimeError(f"{' '.join(arguments)} did not start")
        self.url = found[1]

    def resident_mebibytes(self) -> float:
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return int(shown.stdout) / 1024

    def stop(self) -> None:
        """Ends it; what it logged is shown only when it did not end well."""
        self.process.terminate()
        status = self.process.wait(30)
        if status not in (0, -signal.SIGTERM):
            self._log.seek(0)
            sys.stderr.write(self._log.read())
        self._log.close()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def floor() -> Iterator[Started]:
    started = Started(["benchmarks.floor"])
    try:
        yield started
    finally:
        started.stop()


@contextlib.contextmanager
def wireroom(directory: Path, **settings: str) -> Iterator[Started]:
    serve = ["wireroom", "serve", "--port", "0", "--auth", "keys", "--data-dir", str(directory)]
    started = Started(serve, settings)
    try:
        yield started
    finally:
        started.stop()


@contextlib.contextmanager
def data_dir() -> Iterator[Path]:
    """Beside the checkout and not in /tmp, which may be in memory: a commit shall reach a disk."""
    here = Path(".wireroom")
    here.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=here) as directory:
        yield Path(directory)


def new_key(directory: Path, *options: str, **settings: str) -> Key:
    """A key of an account, as `wireroom keys create` shows it once."""
    create = [sys.executable, "-m", "wireroom", "keys", "create", "--account", ACCOUNT, *options]
    shown = subprocess.run(
        [*create, "--data-dir", str(directory)],
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, **settings},
        check=True,
    ).stdout
    access_key_id = re.search(r"\bWRKA[A-Z2-7]{16}\b", shown)
    secret = re.search(r"(?<![\w-])[\w-]{40}(?![\w-])", shown)
    if access_key_id is None or secret is None:
        raise RuntimeError("wireroom keys create did not show a key")
    return Key(access_key_id[0], secret[0])


def new_pool(url: str, key: Key) -> str:
    """A pool of one 10DLC number, whose texts have handset receipts."""
    number = call(
        url,
        "RequestPhoneNumber",
        {
            "IsoCountryCode": "US",
            "MessageType": "TRANSACTIONAL",
            "NumberCapabilities": ["SMS"],
            "NumberType": "TEN_DLC",
        },
        key,
    )
    pool = call(
        url,
        "CreatePool",
        {
            "OriginationIdentity": number["PhoneNumberId"],
            "IsoCountryCode": "US",
            "MessageType": "TRANSACTIONAL",
        },
        key,
    )
    return str(pool["PoolId"])


class Load:
    """A load generator that has signed its requests and waits for `go`."""

    def __init__(self, job: Job) -> None:
        with on_cpu(1):
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.load"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=ENVIRONMENT,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._say(msgspec.json.encode(job))
        assert self._stdout.readline() == b"ready\n", "the load generator did not start"

    def go(self) -> None:
        self._say(b"go")

    def result(self) -> Result:
        """Raises RuntimeError when any answer was not 200."""
        shown = self._stdout.readline()
        self._stdin.close()
        self._stdout.close()
        self._process.wait(60)
        result = msgspec.json.decode(shown, type=Result)
        if result.wrong:
            raise RuntimeError(f"{result.wrong} wrong answers of {result.answers}: {result.complaint}")
        return result

    def _say(self, line: bytes) -> None:
        self._stdin.write(line + b"\n")
        self._stdin.flush()


def run(job: Job) -> Result:
    load = Load(job)
    load.go()
    return load.result()


class Watch:
    """Looks at a server's data from outside, so that looking costs the server nothing."""

    def __init__(self, directory: Path) -> None:
        self._store = apsw.Connection(str(directory / "wireroom.db"), flags=apsw.SQLITE_OPEN_READONLY)
        self._carrier = apsw.Connection(str(directory / "simulator.db"), flags=apsw.SQLITE_OPEN_READONLY)

    def finished(self) -> bool:
        """No text waits for the carrier, and the carrier owes no receipt."""
        return not (
            self._store.execute("SELECT EXISTS (SELECT 1 FROM outbox)").get
            or self._carrier.execute("SELECT EXISTS (SELECT 1 FROM segments WHERE due_at IS NOT NULL)").get
        )

    def final_events(self) -> int:
        count: int = self._store.execute("SELECT count(*) FROM events WHERE is_final").get
        return count

    def oldest(self) -> str:
        """The id of the oldest text."""
        found: str = self._store.execute("SELECT min(message_id) FROM messages").get
        return found

    def texts(self) -> int:
        count: int = self._store.execute("SELECT count(*) FROM messages").get
        return count

    def wait(self) -> None:
        """Come back when everything is finished."""
        until = time.perf_counter() + LONGEST_DRAIN
        while not self.finished():
            if time.perf_counter() > until:
                raise RuntimeError("texts were accepted and did not arrive")
            time.sleep(0.02)

    def close(self) -> None:
        self._store.close()
        self._carrier.close()
