"""The optional parameters of SMPP 3.4 (§5.3.2): tag, length, value.

A PDU keeps them as pairs of tag and raw octets, in their order, unknown ones too; they are read when somebody
asks. Knows no PDU.
"""

from struct import Struct as Layout
from typing import Literal, NamedTuple

from wireroom.carriers.smpp import status

Pair = tuple[int, bytes]
Pairs = tuple[Pair, ...]


class Tlv(NamedTuple):
    """What the standard says of a tag; lengths in octets, a text's NUL included."""

    tag: int
    kind: Literal["integer", "text", "octets"]
    shortest: int
    longest: int


class Broken(Exception):
    """The octets behind the mandatory fields are no parameters; `status` is what to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


TABLE = {
    "dest_addr_subunit": Tlv(0x0005, "integer", 1, 1),
    "dest_network_type": Tlv(0x0006, "integer", 1, 1),
    "dest_bearer_type": Tlv(0x0007, "integer", 1, 1),
    "dest_telematics_id": Tlv(0x0008, "integer", 2, 2),
    "source_addr_subunit": Tlv(0x000D, "integer", 1, 1),
    "source_network_type": Tlv(0x000E, "integer", 1, 1),
    "source_bearer_type": Tlv(0x000F, "integer", 1, 1),
    "source_telematics_id": Tlv(0x0010, "integer", 1, 1),
    "qos_time_to_live": Tlv(0x0017, "integer", 4, 4),
    "payload_type": Tlv(0x0019, "integer", 1, 1),
    "additional_status_info_text": Tlv(0x001D, "text", 1, 256),
    "receipted_message_id": Tlv(0x001E, "text", 1, 65),
    "ms_msg_wait_facilities": Tlv(0x0030, "integer", 1, 1),
    "privacy_indicator": Tlv(0x0201, "integer", 1, 1),
    "source_subaddress": Tlv(0x0202, "octets", 2, 23),
    "dest_subaddress": Tlv(0x0203, "octets", 2, 23),
    "user_message_reference": Tlv(0x0204, "integer", 2, 2),
    "user_response_code": Tlv(0x0205, "integer", 1, 1),
    "source_port": Tlv(0x020A, "integer", 2, 2),
    "destination_port": Tlv(0x020B, "integer", 2, 2),
    "sar_msg_ref_num": Tlv(0x020C, "integer", 2, 2),
    "language_indicator": Tlv(0x020D, "integer", 1, 1),
    "sar_total_segments": Tlv(0x020E, "integer", 1, 1),
    "sar_segment_seqnum": Tlv(0x020F, "integer", 1, 1),
    "sc_interface_version": Tlv(0x0210, "integer", 1, 1),
    "callback_num_pres_ind": Tlv(0x0302, "integer", 1, 1),
    "callback_num_atag": Tlv(0x0303, "octets", 0, 65),
    "number_of_messages": Tlv(0x0304, "integer", 1, 1),
    "callback_num": Tlv(0x0381, "octets", 4, 19),
    "dpf_result": Tlv(0x0420, "integer", 1, 1),
    "set_dpf": Tlv(0x0421, "integer", 1, 1),
    "ms_availability_status": Tlv(0x0422, "integer", 1, 1),
    "network_error_code": Tlv(0x0423, "octets", 3, 3),
    "message_payload": Tlv(0x0424, "octets", 0, 0xFFFF),
    "delivery_failure_reason": Tlv(0x0425, "integer", 1, 1),
    "more_messages_to_send": Tlv(0x0426, "integer", 1, 1),
    "message_state": Tlv(0x0427, "integer", 1, 1),
    "ussd_service_op": Tlv(0x0501, "octets", 1, 1),
    "display_time": Tlv(0x1201, "integer", 1, 1),
    "sms_signal": Tlv(0x1203, "integer", 2, 2),
    "ms_validity": Tlv(0x1204, "integer", 1, 1),
    "alert_on_message_delivery": Tlv(0x130C, "octets", 0, 0),
    "its_reply_type": Tlv(0x1380, "integer", 1, 1),
    "its_session_info": Tlv(0x1383, "octets", 2, 2),
}
NAMES = {tlv.tag: name for name, tlv in TABLE.items()}

# Those that we read and write ourselves.
RECEIPTED_MESSAGE_ID = TABLE["receipted_message_id"].tag
SAR_MSG_REF_NUM = TABLE["sar_msg_ref_num"].tag
SAR_TOTAL_SEGMENTS = TABLE["sar_total_segments"].tag
SAR_SEGMENT_SEQNUM = TABLE["sar_segment_seqnum"].tag
SC_INTERFACE_VERSION = TABLE["sc_interface_version"].tag
NETWORK_ERROR_CODE = TABLE["network_error_code"].tag
MESSAGE_PAYLOAD = TABLE["message_payload"].tag
MESSAGE_STATE = TABLE["message_state"].tag

_HEAD = Layout("!HH")


def make(name: str, value: int | str | bytes) -> Pair:
    """A pair for a PDU. ValueError where the standard would not have it."""
    tag, kind, shortest, longest = TABLE[name]
    match kind, value:
        case "integer", int():
            try:
                raw = value.to_bytes(shortest, "big")
            except OverflowError as error:
                raise ValueError(f"{name} has no room for {value}") from error
        case "text", str() if "\0" not in value:
            raw = value.encode("latin-1") + b"\0"
        case "octets", bytes():
            raw = value
        case _:
            raise ValueError(f"{name} is {kind}, not {type(value).__name__}")
    if not shortest <= len(raw) <= longest:
        raise ValueError(f"{name} takes {shortest} to {longest} octets, not {len(raw)}")
    return tag, raw


def raw(pairs: Pairs, tag: int) -> bytes | None:
    """The first value of `tag`."""
    for known, value in pairs:
        if known == tag:
            return value
    return None


def integer(pairs: Pairs, tag: int) -> int | None:
    """The first value of `tag` as a number, however many octets the carrier spent on it; None without any."""
    value = raw(pairs, tag)
    return int.from_bytes(value, "big") if value else None


def text(pairs: Pairs, tag: int) -> str | None:
    """The first value of `tag` up to its NUL, which carriers forget."""
    value = raw(pairs, tag)
    return None if value is None else value.partition(b"\0")[0].decode("latin-1")


def read(frame: bytes, at: int) -> Pairs:
    """The pairs from `at` to the end of the frame.

    Up to three NULs at the very end are padding, as some carriers send it. Raises Broken.
    """
    pairs: list[Pair] = []
    end = len(frame)
    while at < end:
        if end - at < 4:
            if frame.count(0, at) == end - at:
                break
            raise Broken(status.RINVOPTPARSTREAM)
        tag, length = _HEAD.unpack_from(frame, at)
        at += 4
        if length > end - at:
            raise Broken(status.RINVPARLEN)
        pairs.append((tag, frame[at : at + length]))
        at += length
    return tuple(pairs)


def read_what_can_be(frame: bytes, at: int) -> Pairs:
    """The pairs from `at` on, up to the first that is broken: for responses, which nobody can refuse."""
    end, length = len(frame), len(frame)
    stop = at
    while end - stop >= 4:
        length = _HEAD.unpack_from(frame, stop)[1]
        if length > end - stop - 4:
            break
        stop += 4 + length
    return read(frame[:stop], at)


def write(pairs: Pairs) -> bytes:
    return b"".join([_HEAD.pack(tag, len(value)) + value for tag, value in pairs])
