"""PDUs to octets and back. Tolerant where a field is, strict where the frame is; reading never raises.

What cannot be read is a `Malformed`, which knows what to answer and whether the link has to end. Two paths
agree (a test holds them together): straight lines for the PDUs of every text, the table of `pdu` for others.
Never looks behind a PDU's command_length: a frame is cut out first and read alone.
"""

import struct
from collections.abc import Callable
from struct import Struct as Layout
from typing import Any, TypeVar

from msgspec import Struct

from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp import tlv
from wireroom.carriers.smpp.fields import Truncated

HEADER_LENGTH = 16
LONGEST = 64 * 1024
"""The longest command_length that we read, unless told otherwise: behind more there is no SMPP."""

_HEADER = Layout("!IIII")
_pack, _unpack = _HEADER.pack, _HEADER.unpack_from
_five = Layout("!5B").unpack_from


class Malformed(Struct, frozen=True, gc=False):
    """A PDU that cannot be read."""

    command_id: int
    sequence: int
    reason: str
    """For a log; holds nothing of the PDU's texts."""
    answer: p.Response | None = None
    """What the standard has us answer; None: nothing."""
    close: bool = False
    """The frame itself is wrong: what follows cannot be trusted."""


Read = p.Request | p.Response | Malformed


def bad_length(length: int) -> Malformed:
    """What a command_length is that cannot be: the end of the link (§4.3)."""
    # The sequence is NULL because the header cannot be trusted, and perhaps has not even arrived.
    answer = p.GenericNack(0, st.RINVCMDLEN)
    return Malformed(0, 0, f"command_length {length}", answer, close=True)


def decode(frame: bytes) -> Read:
    """Read one PDU of at least 16 octets, whose command_length is the length of `frame`."""
    _, command_id, status, sequence = _unpack(frame)
    straight = _READERS.get(command_id)
    if straight is not None:
        try:
            return straight(frame, sequence, status)
        except (ValueError, IndexError, struct.error, tlv.Broken):
            pass  # not what the straight line expects: the table knows what may be forgiven
    return decode_by_table(frame)


def encode(pdu: p.Pdu, sequence: int | None = None) -> bytes:
    """Write a PDU, with `sequence` instead of its own if given.

    Over-long strings are written as they are (some carriers want them). Raises ValueError for what no frame
    can hold: a NUL within a string, a character outside Latin-1, a number or a message too large.
    """
    number = pdu.sequence if sequence is None else sequence
    straight = _WRITERS.get(type(pdu))
    try:
        return straight(pdu, number) if straight else encode_by_table(pdu, number)
    except struct.error as error:
        raise ValueError(f"a number of {type(pdu).__name__} is too large") from error


# The straight lines. One that meets what it does not expect raises, and the table takes over.

_Short = TypeVar("_Short", p.SubmitSm, p.DeliverSm)


def _read_short(kind: type[_Short]) -> Callable[[bytes, int, int], _Short]:
    def read(frame: bytes, sequence: int, _: int) -> _Short:
        text = frame.decode("latin-1")
        nul = text.index
        service = nul("\0", 16)
        source = nul("\0", service + 3)
        target = nul("\0", source + 3)
        schedule = nul("\0", target + 4)
        validity = nul("\0", schedule + 1)
        registered, replace, data_coding, default_message, length = _five(frame, validity + 1)
        at = validity + 6
        end = at + length
        tlvs: tlv.Pairs = ()
        if end != len(frame):
            if end > len(frame):
                raise IndexError
            tlvs = tlv.read(frame, end)
        return kind(
            sequence,
            text[16:service],
            frame[service + 1],
            frame[service + 2],
            text[service + 3 : source],
            frame[source + 1],
            frame[source + 2],
            text[source + 3 : target],
            frame[target + 1],
            frame[target + 2],
            frame[target + 3],
            text[target + 4 : schedule],
            text[schedule + 1 : validity],
            registered,
            replace,
            data_coding,
            default_message,
            frame[at:end],
            tlvs,
        )

    return read


def _read_submit_resp(frame: bytes, sequence: int, status: int) -> p.SubmitSmResp:
    if frame.find(0, HEADER_LENGTH) != len(frame) - 1:
        raise IndexError
    return p.SubmitSmResp(sequence, status, frame[HEADER_LENGTH:-1].decode("latin-1"))


def _read_deliver_resp(frame: bytes, sequence: int, status: int) -> p.DeliverSmResp:
    if len(frame) != 17 or frame[16]:
        raise IndexError
    return p.DeliverSmResp(sequence, status)


_READERS: dict[int, Callable[[bytes, int, int], Read]] = {
    0x04: _read_short(p.SubmitSm),
    0x05: _read_short(p.DeliverSm),
    0x15: lambda frame, sequence, status: p.EnquireLink(sequence),
    0x80000004: _read_submit_resp,
    0x80000005: _read_deliver_resp,
    0x80000015: lambda frame, sequence, status: p.EnquireLinkResp(sequence, status),
}


def _write_short(pdu: p.SubmitSm | p.DeliverSm, sequence: int) -> bytes:
    service, source, target = pdu.service_type, pdu.source_addr, pdu.destination_addr
    schedule, validity, message = pdu.schedule_delivery_time, pdu.validity_period, pdu.short_message
    if "\0" in f"{service}{source}{target}{schedule}{validity}":
        raise ValueError("a C-octet string holds no NUL")
    # Put together as a text and encoded once: half the time of encoding each string.
    body = (
        f"{service}\0{chr(pdu.source_addr_ton)}{chr(pdu.source_addr_npi)}{source}\0"
        f"{chr(pdu.dest_addr_ton)}{chr(pdu.dest_addr_npi)}{target}\0"
        f"{chr(pdu.esm_class)}{chr(pdu.protocol_id)}{chr(pdu.priority_flag)}{schedule}\0{validity}\0"
        f"{chr(pdu.registered_delivery)}{chr(pdu.replace_if_present_flag)}{chr(pdu.data_coding)}"
        f"{chr(pdu.sm_default_msg_id)}{chr(len(message))}"
    ).encode("latin-1")
    if pdu.tlvs:
        message += tlv.write(pdu.tlvs)
    return _pack(16 + len(body) + len(message), pdu.command_id, 0, sequence) + body + message


def _write_submit_resp(pdu: p.SubmitSmResp, sequence: int) -> bytes:
    message_id = pdu.message_id
    if pdu.tlvs or not message_id or "\0" in message_id:
        return encode_by_table(pdu, sequence)
    body = message_id.encode("latin-1")
    return _pack(17 + len(body), 0x80000004, pdu.status, sequence) + body + b"\0"


def _write_deliver_resp(pdu: p.DeliverSmResp, sequence: int) -> bytes:
    if pdu.tlvs or pdu.message_id:
        return encode_by_table(pdu, sequence)
    return _pack(17, 0x80000005, pdu.status, sequence) + b"\0"


_WRITERS: dict[type[p.Pdu], Callable[[Any, int], bytes]] = {
    p.SubmitSm: _write_short,
    p.DeliverSm: _write_short,
    p.SubmitSmResp: _write_submit_resp,
    p.DeliverSmResp: _write_deliver_resp,
    p.EnquireLink: lambda pdu, sequence: _pack(16, 0x15, 0, sequence),
    p.EnquireLinkResp: lambda pdu, sequence: _pack(16, 0x80000015, pdu.status, sequence),
}


# By the table


def decode_by_table(frame: bytes) -> Read:
    """What `decode` does for every PDU; public for the test that both paths agree."""
    _, command_id, status, sequence = _unpack(frame)
    command = p.COMMANDS.get(command_id)
    if command is None:
        reason = f"unknown command_id 0x{command_id:08X}"
        if command_id & p.RESPONSE:  # answers nothing of ours, and who answers an answer may do so forever
            return Malformed(command_id, sequence, reason)
        return Malformed(command_id, sequence, reason, p.GenericNack(sequence, st.RINVCMDID))
    if issubclass(command, p.Response):
        return _decode_response(command, frame, sequence, status)
    try:
        values, at = [], HEADER_LENGTH
        lines, has_tlvs = p.table(command)
        for line in lines:
            value, at = line.field.read(frame, at)
            values.append(value)
        if has_tlvs:
            values.append(tlv.read(frame, at))
        return command(sequence, *values)
    except (Truncated, tlv.Broken) as bad:
        reason = f"{command.__name__} is cut short or its TLVs are broken ({st.name_of(bad.status)})"
        answering = command.response or p.GenericNack
        return Malformed(command_id, sequence, reason, answering(sequence, bad.status))


def _decode_response(command: type[p.Response], frame: bytes, sequence: int, status: int) -> p.Response:
    """Whatever can be read: nobody can refuse an answer, and an error often comes without a body."""
    values, at = [], HEADER_LENGTH
    lines, has_tlvs = p.table(command)
    try:
        for line in lines:
            value, at = line.field.read(frame, at)
            values.append(value)
    except Truncated:
        return command(sequence, status, *values)
    if has_tlvs:
        values.append(tlv.read_what_can_be(frame, at))
    return command(sequence, status, *values)


def encode_by_table(pdu: p.Pdu, sequence: int) -> bytes:
    """What `encode` does for every PDU; public for the test that both paths agree."""
    status = 0
    lines, has_tlvs = p.table(type(pdu))
    parts = [line.field.write(getattr(pdu, line.name)) for line in lines]
    tlvs = tlv.write(p.tlvs_of(pdu)) if has_tlvs else b""
    if isinstance(pdu, p.Response):
        status = pdu.status
        # A refusal has no body (§4.4.2); deliver_sm_resp keeps its NUL, which means nothing anyway.
        if status and not tlvs and not isinstance(pdu, p.DeliverSmResp) and not any(map(_meant, parts)):
            parts = []
    body = b"".join(parts) + tlvs
    return _pack(HEADER_LENGTH + len(body), pdu.command_id, status, sequence) + body


def _meant(octets: bytes) -> bool:
    return octets.strip(b"\0") != b""
