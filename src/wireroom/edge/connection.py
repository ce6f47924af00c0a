"""One client's connection: uvicorn's HTTP protocol, where it trusts its clients too much.

uvicorn 0.54 reads on as long as somebody pipelines, says that a request is broken before it has answered
those before it, drops the body (and what follows) of a request that offers an upgrade, bounds no headers and
waits for ever for a client that does not read. Knows nothing of AWS.
"""

import asyncio
from collections.abc import Callable, Sized
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

MAX_HEADERS = 64 * 1024
"""Bytes of a request line and its headers, give or take a `PIECE`."""
PIECE = 8 * 1024
"""Bytes that are parsed at a time: as many tiny requests as stand in so many may wait for their turn."""


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


class _Flow(FlowControl):
    """Reads on only when no request waits in line: or else each that begins would let in more of them."""

    def __init__(self, transport: asyncio.Transport, pipeline: Sized) -> None:
        super().__init__(transport)
        self._pipeline = pipeline

    def resume_reading(self) -> None:
        if not self._pipeline:
            super().resume_reading()


class Connection(HttpToolsProtocol):
    """One client. Times are the loop's, 0.0 while there is none.

    `began`: the request that is arriving; `stalled`: the client takes no more of its answers, or does not go;
    `current`: what is being answered, while `cycle`, as uvicorn has it, is the last that was begun.
    """

    def __init__(
        self,
        config: Config,
        state: ServerState,
        loop: asyncio.AbstractEventLoop,
        made: Callable[["Connection"], None],
        lost: Callable[[], None],
    ) -> None:
        super().__init__(config, state, {}, loop)
        self._made = made
        self._lost = lost
        self.began = 0.0
        self.stalled = 0.0
        self.current: RequestResponseCycle | None = None
        self._header_bytes = 0
        self._unread = b""
        self._passing_over = False
        self._last_word = b""
        self._said_all = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self.flow = _Flow(self.transport, self.pipeline)
        self.began = self.loop.time()
        self._made(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)  # which tells `cycle` alone
        self._give_up_current()
        self._unread = b""
        self.pipeline.clear()
        self._lost()

    # ------------------------------------------------------------ what arrives

    def data_received(self, data: bytes) -> None:
        if not self._last_word and not self._said_all:
            self._unread += data
            self._read_on()

    def _read_on(self) -> None:
        """Parse what has arrived, as long as nobody waits in line."""
        while self._unread and not self.pipeline and not self._last_word and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            piece, self._unread = self._unread[:PIECE], self._unread[PIECE:]
            self._parse(piece)

    def _parse(self, piece: bytes) -> None:
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as offer:
            self._unread = self._without_offer() + piece[offer.args[0] :] + self._unread
        except httptools.HttpParserError:
            self.refuse(NOT_HTTP)
        else:
            if self.began and not self._headers_complete():
                self._header_bytes += len(piece)
                if self._header_bytes > MAX_HEADERS:
                    self.refuse(TOO_MUCH_HEADER)

    def _without_offer(self) -> bytes:
        """The head once more, without the upgrade for which the parser would leave out the body."""
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        self.began = self.loop.time()
        self._header_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self.parser.get_method() == b"CONNECT":
            raise ValueError("there is no tunnel through here")  # the parser makes it an HttpParserError
        self._passing_over = self.parser.should_upgrade()
        if not self._passing_over:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._passing_over:
            self.began = 0.0
            super().on_message_complete()

    # ------------------------------------------------------------ what is answered

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.current = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or self._owing():
            return
        if self._last_word:
            self._hang_up(self._last_word)
            return
        if self.began:  # what arrived meanwhile had to wait for us
            self.began = self.loop.time()
        self._read_on()

    def pause_writing(self) -> None:
        self.stalled = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.stalled = self.loop.time() if self._said_all else 0.0
        super().resume_writing()

    # ------------------------------------------------------------ how it ends

    def refuse(self, answer: bytes) -> None:
        """Say why, once everything that came whole before is answered, and hang up."""
        self._unread = b""
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()  # what is refused waits in line, and would wait for its body
        if self._owing():
            self._last_word = answer
        else:
            self._hang_up(answer)

    def _hang_up(self, answer: bytes) -> None:
        """Say it, and take in what is still under way: a reset would reach the client before the answer."""
        current = self.current
        if current is None or current.response_complete or not current.response_started:
            self.transport.write(answer)
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self._said_all, self.stalled, self.began = True, self.loop.time(), 0.0
        self._give_up_current()
        self.transport.write_eof()
        self.flow.resume_reading()

    def _give_up_current(self) -> None:
        """Whoever still works on an answer is told that nobody will hear it."""
        if self.current is not None and not self.current.response_complete:
            self.current.disconnected = True
            self.current.waiting_for_100_continue = False
            self.current.message_event.set()

    def shutdown(self) -> None:
        if self._said_all:
            self.transport.close()
        else:
            super().shutdown()

    def overdue(self, now: float, patience: float) -> bool:
        """Has the client taken more than `patience` over a request? Not while we owe it an earlier answer."""
        return self.began > 0 and now - self.began > patience and not self._owing()

    def deaf(self, now: float, patience: float) -> bool:
        """Has the client taken nothing of its answers for so long, or not gone after the last?"""
        return self.stalled > 0 and now - self.stalled > patience

    def _owing(self) -> bool:
        """A request came whole, and is not answered yet."""
        current = self.current
        return current is not None and not current.response_complete and not current.more_body

    def _headers_complete(self) -> bool:
        return self.scope is not None and "method" in self.scope
