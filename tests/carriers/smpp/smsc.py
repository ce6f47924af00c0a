"""A small SMSC made of the session, which answers as it is told; and a time that only the test turns."""

import asyncio
import heapq
import itertools
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

from wireroom.carriers.smpp import codec, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.events import Answered, Asked, BindAsked, Ended, Event
from wireroom.carriers.smpp.rules import Limits, Role
from wireroom.carriers.smpp.session import Session
from wireroom.carriers.smpp.ways import Way, over_socket

LIMITS = Limits(window=1_000, owed=10_000, enquire_link=0, session_init=0)
HOLD = -1
"""In place of a status: the answer comes when the test says so."""
LONGEST_WAIT = 10.0


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


class ManualTiming:
    """Implements `smpp.timing.Timing`: stands still until it is turned."""

    def __init__(self) -> None:
        self._now = 1_000_000
        self._order = itertools.count()
        self._timers: list[tuple[int, int, _Timer]] = []

    def now(self) -> int:
        return self._now

    def at(self, when: int, do: Callable[[], None]) -> "_Timer":
        timer = _Timer(do)
        heapq.heappush(self._timers, (max(when, self._now), next(self._order), timer))
        return timer

    def turn(self, milliseconds: int) -> None:
        """Go forwards, from one timer to the next."""
        end = self._now + milliseconds
        while self._timers and self._timers[0][0] <= end:
            self._now, _, timer = heapq.heappop(self._timers)
            if timer.do is not None:
                timer.do()
        self._now = end

    @property
    def next(self) -> int | None:
        """In how many milliseconds the next timer is due."""
        due = [when for when, _, timer in self._timers if timer.do is not None]
        return min(due) - self._now if due else None


class _Timer:
    def __init__(self, do: Callable[[], None]) -> None:
        self.do: Callable[[], None] | None = do

    def cancel(self) -> None:
        self.do = None


class Smsc:
    """Takes every text, unless `answers` says what to answer to the next ones."""

    def __init__(self, limits: Limits = LIMITS, name: str = "SMSC") -> None:
        self.limits = limits
        self.name = name
        self.links: list[Link] = []
        self.binds: list[p.Bind] = []
        self.taken: list[p.SubmitSm] = []
        """Every submit_sm, whatever it was answered."""
        self.ids: list[str] = []
        """Of those that were answered with one."""
        self.held: list[tuple[Link, p.SubmitSm]] = []
        self.answers: deque[int] = deque()
        self.bind_statuses: deque[int] = deque()
        self.id_of: Callable[[int], str] = lambda serial: f"{serial:x}"
        self.holding = False
        """Hold every answer."""
        self.silent = False
        """Read, and never answer anything."""
        self.most_waiting = 0
        """The most requests that one link had sent without an answer."""
        self.on_taken: Callable[[Link, p.SubmitSm, str], None] = lambda link, text, message_id: None
        self.taker: Callable[[Link, p.SubmitSm], None] | None = None
        """Takes texts in place of all that stands here about answers."""
        self.on_bound: Callable[[], None] = lambda: None
        self.receipt_statuses: list[int] = []
        """What receipts were answered with."""
        self.on_receipt: Callable[[object, int], None] = lambda tag, status: None
        self._serial = itertools.count(1 << 20)
        self._joining: list[asyncio.Task[Any]] = []
        self._server: asyncio.Server | None = None

    def way(self) -> Way:
        """A way to it over a pair of sockets."""
        return over_socket("the SMSC", self._connected)

    def _connected(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        joining = loop.create_task(loop.create_unix_connection(lambda: Link(self), sock=ours))
        self._joining.append(joining)
        return theirs

    async def listen(self, context: ssl.SSLContext | None = None, port: int = 0) -> int:
        """Listen on loopback; on which port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Link(self), "127.0.0.1", port, ssl=context)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    def stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for link in self.links:
            link.cut()
        await until(lambda: all(link.gone for link in self.links))

    @property
    def bound(self) -> list["Link"]:
        return [link for link in self.links if link.session.mode is not None and not link.session.closed]

    @property
    def hearing(self) -> list["Link"]:
        """Those that can be sent a receipt."""
        return [link for link in self.bound if link.session.room(link.now())]

    async def has_bound(self, count: int = 1) -> list["Link"]:
        await until(lambda: len(self.bound) >= count)
        return self.bound

    async def has_taken(self, count: int) -> list[p.SubmitSm]:
        await until(lambda: len(self.taken) >= count)
        return self.taken

    def answer_held(self, count: int | None = None, status: int = st.ROK) -> None:
        """Answer the first held ones; those whose link has gone as well, to no avail."""
        for link, text in self.held[:count]:
            link.take(text, status)
        del self.held[:count]

    def send_receipt(
        self, message_id: str, stat: str = "DELIVRD", *, link: "Link | None" = None, tag: object = None
    ) -> None:
        text = f"id:{message_id} sub:001 dlvrd:001 submit date:2611230930 done date:2611230931 stat:{stat}"
        body = f"{text} err:{'034' if stat == 'UNDELIV' else '000'} text:".encode()
        self.send(p.DeliverSm(esm_class=4, short_message=body), link=link, tag=tag)

    def send_receipt_by_data_sm(self, message_id: str, state: int = 2) -> None:
        pairs = (tlv.make("receipted_message_id", message_id), tlv.make("message_state", state))
        self.send(p.DataSm(esm_class=4, tlvs=pairs))

    def send(self, request: p.Request, *, link: "Link | None" = None, tag: object = None) -> None:
        (link or self.hearing[0]).send([(tag, request)])


class Link(asyncio.Protocol):
    """One connection of an ESME's."""

    def __init__(self, smsc: Smsc) -> None:
        self.smsc = smsc
        self.transport: asyncio.Transport
        self.session = Session(Role.SMSC, self.now(), smsc.limits)
        self.gone = False
        self.taken = 0
        self.reads: list[int] = []
        """How many octets each read brought."""

    @staticmethod
    def now() -> int:
        return int(asyncio.get_running_loop().time() * 1000)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.smsc.links.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.session.lost()
        self.gone = True

    def data_received(self, data: bytes) -> None:
        self.reads.append(len(data))
        if not self.smsc.silent:
            for event in self.session.receive(data, self.now()):
                self._handle(event)
            self.smsc.most_waiting = max(self.smsc.most_waiting, len(self._held()))
            self.flush()

    def send(self, requests: Sequence[tuple[object, p.Request]]) -> None:
        assert self.session.send(requests, self.now()) == len(requests)
        self.flush()

    def flush(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self.session.take())
            if self.session.closed:
                self.transport.close()

    def stop(self) -> None:
        """Unbind in good order."""
        self.session.stop(self.now())
        self.flush()

    def cut(self) -> None:
        self.transport.abort()

    def take(self, text: p.SubmitSm, status: int = st.ROK) -> None:
        """Answer a text."""
        message_id = ""
        if status == st.ROK:
            message_id = self.smsc.id_of(next(self.smsc._serial))
            self.smsc.ids.append(message_id)
        self.session.answer(text, p.SubmitSmResp(0, status, message_id))
        self.flush()
        if message_id:
            self.smsc.on_taken(self, text, message_id)

    def _held(self) -> list[p.SubmitSm]:
        return [text for link, text in self.smsc.held if link is self]

    def _handle(self, event: Event) -> None:
        smsc = self.smsc
        match event:
            case BindAsked(bind):
                smsc.binds.append(bind)
                if smsc.bind_statuses and (status := smsc.bind_statuses.popleft()):
                    self.session.refuse(status)
                else:
                    self.session.admit(smsc.name)
                    smsc.on_bound()
            case Asked(p.SubmitSm() as text):
                smsc.taken.append(text)
                self.taken += 1
                if smsc.taker is not None:
                    smsc.taker(self, text)
                    return
                status = smsc.answers.popleft() if smsc.answers else st.ROK
                if smsc.holding or status == HOLD:
                    smsc.held.append((self, text))
                else:
                    self.take(text, status)
            case Answered(tag, response):
                smsc.receipt_statuses.append(response.status)
                smsc.on_receipt(tag, response.status)
            case Ended() if not self.transport.is_closing():
                self.flush()


def raw_submit_resp(sequence: int, message_id: str) -> bytes:
    return codec.encode(p.SubmitSmResp(sequence, 0, message_id))
