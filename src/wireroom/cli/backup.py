"""`wireroom backup`: a copy of a data directory as of one instant, while texts are being sent.

The copy is made by this process and not by the server: SQLite lets any process of the machine read a snapshot
beside the one that writes (`store.copying`). So the server has no more to do than usual, writes nothing where
a caller says, and a directory that nobody serves is copied in the same way.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from wireroom import __version__
from wireroom.cli import manifest
from wireroom.cli.manifest import FILES, Manifest, described
from wireroom.cli.options import Refused, config_option, directory_from, refuse_database
from wireroom.edge.data_dir import SECRET
from wireroom.observe import MachineClock
from wireroom.store.copying import copy_together, sync
from wireroom.store.engine import StoreError
from wireroom.store.migrate import pending
from wireroom.store.sqlite import DATABASE, version_of


@click.command()
@click.argument("to", metavar="TO", type=click.Path(path_type=Path))
@click.option("--data-dir", metavar="DIR", help="What to copy.")
@config_option
def command(to: Path, data_dir: str | None, config_file: Path | None) -> None:
    """Copy the data into a new directory TO; sends go on meanwhile.

    It holds the secret key where the data directory does, so keep it as you keep that.
    """
    settings, directory = directory_from(config_file, data_dir)
    refuse_database(settings, "back it up with pg_dump or with your service's snapshots (docs/postgresql.md)")
    try:
        made = _backed_up(directory, to)
    except StoreError as error:
        raise Refused(f"{error}.") from error
    except OSError as error:
        raise Refused(f"{error.filename or to} cannot be used: {error.strerror}.") from error
    size = sum(file.bytes for file in made.files.values())
    click.echo(f"{to} holds the data of {made.made_at}, {size / 1024**2:.1f} MiB.")


def _backed_up(directory: Path, to: Path) -> Manifest:
    """Raises Refused, StoreError, OSError; then there is no trace of it."""
    if not (directory / DATABASE).is_file():
        raise Refused(f"There are no data in {directory}.")
    if to.exists():
        raise Refused(f"{to} is there already: name a directory that is not.")
    unfinished = to.with_name(f"{to.name}.unfinished")
    try:
        unfinished.mkdir(mode=0o700)
    except FileExistsError as error:
        raise Refused(
            f"{unfinished} is there already: another backup is being made, or was broken off; then delete it."
        ) from error
    try:
        made = _fill(unfinished, directory)
        unfinished.rename(to)
    except BaseException:
        shutil.rmtree(unfinished)
        raise
    sync(to.parent)
    return made


def _fill(unfinished: Path, directory: Path) -> Manifest:
    there = [name for name in FILES if (directory / name).is_file()]
    now = MachineClock().now()
    copy_together([directory / name for name in there if name != SECRET], unfinished)
    version = version_of(directory / DATABASE)
    pending(version)  # what a newer release wrote is for that release to copy
    if SECRET in there:
        shutil.copy(directory / SECRET, unfinished / SECRET)
        sync(unfinished / SECRET)
    made = Manifest(
        wireroom=__version__,
        schema=version,
        made_at=datetime.fromtimestamp(now // 1000, UTC).isoformat().replace("+00:00", "Z"),
        files={name: described(unfinished / name) for name in there},
    )
    path = unfinished / manifest.NAME
    path.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")
    sync(path)
    sync(unfinished)
    return made
