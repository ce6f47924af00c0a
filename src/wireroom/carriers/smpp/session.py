"""An SMPP session without a socket, for both sides: octets in, octets out, ticks in.

The owner hands over what it has read (`receive`), asks for what is to be written (`take`, once for a whole
read), calls `tick` when `due` says so, and acts on the events. Times are milliseconds of machine time.
A request of the peer's is answered when the owner says so (`answer`), after it has made it durable;
enquire_link, unbind and what is out of place or unreadable are answered here. An owner that cannot write must
stop reading, or the answers pile up.
"""

from collections import Counter
from collections.abc import Sequence
from struct import Struct as Layout
from typing import Any

from wireroom.carriers.smpp import codec, rules, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.events import (
    Answered,
    Asked,
    BindAsked,
    BindRefused,
    Bound,
    Ended,
    Event,
    Late,
    Mode,
    PeerUnbinds,
    Reason,
    Throttled,
    TimedOut,
    Told,
    Unreadable,
)
from wireroom.carriers.smpp.rules import DEFAULTS, MODES, Limits, Role, State
from wireroom.carriers.smpp.window import CROWDED, Throttle, Window

_length = Layout("!I").unpack_from


class Session:
    """One side of one SMPP link, from connected to closed."""

    def __init__(self, role: Role, now: int, limits: Limits = DEFAULTS) -> None:
        self.role = role
        self.limits = limits
        self.state = State.OPEN
        self.mode: Mode | None = None
        self.tlvs = False
        """May the peer be sent TLVs?"""
        self.counts: Counter[str] = Counter()
        """What was odd: unmatched, late, unreadable, out of place, refused for want of room."""
        self._window = Window(limits.window, limits.response, limits.tombstone)
        self._throttle = Throttle(limits.window, limits.first_pause, limits.longest_pause)
        self._rest = bytearray()
        self._needed = 4
        self._out: list[bytes] = []
        self._owed: Counter[int] = Counter()
        self._opened = self._heard = now
        self._bind: p.Bind | None = None  # ours, or the peer's that waits for the owner
        self._bind_sequence: int | None = None
        self._enquired: int | None = None
        self._enquired_at = 0
        self._unbind: int | None = None
        self._leaving: Reason | None = None
        self._until = 0  # when draining, unbinding or the grace ends

    # What the owner asks

    def receive(self, data: bytes, now: int) -> list[Event]:
        """Handle all PDUs that are complete with `data`."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return events
            data = bytes(self._rest)
            self._rest.clear()
        at, end, needed, longest = 0, len(data), 4, self.limits.longest_pdu
        while end - at >= 4:
            (length,) = _length(data, at)
            if not 16 <= length <= longest:
                self._unreadable(codec.bad_length(length), events)
                self._end(Reason.BAD_FRAME, events)
                return events
            if length > end - at:
                needed = length
                break
            self._heard = now
            self._handle(codec.decode(data[at : at + length]), now, events)
            if self.closed:
                return events
            at += length
        self._needed = needed
        self._rest += data[at:]
        return events

    def tick(self, now: int) -> list[Event]:
        """Let time pass."""
        events: list[Event] = []
        init = self.limits.session_init
        match self.state:
            case State.OPEN if init and now >= self._opened + init:
                self._end(Reason.TOO_LATE, events)
            case State.BOUND if self._leaving is None:
                self._watch(now, events)
        if not self.closed:
            events += [TimedOut(waiting.tag) for waiting in self._window.expire(now)]
            self._leave(now, events)
        return events

    def due(self) -> int | None:
        """When `tick` has something to do, at the latest; None: never."""
        limits = self.limits
        times = [self._window.due()]
        match self.state:
            case State.CLOSED:
                return None
            case State.BOUND | State.UNBOUND if self._leaving and self._nothing_owed():
                return 0
            case State.OPEN:
                times.append(self._opened + limits.session_init if limits.session_init else None)
            case State.BOUND if self._leaving is None:
                if self._enquired is not None:
                    times.append(max(self._heard, self._enquired_at) + limits.enquire_answer)
                elif limits.enquire_link:
                    times.append(self._heard + limits.enquire_link)
                if limits.inactivity:
                    times.append(self._heard + limits.inactivity)
            case _:
                times.append(self._until)
        return min((time for time in times if time is not None), default=None)

    def take(self) -> bytes:
        """What is to be written now."""
        out = b"".join(self._out)
        self._out.clear()
        return out

    def room(self, now: int) -> int:
        """How many requests may be sent now; 0 also while paused, see `paused_until`."""
        if self.state is not State.BOUND or self._leaving or self.mode not in rules.MAY_SEND[self.role]:
            return 0
        if now < self._throttle.until:
            return 0
        return max(0, int(self._throttle.allowed) - len(self._window))

    @property
    def paused_until(self) -> int:
        """When the last pause for throttling ends, or ended."""
        return self._throttle.until

    @property
    def closed(self) -> bool:
        return self.state is State.CLOSED

    @property
    def waiting(self) -> int:
        """How many requests of ours have no answer yet."""
        return len(self._window)

    # What the owner does

    def bind(self, bind: p.Bind, now: int) -> None:
        """ESME: ask to be bound. Bound or BindRefused comes, or Ended once `session_init` has passed."""
        if self.role is not Role.ESME or self.state is not State.OPEN or self._bind:
            raise ValueError("an ESME binds once, first of all")
        self._bind, self._bind_sequence = bind, self._next()
        self._out.append(codec.encode(bind, self._bind_sequence))

    def outbind(self, system_id: str, password: str) -> None:
        """SMSC: invite the ESME that we have called to bind."""
        if self.role is not Role.SMSC or self.state is not State.OPEN:
            raise ValueError("an SMSC invites before there is a bind")
        self._out.append(codec.encode(p.Outbind(self._next(), system_id, password)))

    def admit(self, system_id: str) -> Bound:
        """SMSC: let the ESME of BindAsked in, and tell it our name."""
        bind = self._asked_bind()
        told = bind.interface_version >= 0x34
        tlvs = (tlv.make("sc_interface_version", 0x34),) if told else ()
        self._respond(bind, st.ROK, system_id, tlvs)
        return self._bound(bind, bind.system_id, bind.interface_version)

    def refuse(self, status: int) -> None:
        """SMSC: keep the ESME of BindAsked out. It may ask again, until `session_init` has passed."""
        self._respond(self._asked_bind(), status)
        self._bind = None

    def send(self, requests: Sequence[tuple[object, p.Request]], now: int) -> int:
        """Send as many as there is room for, from the first on; how many that were.

        Each request is known by its tag in the events that follow. ValueError, and nothing sent: one of them
        is not for this bind, has TLVs that the peer does not understand, or cannot be written.
        """
        batch = requests[: self.room(now)]
        legal = rules.LEGAL[rules.PEER_OF[self.role]]
        frames: list[tuple[int, bytes]] = []
        for _, request in batch:
            if self.mode not in legal.get(type(request), ()):
                raise ValueError(f"{type(request).__name__} is not for a {self.mode}'s {self.role}")
            if not self.tlvs and p.tlvs_of(request):
                raise ValueError("the peer speaks SMPP 3.3, which has no TLVs")
            sequence = self._next()
            frames.append((sequence, codec.encode(request, sequence)))
        for (tag, request), (sequence, octets) in zip(batch, frames, strict=True):
            self._out.append(octets)
            if request.response is not None:
                self._window.add(sequence, tag, request.response, now)
        return len(batch)

    def answer(self, request: p.Request, response: p.Response) -> bool:
        """Answer what was Asked; False, and nothing sent: the link is gone, or it was answered before."""
        sequence = request.sequence
        if self.closed or not self._owed[sequence]:
            return False
        self._owed[sequence] -= 1
        if not self._owed[sequence]:
            del self._owed[sequence]
        self._out.append(codec.encode(response, sequence))
        return True

    def stop(self, now: int) -> list[Event]:
        """Unbind in good order: no more requests, wait for the answers (`drain`), unbind, then Ended."""
        events: list[Event] = []
        if self.state is State.OPEN:
            self._end(Reason.UNBOUND, events)
        elif self.state is State.BOUND and self._leaving is None:
            self._leaving, self._until = Reason.UNBOUND, now + self.limits.drain
            self._leave(now, events)
        return events

    def lost(self) -> list[Event]:
        """The connection is gone."""
        events: list[Event] = []
        if not self.closed:
            self._end(self._leaving or Reason.LOST, events)
        return events

    # What the peer sends

    def _handle(self, read: codec.Read, now: int, events: list[Event]) -> None:
        match read:
            case p.Response():
                self._response(read, now, events)
            case p.EnquireLink():
                self._out.append(codec.encode(p.EnquireLinkResp(read.sequence)))
            case p.Unbind():
                self._peer_unbinds(read, now, events)
            case p.Bind():
                self._bind_asked(read, events)
            case p.Request():
                self._request(read, events)
            case codec.Malformed():
                self._unreadable(read, events)

    def _request(self, request: p.Request, events: list[Event]) -> None:
        if type(request) is p.Outbind and self.role is Role.ESME and self.state is State.OPEN:
            events.append(Told(request))
        elif self.state not in rules.HEARING or self.mode not in rules.LEGAL[self.role].get(
            type(request), ()
        ):
            self.counts["out of place"] += 1
            self._respond(request, st.RINVBNDSTS)
        elif request.response is None:
            events.append(Told(request))
        elif len(self._owed) >= self.limits.owed:
            self.counts["crowded"] += 1
            self._respond(request, rules.REFUSE_FOR_NOW[self.role])
        else:
            self._owed[request.sequence] += 1
            events.append(Asked(request))

    def _bind_asked(self, bind: p.Bind, events: list[Event]) -> None:
        if self.role is Role.ESME:
            self.counts["out of place"] += 1
            self._respond(bind, st.RINVBNDSTS)
        elif self.state is not State.OPEN or self._bind is not None:
            self.counts["out of place"] += 1
            self._respond(bind, st.RALYBND)
        else:
            self._bind = bind
            events.append(BindAsked(bind, MODES[type(bind)]))

    def _peer_unbinds(self, unbind: p.Unbind, now: int, events: list[Event]) -> None:
        if self.state is State.OPEN:
            self.counts["out of place"] += 1
            self._respond(unbind, st.RINVBNDSTS)
            return
        self._respond(unbind, st.ROK)
        if self.state is not State.UNBOUND:
            events.append(PeerUnbinds())
            self._leaving = self._leaving or Reason.PEER_UNBOUND
            self._unbound(now, events)

    def _response(self, response: p.Response, now: int, events: list[Event]) -> None:
        waiting = self._window.answered(response)
        if waiting is not None:
            events.append(Answered(waiting.tag, response))
            if response.status not in CROWDED:
                self._throttle.taken(waiting)
            elif self._throttle.refused(waiting, self._window.sent, now):
                events.append(Throttled(response.status, self._throttle.until))
            if self._leaving:
                self._leave(now, events)
            return
        match response.sequence, response:
            case self._enquired, p.EnquireLinkResp() | p.GenericNack():
                self._enquired = None
            case self._unbind, p.UnbindResp() | p.GenericNack() if self.state is State.UNBINDING:
                self._unbound(now, events)
            case self._bind_sequence, _ if self._answers_bind(response):
                self._bind_answered(response, events)
            case _:
                late = self._window.answered_late(response)
                self.counts["unmatched" if late is None else "late"] += 1
                if late is not None:
                    events.append(Late(late.tag, response))

    def _answers_bind(self, response: p.Response) -> bool:
        if self.role is not Role.ESME or self.state is not State.OPEN or self._bind is None:
            return False
        return type(response) in (self._bind.response, p.GenericNack)

    def _bind_answered(self, response: p.Response, events: list[Event]) -> None:
        assert self._bind is not None
        match response:
            case p.BindReceiverResp(_, 0) | p.BindTransmitterResp(_, 0) | p.BindTransceiverResp(_, 0):
                version = tlv.integer(response.tlvs, tlv.SC_INTERFACE_VERSION)
                events.append(self._bound(self._bind, response.system_id, version or 0x33))
            case _:
                events.append(BindRefused(response.status))
                self._end(Reason.REFUSED, events)

    def _unreadable(self, malformed: codec.Malformed, events: list[Event]) -> None:
        self.counts["unreadable"] += 1
        if malformed.answer is not None:
            self._out.append(codec.encode(malformed.answer))
        events.append(Unreadable(malformed.command_id, malformed.reason))

    # How a session goes on and ends

    def _next(self) -> int:
        return self._window.next_sequence((self._bind_sequence, self._enquired, self._unbind))

    def _asked_bind(self) -> p.Bind:
        if self.role is not Role.SMSC or self.state is not State.OPEN or self._bind is None:
            raise ValueError("nobody asks to bind")
        return self._bind

    def _respond(self, request: p.Request, *values: Any) -> None:
        """Answer with the response of the request, if it has one."""
        if request.response is not None:
            self._out.append(codec.encode(request.response(request.sequence, *values)))

    def _bound(self, bind: p.Bind, peer: str, version: int) -> Bound:
        self.state, self.mode = State.BOUND, MODES[type(bind)]
        self.tlvs = version >= 0x34 if self.limits.tlvs is None else self.limits.tlvs
        return Bound(self.mode, peer, version, self.tlvs)

    def _watch(self, now: int, events: list[Event]) -> None:
        """Is the peer still there?"""
        limits = self.limits
        if self._enquired is not None:
            if now >= max(self._heard, self._enquired_at) + limits.enquire_answer:
                self._end(Reason.SILENT, events)
        elif limits.enquire_link and now >= self._heard + limits.enquire_link:
            self._enquired, self._enquired_at = self._next(), now
            self._out.append(codec.encode(p.EnquireLink(self._enquired)))
        if limits.inactivity and now >= self._heard + limits.inactivity and not self.closed:
            self._leaving, self._until = Reason.INACTIVE, now

    def _leave(self, now: int, events: list[Event]) -> None:
        """Go on with leaving, if we do."""
        match self.state:
            case State.BOUND if self._leaving and (self._nothing_owed() or now >= self._until):
                self._unbind = self._next()
                self._out.append(codec.encode(p.Unbind(self._unbind)))
                self.state, self._until = State.UNBINDING, now + self.limits.unbind
            case State.UNBOUND if self._nothing_owed():
                self._end(self._leaving or Reason.UNBOUND, events)
            case State.UNBINDING | State.UNBOUND if now >= self._until:
                self._end(self._leaving or Reason.UNBOUND, events)

    def _nothing_owed(self) -> bool:
        return not len(self._window) and not self._owed

    def _unbound(self, now: int, events: list[Event]) -> None:
        self.state, self._until = State.UNBOUND, now + self.limits.grace
        self._leave(now, events)

    def _end(self, reason: Reason, events: list[Event]) -> None:
        self.state = State.CLOSED
        self._rest.clear()
        self._owed.clear()
        events.append(Ended(reason, self._window.drop()))
