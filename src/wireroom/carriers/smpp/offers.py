"""What the line has offered and the carrier has not answered: batches, their texts, the PDUs of each text.

Keeps count of who waits for what; knows no bind and no time.
"""

import asyncio
from collections.abc import Callable, Sequence

from wireroom.carriers.port import Answer, Awaited, Handed, Later, Outcome, Refused, Segment, Unknown
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.writing import Written

Told = Handed | Refused | Later | Unknown


class Offer:
    """One PDU; the session knows it as its tag."""

    __slots__ = ("numbers", "outcome", "pdu", "plain", "text")

    def __init__(self, text: "Text", written: Written) -> None:
        self.text = text
        self.pdu: p.SubmitSm = written.pdu
        self.numbers = written.numbers
        self.outcome: Told | None = None
        self.plain = False
        """Was it written without its times, after these had been refused?"""


class Text:
    """The segments of one text. Its offers go out over one bind, in order."""

    __slots__ = ("batch", "offers", "places", "segments", "sent", "withdrawn")

    def __init__(self, batch: "Batch", segments: Sequence[Segment], places: Sequence[int]) -> None:
        self.batch = batch
        self.segments = segments
        self.places = places
        """Where its segments stand in the batch."""
        self.offers: list[Offer] = []
        self.sent = 0
        self.withdrawn = False

    def write(self, written: Sequence[Written]) -> None:
        self.offers = [Offer(self, each) for each in written]

    def end(self, outcome: Told) -> None:
        """Nothing of it is offered: the same for all segments."""
        self.withdrawn = True
        for place in self.places:
            self.batch.settle(place, outcome)

    def answered(self, offer: Offer, outcome: Told) -> None:
        """An offer has its outcome, or another one than before; a segment has when all of its offers have."""
        offer.outcome = outcome
        if len(self.offers) == len(self.places) == 1:
            self.batch.settle(self.places[0], outcome)
            return
        for segment, place in zip(self.segments, self.places, strict=True):
            if segment.number in offer.numbers:
                found = [each.outcome for each in self.offers if segment.number in each.numbers]
                known = [each for each in found if each is not None]
                if len(known) == len(found):
                    self.batch.settle(place, _together(known))

    @property
    def unsent(self) -> bool:
        """Some of it is still to be sent."""
        return not self.withdrawn and self.sent < max(1, len(self.offers))

    def withdraw(self, outcome: Told) -> None:
        """Offer no more of it: what was not sent is not to be sent."""
        if not self.offers:
            self.end(outcome)
            return
        self.withdrawn = True
        for offer in self.offers[self.sent :]:
            self.answered(offer, outcome)


class Batch:
    """What one `submit` waits for."""

    def __init__(self, segments: Sequence[Segment], late: Callable[[Answer], None]) -> None:
        self.segments = segments
        self.outcomes: list[Told | None] = [None] * len(segments)
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.texts: list[Text] = []
        self._left = len(segments)
        self._late = late
        self._gone = False
        for places in _by_text(segments).values():
            self.texts.append(Text(self, [segments[place] for place in places], places))

    @property
    def unsent(self) -> bool:
        """Some of it is still to be sent."""
        return any(text.unsent for text in self.texts)

    def settle(self, place: int, outcome: Told) -> None:
        if self._gone:
            segment = self.segments[place]
            self._late(Answer(segment.message_id, segment.number, outcome))
            return
        self._left -= self.outcomes[place] is None
        self.outcomes[place] = outcome
        if not self._left:
            self.end()

    def withdraw(self, outcome: Told) -> None:
        """Offer no more of it."""
        for text in self.texts:
            if text.unsent:
                text.withdraw(outcome)

    def end(self) -> None:
        """Let who waits come back."""
        if not self.done.done():
            self.done.set_result(None)

    def leave(self) -> list[Outcome]:
        """Nobody waits any more: what is answered from now on is late."""
        self._gone = True
        return [Awaited() if outcome is None else outcome for outcome in self.outcomes]


def _by_text(segments: Sequence[Segment]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, segment in enumerate(segments):
        found.setdefault(segment.message_id, []).append(place)
    return found


def _together(outcomes: Sequence[Told]) -> Told:
    """Of a segment that went out in several PDUs."""
    for kind in (Refused, Unknown, Later):
        for outcome in outcomes:
            if isinstance(outcome, kind):
                return outcome
    return outcomes[-1]
