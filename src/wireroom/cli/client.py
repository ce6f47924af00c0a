"""How commands talk to a server: plain HTTP with their own signatures, no AWS SDK and no proxy between."""

import http.client
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

from wireroom.cli.options import Refused
from wireroom.config import Settings
from wireroom.edge import data_dir
from wireroom.observe import MachineClock
from wireroom.store.lock import is_served
from wireroom.wire import sigv4

OURS = "/_wireroom"
TIMEOUT_SECONDS = 330.0
"""Longer than the longest wait that a server offers."""


class Credential(Struct, frozen=True):
    access_key_id: str
    secret: str
    region: str = "us-east-1"


class Failed(Exception):
    """An answer that is no success; the sentence is the server's."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class Client:
    """One server, one credential. `tls_cert`: a certificate to trust beside the system's."""

    def __init__(self, url: str, credential: Credential, tls_cert: str | None = None) -> None:
        self.url = _reachable(url)
        self._credential = credential
        self.tls_cert = tls_cert
        self._clock = MachineClock()

    def call(self, operation: str, **parameters: object) -> Any:
        """An AWS operation. Raises Failed, or Refused where no server answers."""
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"PinpointSMSVoiceV2.{operation}",
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._send("POST", f"{self.url}/", headers, msgspec.json.encode(given))

    def ours(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: object = None
    ) -> Any:
        """Something under /_wireroom. Raises Failed, or Refused where no server answers."""
        url = f"{self.url}{OURS}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Content-Type": "application/json"}
        return self._send(method, url, headers, b"" if body is None else msgspec.json.encode(body))

    def _send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
        signed = sigv4.sign(
            method,
            url,
            headers,
            body,
            access_key_id=self._credential.access_key_id,
            secret=self._credential.secret,
            region=self._credential.region,
            now_s=self._clock.now() / 1000,
        )
        place = urlsplit(url)
        connection = self._connection(place.scheme, place.hostname or "", place.port)
        try:
            connection.request(method, place.path + (f"?{place.query}" if place.query else ""), body, signed)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Refused(f"{self.url} does not answer ({error}): is the server running?") from error
        finally:
            connection.close()
        found = _decoded(content)
        if answer.status >= 300:
            raise Failed(answer.status, _sentence(found) or f"status {answer.status}")
        return found

    def _connection(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        context = ssl.create_default_context()
        if self.tls_cert is not None:
            context.load_verify_locations(self.tls_cert)
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)


def server_of(directory: Path, settings: Settings) -> Client | None:
    """The server of a data directory, with the operator's rights; None when nobody serves it."""
    if not is_served(directory):
        return None
    served = data_dir.served(directory)
    if served is None:
        raise Refused(f"{directory} is in use by a process that does not serve yet: try again.")
    seal = data_dir.seal(directory, settings.secret_key)
    return Client(served.url, Credential(data_dir.OPERATOR, seal.operator_secret()), served.tls_cert)


def asked(server: Client, method: str, path: str, body: object = None) -> Any:
    """Something under /_wireroom, for a command: what is wrong raises Refused."""
    try:
        return server.ours(method, path, body=body)
    except Failed as error:
        raise Refused(str(error)) from error


def _reachable(url: str) -> str:
    """A server that listens everywhere is talked to on this machine."""
    return url.rstrip("/").replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except msgspec.MsgspecError:
        return None


def _sentence(found: Any) -> str | None:
    if not isinstance(found, dict):
        return None
    said = found.get("error") or found.get("Message") or found.get("message") or found.get("__type")
    return None if said is None else str(said)
