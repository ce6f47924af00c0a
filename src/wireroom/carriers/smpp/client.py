"""One bind of an ESME, kept up: connect, bind, talk, and again after a pause (duties 2 to 5, 13, 14).

The session decides; here are the socket, the timers and the pauses. All PDUs of a read are handled together,
and all that is to be written for them is one write. While the peer does not read, we neither send nor read.
Knows no text: it sends requests with tags, and its owner hears what became of them.
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, cast

from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.events import BindRefused, Bound, Ended, Event, PeerUnbinds, Reason, Throttled
from wireroom.carriers.smpp.pace import Reconnects, Turns
from wireroom.carriers.smpp.rules import Limits, Role
from wireroom.carriers.smpp.session import Session
from wireroom.carriers.smpp.timing import Timer, Timing
from wireroom.carriers.smpp.ways import Way

log = logging.getLogger(__name__)

PASSING = frozenset({st.RALYBND, st.RSYSERR, st.RMSGQFUL, st.RTHROTTLED, st.RX_T_APPN})
"""Refusals of a bind that pass by themselves; every other one is for an operator."""


class Standing(StrEnum):
    """How a bind is, for an operator."""

    CLOSED = "closed"
    WAITING = "waiting"  # for its next attempt
    CONNECTING = "connecting"
    BOUND = "bound"
    REFUSED = "refused"  # by configuration, on either side: tried again, slowly
    UNBINDING = "unbinding"


class Owner(Protocol):
    """Whoever a bind works for."""

    def happened(self, bind: "Bind", events: Sequence[Event]) -> None:
        """These happened, in this order; none: there may be room again."""
        ...


class Bind:
    """A bind and, one after the other, its connections."""

    def __init__(
        self,
        name: str,
        ways: Sequence[Way],
        request: p.Bind,
        limits: Limits,
        owner: Owner,
        timing: Timing,
        reconnects: Reconnects,
        *,
        first: int = 0,
        stable: int = 30_000,
        turns: Turns | None = None,
    ) -> None:
        """`first` is the way that is preferred; the next one is tried when it fails."""
        self.name = name
        self.standing = Standing.CLOSED
        self.since = timing.now()
        """Since when it is so; milliseconds of `timing`."""
        self.limits = limits
        self.owner = owner
        self.timing = timing
        self._ways = ways
        self._first = self._which = first % len(ways)
        self._request = request
        self._reconnects = reconnects
        self._stable = stable
        self._turns = turns or Turns(0)
        self._closing = False
        self._attempt: asyncio.Task[None] | None = None
        self._link: _Link | None = None
        self._timer: Timer | None = None

    @property
    def room(self) -> int:
        """How many requests may be sent now."""
        return 0 if self._link is None else self._link.room

    @property
    def waiting(self) -> int:
        """How many requests have no answer yet."""
        return 0 if self._link is None else self._link.session.waiting

    @property
    def pause(self) -> int:
        """For how many milliseconds it sends nothing, because the peer cannot take so much."""
        until = 0 if self._link is None else self._link.session.paused_until
        return max(0, until - self.timing.now())

    @property
    def tlvs(self) -> bool:
        return self._link is not None and self._link.session.tlvs

    def start(self) -> None:
        """Begin, in turn with the other binds."""
        self._closing = False
        self._again_at(self.timing.now())

    async def close(self) -> None:
        """No more requests; when those that are out are answered, unbind and disconnect."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        if self._attempt is not None and self._link is None:
            self._attempt.cancel()
            await asyncio.wait([self._attempt])
        if self._link is not None:
            link = self._link
            self._stand(Standing.UNBINDING)
            link.stop()
            await link.gone
        self._stand(Standing.CLOSED)

    def send(self, requests: Sequence[tuple[object, p.Request]]) -> int:
        """Send as many as there is room for; how many that were. ValueError: see `Session.send`."""
        if self._link is None or not self._link.room:
            return 0
        sent = self._link.session.send(requests, self.timing.now())
        self._link.went_on()
        return sent

    def answer(self, answers: Sequence[tuple[p.Request, p.Response]]) -> int:
        """Answer what the peer asked, all in one write; how many of them could still be answered."""
        if self._link is None:
            return 0
        done = sum(self._link.session.answer(request, response) for request, response in answers)
        self._link.went_on()
        return done

    # What the connection tells

    def connected(self, link: "_Link") -> str | None:
        """Why this peer must not be spoken to; None: begin."""
        stranger = self._ways[self._which].stranger(link.transport)
        if stranger is not None:
            log.error("%s: %s must not be spoken to: %s", self.name, self._ways[self._which].name, stranger)
            return stranger
        self._link = link
        link.session.bind(self._request, self.timing.now())
        return None

    def heard(self, link: "_Link", events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Bound():
                    log.info("%s: bound at %s", self.name, self._ways[self._which].name)
                    self._stand(Standing.BOUND)
                case BindRefused(status):
                    link.refused = status
                case PeerUnbinds():
                    self._stand(Standing.UNBINDING)
                case Throttled(_, until):
                    self.timing.at(until, lambda: self.owner.happened(self, ()))
                case Ended(reason):
                    self._over(link, reason)
        self.owner.happened(self, events)

    def mistrusted(self) -> None:
        """The peer was not who it should be."""
        self._failed(slowly=True)

    # How it goes on

    def _again_at(self, at: int) -> None:
        self._timer = self.timing.at(self._turns.at(at), self._dial)

    def _dial(self) -> None:
        self._stand(Standing.CONNECTING)
        self._attempt = asyncio.get_running_loop().create_task(self._connect(), name=f"{self.name} connects")

    async def _connect(self) -> None:
        way = self._ways[self._which]
        try:
            async with asyncio.timeout(self.limits.session_init / 1000):
                await way.connect(lambda: _Link(self))
        except ssl.SSLCertVerificationError as error:
            log.error("%s: the certificate of %s is not trusted: %s", self.name, way.name, error)
            self._failed(slowly=True)
        except (OSError, ValueError) as error:
            said = str(error) or type(error).__name__
            log.warning("%s: %s cannot be reached: %s", self.name, way.name, said)
            self._failed()
        except Exception:  # a bug of ours must not end the bind for good
            log.exception("%s: connecting to %s broke off", self.name, way.name)
            self._failed()

    def _over(self, link: "_Link", reason: Reason) -> None:
        """A connection that was bound, or tried to be, has ended."""
        now, way = self.timing.now(), self._ways[self._which].name
        was_bound, self._link = self.standing in (Standing.BOUND, Standing.UNBINDING), None
        if reason is Reason.REFUSED and link.refused not in PASSING:
            log.error(
                "%s: %s refuses the bind with %s: look at system_id, password, system_type and bind",
                *(self.name, way, st.name_of(link.refused)),
            )
            self._failed(slowly=True)
            return
        log.log(
            logging.INFO if reason is Reason.UNBOUND else logging.WARNING,
            *("%s: the link to %s has ended: %s", self.name, way, reason),
        )
        if was_bound and now - link.since >= self._stable:
            self._reconnects.good()
            self._which = self._first
            self._rest(self._reconnects.pause())
        else:
            self._failed()

    def _failed(self, *, slowly: bool = False) -> None:
        self._reconnects.failed()
        self._which = (self._which + 1) % len(self._ways)
        if slowly and self._which == self._first:
            self._rest(self._reconnects.slowly(), Standing.REFUSED)
        else:
            self._rest(self._reconnects.pause(), Standing.REFUSED if slowly else Standing.WAITING)

    def _rest(self, pause: int, standing: Standing = Standing.WAITING) -> None:
        if not self._closing:
            self._stand(standing)
            self._again_at(self.timing.now() + pause)

    def _stand(self, standing: Standing) -> None:
        if self.standing is not standing:
            self.standing, self.since = standing, self.timing.now()


class _Link(asyncio.Protocol):
    """One connection: its session, its timer, its way of writing."""

    def __init__(self, bind: Bind) -> None:
        self._bind = bind
        self.transport: asyncio.Transport
        now = bind.timing.now()
        self.session = Session(Role.ESME, now, bind.limits)
        self.since = now
        """When it was connected."""
        self.refused = 0
        """The status with which the bind was refused."""
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._mistrusted = False
        self._full = False
        self._busy = False
        self._timer: Timer | None = None
        self._timer_at = 0

    @property
    def room(self) -> int:
        return 0 if self._full else self.session.room(self._bind.timing.now())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._mistrusted = self._bind.connected(self) is not None
        if self._mistrusted:
            self.transport.abort()
        else:
            self.went_on()

    def data_received(self, data: bytes) -> None:
        if not self._mistrusted:
            self._hand_up(self.session.receive(data, self._bind.timing.now()))

    def connection_lost(self, error: Exception | None) -> None:
        self._disarm()
        if self._mistrusted:
            self._bind.mistrusted()
        else:
            self._hand_up(self.session.lost())
        self.gone.set_result(None)

    def pause_writing(self) -> None:
        self._full = True
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        self._full = False
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self._bind.owner.happened(self._bind, ())

    def stop(self) -> None:
        self._hand_up(self.session.stop(self._bind.timing.now()))

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
        self._busy = True
        try:
            if events:
                self._bind.heard(self, events)
        finally:
            self._busy = False
        self.went_on()

    def _leave(self) -> None:
        """Close when the last octets are written; a peer that does not read gets a moment."""
        if not self.transport.is_closing():
            self._disarm()
            self.transport.close()
            limits, timing = self._bind.limits, self._bind.timing
            self._timer = timing.at(timing.now() + limits.grace, self.transport.abort)

    def _arm(self) -> None:
        due = self.session.due()
        if due is None or (self._timer is not None and self._timer_at <= due):
            return  # a timer that is early looks again
        self._disarm()
        self._timer_at = due
        self._timer = self._bind.timing.at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._hand_up(self.session.tick(self._bind.timing.now()))

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
