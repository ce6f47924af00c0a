"""The routes under /_wireroom/, and what is around each: who visits, and one way to say no.

Every answer but the page is JSON; an error is `{"error": "a sentence"}`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wireroom import __version__
from wireroom.console import access, forget, page
from wireroom.console.messages import DEFAULT_PAGE, LARGEST_PAGE, get_message, list_messages
from wireroom.console.parts import Parts, Problem
from wireroom.console.reset import reset
from wireroom.console.search import read_filters
from wireroom.console.waits import DEFAULT_SECONDS, MOST_SECONDS, Gone, Waits
from wireroom.edge.asgi import OURS, REQUEST
from wireroom.edge.callers import Visitor
from wireroom.edge.server import Door
from wireroom.store.engine import StoreError
from wireroom.wire.framework import FrameworkError

log = logging.getLogger(__name__)

Body = TypeVar("Body")
Handler = Callable[[Request, Visitor], Awaitable[Response]]
_READY_SECONDS = 5.0
"""A store that takes longer to commit is not ready."""
_CLIENT_CLOSED = 499
"""Nobody gets to see it."""


class ResetRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: str | None = None


def make_console(parts: Parts) -> Door:
    """The ASGI app for everything under /_wireroom."""
    console = _Console(parts)

    def route(path: str, handler: Handler, *, method: str = "GET", admin: bool = False) -> Route:
        return Route(OURS + path, _guarded(parts, handler, admin), methods=[method])

    return Starlette(
        routes=[
            Route(f"{OURS}/health", console.health),
            Route(f"{OURS}/ready", console.ready),
            Route(f"{OURS}/static/wireroom.css", page.style_sheet),
            Route(OURS, lambda _: RedirectResponse(f"{OURS}/")),
            route("/", console.page),
            route("/messages", console.messages),
            route("/messages/wait", console.wait),
            route("/messages/{message_id}", console.message),
            route("/reset", console.reset, method="POST", admin=True),
            route("/forget", console.forget, method="POST", admin=True),
            route("/counters", console.counters, admin=True),
            route("/keys", console.keys, admin=True),
            route("/keys", console.new_key, method="POST", admin=True),
            route("/keys/{access_key_id}", console.no_key, method="DELETE", admin=True),
        ],
        exception_handlers={HTTPException: _not_found},
    )


class _Console:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._waits = Waits(parts)

    async def health(self, _: Request) -> Response:
        """The process answers."""
        return as_json({"status": "ok", "version": __version__})

    async def ready(self, _: Request) -> Response:
        """A send would be accepted: something was just committed."""
        reasons = []
        if self._parts.stopping.is_set():
            reasons.append("The server stops.")
        self._parts.disk.look()
        if self._parts.disk.reason is not None:
            reasons.append(self._parts.disk.reason)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._parts.engine.run(
                    lambda tx: tx.one("count", account_id="", region="", name="ready", by=1), "ready"
                )
        except StoreError as error:
            reasons.append(f"The store cannot commit: {error}")
        except TimeoutError:
            reasons.append("The store does not answer.")
        # Told and not waited for: texts are taken, and kept, while a carrier is away.
        binds = [
            {"carrier": carrier, "name": bind.name, "state": bind.state, "since": bind.since}
            for carrier, its in self._parts.binds().items()
            for bind in its
        ]
        return as_json({"ready": not reasons, "reasons": reasons, "binds": binds}, 503 if reasons else 200)

    async def page(self, request: Request, visitor: Visitor) -> Response:
        return page.render(str(request.base_url).rstrip("/"), visitor)

    async def messages(self, request: Request, visitor: Visitor) -> Response:
        query = request.query_params
        limit = int(_number(query.get("limit"), "limit", DEFAULT_PAGE, 1, LARGEST_PAGE))
        filters = read_filters(query, visitor)
        return as_json(await list_messages(self._parts, filters, limit, query.get("nextToken")))

    async def message(self, request: Request, visitor: Visitor) -> Response:
        return as_json(await get_message(self._parts, visitor, request.path_params["message_id"]))

    async def wait(self, request: Request, visitor: Visitor) -> Response:
        query = request.query_params
        seconds = _number(query.get("timeout"), "timeout", DEFAULT_SECONDS, 0, MOST_SECONDS)
        filters = read_filters(query, visitor)
        await request.body()  # what is received after it is that the client hung up
        try:
            return as_json(await self._waits.next(filters, seconds, request.receive))
        except Gone:
            return Response(status_code=_CLIENT_CLOSED)

    async def reset(self, request: Request, _: Visitor) -> Response:
        wanted = _decode(await request.body(), ResetRequest)
        account = None if wanted.account is None else access.account_id(wanted.account)
        return as_json({"reset": await reset(self._parts, account)})

    async def forget(self, request: Request, _: Visitor) -> Response:
        wanted = _decode(await request.body(), forget.ForgetRequest)
        number, account = forget.number_of(wanted.number), wanted.account
        account = None if account is None else access.account_id(account)
        return as_json(await forget.forget(self._parts.engine, self._parts.books, number, account))

    async def counters(self, _: Request, _visitor: Visitor) -> Response:
        """What was counted since the process started."""
        return as_json(self._parts.counters.snapshot())

    async def keys(self, _: Request, __: Visitor) -> Response:
        return as_json(await access.list_keys(self._parts))

    async def new_key(self, request: Request, _: Visitor) -> Response:
        wanted = _decode(await request.body(), access.NewKeyRequest)
        return as_json(await access.create_key(self._parts, wanted), 201)

    async def no_key(self, request: Request, _: Visitor) -> Response:
        return as_json(await access.delete_key(self._parts, request.path_params["access_key_id"]))


def _guarded(parts: Parts, handler: Handler, admin: bool) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            visitor = await parts.callers.visitor(request.scope[REQUEST])
            if admin and not visitor.admin:
                raise Problem(403, "This needs an admin key.")
            return await handler(request, visitor)
        except Problem as problem:
            return _say(problem.status, problem.said)
        except FrameworkError as error:
            unsigned = error.name == "MissingAuthenticationTokenException"
            return _say(401 if unsigned else 403, error.message or error.name)
        except StoreError as error:
            log.error("%s: %s", request.url.path, error)
            return _say(503, "The store cannot answer now.")
        except Exception:
            log.exception("%s met a bug", request.url.path)
            return _say(500, "Wireroom could not finish this request; its log says why.")

    return endpoint


async def _not_found(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = {404: f"There is nothing here: see {OURS}/.", 405: "This takes another method."}
    return _say(status, said.get(status, "That did not work."))


def _say(status: int, said: str) -> Response:
    return as_json({"error": said}, status)


def as_json(content: Any, status: int = 200) -> Response:
    """Never kept by a cache: it is out of date at once."""
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")


def _decode(body: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"This JSON cannot be used: {error}") from error


def _number(text: str | None, name: str, default: float, least: float, most: float) -> float:
    try:
        number = default if text is None else float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise Problem(400, f"{name} is a number from {least:g} to {most:g}.")
    return number
