"""HTTP as bytes on a socket: what clients send that no HTTP library would."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

PATIENCE = 20.0
"""Seconds after which a server that says nothing has failed."""


class Answer(Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """One connection."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._socket = socket.create_connection((place.hostname, place.port), PATIENCE)
        self._heard = b""

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def say(self, data: bytes) -> None:
        self._socket.sendall(data)

    def hear(self) -> Answer:
        """The next answer that is not 100 Continue."""
        head = self._until(b"\r\n\r\n")
        status_line, *lines = head.decode().split("\r\n")[:-2]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return Answer(int(status_line.split()[1]), headers, self._exactly(int(headers["content-length"])))

    def hear_line(self) -> bytes:
        return self._until(b"\r\n")

    def hang_up(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def closed(self) -> bool:
        """Does nothing come any more but the end?"""
        try:
            return not self._heard and self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _until(self, end: bytes) -> bytes:
        while end not in self._heard:
            self._more()
        found, _, self._heard = self._heard.partition(end)
        return found + end

    def _exactly(self, length: int) -> bytes:
        while len(self._heard) < length:
            self._more()
        found, self._heard = self._heard[:length], self._heard[length:]
        return found

    def _more(self) -> None:
        data = self._socket.recv(65536)
        assert data, f"the server hung up after {self._heard!r}"
        self._heard += data


def post(
    body: bytes = b"{}",
    *,
    target: str | None = "PinpointSMSVoiceV2.DescribePools",
    content_type: str | None = "application/x-amz-json-1.0",
    host: str = "127.0.0.1",
    more: tuple[str, ...] = (),
    length: int | None = None,
) -> bytes:
    """The bytes of an AWS request, unsigned."""
    lines = ["POST / HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body) if length is None else length}"]
    if target is not None:
        lines.append(f"X-Amz-Target: {target}")
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join([*lines, *more, "", ""]).encode() + body


def get(path: str, *more: str, host: str = "127.0.0.1", method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *more, "", ""]).encode()


def ask(url: str, request: bytes) -> Answer:
    """One request, one answer."""
    with Line(url) as line:
        line.say(request)
        return line.hear()
