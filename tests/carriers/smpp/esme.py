"""A small ESME made of the session: binds over a socket, sends what it is told, answers as the test says."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import cast

from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.events import Answered, Asked, BindRefused, Bound, Ended, Event
from wireroom.carriers.smpp.rules import Limits, Role
from wireroom.carriers.smpp.session import Session

LIMITS = Limits(window=10_000, owed=10_000, enquire_link=0, session_init=0)
LONGEST_WAIT = 20.0


async def until(condition: Callable[[], object]) -> None:
    """Come back once it is so; looks again whenever the loop has had its turn."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(LONGEST_WAIT):
        while not condition():
            turn = loop.create_future()
            timer = loop.call_later(0.001, turn.set_result, None)
            try:
                await turn
            finally:
                timer.cancel()


class Esme(asyncio.Protocol):
    """One bind. `events` has all that happened but requests of the SMSC's, which are in `asked`."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.session = Session(Role.ESME, self.now(), limits)
        self.transport: asyncio.Transport
        self.events: list[Event] = []
        self.asked: list[p.Request] = []
        self.raw = bytearray()
        self.reads: list[int] = []
        """How many octets each read brought."""
        self.answers: dict[object, p.Response] = {}
        self.statuses: Callable[[p.Request], int | None] = lambda request: st.ROK
        """What to answer to a request; None: nothing."""
        self.gone = False
        self._tag = 0

    @staticmethod
    def now() -> int:
        return int(asyncio.get_running_loop().time() * 1000)

    @classmethod
    async def over(cls, sock: socket.socket, bind: p.Bind | None = None, limits: Limits = LIMITS) -> "Esme":
        """Over a socket that is connected; bound when this comes back, unless it was refused."""
        esme = cls(limits)
        loop = asyncio.get_running_loop()
        if sock.family == socket.AF_UNIX:
            await loop.create_unix_connection(lambda: esme, sock=sock)
        else:
            await loop.create_connection(lambda: esme, sock=sock)
        await esme.bind(bind or p.BindTransceiver(system_id="esme", password="secret"))
        return esme

    @classmethod
    async def at(cls, port: int, bind: p.Bind | None = None, limits: Limits = LIMITS) -> "Esme":
        return await cls.over(socket.create_connection(("127.0.0.1", port)), bind, limits)

    async def bind(self, bind: p.Bind) -> None:
        self.session.bind(bind, self.now())
        self.flush()
        await until(lambda: self.gone or any(isinstance(each, Bound | BindRefused) for each in self.events))

    def send(self, *requests: p.Request) -> list[int]:
        """Their tags."""
        tags = list(range(self._tag, self._tag + len(requests)))
        self._tag += len(requests)
        sent = self.session.send(list(zip(tags, requests, strict=True)), self.now())
        assert sent == len(requests), "there is room"
        self.flush()
        return tags

    async def ask(self, *requests: p.Request) -> list[p.Response]:
        """Their answers, in the order of the requests."""
        return await self.answered(self.send(*requests))

    async def answered(self, tags: Sequence[int]) -> list[p.Response]:
        await until(lambda: all(tag in self.answers for tag in tags))
        return [self.answers[tag] for tag in tags]

    async def has_been_asked(self, count: int) -> list[p.Request]:
        await until(lambda: len(self.asked) >= count)
        return self.asked

    async def is_gone(self) -> None:
        await until(lambda: self.gone)

    async def next_turns(self, count: int = 20) -> None:
        """Let whatever can happen now happen."""
        for _ in range(count):
            turn = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.0005, turn.set_result, None)
            await turn

    def close(self) -> None:
        self.transport.close()

    def flush(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self.session.take())
            if self.session.closed:
                self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._handle(self.session.lost())
        self.gone = True

    def data_received(self, data: bytes) -> None:
        self.raw += data
        self.reads.append(len(data))
        self._handle(self.session.receive(data, self.now()))
        self.flush()

    def _handle(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Asked(request):
                    self.asked.append(request)
                    status = self.statuses(request)
                    if status is not None and request.response is not None:
                        self.session.answer(request, request.response(0, status))
                case Answered(tag, response):
                    self.answers[tag] = response
                    self.events.append(event)
                case _:
                    self.events.append(event)

    @property
    def ended(self) -> Ended | None:
        return next((each for each in self.events if isinstance(each, Ended)), None)
