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


Outcome = Handed | Refused | Later | Unknown


class OnDoubt(StrEnum):
    """What to do with a segment whose hand-over has no known outcome."""

    RESEND = "resend"
    HOLD = "hold"
    FAIL = "fail"


class Receipt(Struct, frozen=True, gc=False):
    """What the carrier says of a segment that it took. `outcome` is the event type, e.g. TEXT_DELIVERED."""

    carrier_message_id: str
    outcome: EventType


Hear = Callable[[Sequence[Receipt]], Awaitable[None]]
"""Called with receipts; when it comes back they are durable and may be acknowledged to the carrier."""


class Carrier(Protocol):
    name: str
    on_doubt: OnDoubt

    def receipts_for(self, origination_kind: str) -> bool:
        """Does a text from this kind of identity get a handset receipt on this carrier's route?"""
        ...

    async def start(self, hear: Hear) -> None:
        """Bind, and from now on report receipts through `hear` (again, until it has come back once)."""
        ...

    async def submit(self, batch: Sequence[Segment]) -> Sequence[Outcome]:
        """Offer segments, in order; one outcome for each. A broken link answers Unknown, never raises."""
        ...

    async def close(self) -> None:
        """Unbind; what was taken and not yet reported is reported after the next start."""
        ...
