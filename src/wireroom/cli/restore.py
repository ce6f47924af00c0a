"""`wireroom restore`: a data directory from a backup, in which nothing is sent that was sent already.

Everything is prepared in a directory inside the new one, and put in its place when it is whole.
"""

import asyncio
import shutil
from pathlib import Path

import click

from wireroom.cli import manifest
from wireroom.cli.options import (
    Refused,
    config_option,
    database_option,
    directory_from,
    refuse_database,
    settings_from,
)
from wireroom.config import ConfigError, Settings
from wireroom.observe import SystemClock
from wireroom.store.copying import sync
from wireroom.store.engine import StoreError
from wireroom.store.lock import DataDirLock
from wireroom.store.sqlite import DATABASE

_LOCK = "lock"
_PREPARED = ".restoring"


@click.command()
@click.argument("backup", metavar="FROM", type=click.Path(path_type=Path), required=False)
@click.option("--data-dir", metavar="DIR", help="Where to; new, or empty.")
@database_option
@config_option
def command(
    backup: Path | None, data_dir: str | None, database: str | None, config_file: Path | None
) -> None:
    """Make a data directory of the backup FROM; or, with a database that its own tools have restored, end
    what it had under way.

    Texts that were under way when it was made may have been sent since: they are not sent again.
    """
    if backup is None:
        _settle_database(settings_from(config_file, database=database))
        return
    settings, directory = directory_from(config_file, data_dir)
    refuse_database(settings, "restore it with its own tools, then run wireroom restore without FROM")
    try:
        given_up = _restored(backup, directory)
    except StoreError as error:
        raise Refused(f"{error}.") from error
    except OSError as error:
        raise Refused(f"{error.filename or directory} cannot be used: {error.strerror}.") from error
    click.echo(f"{directory} holds the data of {backup}.")
    _tell(given_up)


def _settle_database(settings: Settings) -> None:
    """Before the first server after a restore. Raises Refused."""
    if settings.database is None:
        raise Refused("Restore what? Name a backup, or the --database that was restored.")
    from wireroom.app import opened
    from wireroom.delivery.restored import give_up

    async def settle() -> int:
        async with opened(Path(), settings) as engine:
            if others := await engine.others():
                raise Refused(f"{others} processes serve this database: stop them first.")
            return await give_up(engine, SystemClock())

    try:
        given_up = asyncio.run(settle())
    except (StoreError, ConfigError) as error:
        raise Refused(f"{error}.") from error
    click.echo("Nothing of this database is sent again.")
    _tell(given_up)


def _tell(given_up: int) -> None:
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
