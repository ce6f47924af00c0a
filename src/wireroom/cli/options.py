"""Options that several commands share, and how they become Settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from wireroom.config import ConfigError, Settings, load

Command = TypeVar("Command", bound=Callable[..., Any])


class Refused(click.ClickException):
    """Something cannot be done; the sentence says why and what to do. Status 1."""

    def show(self, file: Any = None) -> None:
        click.echo(f"wireroom: {self.format_message()}", file=file, err=True)


def data_dir_option(command: Command) -> Command:
    return click.option(
        "--data-dir", metavar="DIR", help="Where the data are kept. None: a temporary directory."
    )(command)


def database_option(command: Command) -> Command:
    return click.option(
        "--database", metavar="URL", help="Keep the data in PostgreSQL: postgresql://…  [default: SQLite]"
    )(command)


def config_option(command: Command) -> Command:
    return click.option(
        "--config",
        "config_file",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A wireroom.toml; WIREROOM_* and options come before it.",
    )(command)


def settings_from(config_file: Path | None, **given: object) -> Settings:
    """Raises Refused in one sentence."""
    try:
        return load(config_file, None, **given)
    except ConfigError as error:
        raise Refused(str(error)) from error


def refuse_database(settings: Settings, instead: str) -> None:
    """For commands that work on files. Raises Refused."""
    if settings.database is not None:
        raise Refused(f"The data are in PostgreSQL: {instead}.")


def directory_from(config_file: Path | None, data_dir: str | None) -> tuple[Settings, Path]:
    """Settings, and the data directory that they name. Raises Refused where there is none."""
    settings = settings_from(config_file, data_dir=data_dir)
    if settings.data_dir is None:
        raise Refused("Which data directory? Give --data-dir, or WIREROOM_DATA_DIR.")
    return settings, Path(settings.data_dir)
