"""`wireroom restore`: a data directory from a backup, in which nothing is sent that was sent already.

Everything is prepared in a directory inside the new one, and put in its place when it is whole.
"""

import asyncio
import shutil
from pathlib import Path

import click

from wireroom.cli import manifest
from wireroom.cli.options import Refused, config_option, directory_from
from wireroom.observe import SystemClock
from wireroom.store.copying import sync
from wireroom.store.engine import StoreError
from wireroom.store.lock import DataDirLock
from wireroom.store.sqlite import DATABASE

_LOCK = "lock"
_PREPARED = ".restoring"


@click.command()
@click.argument("backup", metavar="FROM", type=click.Path(path_type=Path))
@click.option("--data-dir", metavar="DIR", help="Where to; new, or empty.")
@config_option
def command(backup: Path, data_dir: str | None, config_file: Path | None) -> None:
    """Make a data directory of the backup FROM.

    Texts that were under way when it was made may have been sent since: they are not sent again.
    """
    _, directory = directory_from(config_file, data_dir)
    try:
        given_up = _restored(backup, directory)
    except StoreError as error:
        raise Refused(f"{error}.") from error
    except OSError as error:
        raise Refused(f"{error.filename or directory} cannot be used: {error.strerror}.") from error
    click.echo(f"{directory} holds the data of {backup}.")
    if given_up:
        click.echo(
            f"{given_up} texts were under way and may have been sent since: they are not sent again, "
            "and are UNKNOWN."
        )


def _restored(backup: Path, directory: Path) -> int:
    """How many texts were given up. Raises Refused, StoreError, OSError; then there is no trace of it."""
    wanted = manifest.read(backup)
    new = not directory.exists()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if {path.name for path in directory.iterdir()} - {_LOCK, _PREPARED}:
        raise Refused(f"{directory} is not empty: name a directory that is new or empty.")
    lock = DataDirLock(directory)
    prepared = directory / _PREPARED
    try:
        shutil.rmtree(prepared, ignore_errors=True)  # of a restore that was broken off
        given_up = _prepare(backup, wanted, prepared)
        for name in (name for name in manifest.FILES if name in wanted.files):
            (prepared / name).rename(directory / name)
        shutil.rmtree(prepared)
        sync(directory)
    except BaseException:
        _leave_nothing(directory)
        lock.release()
        (directory / _LOCK).unlink()
        if new:
            directory.rmdir()
        raise
    lock.release()
    return given_up


def _leave_nothing(directory: Path) -> None:
    shutil.rmtree(directory / _PREPARED, ignore_errors=True)
    for name in manifest.FILES:
        (directory / name).unlink(missing_ok=True)


def _prepare(backup: Path, wanted: manifest.Manifest, prepared: Path) -> int:
    from wireroom.app import opened
    from wireroom.delivery.restored import give_up

    prepared.mkdir(mode=0o700)
    for name, file in wanted.files.items():
        manifest.copy(backup / name, prepared / name, file)
        sync(prepared / name)

    async def settle() -> int:
        async with opened(prepared) as engine:
            return await give_up(engine, SystemClock())

    given_up = asyncio.run(settle())
    if (prepared / f"{DATABASE}-wal").exists():
        raise StoreError("the restored data could not be written to their end; is the disk full?")
    return given_up
