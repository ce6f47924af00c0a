"""`wireroom send`: one text through a running server, as an SDK would send it."""

from pathlib import Path

import click

from wireroom.cli.client import OURS, Client, Credential, Failed, server_of
from wireroom.cli.options import Refused, config_option, settings_from

_ENDPOINT = "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"


@click.command()
@click.option("--to", required=True, metavar="NUMBER", help="Who gets it, e.g. +14255550100.")
@click.option("--body", required=True, metavar="TEXT", help="What it says.")
@click.option("--from", "origination", metavar="IDENTITY", help="A number, sender ID or their id or ARN.")
@click.option("--pool", metavar="POOL", help="A pool's id or ARN, to choose from.")
@click.option("--message-type", type=click.Choice(["TRANSACTIONAL", "PROMOTIONAL"]))
@click.option("--url", envvar=_ENDPOINT, metavar="URL", help="The server.  [default: http://127.0.0.1:8470]")
@click.option("--data-dir", metavar="DIR", help="Send through the server of this data directory instead.")
@click.option("--account", metavar="ACCOUNT", help="Twelve digits; in open mode this is all it takes.")
@click.option("--access-key-id", envvar="AWS_ACCESS_KEY_ID", default="wireroom", hidden=True)
@click.option("--secret-access-key", envvar="AWS_SECRET_ACCESS_KEY", default="wireroom", hidden=True)
@click.option("--region", envvar="AWS_REGION", default="us-east-1", show_default=True)
@config_option
def command(
    to: str,
    body: str,
    origination: str | None,
    pool: str | None,
    message_type: str | None,
    url: str | None,
    data_dir: str | None,
    account: str | None,
    access_key_id: str,
    secret_access_key: str,
    region: str,
    config_file: Path | None,
) -> None:
    """Send a text. Credentials are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as for an SDK."""
    if origination and pool:
        raise Refused("--from and --pool exclude each other: a pool chooses who sends.")
    credential = Credential(account or access_key_id, secret_access_key, region)
    tls_cert = None
    if data_dir is not None:
        server = server_of(Path(data_dir), settings_from(config_file, data_dir=data_dir))
        if server is None:
            raise Refused(f"Nobody serves {data_dir}: start it with wireroom serve --data-dir {data_dir}.")
        url, tls_cert = server.url, server.tls_cert
    client = Client(url or "http://127.0.0.1:8470", credential, tls_cert)
    try:
        answer = client.call(
            "SendTextMessage",
            DestinationPhoneNumber=to,
            MessageBody=body,
            OriginationIdentity=origination or pool,
            MessageType=message_type,
        )
    except Failed as error:
        raise Refused(str(error)) from error
    click.echo(answer["MessageId"])
    click.echo(f"It shows at {client.url}{OURS}/messages/{answer['MessageId']}", err=True)
