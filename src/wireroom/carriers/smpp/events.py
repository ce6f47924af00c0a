"""What a session tells its owner, in the order in which it happened; to be told apart with `match`."""

from enum import StrEnum

from msgspec import Struct

from wireroom.carriers.smpp import pdu as p


class Mode(StrEnum):
    """What a bind is for, from the ESME's side."""

    TRANSMITTER = "transmitter"
    RECEIVER = "receiver"
    TRANSCEIVER = "transceiver"


class Reason(StrEnum):
    """Why a session ended."""

    UNBOUND = "unbound"  # we unbound, in good order
    PEER_UNBOUND = "peer unbound"
    REFUSED = "bind refused"  # configuration: for a slow retry and an operator, never a message's fault
    TOO_LATE = "not bound in time"
    SILENT = "enquire_link unanswered"
    INACTIVE = "inactive"
    BAD_FRAME = "bad frame"
    LOST = "connection lost"


class Bound(Struct, frozen=True, gc=False):
    """Bound. Without `tlvs` the peer speaks SMPP 3.3 and must not be sent any."""

    mode: Mode
    peer: str
    version: int
    tlvs: bool


class BindRefused(Struct, frozen=True, gc=False):
    """The peer would not have us; Ended follows."""

    status: int


class BindAsked(Struct, frozen=True, gc=False):
    """An ESME wants to bind: `admit` or `refuse` it. Its password is in there: never log it."""

    bind: p.Bind
    mode: Mode


class Asked(Struct, frozen=True, gc=False):
    """A request of the peer's; the owner owes it an `answer`, once it has made durable what it says."""

    request: p.Request


class Told(Struct, frozen=True, gc=False):
    """A request that nobody answers: alert_notification, outbind."""

    request: p.Request


class Answered(Struct, frozen=True):
    """The answer to a request of ours, whatever its status; a GenericNack is one, too."""

    tag: object
    response: p.Response


class TimedOut(Struct, frozen=True):
    """No answer in time: the outcome is in doubt. The answer may still come, as Late."""

    tag: object


class Late(Struct, frozen=True):
    """The answer to a request that had timed out; it still carries the message_id."""

    tag: object
    response: p.Response


class Throttled(Struct, frozen=True, gc=False):
    """The peer cannot take so much: nothing more is sent until `until`. Once for each burst of refusals."""

    status: int
    until: int


class Unreadable(Struct, frozen=True, gc=False):
    """A PDU that could not be read, and has been answered as the standard says."""

    command_id: int
    reason: str


class PeerUnbinds(Struct, frozen=True, gc=False):
    """The peer unbinds, and has been answered: nothing more can be sent. Ended follows."""


class Ended(Struct, frozen=True):
    """It is over: write what `take` still gives, then close. The requests `in_doubt` had no answer."""

    reason: Reason
    in_doubt: tuple[object, ...]


Event = (
    Bound
    | BindRefused
    | BindAsked
    | Asked
    | Told
    | Answered
    | TimedOut
    | Late
    | Throttled
    | Unreadable
    | PeerUnbinds
    | Ended
)
