"""The contract between the line and a carrier link; SMPP implements it as the simulator does.

A link takes batches of segments and says of each what became of it, and it hears receipts. It persists
nothing for us; a receipt is acknowledged to the carrier only after the line has made it durable.
"""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from wireroom.api.enums import EventType


class Segment(Struct, frozen=True, gc=False):
    """One part of a text, ready to be handed over; part `number` of `count`."""

    message_id: str
    number: int
    count: int
    origination: str
    destination: str
    country: str
    text: str
    encoding: str
    receipt_wanted: bool
    validity_until: int
    """Business time (ms) after which the carrier should give up."""
    body: str = ""
    """The whole text, for carriers that cut it otherwise; empty: `text` is all of it."""


class Handed(Struct, frozen=True, gc=False):
    """The carrier took it and calls it `carrier_message_id`."""

    carrier_message_id: str


class Refused(Struct, frozen=True, gc=False):
    """The carrier will never take it; `failure` is the event type that says why."""

    failure: EventType


class Later(Struct, frozen=True, gc=False):
    """Not now (throttled, link down): offer it again after `delay` milliseconds of machine time."""

    delay: int


class Unknown(Struct, frozen=True, gc=False):
    """It may or may not have arrived: the carrier's `on_doubt` policy decides."""


class Awaited(Struct, frozen=True, gc=False):
    """It was offered, and the carrier takes its time: what became of it is heard later, as an Answer."""


Outcome = Handed | Refused | Later | Unknown | Awaited


class Answer(Struct, frozen=True, gc=False):
    """What became of a segment that was Awaited, or that was Unknown and has been answered after all."""

    message_id: str
    number: int
    outcome: Handed | Refused | Later | Unknown


class OnDoubt(StrEnum):
    """What to do with a segment whose hand-over has no known outcome."""

    RESEND = "resend"
    HOLD = "hold"
    FAIL = "fail"


class Receipt(Struct, frozen=True, gc=False):
    """What the carrier says of a segment that it took. `outcome` is the event type, e.g. TEXT_DELIVERED."""

    carrier_message_id: str
    outcome: EventType
    if_time_is_out: bool = False
    """It ended for want of time, the carrier says: true if the text's time is out, else it gave up early."""


Hear = Callable[[Sequence[Receipt]], Awaitable[None]]
"""Called with receipts; when it comes back they are durable and may be acknowledged to the carrier."""


HearAnswers = Callable[[Sequence[Answer]], Awaitable[None]]
"""Called with answers that came after `submit` had come back, each once: nobody gives them again."""


class BindState(Struct, frozen=True):
    """One bind of a carrier, for an operator."""

    name: str
    state: str
    since: int
    """Milliseconds of UTC."""


class Carrier(Protocol):
    name: str
    on_doubt: OnDoubt

    def receipts_for(self, origination_kind: str) -> bool:
        """Does a text from this kind of identity get a handset receipt on this carrier's route?"""
        ...

    async def start(self, hear: Hear, hear_answers: HearAnswers | None = None) -> None:
        """Bind, and from now on report receipts through `hear` (again, until it has come back once).

        Without `hear_answers` nobody wants to know of answers that come late.
        """
        ...

    async def submit(self, batch: Sequence[Segment]) -> Sequence[Outcome]:
        """Offer segments, in order; one outcome for each. A broken link answers Unknown, never raises.

        All segments of a text that are offered are offered together. Comes back within seconds: what has no
        answer by then is Awaited, and what could not be offered is Later.
        """
        ...

    def binds(self) -> Sequence[BindState]:
        """How its binds are now."""
        ...

    async def close(self) -> None:
        """Unbind; what was taken and not yet reported is reported after the next start."""
        ...
