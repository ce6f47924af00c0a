"""Who may send what when (§2.2, §2.3), how long and how many: the tables that a session follows."""

from enum import StrEnum

from msgspec import Struct

from wireroom.carriers.smpp import codec
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.events import Mode


class Role(StrEnum):
    ESME = "esme"
    SMSC = "smsc"


class State(StrEnum):
    OPEN = "open"
    BOUND = "bound"
    UNBINDING = "unbinding"  # our unbind is out
    UNBOUND = "unbound"  # unbind has been answered; what is still owed may go out for a moment
    CLOSED = "closed"


class Limits(Struct, frozen=True, gc=False):
    """Milliseconds and numbers; 0 turns a timer off."""

    window: int = 10
    """Requests that may wait for an answer."""
    owed: int = 1_000
    """Requests of the peer's that may wait for ours; what exceeds it is refused as temporary."""
    session_init: int = 10_000
    """From connected to bound."""
    enquire_link: int = 30_000
    """Silence after which we ask."""
    enquire_answer: int = 10_000
    """Silence after having asked that ends the link."""
    inactivity: int = 0
    """Without any PDU of the peer's: we unbind."""
    response: int = 30_000
    """For an answer to come; then its request is in doubt."""
    tombstone: int = 600_000
    """For which an answer that comes too late still finds its request."""
    drain: int = 10_000
    """For the window to empty before we unbind."""
    unbind: int = 5_000
    """For unbind_resp to come."""
    grace: int = 1_000
    """For what is owed to go out after unbind has been answered."""
    first_pause: int = 1_000
    longest_pause: int = 60_000
    longest_pdu: int = codec.LONGEST
    tlvs: bool | None = None
    """Whether the peer understands TLVs; None: as its version says, which some carriers never tell."""


MODES: dict[type[p.Bind], Mode] = {
    p.BindTransmitter: Mode.TRANSMITTER,
    p.BindReceiver: Mode.RECEIVER,
    p.BindTransceiver: Mode.TRANSCEIVER,
}
_SENDS = frozenset({Mode.TRANSMITTER, Mode.TRANSCEIVER})
_HEARS = frozenset({Mode.RECEIVER, Mode.TRANSCEIVER})
# Who receives what in which mode (§2.3). Whatever stands not here is out of place.
LEGAL: dict[Role, dict[type[p.Pdu], frozenset[Mode]]] = {
    Role.SMSC: dict.fromkeys(
        (p.SubmitSm, p.SubmitMulti, p.DataSm, p.QuerySm, p.CancelSm, p.ReplaceSm), _SENDS
    ),
    Role.ESME: dict.fromkeys((p.DeliverSm, p.DataSm, p.AlertNotification), _HEARS),
}
HEARING = frozenset({State.BOUND, State.UNBINDING})
REFUSE_FOR_NOW = {Role.ESME: st.RX_T_APPN, Role.SMSC: st.RTHROTTLED}
MAY_SEND = {Role.ESME: _SENDS, Role.SMSC: _HEARS}
PEER_OF = {Role.ESME: Role.SMSC, Role.SMSC: Role.ESME}
DEFAULTS = Limits()
