"""The door: one ASGI callable that sends a request to the chain, to the console, or away.

`POST /` is AWS's; everything under /_wireroom/ is ours, and goes to an ASGI app that a factory makes at the
first such request. Whatever is wrong is said in JSON, never in HTML.
"""

from collections.abc import Callable

import msgspec

from wireroom.config import AuthMode, Settings
from wireroom.edge.chain import Chain
from wireroom.edge.guards import Guards
from wireroom.edge.request import Request
from wireroom.edge.server import Door, Message, Receive, Scope, Send
from wireroom.wire import json10

OURS = "/_wireroom"
REQUEST = "wireroom.request"
"""Where the console finds the whole `Request` in its scope."""
POLITE = 8 * 1024 * 1024
"""Bytes of a too large body that are still read, so that its sender gets to see the answer."""
_AWS_TYPES = frozenset((json10.CONTENT_TYPE, b"application/x-amz-json-1.1", b"application/json"))


def make_door(chain: Chain, settings: Settings, console: Callable[[], Door]) -> Door:
    """The ASGI callable for HTTP requests."""
    most = settings.max_body
    guards = Guards(settings) if settings.auth is AuthMode.OPEN else None

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"]
        named = dict(headers)
        if guards is not None and (refusal := guards.refuse(named)) is not None:
            await say(send, refusal.status, refusal.said)
            return
        path: str = scope["path"]
        method: str = scope["method"]
        ours = path != "/"
        if ours:
            if path != OURS and not path.startswith(OURS + "/"):
                await say(send, 404, f"Nothing is here: the API is POST /, everything else is under {OURS}/.")
                return
            if method == "POST" and named.get(b"content-type", b"").partition(b";")[0] != b"application/json":
                await say(send, 415, "Send JSON, with Content-Type: application/json.")
                return
        elif method != "POST":
            await _no_post(send, named)
            return
        elif not _speaks_aws(named.get(b"content-type", b"")):
            await _unknown_operation(send, "Send POST / with Content-Type: application/x-amz-json-1.0.")
            return
        if int(named.get(b"content-length") or 0) > most:
            await _too_large(receive, send, named)
            return
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body: bytes | None = message["body"]
        if message["more_body"]:
            try:
                body = await _whole(receive, message, most)
            except _Gone:
                return
        if body is None:
            await _too_large(receive, send, named)
            return
        request = Request(method, scope["raw_path"], scope["query_string"], headers, named, body)
        if ours:
            scope[REQUEST] = request
            await console()(scope, _again(body, receive), send)
            return
        status, answer_headers, answer = await chain.answer(request)
        await send({"type": "http.response.start", "status": status, "headers": answer_headers})
        await send({"type": "http.response.body", "body": answer})

    return door


def _speaks_aws(content_type: bytes) -> bool:
    return content_type in _AWS_TYPES or content_type.partition(b";")[0].strip().lower() in _AWS_TYPES


class _Gone(Exception):
    """The client went away before its request was complete."""


async def _whole(receive: Receive, message: Message, most: int) -> bytes | None:
    """A body that comes in pieces, `message` the first, or None when it is larger than `most`."""
    body = bytearray(message["body"])
    while message["more_body"]:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message["body"]
        if len(body) > most:
            return None
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Give the console the body that was read here, then whatever comes (that is: the disconnect)."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def say(send: Send, status: int, said: str, *headers: tuple[bytes, bytes]) -> None:
    """One sentence as JSON."""
    await _send_json(send, status, {"error": said}, *headers)


async def _send_json(send: Send, status: int, content: object, *headers: tuple[bytes, bytes]) -> None:
    body = msgspec.json.encode(content)
    all_headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})


async def _no_post(send: Send, named: dict[bytes, bytes]) -> None:
    """A browser is shown the console; anything else gets what live services say to a wrong method."""
    if b"text/html" in named.get(b"accept", b""):
        location = (b"location", f"{OURS}/".encode())
        await say(send, 307, f"The console is at {OURS}/.", location)
    else:
        await _unknown_operation(send, f"The API is POST / alone; {OURS}/ has everything else.")


async def _unknown_operation(send: Send, said: str) -> None:
    """Live services answer a wrong method or content type with 404 (data-plane §10.2)."""
    name = "UnknownOperationException"
    await _send_json(send, 404, {"__type": f"{json10.FRAMEWORK_NAMESPACE}#{name}", "message": said})


async def _too_large(receive: Receive, send: Send, named: dict[bytes, bytes]) -> None:
    """413, and the connection ends. The rest of the body is read first, or its sender would meet a reset
    connection instead of the answer; not where he asked before sending (Expect)."""
    body = msgspec.json.encode({"message": "The request body is too large."})
    headers = [
        (b"content-type", json10.CONTENT_TYPE),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    left = 0 if b"expect" in named else POLITE
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    await send({"type": "http.response.body", "body": b""})
