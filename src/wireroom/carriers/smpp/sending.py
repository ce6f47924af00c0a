"""The queue between the line and the binds: who sends what next (duties 7, 9, 10, 24, 26 and 27).

A text goes to the bind with the most room, and its parts stay on it, in order; a bind that is lost gives its
unfinished text back. Rate is counted in PDUs, over all binds. What a bind has sent is never sent by another.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from wireroom.api.enums import EventType
from wireroom.carriers.port import Refused
from wireroom.carriers.smpp.client import Bind
from wireroom.carriers.smpp.offers import Offer, Text, Told
from wireroom.carriers.smpp.pace import Bucket
from wireroom.carriers.smpp.timing import Timer, Timing
from wireroom.carriers.smpp.writing import Writer
from wireroom.observe import BusinessClock

log = logging.getLogger(__name__)


class _Lane:
    """What one bind is to send next."""

    __slots__ = ("bind", "free", "offers", "unfinished")

    def __init__(self, bind: Bind) -> None:
        self.bind = bind
        self.free = 0
        self.unfinished: Text | None = None
        self.offers: list[Offer] = []


class Queue:
    """`pump` is called whenever there may be something to send, or room for it."""

    def __init__(
        self,
        binds: Sequence[Bind],
        writer: Writer,
        bucket: Bucket,
        clock: BusinessClock,
        timing: Timing,
        refused: Callable[[str], None],
    ) -> None:
        """`refused` hears why a text cannot be written."""
        self._lanes = {bind: _Lane(bind) for bind in binds}
        self._writer = writer
        self._bucket = bucket
        self._clock = clock
        self._timing = timing
        self._refused = refused
        self._texts: deque[Text] = deque()
        self._again: deque[Offer] = deque()
        self._timer: Timer | None = None

    def add(self, texts: Iterable[Text]) -> None:
        self._texts.extend(texts)
        self.pump()

    def again(self, offer: Offer) -> None:
        """Offer this PDU once more, before any other."""
        self._again.append(offer)

    def lost(self, bind: Bind) -> None:
        """A bind is gone: others send what it had not."""
        lane = self._lanes[bind]
        if lane.unfinished is not None:
            self._texts.appendleft(lane.unfinished)
            lane.unfinished = None

    def clear(self, outcome: Told) -> None:
        """Nothing more is sent: all that waits has this outcome."""
        if self._timer is not None:
            self._timer.cancel()
        for bind in self._lanes:
            self.lost(bind)
        for text in self._texts:
            if not text.withdrawn:
                text.withdraw(outcome)
        self._texts.clear()
        for offer in self._again:
            offer.text.answered(offer, outcome)
        self._again.clear()

    def pump(self) -> None:
        """Send what can be sent now."""
        lanes = [lane for lane in self._lanes.values() if self._ready(lane)]
        if not lanes or not (self._texts or self._again or any(lane.unfinished for lane in lanes)):
            return
        room = sum(lane.free for lane in lanes)
        tokens = given = self._bucket.take(room, self._timing.now())
        for lane in lanes:
            tokens = self._go_on(lane, tokens)
        while tokens and (self._again or self._texts):
            lane = max(lanes, key=_free)
            if not lane.free:
                break
            if self._again:
                lane.offers.append(self._again.popleft())
                lane.free -= 1
                tokens -= 1
                continue
            lane.unfinished = self._next(lane)
            tokens = self._go_on(lane, tokens)
        self._bucket.give_back(tokens)
        for lane in lanes:
            if lane.offers:
                offers, lane.offers = lane.offers, []
                self._send(lane.bind, offers)
        if given < room and not tokens:
            self._look_again()

    @staticmethod
    def _ready(lane: _Lane) -> bool:
        lane.free = lane.bind.room
        return lane.free > 0

    def _next(self, lane: _Lane) -> Text | None:
        """The first text of the queue that can be written, with its PDUs; None: there is none."""
        now = self._clock.now()
        while self._texts:
            text = self._texts.popleft()
            if text.withdrawn or text.offers:  # it was given up, or comes from a lost bind
                if not text.withdrawn:
                    return text
                continue
            if text.segments[0].validity_until <= now:
                text.end(Refused(EventType.TEXT_TTL_EXPIRED))
                continue
            try:
                text.write(self._writer.write(text.segments, now, tlvs=lane.bind.tlvs))
            except ValueError as error:
                self._refused(str(error))
                text.end(Refused(EventType.TEXT_INVALID_MESSAGE))
                continue
            return text
        return None

    def _go_on(self, lane: _Lane, tokens: int) -> int:
        """Take what there is room for of the text that the bind has begun; the tokens that are left."""
        text = lane.unfinished
        if text is None:
            return tokens
        if text.withdrawn:
            lane.unfinished = None
            return tokens
        count = min(lane.free, tokens, len(text.offers) - text.sent)
        lane.offers += text.offers[text.sent : text.sent + count]
        text.sent += count
        lane.free -= count
        if text.sent == len(text.offers):
            lane.unfinished = None
        else:
            lane.free = 0  # the rest of the text goes before any other
        return tokens - count

    def _send(self, bind: Bind, offers: Sequence[Offer]) -> None:
        try:
            sent = bind.send([(offer, offer.pdu) for offer in offers])
            assert sent == len(offers), "there was room for all of them"
        except ValueError as error:
            if len(offers) > 1:
                for offer in offers:
                    self._send(bind, [offer])
            else:
                self._refused(str(error))
                offers[0].text.answered(offers[0], Refused(EventType.TEXT_INVALID_MESSAGE))

    def _look_again(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timing.at(self._bucket.next(self._timing.now()), self.pump)


def _free(lane: _Lane) -> int:
    return lane.free
