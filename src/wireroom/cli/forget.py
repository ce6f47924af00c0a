"""`wireroom forget`: erase a person's number and texts, and keep the opt-outs.

Where a process serves the directory it is asked to do it; else the data are opened here for a moment.
"""

import asyncio
from pathlib import Path

import click
import msgspec

from wireroom.cli.client import asked, server_of
from wireroom.cli.options import Refused, config_option, directory_from
from wireroom.config import ConfigError, Settings
from wireroom.console.forget import ForgetRequest, Forgotten, forget, number_of
from wireroom.console.parts import Problem
from wireroom.store.engine import StoreError
from wireroom.store.sqlite import DATABASE


@click.command()
@click.argument("number", metavar="NUMBER")
@click.option("--account", metavar="ACCOUNT", help="Only in this account.  [default: in all]")
@click.option("--data-dir", metavar="DIR", help="Whose data they are.")
@config_option
def command(number: str, account: str | None, data_dir: str | None, config_file: Path | None) -> None:
    """Erase NUMBER (E.164) and all texts to and from it; opt-outs stay."""
    settings, directory = directory_from(config_file, data_dir)
    server = server_of(directory, settings)
    if server is not None:
        answer = asked(server, "POST", "/forget", ForgetRequest(number, account))
        forgotten = msgspec.convert(answer, Forgotten)
    else:
        forgotten = _forgotten(settings, directory, number, account)
    _tell(forgotten, settings, directory)


def _forgotten(settings: Settings, directory: Path, number: str, account: str | None) -> Forgotten:
    from wireroom.app import opened_with_books
    from wireroom.console.access import account_id

    async def do() -> Forgotten:
        wanted = number_of(number)
        only = None if account is None else account_id(account)
        async with opened_with_books(directory, settings) as (engine, books):
            return await forget(engine, books, wanted, only)

    if settings.database is None and not (directory / DATABASE).is_file():
        raise Refused(f"There are no data in {directory}.")
    try:
        return asyncio.run(do())
    except (Problem, StoreError, ConfigError) as error:
        raise Refused(str(error)) from error


def _tell(forgotten: Forgotten, settings: Settings, directory: Path) -> None:
    click.echo("1 text is erased." if forgotten.texts == 1 else f"{forgotten.texts} texts are erased.")
    for kept in forgotten.opt_outs_kept:
        click.echo(f"The opt-out in list {kept.list} stays ({kept.account}, {kept.region}).")
    for copy in sorted(directory.glob(f"{DATABASE}.before-*")):
        click.echo(f"{copy} is as it was before an update: delete it too.", err=True)
    if settings.database is not None:
        click.echo(
            "PostgreSQL keeps what was deleted in dead rows and in its log until it is vacuumed and the log "
            "is recycled, and in your backups.",
            err=True,
        )
    elif forgotten.traces:
        raise Refused("Another program, such as a backup, still reads the old data: run this again after it.")
