"""What a backup is: a directory with these files and a manifest that says what they are.

manifest.json   the `Manifest` below, as JSON
wireroom.db     the data
simulator.db    the simulated network's book, where there is one
secret.key      the installation's secret, where it is not given with WIREROOM_SECRET_KEY
"""

import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct

from wireroom.carriers.simulator.ledger import FILE as LEDGER
from wireroom.cli.options import Refused
from wireroom.edge.data_dir import SECRET
from wireroom.store.migrate import migrations
from wireroom.store.sqlite import DATABASE

NAME = "manifest.json"
FILES = (LEDGER, SECRET, DATABASE)
"""In the order in which a restore puts them in place: the data themselves last."""
_CHUNK = 1024 * 1024


class File(Struct, frozen=True):
    bytes: int
    sha256: str


class Manifest(Struct, frozen=True, rename="camel"):
    """`schema` is the version of the data; `made_at` is ISO 8601, UTC."""

    wireroom: str
    schema: int
    made_at: str
    files: dict[str, File]


def described(path: Path) -> File:
    """A file as it is on the disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return File(path.stat().st_size, digest.hexdigest())


def read(backup: Path) -> Manifest:
    """The manifest of a backup that this release can restore. Raises Refused in words."""
    try:
        manifest = msgspec.json.decode((backup / NAME).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise Refused(f"{backup} is no backup: there is no {NAME} in it.") from error
    except OSError as error:
        raise Refused(f"{backup} cannot be read: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise Refused(f"{backup / NAME} is not what wireroom backup wrote: {error}.") from error
    newest = migrations()[-1].version
    if manifest.schema > newest:
        raise Refused(
            f"{backup} was made by a newer release, Wireroom {manifest.wireroom} (version "
            f"{manifest.schema} of the data; this release knows {newest}): restore it with that release."
        )
    if DATABASE not in manifest.files or not manifest.files.keys() <= set(FILES):
        raise Refused(f"{backup / NAME} is not what wireroom backup wrote: it names other files.")
    return manifest


def copy(source: Path, to: Path, file: File) -> None:
    """Copy a file of a backup, and make sure that it is what was backed up. Raises Refused, OSError."""
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reading, to.open("wb") as writing:
            to.chmod(0o600)
            while chunk := reading.read(_CHUNK):
                digest.update(chunk)
                writing.write(chunk)
    except FileNotFoundError as error:
        raise Refused(f"{source} is missing: this backup is not whole.") from error
    if File(to.stat().st_size, digest.hexdigest()) != file:
        raise Refused(f"{source} is damaged, or was changed after the backup was made: take another backup.")
