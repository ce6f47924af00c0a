"""Frames put together from hex by hand, never by the codec that is tested; and PDUs made up by hypothesis."""

from hypothesis import strategies as st

from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.fields import (
    Address,
    Byte,
    Counted,
    CString,
    Destinations,
    Field,
    ListName,
    Unsuccessful,
    Unsuccessfuls,
)


def frame(command_id: int, body: str = "", sequence: int = 1, status: int = 0) -> bytes:
    """One PDU: `body` is hex, with what stands in quotes as text: `01 "abc" 00`."""
    octets = b"".join(
        piece.encode("latin-1") if index % 2 else bytes.fromhex(piece)
        for index, piece in enumerate(body.split('"'))
    )
    header = (16 + len(octets), command_id, status, sequence)
    return b"".join(number.to_bytes(4, "big") for number in header) + octets


# What every submit_sm and deliver_sm here has: source, destination, esm_class, and so on up to sm_length.
SUBMIT_BODY = (
    '00 05 00 "SHOP" 00 01 01 "447700900123" 00 03 00 00 00 "000003000000000R" 00 11 00 00 00 05 "hello"'
)
RECEIPT_TEXT = (
    "id:0123456789 sub:001 dlvrd:001 submit date:2611230930 done date:2611230931 "
    "stat:DELIVRD err:000 text:hello"
)

_strings = st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), max_size=30)
_octets = st.integers(0, 0xFF)
_addresses = st.builds(Address, _octets, _octets, _strings)
_pairs = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=300)), max_size=4).map(tuple)


def _values(field: Field) -> st.SearchStrategy[object]:
    match field:
        case CString():
            return _strings
        case Byte():
            return _octets
        case Counted():
            return st.binary(max_size=255)
        case Destinations():
            return st.lists(_addresses | st.builds(ListName, _strings), max_size=5).map(tuple)
        case Unsuccessfuls():
            bad = st.builds(Unsuccessful, _octets, _octets, _strings, st.integers(0, 0xFFFFFFFF))
            return st.lists(bad, max_size=5).map(tuple)
    raise AssertionError(f"no values for {field}")


def pdus_of(command: type[p.Pdu]) -> st.SearchStrategy[p.Pdu]:
    """Any PDU of that command; a string may be longer than the standard allows."""
    lines, has_tlvs = p.table(command)
    fields = {line.name: _values(line.field) for line in lines}
    if has_tlvs:
        fields["tlvs"] = _pairs
    if issubclass(command, p.Response):
        fields["status"] = st.sampled_from([0, 0, 0, 0x08, 0x58, 0x410, 0xFFFFFFFF])
    return st.builds(command, sequence=st.integers(0, 0xFFFFFFFF), **fields)


pdus = st.sampled_from(list(p.COMMANDS.values())).flatmap(pdus_of)
