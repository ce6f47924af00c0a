"""What a carrier's word means for a text: command_status, state and err as AWS events (carrier-side §2.1).

Tables, over which each carrier may lay its own. A code that nobody has mapped is TEXT_UNKNOWN and is told to
`unmapped`, so that operators see what to map. DESIGN §5 decides where §2.1 differs: that a carrier took a
text is TEXT_SUCCESSFUL, which `delivery` writes, and never TEXT_SENT.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from wireroom.api.enums import EventType
from wireroom.carriers.smpp import receipts
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.receipts import DeliveryReceipt, Kind

Unmapped = Callable[[str], None]
"""Told of each code that no table has, as `status 0x410`, `state SOMETHING` or `err 00A`."""


class Taken(Struct, frozen=True, gc=False):
    """The carrier has the text."""


class Retry(Struct, frozen=True, gc=False):
    """Not now: offer it again, until its time runs out. `throttled`: the bind pauses, too."""

    throttled: bool = False


class RetryPlainly(Struct, frozen=True, gc=False):
    """Offer it once more without its times; if that is refused as well, it is `failure`."""

    failure: EventType


class Failed(Struct, frozen=True, gc=False):
    """Never. `alarm`: an operator should look, for the fault is ours or the bind's."""

    failure: EventType
    alarm: bool = False


Verdict = Taken | Retry | RetryPlainly | Failed

_INVALID = Failed(EventType.TEXT_INVALID)
_OUR_FAULT = Failed(EventType.TEXT_INVALID_MESSAGE, alarm=True)
_SENDER = Failed(EventType.TEXT_CARRIER_BLOCKED, alarm=True)
_UNREACHABLE = Failed(EventType.TEXT_UNREACHABLE)
_UNKNOWN = Failed(EventType.TEXT_UNKNOWN)
_TIMES = RetryPlainly(EventType.TEXT_INVALID_MESSAGE)

STATUSES: dict[int, Verdict] = {
    st.ROK: Taken(),
    st.RINVDSTADR: _INVALID,
    st.RINVDSTTON: _INVALID,
    st.RINVDSTNPI: _INVALID,
    st.RINVMSGLEN: _OUR_FAULT,
    st.RINVESMCLASS: _OUR_FAULT,
    st.RINVOPTPARSTREAM: _OUR_FAULT,
    st.ROPTPARNOTALLWD: _OUR_FAULT,
    st.RINVPARLEN: _OUR_FAULT,
    st.RMISSINGOPTPARAM: _OUR_FAULT,
    st.RINVOPTPARAMVAL: _OUR_FAULT,
    # §2.1 is silent on these; they blame what we wrote, too.
    st.RINVCMDLEN: _OUR_FAULT,
    st.RINVCMDID: _OUR_FAULT,
    st.RINVPRTFLG: _OUR_FAULT,
    st.RINVREGDLVFLG: _OUR_FAULT,
    st.RINVREPFLAG: _OUR_FAULT,
    st.RINVDFTMSGID: _OUR_FAULT,
    st.RINVSRCADR: _SENDER,
    st.RINVSRCTON: _SENDER,
    st.RINVSRCNPI: _SENDER,
    st.RINVSERTYP: _SENDER,
    st.RSYSERR: Retry(),
    st.RX_T_APPN: Retry(),
    st.RMSGQFUL: Retry(throttled=True),
    st.RTHROTTLED: Retry(throttled=True),
    # The bind is in no state for texts, which is no text's fault.
    st.RINVBNDSTS: Retry(),
    st.RINVSCHED: _TIMES,
    st.RINVEXPIRY: _TIMES,
    st.RX_P_APPN: _UNREACHABLE,
    st.RX_R_APPN: _UNREACHABLE,
    st.RDELIVERYFAILURE: _UNREACHABLE,
    # Carriers differ: what it means is for their own table.
    st.RSUBMITFAIL: _UNKNOWN,
    st.RUNKNOWNERR: _UNKNOWN,
}

_ERR_TABLE = (
    (EventType.TEXT_INVALID, (1, 2, 5, 9, 12)),
    (EventType.TEXT_BLOCKED, (11, 13, 15, 21, 22)),
    (EventType.TEXT_UNREACHABLE, (31, 32, *range(40, 56), *range(60, 70))),
    (EventType.TEXT_CARRIER_UNREACHABLE, (34, 35, 36)),
)
ERRS: dict[str, EventType] = {str(err): event for event, errs in _ERR_TABLE for err in errs}


class Overlay(Struct, frozen=True):
    """A carrier's own meanings, before the tables'. An err is a number without leading zeros, or a word."""

    statuses: Mapping[int, Verdict] = {}
    states: Mapping[str, EventType] = {}
    """By the word in the receipt, in capitals."""
    errs: Mapping[str, EventType] = {}
    spam: frozenset[str] = frozenset()
    """What `err` has when a text was rejected as spam."""
    accepted_is_final: bool = False
    """The carrier says ACCEPTD and never DELIVRD."""


PLAIN = Overlay()


def verdict_on(status: int, overlay: Overlay = PLAIN, unmapped: Unmapped | None = None) -> Verdict:
    """What the command_status of an answer means for its text."""
    found = overlay.statuses.get(status) or STATUSES.get(status)
    if found is None or (found is _UNKNOWN and status not in overlay.statuses):
        _tell(unmapped, f"status 0x{status:X}")
    return found or _UNKNOWN


def event_of(
    receipt: DeliveryReceipt,
    overlay: Overlay = PLAIN,
    unmapped: Unmapped | None = None,
    *,
    ttl_elapsed: bool = True,
    cancelled: bool = False,
) -> EventType:
    """What a receipt means for its text; for those of the carrier, handsets' acknowledgements settle nothing.

    `ttl_elapsed`: had the text's TimeToLive run out (else an EXPIRED is the carrier's own impatience)?
    `cancelled`: did we ask the carrier to delete it?
    """
    if receipt.kind is Kind.INTERMEDIATE:
        return EventType.TEXT_PENDING
    own = overlay.states.get(receipt.stat.upper()) if receipt.stat else None
    if own is not None:
        return own
    err = _err_of(receipt)
    match receipt.state:
        case receipts.DELIVERED:
            return EventType.TEXT_DELIVERED
        case receipts.ENROUTE | receipts.SCHEDULED:
            return EventType.TEXT_PENDING
        case receipts.ACCEPTED:
            return EventType.TEXT_SUCCESSFUL if overlay.accepted_is_final else EventType.TEXT_PENDING
        case receipts.EXPIRED:
            return EventType.TEXT_TTL_EXPIRED if ttl_elapsed else EventType.TEXT_UNREACHABLE
        case receipts.UNDELIVERABLE:
            return _undelivered(err, overlay, unmapped)
        case receipts.REJECTED:
            if err in overlay.spam:
                return EventType.TEXT_SPAM
            return overlay.errs.get(err, EventType.TEXT_CARRIER_BLOCKED)
        case receipts.DELETED:
            return EventType.TEXT_UNKNOWN if cancelled else EventType.TEXT_CARRIER_BLOCKED
        case receipts.UNKNOWN | receipts.SKIPPED:
            return EventType.TEXT_UNKNOWN
    _tell(unmapped, f"state {receipt.stat.upper() or receipt.state}")
    return EventType.TEXT_UNKNOWN


def _undelivered(err: str, overlay: Overlay, unmapped: Unmapped | None) -> EventType:
    found = overlay.errs.get(err) or ERRS.get(err)
    if found is None and err not in ("", "0"):
        _tell(unmapped, f"err {err}")
    return found or EventType.TEXT_UNREACHABLE


def _err_of(receipt: DeliveryReceipt) -> str:
    """err as the tables have it; network_error_code where the text has none."""
    err = receipt.err.upper()
    if err.isascii() and err.isdigit():
        err = err.lstrip("0") or "0"
    if err in ("", "0") and receipt.network_error is not None:
        return str(receipt.network_error[1])
    return err


def _tell(unmapped: Unmapped | None, what: str) -> None:
    if unmapped is not None:
        unmapped(what)
