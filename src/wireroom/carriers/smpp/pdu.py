"""The PDUs of SMPP 3.4 (chapter 4), one class each: its fields, in order, are the table for `codec`.

Texts of the header's fields are Latin-1, so that whatever a carrier sends is kept; a message is octets. Every
PDU begins with its sequence number (0: the session gives one), every response then has its status. `tlvs` are
raw (`tlv`); a PDU without them has none in the standard, and octets behind its end are ignored.
"""

from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, get_type_hints

from msgspec import Struct

from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.fields import (
    Byte,
    Counted,
    CString,
    Destination,
    Destinations,
    Field,
    Unsuccessful,
    Unsuccessfuls,
)
from wireroom.carriers.smpp.tlv import Pairs

RESPONSE = 0x80000000
"""The bit of command_id that a response has."""

Octet = Annotated[int, Byte()]
SystemId = Annotated[str, CString(16, st.RINVSYSID)]
Password = Annotated[str, CString(9, st.RINVPASWD)]
SystemType = Annotated[str, CString(13, st.RINVSYSTYP)]
AddressRange = Annotated[str, CString(41)]
ServiceType = Annotated[str, CString(6, st.RINVSERTYP)]
Source = Annotated[str, CString(21, st.RINVSRCADR)]
Target = Annotated[str, CString(21, st.RINVDSTADR)]
LongSource = Annotated[str, CString(65, st.RINVSRCADR)]
LongTarget = Annotated[str, CString(65, st.RINVDSTADR)]
Schedule = Annotated[str, CString(17, st.RINVSCHED)]
Validity = Annotated[str, CString(17, st.RINVEXPIRY)]
Date = Annotated[str, CString(17)]
MessageId = Annotated[str, CString(65, st.RINVMSGID)]
Message = Annotated[bytes, Counted()]


class Pdu(Struct, frozen=True, gc=False):
    command_id: ClassVar[int]

    sequence: int = 0


class Response(Pdu, frozen=True, gc=False):
    status: int = 0


class Request(Pdu, frozen=True, gc=False):
    response: ClassVar[type[Response] | None] = None
    """What answers it; None: nothing does."""


class GenericNack(Response, frozen=True, gc=False):
    command_id = 0x80000000


class BindReceiverResp(Response, frozen=True, gc=False):
    command_id = 0x80000001
    system_id: SystemId = ""
    tlvs: Pairs = ()


class BindTransmitterResp(Response, frozen=True, gc=False):
    command_id = 0x80000002
    system_id: SystemId = ""
    tlvs: Pairs = ()


class BindTransceiverResp(Response, frozen=True, gc=False):
    command_id = 0x80000009
    system_id: SystemId = ""
    tlvs: Pairs = ()


class Bind(Request, frozen=True, gc=False):
    """What the three binds have in common."""

    system_id: SystemId = ""
    password: Password = ""
    system_type: SystemType = ""
    interface_version: Octet = 0x34
    addr_ton: Octet = 0
    addr_npi: Octet = 0
    address_range: AddressRange = ""


class BindReceiver(Bind, frozen=True, gc=False):
    command_id, response = 0x01, BindReceiverResp


class BindTransmitter(Bind, frozen=True, gc=False):
    command_id, response = 0x02, BindTransmitterResp


class BindTransceiver(Bind, frozen=True, gc=False):
    command_id, response = 0x09, BindTransceiverResp


class Outbind(Request, frozen=True, gc=False):
    command_id = 0x0B
    system_id: SystemId = ""
    password: Password = ""


class UnbindResp(Response, frozen=True, gc=False):
    command_id = 0x80000006


class Unbind(Request, frozen=True, gc=False):
    command_id, response = 0x06, UnbindResp


class EnquireLinkResp(Response, frozen=True, gc=False):
    command_id = 0x80000015


class EnquireLink(Request, frozen=True, gc=False):
    command_id, response = 0x15, EnquireLinkResp


class SubmitSmResp(Response, frozen=True, gc=False):
    command_id = 0x80000004
    message_id: MessageId = ""
    tlvs: Pairs = ()


class Short(Request, frozen=True, gc=False):
    """What submit_sm and deliver_sm have in common: all of it."""

    service_type: ServiceType = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: Source = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: Target = ""
    esm_class: Octet = 0
    protocol_id: Octet = 0
    priority_flag: Octet = 0
    schedule_delivery_time: Schedule = ""
    validity_period: Validity = ""
    registered_delivery: Octet = 0
    replace_if_present_flag: Octet = 0
    data_coding: Octet = 0
    sm_default_msg_id: Octet = 0
    short_message: Message = b""
    tlvs: Pairs = ()


class SubmitSm(Short, frozen=True, gc=False):
    command_id, response = 0x04, SubmitSmResp


class DeliverSmResp(Response, frozen=True, gc=False):
    command_id = 0x80000005
    message_id: MessageId = ""  # unused, but there
    tlvs: Pairs = ()


class DeliverSm(Short, frozen=True, gc=False):
    command_id, response = 0x05, DeliverSmResp


class SubmitMultiResp(Response, frozen=True, gc=False):
    command_id = 0x80000021
    message_id: MessageId = ""
    unsuccess_sme: Annotated[tuple[Unsuccessful, ...], Unsuccessfuls()] = ()
    tlvs: Pairs = ()


class SubmitMulti(Request, frozen=True, gc=False):
    command_id, response = 0x21, SubmitMultiResp
    service_type: ServiceType = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: Source = ""
    dest_address: Annotated[tuple[Destination, ...], Destinations()] = ()
    esm_class: Octet = 0
    protocol_id: Octet = 0
    priority_flag: Octet = 0
    schedule_delivery_time: Schedule = ""
    validity_period: Validity = ""
    registered_delivery: Octet = 0
    replace_if_present_flag: Octet = 0
    data_coding: Octet = 0
    sm_default_msg_id: Octet = 0
    short_message: Message = b""
    tlvs: Pairs = ()


class DataSmResp(Response, frozen=True, gc=False):
    command_id = 0x80000103
    message_id: MessageId = ""
    tlvs: Pairs = ()


class DataSm(Request, frozen=True, gc=False):
    command_id, response = 0x103, DataSmResp
    service_type: ServiceType = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: LongSource = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: LongTarget = ""
    esm_class: Octet = 0
    registered_delivery: Octet = 0
    data_coding: Octet = 0
    tlvs: Pairs = ()


class QuerySmResp(Response, frozen=True, gc=False):
    command_id = 0x80000003
    message_id: MessageId = ""
    final_date: Date = ""
    message_state: Octet = 0
    error_code: Octet = 0


class QuerySm(Request, frozen=True, gc=False):
    command_id, response = 0x03, QuerySmResp
    message_id: MessageId = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: Source = ""


class CancelSmResp(Response, frozen=True, gc=False):
    command_id = 0x80000008


class CancelSm(Request, frozen=True, gc=False):
    command_id, response = 0x08, CancelSmResp
    service_type: ServiceType = ""
    message_id: MessageId = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: Source = ""
    dest_addr_ton: Octet = 0
    dest_addr_npi: Octet = 0
    destination_addr: Target = ""


class ReplaceSmResp(Response, frozen=True, gc=False):
    command_id = 0x80000007


class ReplaceSm(Request, frozen=True, gc=False):
    command_id, response = 0x07, ReplaceSmResp
    message_id: MessageId = ""
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: Source = ""
    schedule_delivery_time: Schedule = ""
    validity_period: Validity = ""
    registered_delivery: Octet = 0
    sm_default_msg_id: Octet = 0
    short_message: Message = b""


class AlertNotification(Request, frozen=True, gc=False):
    command_id = 0x102
    source_addr_ton: Octet = 0
    source_addr_npi: Octet = 0
    source_addr: LongSource = ""
    esme_addr_ton: Octet = 0
    esme_addr_npi: Octet = 0
    esme_addr: LongSource = ""
    tlvs: Pairs = ()


COMMANDS: dict[int, type[Request] | type[Response]] = {
    each.command_id: each
    for each in (
        *(BindReceiver, BindTransmitter, BindTransceiver, Outbind, Unbind, EnquireLink),
        *(SubmitSm, SubmitMulti, DeliverSm, DataSm, QuerySm, CancelSm, ReplaceSm, AlertNotification),
        *(BindReceiverResp, BindTransmitterResp, BindTransceiverResp, UnbindResp, EnquireLinkResp),
        *(SubmitSmResp, SubmitMultiResp, DeliverSmResp, DataSmResp, QuerySmResp, CancelSmResp, ReplaceSmResp),
        GenericNack,
    )
}


class Line(NamedTuple):
    """One mandatory field of a PDU."""

    name: str
    field: Field


class Table(NamedTuple):
    """A PDU's mandatory fields, and whether TLVs may follow."""

    lines: tuple[Line, ...]
    tlvs: bool


@cache
def table(command: type[Pdu]) -> Table:
    """The fields of a PDU behind its header, in their order."""
    hints: dict[str, Any] = get_type_hints(command, include_extras=True)
    lines = [
        Line(name, hints[name].__metadata__[0])
        for name in command.__struct_fields__
        if hasattr(hints[name], "__metadata__")
    ]
    return Table(tuple(lines), "tlvs" in command.__struct_fields__)


def tlvs_of(pdu: Pdu) -> Pairs:
    """A PDU's TLVs; none where the standard has none."""
    pairs: Pairs = getattr(pdu, "tlvs", ())
    return pairs


def overlong(pdu: Pdu) -> Line | None:
    """The first field that is longer than SMPP 3.4 allows; `field.bad` is the status that says so.

    Never checked when reading: carriers exceed, and it does no harm. For a server that wants to be strict.
    """
    for line in table(type(pdu)).lines:
        if not line.field.fits(getattr(pdu, line.name)):
            return line
    return None
