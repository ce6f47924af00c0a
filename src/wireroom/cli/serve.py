"""`wireroom serve`: one process that answers the API, carries texts and shows them."""

import sys
from pathlib import Path

import click

from wireroom.cli.options import Refused, config_option, data_dir_option, database_option, settings_from
from wireroom.config import AuthMode, ConfigError


@click.command()
@click.option("--host", metavar="ADDRESS", help="Where to listen.  [default: 127.0.0.1]")
@click.option("--port", type=int, metavar="PORT", help="0 takes any that is free.  [default: 8470]")
@data_dir_option
@database_option
@config_option
@click.option("--seed", metavar="FILE", help="Calls to make once, in data that nobody has used (JSON).")
@click.option(
    "--auth",
    type=click.Choice([str(mode) for mode in AuthMode]),
    help="open believes anybody on this machine.",
)
@click.option(
    "--allowed-host", "allowed_hosts", multiple=True, metavar="NAME", help="A Host to answer to in open mode."
)
@click.option(
    "--insecure-open", is_flag=True, default=None, help="Let other machines in without authentication."
)
@click.option("--tls-cert", metavar="FILE", help="Serve HTTPS with this certificate chain (PEM).")
@click.option("--tls-key", metavar="FILE", help="The certificate's key (PEM).")
def command(
    host: str | None,
    port: int | None,
    data_dir: str | None,
    database: str | None,
    config_file: Path | None,
    seed: str | None,
    auth: str | None,
    allowed_hosts: tuple[str, ...],
    insecure_open: bool | None,
    tls_cert: str | None,
    tls_key: str | None,
) -> None:
    """Serve until SIGTERM or Ctrl-C. The only line on standard output says where, once it is ready."""
    settings = settings_from(
        config_file,
        host=host,
        port=port,
        data_dir=data_dir,
        database=database,
        seed=seed,
        auth=auth,
        allowed_hosts=allowed_hosts or None,
        insecure_open=insecure_open,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )
    from wireroom.app import CannotListen, serve
    from wireroom.logs import log_to_stderr
    from wireroom.store.engine import StoreError

    log_to_stderr()
    try:
        serve(settings, _say_ready)
    except (ConfigError, StoreError, CannotListen) as error:
        raise Refused(str(error)) from error


def _say_ready(url: str) -> None:
    sys.stdout.write(f"wireroom ready on {url}\n")
    sys.stdout.flush()
