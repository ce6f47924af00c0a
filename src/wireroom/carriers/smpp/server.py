"""An SMSC's shell: whoever connects may bind, is heard, and is told what its owner has for it.

The session decides; here are sockets and timers. All PDUs of a read are handled together, their answers are
one write. What a peer asks is handed to the owner in batches, one after the other, and answered when the
owner comes back, having made it durable. Who does not read is not read from; who asks faster than the owner
takes is not read from for a while. A link without traffic costs one timer. Knows no text and no network.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, cast

from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.events import Asked, BindAsked, Ended, Event
from wireroom.carriers.smpp.rules import DEFAULTS, Limits, Role, State
from wireroom.carriers.smpp.session import Session
from wireroom.carriers.smpp.timing import Timer, Timing

log = logging.getLogger(__name__)

AT_ONCE = 512
"""Requests that the owner is given together."""
CROWDED = 2_000
"""Requests of a link that wait for the owner, above which nothing more is read from it."""
MOST_LINKS = 1_000

Answers = Sequence[tuple[p.Request, p.Response]]
Make = Callable[[int, Limits], Session]


class Owner(Protocol):
    """Whose SMSC it is."""

    async def admit(self, link: "Link", bind: p.Bind) -> int:
        """The status to answer; 0 lets it in. The password is in there: never log it."""
        ...

    async def take(self, link: "Link", requests: Sequence[p.Request]) -> Answers:
        """What is to be answered, in the order in which it is to be sent. What is left out is not answered.

        It is durable when this comes back. A bug in here is answered as ours (0x08).
        """
        ...

    def happened(self, link: "Link", events: Sequence[Event]) -> None:
        """These happened, in this order; none: there may be room for requests again."""
        ...


def smsc(now: int, limits: Limits) -> Session:
    """The session of a link, unless its owner wants another."""
    return Session(Role.SMSC, now, limits)


class Server:
    """All links of one SMSC."""

    def __init__(
        self,
        name: str,
        owner: Owner,
        timing: Timing,
        limits: Limits = DEFAULTS,
        *,
        make: Make = smsc,
        most: int = MOST_LINKS,
    ) -> None:
        """`name` is our system_id; connections above `most` are closed at once."""
        self.name = name
        self.owner = owner
        self.timing = timing
        self.limits = limits
        self.links: set[Link] = set()
        self._make = make
        self._most = most
        self._listening: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def listen(self, host: str, port: int, context: ssl.SSLContext | None = None) -> int:
        """Take connections on TCP; answers on which port. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self.new_link, host, port, ssl=context)
        found: int = self._listening.sockets[0].getsockname()[1]
        return found

    def connected(self) -> socket.socket:
        """The far end of a new connection, which needs no port and no network."""
        ours, theirs = socket.socketpair()
        self.begin(self._join(ours))
        return theirs

    async def stop(self) -> None:
        """No new links; the others end in good order, or are cut when they take too long."""
        self._stopping = True
        limits = self.limits
        if self._listening is not None:
            self._listening.close()
        links = list(self.links)
        for link in links:
            link.stop()
        patience = (limits.drain + limits.unbind + 2 * limits.grace) / 1000
        gone = [link.gone for link in links]
        if gone and (await asyncio.wait(gone, timeout=patience))[1]:
            for link in links:
                link.cut()
            await asyncio.wait(gone)
        while self._tasks:
            await asyncio.wait(self._tasks)

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do this beside; `stop` waits for it."""
        task = asyncio.get_running_loop().create_task(work, name=self.name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def new_link(self) -> "Link":
        return Link(self, self._make(self.timing.now(), self.limits))

    def full(self) -> bool:
        return self._stopping or len(self.links) >= self._most

    async def _join(self, ours: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(self.new_link, sock=ours)


class Link(asyncio.Protocol):
    """One connection: its session, its timer, its way of writing, what waits for the owner."""

    def __init__(self, server: Server, session: Session) -> None:
        self.session = session
        self.system_id = ""
        """Who has bound; empty before."""
        self.transport: asyncio.Transport
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._server = server
        self._timing = server.timing
        self._asked: list[p.Request] = []
        self._full = self._crowded = self._stalled = self._deaf = False
        self._busy = False
        self._taking: asyncio.Task[None] | None = None
        self._admitting: asyncio.Task[None] | None = None
        self._timer: Timer | None = None
        self._timer_at = 0

    # What the owner asks and does

    @property
    def room(self) -> int:
        """How many requests may be sent now."""
        return 0 if self._full else self.session.room(self._timing.now())

    @property
    def waiting(self) -> int:
        """How many requests of the peer's wait for the owner."""
        return len(self._asked)

    def send(self, requests: Sequence[tuple[object, p.Request]]) -> int:
        """Send as many as there is room for; how many that were. ValueError: see `Session.send`."""
        if self._full:
            return 0
        sent = self.session.send(requests, self._timing.now())
        self.went_on()
        return sent

    def answer(self, answers: Answers) -> None:
        """Answer what `take` had left out."""
        for request, response in answers:
            self.session.answer(request, response)
        self.went_on()

    def write(self, octets: bytes) -> None:
        """Write what no session would."""
        if not self.transport.is_closing():
            self.transport.write(self.session.take() + octets)

    def stall(self, *, stalled: bool = True) -> None:
        """Read nothing, or read again."""
        self._stalled = stalled
        self._govern()

    def stop(self) -> None:
        """Unbind in good order."""
        self._hand_up(self.session.stop(self._timing.now()))

    def hang_up(self) -> None:
        """Close without a word, once what was written is out."""
        self.transport.close()

    def cut(self) -> None:
        self.transport.abort()

    # What the connection tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if self._server.full():
            self.transport.abort()
        self._server.links.add(self)
        self.went_on()

    def data_received(self, data: bytes) -> None:
        self._hand_up(self.session.receive(data, self._timing.now()))

    def connection_lost(self, error: Exception | None) -> None:
        self._disarm()
        self._server.links.discard(self)
        self._hand_up(self.session.lost())
        self._disarm()
        if self._admitting is not None:
            self._admitting.cancel()
        self.gone.set_result(None)

    def pause_writing(self) -> None:
        self._full = True
        self._govern()

    def resume_writing(self) -> None:
        self._full = False
        self._govern()
        self._server.owner.happened(self, ())

    # How it goes on

    def went_on(self) -> None:
        """Write what there is to write, and be there when the next thing is due."""
        if self._busy:  # once, for all that one read brings
            return
        if (out := self.session.take()) and not self.transport.is_closing():
            self.transport.write(out)
        if self.session.closed:
            self._leave()
        else:
            self._arm()

    def _hand_up(self, events: Sequence[Event]) -> None:
        others: list[Event] = []
        self._busy = True
        try:
            for event in events:
                match event:
                    case Asked(request):
                        self._asked.append(request)
                        continue
                    case BindAsked(bind):
                        self._admitting = self._server.begin(self._admit(bind))
                    case Ended():
                        self._asked.clear()  # nobody is there to hear of it, and so it was not taken
                        others.append(event)
                    case _:
                        others.append(event)
            if others:
                self._server.owner.happened(self, others)
            if self._asked:
                if self._taking is None:
                    self._taking = self._server.begin(self._take())
                if len(self._asked) > CROWDED:
                    self._crowded = True
                    self._govern()
        finally:
            self._busy = False
        self.went_on()

    async def _admit(self, bind: p.Bind) -> None:
        try:
            status = await self._server.owner.admit(self, bind)
        except Exception:
            log.exception("a bind could not be looked at")
            status = st.RSYSERR
        if self.session.state is not State.OPEN:
            return
        if status:
            self.session.refuse(status)
        else:
            self.system_id = bind.system_id
            self._hand_up([self.session.admit(self._server.name)])
        self.went_on()

    async def _take(self) -> None:
        while self._asked:
            batch, self._asked = self._asked[:AT_ONCE], self._asked[AT_ONCE:]
            try:
                answers = await self._server.owner.take(self, batch)
            except Exception:
                log.exception("%d requests could not be taken", len(batch))
                answers = [(request, _sorry(request)) for request in batch]
            self.answer(answers)
            if self._crowded and len(self._asked) <= CROWDED // 2:
                self._crowded = False
                self._govern()
        self._taking = None
        self._server.owner.happened(self, ())

    def _govern(self) -> None:
        """Read, or do not."""
        deaf = self._full or self._crowded or self._stalled
        if deaf is self._deaf or self.transport.is_closing():
            return
        self._deaf = deaf
        if deaf:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _leave(self) -> None:
        """Close when the last octets are written; a peer that does not read gets a moment."""
        if not self.transport.is_closing():
            self._disarm()
            self.transport.close()
            self._timer = self._timing.at(
                self._timing.now() + self.session.limits.grace, self.transport.abort
            )

    def _arm(self) -> None:
        due = self.session.due()
        if due is None or (self._timer is not None and self._timer_at <= due):
            return  # a timer that is early looks again
        self._disarm()
        self._timer_at = due
        self._timer = self._timing.at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._hand_up(self.session.tick(self._timing.now()))

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _sorry(request: p.Request) -> p.Response:
    answering = request.response
    assert answering is not None  # or it would not have been asked
    return answering(0, st.RSYSERR)
