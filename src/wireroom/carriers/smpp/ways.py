"""Ways to an SMSC: over TCP, over TLS, or over a socket that is connected already (duty 30).

TLS is 1.2 at least, with SNI, and the certificate is either signed by somebody we trust or pinned. Whether a
peer is who it should be is known when the connection is made, before a bind and its password are written.
"""

import asyncio
import hashlib
import hmac
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from wireroom.carrier_settings import CarrierSettings, fingerprint, host_and_port

Factory = Callable[[], asyncio.Protocol]


class Way(NamedTuple):
    """One host, and how to get there. `stranger` says why a peer must not be spoken to, or None."""

    name: str
    connect: Callable[[Factory], Awaitable[object]]
    stranger: Callable[[asyncio.BaseTransport], str | None]


class BadFile(Exception):
    """A certificate or key cannot be used; the message is for the operator."""


def ways_of(carrier: CarrierSettings) -> list[Way]:
    """A way to each host of a carrier, in its order. Raises BadFile."""
    context = _tls(carrier) if carrier.tls else None
    pin = fingerprint(carrier.pin) if carrier.pin is not None else None
    return [over_tcp(*host_and_port(host), context, carrier, pin) for host in carrier.hosts]


def over_tcp(
    host: str, port: int, context: ssl.SSLContext | None, carrier: CarrierSettings, pin: str | None = None
) -> Way:
    source = None if carrier.source is None else (carrier.source, 0)
    name = (carrier.server_name or host) if context is not None else None

    async def connect(factory: Factory) -> None:
        await asyncio.get_running_loop().create_connection(
            factory, host, port, ssl=context, server_hostname=name, local_addr=source
        )

    def stranger(transport: asyncio.BaseTransport) -> str | None:
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return None if pin is None else _not_pinned(transport, pin)

    return Way(f"{host}:{port}", connect, stranger)


def over_socket(name: str, connected: Callable[[], socket.socket]) -> Way:
    """`connected` gives one end of a new connection, each time that one is needed."""

    async def connect(factory: Factory) -> None:
        loop, sock = asyncio.get_running_loop(), connected()
        if sock.family == getattr(socket, "AF_UNIX", None):  # Windows has none
            await loop.create_unix_connection(factory, sock=sock)
        else:
            await loop.create_connection(factory, sock=sock)

    return Way(name, connect, lambda _: None)


def _not_pinned(transport: asyncio.BaseTransport, pin: str) -> str | None:
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    certificate = None if tls is None else tls.getpeercert(binary_form=True)
    found = hashlib.sha256(certificate or b"").hexdigest()
    if hmac.compare_digest(found, pin):
        return None
    return f"its certificate is not the pinned one: its SHA-256 is {found}"


def _tls(carrier: CarrierSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=carrier.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if carrier.pin is not None and carrier.ca is None:  # the pin alone says who it is
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if carrier.cert is not None and carrier.key is not None:
            context.load_cert_chain(carrier.cert, carrier.key)
    except (OSError, ssl.SSLError) as error:
        raise BadFile(f"ca, cert and key cannot be used: {error}") from error
    return context
