"""What lies in a data directory beside the data: the installation's secret, and where it is being served.

Commands read it too; this module imports nothing of the server.
"""

import contextlib
import hmac
import os
import secrets
from pathlib import Path

import msgspec
from msgspec import Struct

OPERATOR = "wireroom-operator"
"""The access key id with which commands talk to the server of their data directory; an admin's."""
SECRET = "secret.key"  # noqa: S105 -- a file's name
_SERVED = "server.json"


class Seal:
    """What is derived from the installation's secret, each for one purpose."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def derive(self, purpose: str) -> bytes:
        """32 bytes that only this installation can make."""
        return hmac.digest(self._secret, purpose.encode(), "sha256")

    def operator_secret(self) -> str:
        return self.derive("operator").hex()


def seal(directory: Path, given: str | None) -> Seal:
    """From `given` (WIREROOM_SECRET_KEY), else from the directory's own secret, made at the first use."""
    if given:
        return Seal(given)
    path = directory / SECRET
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
    return Seal(path.read_text(encoding="ascii").strip())


class Served(Struct, frozen=True):
    """Where a process serves this directory; left behind by one that was killed."""

    url: str
    pid: int
    tls_cert: str | None = None


def note_served(directory: Path, url: str, tls_cert: str | None) -> None:
    """Tell commands where the server of this directory is, and which certificate it shows."""
    certificate = None if tls_cert is None else str(Path(tls_cert).resolve())
    path = directory / _SERVED
    written = path.with_suffix(".new")
    written.write_bytes(msgspec.json.encode(Served(url, os.getpid(), certificate)))
    written.replace(path)


def forget_served(directory: Path) -> None:
    (directory / _SERVED).unlink(missing_ok=True)


def served(directory: Path) -> Served | None:
    """What the last server said of itself; whether it still runs, the lock tells (`store.lock.is_served`)."""
    try:
        return msgspec.json.decode((directory / _SERVED).read_bytes(), type=Served)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
