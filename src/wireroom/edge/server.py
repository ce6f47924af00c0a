"""The HTTP server: uvicorn's protocol on our own listener, with the limits that uvicorn does not have.

uvicorn 0.54 bounds neither the time nor the headers of a request, and its `Server` dies of the signal that
stops it. Here one sweep looks at all connections, so that no request needs a timer of its own. Knows nothing
of AWS: `door` is any ASGI callable.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from typing import Any, cast

from msgspec import Struct
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from wireroom.observe import MachineClock

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Door = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_HEADERS = 64 * 1024
"""Bytes of a request line and its headers."""
SPARE_CONNECTIONS = 64
"""How many beyond the limit are told so; those beyond these are dropped."""


class Limits(Struct, frozen=True):
    """What one client may take."""

    request_seconds: float
    """From a request's first byte (or the connection's beginning) to its last."""
    idle_seconds: int
    connections: int


def refusal(status: str, said: str, *headers: str) -> bytes:
    """A whole answer for what never becomes a request; the connection ends with it."""
    body = b'{"message":"%s"}' % said.encode()
    lines = (
        f"HTTP/1.1 {status}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


TOO_SLOW = refusal("408 Request Timeout", "The request did not arrive in time.")
TOO_MUCH_HEADER = refusal("431 Request Header Fields Too Large", "The headers of this request are too large.")
NOT_HTTP = refusal("400 Bad Request", "This is not a valid HTTP request.")


async def crowded(scope: Scope, receive: Receive, send: Send) -> None:
    """What a client beyond the limit of connections is answered; SDKs try again by themselves."""
    body = (
        b'{"__type":"com.amazon.coral.service#ServiceUnavailableException","message":"Too many connections."}'
    )
    headers = [
        (b"content-type", b"application/x-amz-json-1.0"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", b"1"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Connection(HttpToolsProtocol):
    """One client. `began` is when its unfinished request did (loop time), 0.0 while there is none."""

    def __init__(self, server: "HttpServer", loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(server.config, server.state, {}, loop)
        self.owner = server
        self.began = 0.0
        self.header_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self.began = self.loop.time()
        beyond = len(self.connections) - self.owner.limits.connections
        if beyond > SPARE_CONNECTIONS:
            self.transport.abort()
        elif beyond > 0:
            self.app = crowded

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.owner.connection_ended()

    def on_message_begin(self) -> None:
        self.began = self.loop.time()
        self.header_bytes = 0
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self.began = 0.0
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.began and not self._headers_complete():
            self.header_bytes += len(data)
            if self.header_bytes > MAX_HEADERS:
                self.refuse(TOO_MUCH_HEADER)

    def send_400_response(self, msg: str) -> None:
        self.refuse(NOT_HTTP)

    def refuse(self, answer: bytes) -> None:
        """Say why, unless an answer is on its way already, and hang up."""
        if not self._answering():
            self.transport.write(answer)
        self.transport.close()

    def overdue(self, now: float) -> bool:
        """Has the client taken too long over a request? Not while we owe it the answer to the one before."""
        return (
            self.began > 0
            and now - self.began > self.owner.limits.request_seconds
            and (self.cycle is None or self.cycle.response_complete or self.cycle.more_body)
        )

    def _headers_complete(self) -> bool:
        return self.scope is not None and "method" in self.scope

    def _answering(self) -> bool:
        cycle = self.cycle
        return cycle is not None and cycle.response_started and not cycle.response_complete


class HttpServer:
    """Listens on one socket from `start` to `stop`."""

    def __init__(
        self, door: Door, limits: Limits, machine: MachineClock, tls: ssl.SSLContext | None = None
    ) -> None:
        self.config = Config(
            cast(Any, door),
            interface="asgi3",
            lifespan="off",
            ws="none",
            http=Connection,
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=limits.idle_seconds,
        )
        self.state = ServerState()
        self.limits = limits
        self._machine = machine
        self._tls = tls
        self._listener: asyncio.Server | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()

    async def start(self, sock: socket.socket) -> None:
        """Raises OSError where the address is taken."""
        loop = asyncio.get_running_loop()
        self._tick(loop.time())
        self._listener = await loop.create_server(
            lambda: Connection(self, loop),
            sock=sock,
            ssl=self._tls,
            backlog=self.limits.connections,
            ssl_handshake_timeout=self.limits.request_seconds if self._tls else None,
        )
        self._ticker = asyncio.create_task(self._keep_ticking(loop), name="http sweep")

    async def stop(self, grace: float) -> None:
        """Take no new connection, let requests end for at most `grace` seconds, then hang up."""
        if self._listener is None or self._ticker is None:
            return
        self._listener.close()
        for connection in list(self.state.connections):
            cast(Connection, connection).shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                while self.state.connections:
                    self._empty.clear()
                    await self._empty.wait()
        for connection in list(self.state.connections):
            cast(Connection, connection).transport.abort()
        self._ticker.cancel()

    def connection_ended(self) -> None:
        if not self.state.connections:
            self._empty.set()

    async def _keep_ticking(self, loop: asyncio.AbstractEventLoop) -> None:
        pause = min(1.0, self.limits.request_seconds / 4)
        while True:
            await asyncio.sleep(pause)
            self._tick(loop.time())

    def _tick(self, now: float) -> None:
        date = formatdate(self._machine.now() / 1000, usegmt=True).encode()
        self.state.default_headers = [(b"date", date)]
        for connection in list(self.state.connections):
            if cast(Connection, connection).overdue(now):
                cast(Connection, connection).refuse(TOO_SLOW)


def bind(host: str, port: int) -> socket.socket:
    """A socket of the first address of `host` that can be had. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    failure: OSError | None = None
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure or OSError(f"{host} has no address")
