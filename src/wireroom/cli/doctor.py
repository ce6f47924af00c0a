"""`wireroom doctor`: says in words what is wrong here and what to do about it. Status 1 when something is."""

import asyncio
import errno
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from msgspec import Struct

from wireroom.cli.client import Client, Credential, Failed, server_of
from wireroom.cli.options import Refused, config_option, data_dir_option, database_option, settings_from
from wireroom.config import ConfigError, Settings
from wireroom.observe import MachineClock
from wireroom.store.engine import StoreError

ROOM_BYTES = 1024**3
"""Less free space than this is worth a word."""
_RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""A clock that shows an earlier time is wrong."""


class Finding(Struct, frozen=True):
    """What was looked at, and what is wrong with it: None for nothing. `fatal`: it will not work so."""

    what: str
    wrong: str | None = None
    fatal: bool = True


@click.command()
@click.option("--host", metavar="ADDRESS")
@click.option("--port", type=int, metavar="PORT")
@data_dir_option
@database_option
@config_option
def command(
    host: str | None,
    port: int | None,
    data_dir: str | None,
    database: str | None,
    config_file: Path | None,
) -> None:
    """Look at this machine, the data directory, the database and the server, and say what is wrong."""
    fatal = False
    for finding in _findings(config_file, host=host, port=port, data_dir=data_dir, database=database):
        fatal |= finding.wrong is not None and finding.fatal
        _tell(finding)
    if fatal:
        raise SystemExit(1)


def _tell(finding: Finding) -> None:
    if finding.wrong is None:
        click.echo(f"{click.style('fine ', fg='green')} {finding.what}")
    elif finding.fatal:
        click.echo(f"{click.style('WRONG', fg='red')} {finding.what}: {finding.wrong}")
    else:
        click.echo(f"{click.style('mind ', fg='yellow')} {finding.what}: {finding.wrong}")


def _findings(config_file: Path | None, **given: object) -> Iterator[Finding]:
    yield Finding(f"Python {sys.version.split()[0]}")  # an older one cannot come this far
    yield _clock()
    yield _store()
    try:
        settings = settings_from(config_file, **given)
    except Refused as error:
        yield Finding("the configuration", str(error))
        return
    yield Finding("the configuration")
    if settings.database is not None:
        yield _database(settings)
    server: Client | None = None
    if settings.data_dir is None:
        yield Finding(
            "the data directory", "none is set, so data go when the server ends: --data-dir", fatal=False
        )
    else:
        directory = Path(settings.data_dir)
        yield from _directory(directory)
        if directory.is_dir():
            try:
                server = server_of(directory, settings)
            except Refused as error:
                yield Finding("the server of the data directory", str(error))
    if server is None:
        yield _port(settings)
    else:
        yield from _server(server)


def _clock() -> Finding:
    shown = datetime.fromtimestamp(MachineClock().now() / 1000, UTC)
    what = f"the clock: {shown:%Y-%m-%d %H:%M:%S} UTC"
    if shown < _RELEASED:
        return Finding(what, "this is before Wireroom was made, and signatures will not verify: set the time")
    return Finding(what)


def _store() -> Finding:
    """Open data, commit, and let go, somewhere that is nobody's."""
    from wireroom.app import opened_keys

    async def try_out(directory: str) -> None:
        async with opened_keys(Settings(data_dir=directory)) as keys:
            await keys.create("0" * 12, admin=False)

    what = "SQLite and the disk: data can be made and committed"
    try:
        with TemporaryDirectory(prefix="wireroom-doctor-") as directory:
            asyncio.run(try_out(directory))
    except (StoreError, ConfigError, OSError) as error:
        return Finding(what, str(error))
    return Finding(what)


def _database(settings: Settings) -> Finding:
    """Reach it, and commit. What it says of itself never holds the password."""
    from wireroom.app import opened

    async def try_out() -> int:
        async with opened(Path(), settings) as engine:
            await engine.run(
                lambda tx: tx.one("count", account_id="", region="", name="doctor", by=1), "doctor"
            )
            return await engine.others()

    what = "PostgreSQL: data can be committed"
    try:
        others = asyncio.run(try_out())
    except (StoreError, ConfigError) as error:
        return Finding(what, str(error))
    return Finding(f"{what}; {others} processes serve them")


def _directory(directory: Path) -> Iterator[Finding]:
    what = f"the data directory {directory}"
    if not directory.exists():
        yield Finding(what, "it is not there yet; the server makes it", fatal=False)
        return
    if not directory.is_dir():
        yield Finding(what, "it is no directory: give another --data-dir")
        return
    try:
        with TemporaryDirectory(prefix=".doctor-", dir=directory):
            yield Finding(what)
    except OSError as error:
        yield Finding(what, f"it cannot be written to ({error.strerror}): give its user the right to")
    secret = directory / "secret.key"
    if secret.exists() and secret.stat().st_mode & 0o077:
        yield Finding(str(secret), f"others can read it: chmod 600 {secret}")
    free = shutil.disk_usage(directory).free
    if free < ROOM_BYTES:
        yield Finding("the disk", f"only {free // 1024**2} MiB are free under {directory}", fatal=False)


def _port(settings: Settings) -> Finding:
    what = f"{settings.host} port {settings.port}"
    from wireroom.edge.server import bind

    try:
        sock = bind(settings.host, settings.port)
        with sock:
            sock.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _taken(settings, what)
        return Finding(what, f"it cannot be listened on: {error.strerror or error}")
    return Finding(f"{what} is free")


def _taken(settings: Settings, what: str) -> Finding:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        Client(f"http://{host}:{settings.port}", Credential("doctor", "doctor")).ours("GET", "/health")
    except (Refused, Failed):
        return Finding(what, "another program has it: stop that one, or give another --port")
    return Finding(f"{what}: a Wireroom answers there")


def _server(server: Client) -> Iterator[Finding]:
    for path, what in (("/health", "the server answers"), ("/ready", "the server takes texts")):
        try:
            server.ours("GET", path)
        except (Refused, Failed) as error:
            yield Finding(f"{what} at {server.url}", str(error))
        else:
            yield Finding(f"{what} at {server.url}")
