"""One PostgreSQL server process in a directory of its own. Knows nothing of the databases in it."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Literal

from tests.postgres.programs import OLDEST, Installation, NoPostgres, Way, installations, ways

Mode = Literal["smart", "fast", "immediate"]

USER = "wireroom"
PORT = 5432
"""Only a part of the socket's name."""
PATIENCE = 60
"""Seconds for a server to start or to stop."""
_SIGNALS: dict[str, signal.Signals] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}
_LONGEST_SOCKET = 103
"""Bytes, on macOS; Linux allows 107."""
_UNSAFE = {
    # What only a crash of the machine, or a long life, makes worth its time.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "256MB",
}
_TROUBLE = re.compile(r"FATAL|error:|failed|denied")
_KEEPER = """
data=$1
shift
cat >/dev/null # ends when nobody holds the other end: it was closed, or its holder is no more
pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null)
runs() {
    [ -n "$pid" ] || return 1
    if [ -d /proc/self ]; then grep -qF "$data" "/proc/$pid/cmdline" 2>/dev/null
    else ps -o args= -p "$pid" | grep -qF "$data"; fi
}
runs && kill -s QUIT "$pid"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    runs || break
    sleep 0.5
done
for _ in 1 2 3 4 5 6 7 8 9 10; do # again if a half-made server was still writing
    rm -rf -- "$@" && break
    sleep 0.5
done
"""
"""A shell that outlives us: stops the server of the data in $1 if it runs, removes its other arguments."""


class Server:
    """Started at once; `close` ends it for good and removes what it was told to."""

    def __init__(
        self, directory: Path, *, fsync: bool, settings: Mapping[str, str], temporary: bool = False
    ) -> None:
        """Raises NoPostgres. `directory` is the server's alone; when `temporary` it is removed at the end."""
        self.directory = directory
        self.fsync = fsync
        self.sockets = directory
        self._data = directory / "data"
        self._process: subprocess.Popen[bytes] | None = None
        removed = [directory] if temporary else []
        if len(os.fsencode(directory / f".s.PGSQL.{PORT}")) > _LONGEST_SOCKET:
            self.sockets = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
            removed.append(self.sockets)
        self._keeper = _keep(self._data, removed)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self.installation, self._way = self._make()
            self._settings = {
                "listen_addresses": "",
                "port": str(PORT),
                "unix_socket_directories": str(self.sockets),
                "unix_socket_permissions": "0700",
                "dynamic_shared_memory_type": "mmap",  # in the directory, not beside those of others
                "max_connections": "300",
                **({} if fsync else _UNSAFE),
                **settings,
            }
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.directory / "log"

    @property
    def is_running(self) -> bool:
        """Whether its first process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the server's first process."""
        if self._process is None:
            raise RuntimeError("The server is stopped: start it first.")
        return self._process.pid

    def start(self) -> None:
        """Returns when connections are accepted."""
        if self.is_running:
            raise RuntimeError("The server runs already.")
        command = [*self._way.prefix, str(self.installation.bin / "postgres"), "-D", str(self._data)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._process = _spawn(command, self.directory, stdout=log)
        limit = time.monotonic() + PATIENCE
        while not self._is_ready(self._process.pid):
            if _ended(self._process, 0.02) or time.monotonic() > limit:
                self.stop("immediate")
                raise NoPostgres(f"{self.installation.bin}/postgres does not start: {self._complaint()}")

    def stop(self, mode: Mode = "fast") -> None:
        """`smart` waits for connections to end, `fast` ends them, `immediate` is a crash."""
        if self._process is None:
            return
        self._process.send_signal(_SIGNALS[mode])
        self._process.wait(PATIENCE)
        self._process = None

    def close(self) -> None:
        """Stop, and remove what was to be removed. A second time does nothing."""
        try:
            self.stop("immediate")
        finally:
            assert self._keeper.stdin is not None
            self._keeper.stdin.close()
            self._keeper.wait(PATIENCE)

    def _make(self) -> tuple[Installation, Way]:
        """Make the data directory with the first PostgreSQL that can be run."""
        failures = []
        for installation in installations():
            if not ways():
                raise NoPostgres("PostgreSQL does not run as root, and here is neither unshare nor setpriv.")
            for way in ways():
                for directory in (self.directory, self.sockets):
                    way.prepare(directory)
                command = [*way.prefix, str(installation.bin / "initdb"), "-D", str(self._data), "-U", USER]
                command += ["--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale"]
                with self.log.open("wb") as log:
                    made = _spawn(command, self.directory, stdout=log)
                try:
                    if made.wait(PATIENCE) == 0:
                        return installation, way
                finally:
                    made.kill()  # if we were interrupted; else it is over
                    made.wait()
                failures.append(f"{way.prefix[0] if way.prefix else installation.bin}: {self._complaint()}")
                shutil.rmtree(self._data, ignore_errors=True)
        if failures:
            raise NoPostgres(f"PostgreSQL cannot be run here ({'; '.join(failures)}): set TEST_PG_URL")
        raise NoPostgres(
            f"PostgreSQL {OLDEST} or newer is missing: run tools/setup test, install it or set TEST_PG_URL"
        )

    def _complaint(self) -> str:
        """The line of the log that says what is wrong."""
        lines = self.log.read_text(errors="replace").splitlines()
        return next((line for line in lines if _TROUBLE.search(line)), lines[-1] if lines else "no word")

    def _is_ready(self, pid: int) -> bool:
        """The server writes its state to the eighth line of a file."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _spawn(command: list[str], directory: Path, stdout: IO[bytes]) -> subprocess.Popen[bytes]:
    """Out of reach of a terminal's Ctrl-C and of what the user has set for other databases."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _keep(data: Path, removed: list[Path]) -> subprocess.Popen[bytes]:
    """It shares our standard error, so that who reads that to its end waits for the cleaning too."""
    return subprocess.Popen(
        ["sh", "-c", _KEEPER, "keeper", str(data), *map(str, removed)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
