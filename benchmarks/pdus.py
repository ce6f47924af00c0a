"""PDUs written and read a second, and texts through a session, each beside the barest that can do it.

The floor is `struct` and slices that know the PDU beforehand: no objects, no checks, no TLVs by their tag, no
states. One thread, CPU time, no sockets.
"""

import re
import struct
import time
from collections.abc import Callable

from benchmarks.report import Line
from wireroom.carriers.smpp import codec, receipts, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.events import Asked
from wireroom.carriers.smpp.rules import Limits, Role
from wireroom.carriers.smpp.session import Session

SECONDS = 0.1
"""CPU time of one measurement."""
TEXT = b"Your code is 123456. It is valid for ten minutes. Thank you."
SUBMIT = p.SubmitSm(
    source_addr_ton=5,
    source_addr="WIREROOM",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="447700900123",
    validity_period="000003000000000R",
    registered_delivery=1,
    short_message=TEXT,
)
SUBMIT_RESP = codec.encode(p.SubmitSmResp(7, 0, "0123456789abcdef"))
RECEIPT = codec.encode(
    p.DeliverSm(
        7,
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr="447700900123",
        dest_addr_ton=5,
        destination_addr="WIREROOM",
        esm_class=4,
        short_message=b"id:0123456789abcdef sub:001 dlvrd:001 submit date:2611230930 done date:2611230931 "
        b"stat:DELIVRD err:000 text:Your code is 1234567",
        tlvs=(tlv.make("receipted_message_id", "0123456789abcdef"), tlv.make("message_state", 2)),
    )
)

_HEADER, _TWO, _THREE = struct.Struct("!4I"), struct.Struct("!2B"), struct.Struct("!3B")
_FIVE, _PAIR = struct.Struct("!5B"), struct.Struct("!HH")
_STATED = re.compile(rb"id:(\S+).*?stat:(\w+) err:(\w+)").search


def _bare_submit() -> bytes:
    body = b"".join(
        (
            *(b"\0", _TWO.pack(5, 0), b"WIREROOM\0", _TWO.pack(1, 1), b"447700900123\0"),
            *(_THREE.pack(0, 0, 0), b"\0", b"000003000000000R\0", _FIVE.pack(1, 0, 0, 0, len(TEXT)), TEXT),
        )
    )
    return _HEADER.pack(16 + len(body), 4, 0, 7) + body


def _bare_submit_resp() -> object:
    return _HEADER.unpack_from(SUBMIT_RESP), SUBMIT_RESP[16:-1]


def _bare_receipt() -> object:
    """Find the receipt in the PDU, and write the answer."""
    frame = RECEIPT
    _, _, _, sequence = _HEADER.unpack_from(frame)
    at = frame.index(0, 16) + 3
    at = frame.index(0, at) + 3
    at = frame.index(0, at) + 4
    at = frame.index(0, frame.index(0, at) + 1) + 1
    *_, length = _FIVE.unpack_from(frame, at)
    at += 5
    text = frame[at : at + length]
    at += length
    tlvs = []
    while at < len(frame):
        tag, length = _PAIR.unpack_from(frame, at)
        tlvs.append((tag, frame[at + 4 : at + 4 + length]))
        at += 4 + length
    return _STATED(text), tlvs, _HEADER.pack(17, 0x80000005, 0, sequence) + b"\0"


def _receipt() -> object:
    pdu = codec.decode(RECEIPT)
    assert isinstance(pdu, p.DeliverSm)
    return receipts.read(pdu), codec.encode(p.DeliverSmResp(pdu.sequence))


def _submits_and_receipts(window: int) -> Callable[[], int]:
    """Both sides: a window of texts, their answers, their receipts, and the answers to those."""
    limits = Limits(window=window)
    esme, smsc = Session(Role.ESME, 0, limits), Session(Role.SMSC, 0, limits)
    esme.bind(p.BindTransceiver(system_id="wireroom"), 0)
    smsc.receive(esme.take(), 0)
    smsc.admit("SMSC")
    esme.receive(smsc.take(), 0)
    receipt = codec.decode(RECEIPT)
    assert isinstance(receipt, p.DeliverSm)
    texts, due = [(tag, SUBMIT) for tag in range(window)], [(tag, receipt) for tag in range(window)]

    def once() -> int:
        esme.send(texts, 0)
        for event in smsc.receive(esme.take(), 0):
            assert isinstance(event, Asked)
            smsc.answer(event.request, p.SubmitSmResp(0, 0, "0123456789abcdef"))
        smsc.send(due, 0)
        for event in esme.receive(smsc.take(), 0):
            if isinstance(event, Asked):
                assert isinstance(event.request, p.DeliverSm)
                receipts.read(event.request)
                esme.answer(event.request, p.DeliverSmResp())
        return len(smsc.receive(esme.take(), 0))

    return once


def _bare_exchange(window: int) -> Callable[[], int]:
    def once() -> int:
        for _ in range(window):
            _bare_submit()
            _bare_submit_resp()
            _bare_receipt()
        return window

    return once


def _rate(work: Callable[[], object], each: int = 1) -> float:
    """How often a second `work` is done, times `each`."""
    done, began, clock = 0, time.process_time(), time.process_time
    while (spent := clock() - began) < SECONDS:
        for _ in range(max(1, 500 // each)):
            work()
        done += max(1, 500 // each)
    return done * each / spent


def measure(rounds: int) -> list[Line]:
    found: list[Line] = []
    for name, ours, bare, each, least in (
        ("submit_sm written a second", lambda: codec.encode(SUBMIT, 7), _bare_submit, 1, 1 / 2),
        ("submit_sm_resp read a second", lambda: codec.decode(SUBMIT_RESP), _bare_submit_resp, 1, 1 / 4),
        ("receipts read and answered a second", _receipt, _bare_receipt, 1, 1 / 3),
        (
            "texts with receipts, both sides, window 10",
            _submits_and_receipts(10),
            _bare_exchange(10),
            10,
            None,
        ),
        ("    window 100", _submits_and_receipts(100), _bare_exchange(100), 100, None),
    ):
        pairs = [(_rate(ours, each), _rate(bare, each)) for _ in range(rounds)]
        found.append(
            Line(
                name,
                [a for a, _ in pairs],
                floor=[b for _, b in pairs],
                ratios=[a / b for a, b in pairs],
                least=least,
            )
        )
    return found
