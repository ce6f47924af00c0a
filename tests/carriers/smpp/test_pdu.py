"""Every PDU of SMPP 3.4 as octets written down by hand, and what sloppy carriers make of them."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.carriers.smpp.frames import RECEIPT_TEXT, SUBMIT_BODY, frame, pdus
from wireroom.carriers.smpp import codec, status, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.fields import Address, ListName, Unsuccessful

SUBMIT = p.SubmitSm(
    1,
    source_addr_ton=5,
    source_addr="SHOP",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="447700900123",
    esm_class=3,
    validity_period="000003000000000R",
    registered_delivery=0x11,
    short_message=b"hello",
)
BIND_BODY = '"wireroom" 00 "secret" 00 "VMA" 00 34 01 01 "44" 00'
BIND = ("wireroom", "secret", "VMA", 0x34, 1, 1, "44")
VERSION = (tlv.make("sc_interface_version", 0x34),)

VECTORS = [
    (frame(0x01, BIND_BODY), p.BindReceiver(1, *BIND)),
    (frame(0x02, BIND_BODY), p.BindTransmitter(1, *BIND)),
    (frame(0x09, BIND_BODY), p.BindTransceiver(1, *BIND)),
    (frame(0x80000001, '"SMSC" 00 0210 0001 34'), p.BindReceiverResp(1, 0, "SMSC", VERSION)),
    (frame(0x80000002, '"SMSC" 00'), p.BindTransmitterResp(1, 0, "SMSC")),
    (frame(0x80000009, '"SMSC" 00 0210 0001 34'), p.BindTransceiverResp(1, 0, "SMSC", VERSION)),
    (frame(0x80000009, "", 1, 0x0E), p.BindTransceiverResp(1, 0x0E)),
    (frame(0x0B, '"SMSC" 00 "secret" 00'), p.Outbind(1, "SMSC", "secret")),
    (frame(0x06), p.Unbind(1)),
    (frame(0x80000006), p.UnbindResp(1)),
    (frame(0x15, "", 0x7FFFFFFF), p.EnquireLink(0x7FFFFFFF)),
    (frame(0x80000015), p.EnquireLinkResp(1)),
    (frame(0x80000000, "", 9, 0x03), p.GenericNack(9, 0x03)),
    (frame(0x04, SUBMIT_BODY), SUBMIT),
    (frame(0x80000004, '"A1b2" 00'), p.SubmitSmResp(1, 0, "A1b2")),
    (frame(0x80000004, "", 1, 0x410), p.SubmitSmResp(1, 0x410)),
    (
        frame(0x80000004, '"A1" 00 0425 0001 02', 1, 0x45),
        p.SubmitSmResp(1, 0x45, "A1", (tlv.make("delivery_failure_reason", 2),)),
    ),
    (
        frame(
            0x21,
            '00 05 00 "SHOP" 00 02 01 01 01 "447700900123" 00 02 "friends" 00'
            ' 00 00 01 00 "000003000000000R" 00 01 00 08 00 02 00e7',
        ),
        p.SubmitMulti(
            1,
            source_addr_ton=5,
            source_addr="SHOP",
            dest_address=(Address(1, 1, "447700900123"), ListName("friends")),
            priority_flag=1,
            validity_period="000003000000000R",
            registered_delivery=1,
            data_coding=8,
            short_message="ç".encode("utf-16-be"),
        ),
    ),
    (
        frame(0x80000021, '"A1" 00 01 01 01 "447700900123" 00 0000000b'),
        p.SubmitMultiResp(1, 0, "A1", (Unsuccessful(1, 1, "447700900123", 0x0B),)),
    ),
    (
        frame(
            0x05,
            f'00 01 01 "447700900123" 00 05 00 "SHOP" 00 04 00 00 00 00 00 00 00 00 {len(RECEIPT_TEXT):02x}'
            f' "{RECEIPT_TEXT}" 001e 000b "0123456789" 00 0427 0001 02 0423 0003 030081',
        ),
        p.DeliverSm(
            1,
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="447700900123",
            dest_addr_ton=5,
            destination_addr="SHOP",
            esm_class=4,
            short_message=RECEIPT_TEXT.encode(),
            tlvs=(
                tlv.make("receipted_message_id", "0123456789"),
                tlv.make("message_state", 2),
                tlv.make("network_error_code", b"\x03\x00\x81"),
            ),
        ),
    ),
    (frame(0x80000005, "00"), p.DeliverSmResp(1)),
    (frame(0x80000005, "00", 7, 0x64), p.DeliverSmResp(7, 0x64)),
    (
        frame(0x103, '"WAP" 00 01 01 "447700900123" 00 05 00 "SHOP" 00 04 00 00 0424 0002 "hi"'),
        p.DataSm(
            1,
            "WAP",
            1,
            1,
            "447700900123",
            5,
            0,
            "SHOP",
            4,
            0,
            0,
            (tlv.make("message_payload", b"hi"),),
        ),
    ),
    (frame(0x80000103, '"A1" 00'), p.DataSmResp(1, 0, "A1")),
    (frame(0x03, '"A1" 00 05 00 "SHOP" 00'), p.QuerySm(1, "A1", 5, 0, "SHOP")),
    (
        frame(0x80000003, '"A1" 00 "261123093100000+" 00 02 00'),
        p.QuerySmResp(1, 0, "A1", "261123093100000+", 2, 0),
    ),
    (
        frame(0x08, '00 "A1" 00 05 00 "SHOP" 00 01 01 "447700900123" 00'),
        p.CancelSm(1, "", "A1", 5, 0, "SHOP", 1, 1, "447700900123"),
    ),
    (frame(0x80000008), p.CancelSmResp(1)),
    (
        frame(0x07, '"A1" 00 05 00 "SHOP" 00 00 "000003000000000R" 00 01 00 03 "new"'),
        p.ReplaceSm(1, "A1", 5, 0, "SHOP", "", "000003000000000R", 1, 0, b"new"),
    ),
    (frame(0x80000007, "", 1, 0x13), p.ReplaceSmResp(1, 0x13)),
    (
        frame(0x102, '01 01 "447700900123" 00 05 00 "SHOP" 00 0422 0001 00'),
        p.AlertNotification(1, 1, 1, "447700900123", 5, 0, "SHOP", (tlv.make("ms_availability_status", 0),)),
    ),
]


@pytest.mark.parametrize(("octets", "pdu"), VECTORS, ids=[type(pdu).__name__ for _, pdu in VECTORS])
def test_a_pdu_is_its_octets_and_the_octets_are_the_pdu(octets: bytes, pdu: p.Pdu) -> None:
    assert codec.decode(octets) == pdu
    assert codec.encode(pdu) == octets


def test_every_pdu_of_the_standard_has_octets_here() -> None:
    assert {type(pdu) for _, pdu in VECTORS} == set(p.COMMANDS.values())
    assert len(p.COMMANDS) == 27


def test_a_tlv_of_the_standard_is_written_by_its_name_and_read_by_its_tag() -> None:
    for name, (tag, kind, shortest, _) in tlv.TABLE.items():
        match kind:
            case "integer":
                pair = tlv.make(name, 1)
                assert tlv.integer((pair,), tag) == 1
                assert len(pair[1]) == shortest
            case "text":
                assert tlv.text((tlv.make(name, "x1"),), tag) == "x1"
            case "octets":
                assert tlv.raw((tlv.make(name, b"\x01" * shortest),), tag) == b"\x01" * shortest
    assert tlv.raw((), 0x0424) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message_state", 256),
        ("message_state", "2"),
        ("receipted_message_id", "a\0b"),
        ("receipted_message_id", "a" * 65),
        ("network_error_code", b"\x03"),
    ],
)
def test_a_tlv_that_the_standard_would_not_have_is_not_written(name: str, value: int | str | bytes) -> None:
    with pytest.raises(ValueError):
        tlv.make(name, value)


# Both paths, and there and back


@settings(max_examples=1000)
@given(pdus)
def test_a_pdu_comes_back_as_it_went(pdu: p.Pdu) -> None:
    octets = codec.encode(pdu)
    assert int.from_bytes(octets[:4], "big") == len(octets)
    assert codec.decode(octets) == pdu


@settings(max_examples=1000)
@given(pdus)
def test_the_straight_lines_and_the_table_agree(pdu: p.Pdu) -> None:
    octets = codec.encode(pdu)
    assert octets == codec.encode_by_table(pdu, pdu.sequence)
    assert codec.decode(octets) == codec.decode_by_table(octets)


@given(pdus, st.data())
def test_the_straight_lines_and_the_table_agree_on_a_pdu_cut_short(pdu: p.Pdu, data: st.DataObject) -> None:
    octets = codec.encode(pdu)
    cut = octets[: data.draw(st.integers(16, len(octets)))]
    cut = len(cut).to_bytes(4, "big") + cut[4:]
    assert codec.decode(cut) == codec.decode_by_table(cut)


@pytest.mark.parametrize(
    "pdu",
    [
        p.SubmitSm(source_addr="a\0b"),
        p.SubmitSm(destination_addr="中"),
        p.SubmitSm(esm_class=256),
        p.SubmitSm(esm_class=-1),
        p.SubmitSm(short_message=b"x" * 256),
        p.SubmitSm(tlvs=((0x0424, b"x" * 65536),)),
        p.SubmitSm(sequence=1 << 32),
        p.SubmitSmResp(message_id="a\0b"),
        p.BindTransceiver(password="a\0b"),
        p.QuerySmResp(message_state=256),
    ],
)
def test_what_no_frame_can_hold_is_not_written(pdu: p.Pdu) -> None:
    with pytest.raises(ValueError):
        codec.encode(pdu)


def test_who_wants_to_be_strict_learns_the_field_and_the_status() -> None:
    assert p.overlong(SUBMIT) is None
    line = p.overlong(p.SubmitSm(destination_addr="4" * 21))
    assert line is not None
    assert (line.name, line.field.bad) == ("destination_addr", status.RINVDSTADR)
    line = p.overlong(p.SubmitSm(short_message=b"x" * 255))
    assert line is not None
    assert (line.name, line.field.bad) == ("short_message", status.RINVMSGLEN)


# Tolerant where carriers are sloppy


@pytest.mark.parametrize(
    ("octets", "pdu"),
    [
        # a refusal or even an acceptance without a body
        (frame(0x80000004), p.SubmitSmResp(1)),
        (frame(0x80000021, "", 1, 0x58), p.SubmitMultiResp(1, 0x58)),
        (frame(0x80000003, '"A1" 00'), p.QuerySmResp(1, 0, "A1")),
        (frame(0x80000005), p.DeliverSmResp(1)),
        # a missing NUL at the end
        (frame(0x80000004, '"A1b2"'), p.SubmitSmResp(1, 0, "A1b2")),
        (frame(0x80000009, '"SMSC"'), p.BindTransceiverResp(1, 0, "SMSC")),
        (frame(0x0B, '"SMSC" 00 "secret"'), p.Outbind(1, "SMSC", "secret")),
        # strings that are too long, in both directions
        (frame(0x80000004, f'"{"f" * 100}" 00'), p.SubmitSmResp(1, 0, "f" * 100)),
        (frame(0x02, f'"u" 00 "{"p" * 20}" 00 00 34 00 00 00'), p.BindTransmitter(1, "u", "p" * 20)),
        # a message id that is no ASCII
        (frame(0x80000004, "ff fe 00"), p.SubmitSmResp(1, 0, "\xff\xfe")),
        # octets behind the end
        (frame(0x15, "00 00"), p.EnquireLink(1)),
        (frame(0x80000000, '"why"', 1, 2), p.GenericNack(1, 2)),
        (frame(0x04, SUBMIT_BODY + "00 00 00"), SUBMIT),
        # an answer with broken TLVs: what can be read, is
        (
            frame(0x80000004, '"A1" 00 1501 0001 aa 0424 00ff 00'),
            p.SubmitSmResp(1, 0, "A1", ((0x1501, b"\xaa"),)),
        ),
        (frame(0x80000021, '"A1" 00 05 01 01 "44"'), p.SubmitMultiResp(1, 0, "A1")),
    ],
)
def test_a_sloppy_pdu_is_read_for_what_it_means(octets: bytes, pdu: p.Pdu) -> None:
    assert codec.decode(octets) == pdu


def test_hostile_case_a_vendors_status_is_kept_with_its_sequence() -> None:
    assert codec.decode(frame(0x80000004, "", 77, 0x410)) == p.SubmitSmResp(77, 0x410)
    assert status.name_of(0x410) == "0x410 of the carrier's own"
    assert status.name_of(0x58) == "0x58 ESME_RTHROTTLED"
    assert status.name_of(0x99) == "0x99 reserved"


def test_hostile_case_a_vendors_tlv_is_kept_raw() -> None:
    read = codec.decode(frame(0x04, SUBMIT_BODY + "1501 0003 ff00fe 1501 0000"))
    assert isinstance(read, p.SubmitSm)
    assert read.tlvs == ((0x1501, b"\xff\x00\xfe"), (0x1501, b""))


# Malformed


@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        (frame(0x04, '00 05 00 "SHOP" 00'), p.SubmitSmResp(1, status.RINVCMDLEN)),
        (frame(0x05), p.DeliverSmResp(1, status.RINVCMDLEN)),
        (frame(0x04, '"WAP"'), p.SubmitSmResp(1, status.RINVCMDLEN)),
        (frame(0x04, SUBMIT_BODY.replace('05 "hello', 'ff "hello')), p.SubmitSmResp(1, status.RINVMSGLEN)),
        (frame(0x04, SUBMIT_BODY + "0424 0010 00"), p.SubmitSmResp(1, status.RINVPARLEN)),
        (frame(0x04, SUBMIT_BODY + "04 24"), p.SubmitSmResp(1, status.RINVOPTPARSTREAM)),
        (frame(0x09, '"wireroom" 00'), p.BindTransceiverResp(1, status.RINVCMDLEN)),
        (frame(0x21, '00 05 00 "SHOP" 00 01 03 01'), p.SubmitMultiResp(1, status.RINVDESTFLAG)),
        (frame(0x21, '00 05 00 "SHOP" 00 02 02 "f" 00'), p.SubmitMultiResp(1, status.RINVNUMDESTS)),
        (frame(0x103, "00 01"), p.DataSmResp(1, status.RINVCMDLEN)),
        (frame(0x102, "01"), p.GenericNack(1, status.RINVCMDLEN)),
        (frame(0x999, "01", 5), p.GenericNack(5, status.RINVCMDID)),
        (frame(0x80000999, "01"), None),
    ],
)  # fmt: skip
def test_a_malformed_pdu_says_what_to_answer_and_leaves_the_link(octets: bytes, answer: p.Pdu | None) -> None:
    read = codec.decode(octets)
    assert isinstance(read, codec.Malformed)
    assert read.answer == answer
    assert not read.close
    assert read.reason


@pytest.mark.parametrize("length", [0, 8, 15, codec.LONGEST + 1, 0x47455420, 0xFFFFFFFF])
def test_hostile_case_a_length_that_cannot_be_ends_the_link(length: int) -> None:
    read = codec.bad_length(length)
    assert read.close
    assert read.answer == p.GenericNack(0, status.RINVCMDLEN)


# 10,000 mutated PDUs


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """The frame with one to four changes anywhere behind its length, which stays true."""
    found = bytearray(octets)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(4, len(found))
        match chance.choice(("flip", "flip", "cut", "grow")):
            case "flip" if at < len(found):
                found[at] = chance.choice((0, 1, 4, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case "cut":
                del found[max(at, 16) :]
            case "grow":
                found[at:at] = chance.randbytes(chance.randint(1, 8))
    found[:4] = len(found).to_bytes(4, "big")
    return bytes(found)


def check_read(octets: bytes) -> None:
    read = codec.decode(octets)
    assert read == codec.decode_by_table(octets)
    command_id, sequence = int.from_bytes(octets[4:8], "big"), int.from_bytes(octets[12:16], "big")
    command = p.COMMANDS.get(command_id)
    if not isinstance(read, codec.Malformed):
        assert command is type(read)
        assert read.sequence == sequence
        return
    assert not read.close
    if command is None:
        expected = None if command_id & p.RESPONSE else p.GenericNack(sequence, status.RINVCMDID)
        assert read.answer == expected
        return
    # Responses are always read; a request is answered by its own response, or by generic_nack if it has none.
    assert issubclass(command, p.Request)
    assert type(read.answer) is (command.response or p.GenericNack)
    assert read.answer is not None
    assert read.answer.sequence == sequence
    assert read.answer.status in {
        status.RINVCMDLEN,
        status.RINVMSGLEN,
        status.RINVNUMDESTS,
        status.RINVDESTFLAG,
        status.RINVOPTPARSTREAM,
        status.RINVPARLEN,
    }


@settings(max_examples=1_000)
@given(pdus, st.integers(0))
@example(SUBMIT, 0)
def test_ten_thousand_mutated_pdus_are_read_or_answered_as_the_standard_says(pdu: p.Pdu, seed: int) -> None:
    octets, chance = codec.encode(pdu), random.Random(seed)
    for _ in range(10):
        check_read(mutated(octets, chance))


@given(st.binary(min_size=16, max_size=300))
def test_noise_is_read_or_answered_as_the_standard_says(noise: bytes) -> None:
    check_read(len(noise).to_bytes(4, "big") + noise[4:])
