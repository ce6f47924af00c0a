"""The door: one ASGI callable that sends a request to the chain, to the console, or away.

`POST /` is AWS's, and STS's when it brings a form; everything under /_wireroom/ is ours, and goes to an ASGI
app that a factory makes at the first such request. What is wrong is said in JSON or XML, never in HTML.
"""

from collections.abc import Callable

import msgspec

from wireroom.config import AuthMode, Settings
from wireroom.edge.chain import Chain
from wireroom.edge.guards import Guards, Refusal, refusal
from wireroom.edge.request import Request
from wireroom.edge.server import Door, Message, Receive, Scope, Send
from wireroom.edge.sts import Sts
from wireroom.wire import json10, query

OURS = "/_wireroom"
REQUEST = "wireroom.request"
"""Where the console finds the whole `Request` in its scope."""
POLITE = 8 * 1024 * 1024
"""Bytes of a too large body that are still read, so that its sender gets to see the answer."""
_AWS_TYPES = frozenset((json10.CONTENT_TYPE, b"application/x-amz-json-1.1", b"application/json"))


def _unknown_operation(said: str) -> Refusal:
    """Live services answer a wrong method or content type with 404 (data-plane §10.2)."""
    name = "UnknownOperationException"
    content = {"__type": f"{json10.FRAMEWORK_NAMESPACE}#{name}", "message": said}
    return Refusal(404, content, ((b"x-amzn-errortype", name.encode()),))


_WRONG_METHOD = _unknown_operation(f"The API is POST / alone; {OURS}/ has everything else.")
_WRONG_TYPE = _unknown_operation("Send POST / with Content-Type: application/x-amz-json-1.0.")
_NOTHING_HERE = refusal(404, f"Nothing is here: the API is POST /, everything else is under {OURS}/.")
_NO_JSON = refusal(415, "Send JSON, with Content-Type: application/json.")
_TO_THE_CONSOLE = refusal(307, f"The console is at {OURS}/.", (b"location", f"{OURS}/".encode()))


def make_door(chain: Chain, sts: Sts, settings: Settings, console: Callable[[], Door]) -> Door:
    """The ASGI callable for HTTP requests."""
    most = settings.max_body
    guards = Guards(settings) if settings.auth is AuthMode.OPEN else None

    def request_id(path: str) -> json10.Headers:
        """What stands on every answer of the AWS route, also on what the chain never sees."""
        return [(b"x-amzn-requestid", chain.new_request_id().encode())] if path == "/" else []

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        method, path, headers = scope["method"], scope["path"], scope["headers"]
        named = dict(headers)
        refused = guards.refuse(named) if guards is not None else None
        refused = refused or _refuse_at_sight(method, path, scope["query_string"], named)
        if refused is not None:
            await _send_refusal(send, refused, request_id(path))
            return
        try:
            body = await _read(receive, named, most)
        except _Gone:
            return
        except _TooLarge as larger:
            await _send_too_large(receive, send, request_id(path), more=larger.more)
            return
        request = Request(method, scope["raw_path"], scope["query_string"], headers, named, body)
        if path == "/":
            service = sts if _speaks_query(method, named) else chain
            status, answer_headers, answer = await service.answer(request)
            await send({"type": "http.response.start", "status": status, "headers": answer_headers})
            await send({"type": "http.response.body", "body": answer})
        else:
            scope[REQUEST] = request
            await console()(scope, _again(body, receive), send)

    return door


def _refuse_at_sight(
    method: str, path: str, query_string: bytes, named: dict[bytes, bytes]
) -> Refusal | None:
    """What is said before a body is read. `named`: the headers."""
    content_type = named.get(b"content-type", b"")
    if path == "/":
        if method == "POST":
            known = content_type in _AWS_TYPES or _plain(content_type) in (*_AWS_TYPES, query.CONTENT_TYPE)
            return None if known else _WRONG_TYPE
        if method == "GET" and b"Action=" in query_string:  # a presigned question, as token checkers use
            return None
        return _TO_THE_CONSOLE if b"text/html" in named.get(b"accept", b"") else _WRONG_METHOD
    if path != OURS and not path.startswith(f"{OURS}/"):
        return _NOTHING_HERE
    return _NO_JSON if method == "POST" and _plain(content_type) != b"application/json" else None


def _speaks_query(method: str, named: dict[bytes, bytes]) -> bool:
    """Of what was not refused at sight: is it for STS?"""
    content_type = named.get(b"content-type", b"")
    return method == "GET" or (content_type not in _AWS_TYPES and _plain(content_type) == query.CONTENT_TYPE)


def _plain(content_type: bytes) -> bytes:
    return content_type.partition(b";")[0].strip().lower()


class _Gone(Exception):
    """The client went away before its request was complete."""


class _TooLarge(Exception):
    """A body is larger than it may be; is there `more` of it to come?"""

    def __init__(self, *, more: bool) -> None:
        super().__init__()
        self.more = more


async def _read(receive: Receive, named: dict[bytes, bytes], most: int) -> bytes:
    """The body, which mostly comes in one piece. Raises _Gone, _TooLarge."""
    if int(named.get(b"content-length") or 0) > most:
        raise _TooLarge(more=b"expect" not in named)  # who asks before sending will not send it
    message = await receive()
    if message["type"] == "http.request" and not message["more_body"] and len(message["body"]) <= most:
        body: bytes = message["body"]
        return body
    return await _whole(receive, message, most)


async def _whole(receive: Receive, message: Message, most: int) -> bytes:
    """A body that comes in pieces, `message` the first."""
    body = bytearray()
    while message["type"] == "http.request":
        body += message["body"]
        if len(body) > most:
            raise _TooLarge(more=message["more_body"])
        if not message["more_body"]:
            return bytes(body)
        message = await receive()
    raise _Gone


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


async def _send_refusal(send: Send, refused: Refusal, request_id: json10.Headers) -> None:
    body = msgspec.json.encode(refused.content)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        *refused.headers,
        *request_id,
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_too_large(receive: Receive, send: Send, request_id: json10.Headers, *, more: bool) -> None:
    """413, and the connection ends. If there is more to come it is read first, or its sender would meet a
    reset connection instead of the answer."""
    body = msgspec.json.encode({"message": "The request body is too large."})
    headers = [
        (b"content-type", json10.CONTENT_TYPE),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *request_id,
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    left = POLITE
    while more and left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.body", "body": b""})
