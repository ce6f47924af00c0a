"""`wireroom keys`: make, list and delete the access keys of a data directory.

Where a process serves the directory it is asked to do it; else the data are opened here for a moment.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from wireroom.cli.client import asked, server_of
from wireroom.cli.options import Refused, config_option, directory_from
from wireroom.config import Settings
from wireroom.edge.keys import KeyStore

T = TypeVar("T")

_NOBODY = "0" * 12


def _data_dir_option(command: Any) -> Any:
    return click.option("--data-dir", metavar="DIR", help="Whose keys they are.")(config_option(command))


@click.group()
def command() -> None:
    """Access keys, for a server with --auth keys."""


@command.command()
@click.option("--account", default=_NOBODY, show_default=True, metavar="ACCOUNT", help="Twelve digits.")
@click.option("--admin", is_flag=True, help="Sees all accounts; may reset and make keys.")
@_data_dir_option
def create(account: str, admin: bool, data_dir: str | None, config_file: Path | None) -> None:
    """Make a key. Its secret is shown this once."""
    if not (len(account) == 12 and account.isdecimal()):
        raise Refused("An account is twelve digits.")
    settings, directory = directory_from(config_file, data_dir)
    server = server_of(directory, settings)
    if server is not None:
        made = asked(server, "POST", "/keys", {"account": account, "admin": admin})
        access_key_id, secret = made["accessKeyId"], made["secretAccessKey"]
    else:
        new = _opened(settings, lambda store: store.create(account, admin))
        access_key_id, secret = new.row.access_key_id, new.secret
    click.echo(f"export AWS_ACCESS_KEY_ID={access_key_id}")
    click.echo(f"export AWS_SECRET_ACCESS_KEY={secret}")


@command.command("list")
@_data_dir_option
def list_keys(data_dir: str | None, config_file: Path | None) -> None:
    """Every key, without its secret."""
    settings, directory = directory_from(config_file, data_dir)
    server = server_of(directory, settings)
    if server is not None:
        rows = [
            (key["accessKeyId"], key["account"], key["admin"])
            for key in asked(server, "GET", "/keys")["keys"]
        ]
    else:
        keys = _opened(settings, lambda store: store.all())
        rows = [(key.access_key_id, key.account_id, key.admin) for key in keys]
    for access_key_id, account, admin in rows:
        click.echo(f"{access_key_id}  {account}  {'admin' if admin else 'account'}")


@command.command()
@click.argument("access_key_id")
@_data_dir_option
def delete(access_key_id: str, data_dir: str | None, config_file: Path | None) -> None:
    """Delete a key: what it signs is refused from now on."""
    settings, directory = directory_from(config_file, data_dir)
    server = server_of(directory, settings)
    if server is not None:
        asked(server, "DELETE", f"/keys/{access_key_id}")
    elif _opened(settings, lambda store: store.delete(access_key_id)) is None:
        raise Refused("There is no access key of this id.")
    click.echo(f"{access_key_id} is deleted", err=True)


def _opened(settings: Settings, work: Callable[[KeyStore], Awaitable[T]]) -> T:
    from wireroom.app import opened_keys
    from wireroom.config import ConfigError
    from wireroom.store.engine import StoreError

    async def do() -> T:
        async with opened_keys(settings) as store:
            return await work(store)

    try:
        return asyncio.run(do())
    except (ConfigError, StoreError) as error:
        raise Refused(str(error)) from error
