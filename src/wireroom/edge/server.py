"""The HTTP server: uvicorn's protocol on our own listener, with the limits that uvicorn does not have.

uvicorn 0.54 does not bound the time of a request, and its `Server` dies of the signal that stops it. Here one
sweep looks at all connections, so that no request needs a timer of its own. Knows nothing of AWS: `door` is
any ASGI callable.
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
from uvicorn.server import ServerState

from wireroom.edge.connection import TOO_SLOW, Connection
from wireroom.observe import MachineClock

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Door = Callable[[Scope, Receive, Send], Awaitable[None]]

SPARE_CONNECTIONS = 64
"""How many beyond the limit are told so; those beyond these are dropped."""


class Limits(Struct, frozen=True):
    """What one client may take."""

    request_seconds: float
    """From a request's first byte (or the connection's beginning) to its last; then, how long the client may
    take nothing of its answer."""
    idle_seconds: int
    connections: int


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
            lambda: Connection(self.config, self.state, loop, self._connection_made, self._connection_ended),
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

    def _connection_made(self, connection: Connection) -> None:
        beyond = len(self.state.connections) - self.limits.connections
        if beyond > SPARE_CONNECTIONS:
            connection.transport.abort()
        elif beyond > 0:
            connection.app = crowded

    def _connection_ended(self) -> None:
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
        patience = self.limits.request_seconds
        for connection in cast(list[Connection], list(self.state.connections)):
            if connection.overdue(now, patience):
                connection.refuse(TOO_SLOW)
            elif connection.deaf(now, patience):
                connection.transport.abort()


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
