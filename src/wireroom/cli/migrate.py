"""`wireroom migrate`: move a data directory's rows into PostgreSQL, and verify every one of them.

The directory stays: the installation's secret and what the simulated network owes are in it. Its database
file is put aside under another name when all is verified, so that nobody serves the old data by mistake.
"""

import asyncio
from pathlib import Path

import click
from msgspec.structs import replace

from wireroom.cli.options import Refused, config_option, settings_from
from wireroom.config import ConfigError
from wireroom.observe import MachineClock
from wireroom.store.engine import StoreError
from wireroom.store.moving import Moved, move
from wireroom.store.sqlite import DATABASE

PUT_ASIDE = f"{DATABASE}.moved"


@click.command()
@click.option("--from", "directory", required=True, metavar="DIR", type=click.Path(path_type=Path))
@click.option("--to", "database", metavar="URL", help="postgresql://…, or WIREROOM_DATABASE.")
@config_option
def command(directory: Path, database: str | None, config_file: Path | None) -> None:
    """Move the data of DIR, which nobody serves, into an empty PostgreSQL database.

    When it breaks off, run it again: it goes on, and DIR is as it was until the last row is verified.
    """
    settings = settings_from(config_file, database=database, data_dir=str(directory))
    if settings.database is None:
        raise Refused("Where to? Give --to, or WIREROOM_DATABASE.")
    if not (directory / DATABASE).is_file():
        there = (directory / PUT_ASIDE).exists()
        raise Refused(f"The data of {directory} {'are moved already' if there else 'are not there'}.")
    from wireroom.app import opened

    async def do() -> Moved:
        ours = replace(settings, database=None)
        async with opened(directory, ours) as source, opened(directory, settings) as target:
            return await move(source, target, MachineClock().now(), _tell)

    try:
        moved = asyncio.run(do())
        (directory / DATABASE).rename(directory / PUT_ASIDE)
    except (StoreError, ConfigError) as error:
        raise Refused(f"{error}.") from error
    except OSError as error:
        raise Refused(f"{directory} cannot be used: {error.strerror}.") from error
    click.echo(f"{moved.total:,} rows are moved and verified; {directory / PUT_ASIDE} is the old database.")
    click.echo(f"Serve them with: wireroom serve --data-dir {directory} --database …")


def _tell(table: str, rows: int) -> None:
    if rows:
        click.echo(f"{table}: {rows:,} rows", err=True)
