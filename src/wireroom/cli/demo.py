"""`wireroom demo`: a text's whole life on one screen, through the same API and server that everybody uses."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from wireroom.cli.client import OURS, Client, Credential, Failed, server_of
from wireroom.cli.options import Refused, settings_from
from wireroom.observe import MachineClock

HANDSET = "+14255550100"
SHORT = "Your table for two is ready. Code 482913."
LONG = (
    "Good evening! This is a longer text, so it travels in two parts: each carries up to 153 characters, "
    "with a small header that tells the handset how to put them together again. Here it is, in one piece."
)
PATIENCE_SECONDS = 30
_WIDTH = 46


@click.command()
@click.option("--port", type=int, default=0, help="Where the demo's server listens; 0: anywhere free.")
@click.option("--data-dir", metavar="DIR", help="Keep the conversation here.  [default: nowhere]")
@click.option("--access-key-id", envvar="AWS_ACCESS_KEY_ID", default="wireroom", hidden=True)
@click.option("--secret-access-key", envvar="AWS_SECRET_ACCESS_KEY", default="wireroom", hidden=True)
@click.option("--region", envvar="AWS_REGION", default="us-east-1", hidden=True)
def command(port: int, data_dir: str | None, access_key_id: str, secret_access_key: str, region: str) -> None:
    """Send two texts through a pool to a virtual handset, and show each step."""
    credential = Credential(access_key_id, secret_access_key, region)
    with contextlib.ExitStack() as stack:
        directory = data_dir or stack.enter_context(TemporaryDirectory(prefix="wireroom-demo-"))
        client = stack.enter_context(_server(directory, port, credential))
        try:
            _show(client)
        except Failed as error:
            raise Refused(f"The demo stopped short: {error}") from error
    if data_dir is not None:
        click.echo(f"\nLook again: wireroom serve --data-dir {data_dir}")
        click.echo(f"      then: http://127.0.0.1:8470{OURS}/messages\n")


@contextlib.contextmanager
def _server(directory: str, port: int, credential: Credential) -> Iterator[Client]:
    """The server of the directory if it has one, else one of our own."""
    path = Path(directory)
    running = server_of(path, settings_from(None, data_dir=directory)) if path.is_dir() else None
    if running is not None:
        yield Client(running.url, credential, running.tls_cert)
        return
    serve = [sys.executable, "-m", "wireroom", "serve", "--port", str(port), "--data-dir", directory]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- ourselves
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise Refused("The server did not start.")
            yield Client(line.split()[-1], credential)
        finally:
            process.terminate()


def _show(client: Client) -> None:
    _head("Wireroom", f"answers as AWS would, on {client.url}")
    number, pool_id = _number_and_pool(client)
    _step("number", f"{number} is yours, of type TEN_DLC in US")
    _step("pool", f"{pool_id} speaks through it")
    for body in (LONG, SHORT):
        _send(client, pool_id, body)


def _number_and_pool(client: Client) -> tuple[str, str]:
    """Those of the last demo in this directory, or new ones."""
    for number in client.call("DescribePhoneNumbers")["PhoneNumbers"]:
        if "PoolId" in number:
            return number["PhoneNumber"], number["PoolId"]
    number = client.call(
        "RequestPhoneNumber",
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS"],
        NumberType="TEN_DLC",
    )
    pool = client.call(
        "CreatePool",
        OriginationIdentity=number["PhoneNumberId"],
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
    )
    return number["PhoneNumber"], pool["PoolId"]


def _send(client: Client, pool_id: str, body: str) -> None:
    before = str(MachineClock().now())
    sent = client.call(
        "SendTextMessage", DestinationPhoneNumber=HANDSET, MessageBody=body, OriginationIdentity=pool_id
    )
    click.echo()
    _step("text", f"accepted, and safe on the disk: {sent['MessageId']}")
    wanted = {
        "destination": HANDSET,
        "status": "DELIVERED",
        "since": before,
        "timeout": str(PATIENCE_SECONDS),
    }
    text = client.ours("GET", "/messages/wait", wanted)
    _step("sender", f"{text['originationPhoneNumber']}  ({text['why']})")
    for part in text["parts"]:
        characters = len(part["text"])
        _step(
            "part",
            f"{part['number']} of {len(text['parts'])}, {part['encoding']}, {characters} characters, "
            f"{part['status'].lower()}",
        )
    _handset(text)
    for event in text["events"]:
        final = "final" if event["isFinal"] else "more to come"
        _step("event", f"{event['eventType']}: {event['messageStatusDescription']} ({final})")


def _handset(text: Any) -> None:
    click.echo()
    indent = " " * 14
    click.echo(indent + click.style(f"┌ {text['destinationPhoneNumber']} {'─' * (_WIDTH - 14)}┐", fg="cyan"))
    for line in [f"from {text['originationPhoneNumber']}", "", *_wrapped(text["messageBody"])]:
        edge = click.style("│", fg="cyan")
        click.echo(f"{indent}{edge} {line:<{_WIDTH - 2}} {edge}")
    click.echo(indent + click.style(f"└{'─' * _WIDTH}┘", fg="cyan"))
    click.echo()


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, _WIDTH - 2)


def _head(title: str, rest: str) -> None:
    click.echo(f"\n{click.style(title, bold=True)} {rest}\n")


def _step(what: str, said: str) -> None:
    click.echo(f"  {click.style(f'{what:>9}', fg='green', bold=True)}   {said}")
