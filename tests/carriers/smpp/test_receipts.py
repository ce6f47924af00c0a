"""Receipts in the dialects that carriers have (carrier-side §2, duties 15 to 20), and what they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.carriers.smpp.frames import RECEIPT_TEXT, frame, pdus_of
from wireroom.api.enums import EventType
from wireroom.carriers.smpp import codec, codes, message_ids, receipts, status, times, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.alphabets import Alphabet
from wireroom.carriers.smpp.codes import Failed, Overlay, Retry, RetryPlainly, Taken
from wireroom.carriers.smpp.message_ids import Form, Rule
from wireroom.carriers.smpp.receipts import DeliveryReceipt, Kind

WORDS = "SCHEDULED ENROUTE DELIVRD EXPIRED DELETED UNDELIV ACCEPTD UNKNOWN REJECTD SKIPPED"
STATE = {word: number for number, word in enumerate(WORDS.split())}
UUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


def heard(text: str = "", esm_class: int = 0x04, **tlvs: int | str | bytes) -> DeliveryReceipt | None:
    pairs = tuple(tlv.make(name, value) for name, value in tlvs.items())
    return receipts.read(p.DeliverSm(1, esm_class=esm_class, short_message=text.encode(), tlvs=pairs))


def receipt(text: str = "", esm_class: int = 0x04, **tlvs: int | str | bytes) -> DeliveryReceipt:
    found = heard(text, esm_class, **tlvs)
    assert found is not None
    return found


# 17: what a receipt is


@pytest.mark.parametrize(
    ("esm_class", "kind"),
    [
        (0x04, Kind.RECEIPT),
        (0x07, Kind.RECEIPT),
        (0x08, Kind.HANDSET),
        (0x10, Kind.USER),
        (0x20, Kind.INTERMEDIATE),
        (0x00, Kind.RECEIPT),  # said by the text alone
    ],
)
def test_duty_17_esm_class_says_what_it_is_or_the_text_does(esm_class: int, kind: Kind) -> None:
    assert receipt(RECEIPT_TEXT, esm_class).kind is kind


@pytest.mark.parametrize("esm_class", [0x18, 0x0C, 0x3C])
def test_duty_17_a_conversation_abort_is_no_receipt(esm_class: int) -> None:
    assert heard(RECEIPT_TEXT, esm_class) is None


def test_duty_17_without_a_word_in_esm_class_the_tlv_tells() -> None:
    assert receipt("", 0, receipted_message_id="a1", message_state=2).message_id == "a1"


@pytest.mark.parametrize(
    "words",
    ["hello", "STOP", "id:5", "my id: 7 stat: fine", "stat:DELIVRD", "text: id", ""],
)
def test_duty_17_what_a_person_writes_is_no_receipt(words: str) -> None:
    assert heard(words, 0) is None


# 18: texts


@pytest.mark.parametrize(
    ("text", "message_id", "stat", "err", "done"),
    [
        (RECEIPT_TEXT, "0123456789", "DELIVRD", "000", "2611230931"),
        # dates with seconds, and of 14 digits
        (
            "id:7 sub:001 dlvrd:001 submit date:261123093000 done date:261123093101 stat:DELIVRD err:000",
            "7", "DELIVRD", "000", "261123093101",
        ),
        ("id:7 submit date:20261123093000 done date:20261123093101 stat:EXPIRED err:31", "7", "EXPIRED", "31",
         "20261123093101"),
        # dates without a space in their name, no dates at all
        ("id:7 sub:001 dlvrd:000 submitdate:261123093000 donedate:261123093101 stat:UNDELIV err:001 text:hi",
         "7", "UNDELIV", "001", "261123093101"),
        ("id:7 stat:DELIVRD", "7", "DELIVRD", "", ""),
        # any order, any case, letters in err, missing fields
        ("STAT:REJECTD ID:7 ERR:00A DONE DATE:2611230931", "7", "REJECTD", "00A", "2611230931"),
        ("err:000 text:hello stat:DELIVRD id:7", "7", "DELIVRD", "000", ""),
        ("text:hello id:7 stat:DELIVRD", "7", "DELIVRD", "", ""),
        ("id: 7 sub: dlvrd: submit date: done date: stat: DELIVRD err: text:", "7", "DELIVRD", "", ""),
        ("Id:7, Stat:DELIVRD, Err:000", "7", "DELIVRD", "000", ""),
        ("id=7;status=DELIVRD;error=0", "7", "DELIVRD", "0", ""),
        ("message_id:7 done_date:2026-11-23 09:31:01 state:DELIVRD",
         "7", "DELIVRD", "", "2026-11-23 09:31:01"),
        ("id:7 smsc:x stat:DELIVRD err:000", "7", "DELIVRD", "000", ""),
        # hexadecimal, UUID
        ("id:0a1B2c3D stat:DELIVRD", "0a1B2c3D", "DELIVRD", "", ""),
        (f"id:{UUID} stat:DELIVRD", UUID, "DELIVRD", "", ""),
    ],
)  # fmt: skip
def test_duty_18_a_receipts_text_is_read_in_every_dialect(
    text: str, message_id: str, stat: str, err: str, done: str
) -> None:
    found = receipt(text)
    assert (found.message_id, found.stat, found.err, found.done) == (message_id, stat, err, done)
    assert found.state == STATE[stat]


def test_duty_18_a_senders_own_words_do_not_speak_for_the_carrier() -> None:
    for head in ("id:7 sub:001 dlvrd:001 submit date:2611230930 done date:2611230931 stat:DELIVRD err:000",
                 "id:7 stat:DELIVRD"):  # fmt: skip
        found = receipt(f"{head} text:id:8 stat:REJECTD err:12")
        assert (found.message_id, found.state) == ("7", STATE["DELIVRD"])
        assert found.text == "id:8 stat:REJECTD err:12"


def test_duty_18_a_text_in_message_payload_and_one_in_ucs_2_are_read() -> None:
    payload = (tlv.make("message_payload", RECEIPT_TEXT.encode()),)
    found = receipts.read(p.DeliverSm(1, esm_class=4, tlvs=payload))
    assert found is not None
    assert found.message_id == "0123456789"
    wide = RECEIPT_TEXT.encode("utf-16-be")
    found = receipts.read(p.DeliverSm(1, esm_class=4, data_coding=8, short_message=wide[:250]))
    assert found is not None
    assert found.message_id == "0123456789"


def test_duty_18_an_unknown_word_is_a_state_that_nobody_knows() -> None:
    found = receipt("id:7 stat:WHATEVR err:1")
    assert (found.message_id, found.state, found.stat) == ("7", None, "WHATEVR")


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("2611230931", 0, 1795426260000),
        ("261123093101", 0, 1795426261000),
        ("20261123093101", 0, 1795426261000),
        ("202611230931", 0, 1795426260000),
        ("2026-11-23 09:31:01", 0, 1795426261000),
        ("2611231031", 60, 1795426260000),
        ("2613230931", 0, None),
        ("0000000000", 0, None),
        ("", 0, None),
        ("soon", 0, None),
        ("26112309310", 0, None),
        ("99999999999999", 0, None),
    ],
)
def test_duty_18_dates_have_10_12_or_14_digits_or_say_nothing(
    text: str, offset: int, expected: int | None
) -> None:
    assert times.of_receipt(text, offset) == expected


def from_the_wire(text: str, tlvs: str = "") -> DeliveryReceipt:
    head = '00 01 01 "447700900123" 00 05 00 "SHOP" 00 04 00 00 00 00 00 00 00 00'
    pdu = codec.decode(frame(0x05, f'{head} {len(text):02x} "{text}" {tlvs}'))
    assert isinstance(pdu, p.DeliverSm)
    found = receipts.read(pdu)
    assert found is not None
    return found


def test_hostile_case_an_err_with_letters_is_kept() -> None:
    found = from_the_wire("id:7 sub:001 dlvrd:000 stat:UNDELIV err:00A text:")
    assert (found.err, codes.event_of(found)) == ("00A", EventType.TEXT_UNREACHABLE)


def test_hostile_case_dates_with_seconds_are_read() -> None:
    found = from_the_wire("id:7 submit date:261123093000 done date:261123093101 stat:DELIVRD err:000")
    assert times.of_receipt(found.done) == times.of_receipt("20261123093101") == 1795426261000


def test_hostile_case_a_binary_network_error_code_is_no_text() -> None:
    found = from_the_wire("id:7 stat:UNDELIV", "0423 0003 030081 0427 0001 05 001e 0003 6131 00")
    assert (found.network_error, found.message_id) == ((3, 129), "a1")


# 19: TLVs


def test_duty_19_tlvs_win_over_the_text() -> None:
    found = receipt(
        "id:1 stat:UNDELIV err:001",
        receipted_message_id="a1",
        message_state=2,
        network_error_code=b"\x03\x00\x81",
    )
    assert (found.message_id, found.state, found.stat, found.network_error) == ("a1", 2, "UNDELIV", (3, 129))


def test_hostile_case_a_receipt_without_a_text_is_read_from_its_tlvs() -> None:
    found = receipt("", receipted_message_id="a1", message_state=5)
    assert (found.message_id, found.state) == ("a1", STATE["UNDELIV"])


def test_duty_19_an_id_without_its_nul_and_a_code_in_digits_are_understood() -> None:
    pairs = (
        (tlv.RECEIPTED_MESSAGE_ID, b"a1"),
        (tlv.NETWORK_ERROR_CODE, b"012"),
        (tlv.MESSAGE_STATE, b"\0\x02"),
    )
    found = receipts.read(p.DeliverSm(1, esm_class=4, tlvs=pairs))
    assert found is not None
    assert (found.message_id, found.network_error, found.state) == ("a1", (0, 12), 2)
    assert receipt("id:1 stat:DELIVRD").network_error is None


# 20: data_sm


def test_duty_20_a_receipt_comes_by_data_sm_too() -> None:
    by_tlvs = p.DataSm(
        1, esm_class=4, tlvs=(tlv.make("receipted_message_id", "a1"), tlv.make("message_state", 2))
    )
    by_text = p.DataSm(1, esm_class=4, tlvs=(tlv.make("message_payload", RECEIPT_TEXT.encode()),))
    for request, message_id in ((by_tlvs, "a1"), (by_text, "0123456789")):
        found = receipts.read(request)
        assert found is not None
        assert (found.message_id, found.state) == (message_id, 2)
    assert receipts.read(p.DataSm(1, tlvs=(tlv.make("message_payload", b"hello"),))) is None


@given(pdus_of(p.DeliverSm) | pdus_of(p.DataSm), st.sampled_from(Alphabet))
def test_no_pdu_breaks_the_reading_of_receipts(pdu: p.Pdu, default: Alphabet) -> None:
    assert isinstance(pdu, p.DeliverSm | p.DataSm)
    found = receipts.read(pdu, default)
    if found is not None:
        assert codes.event_of(found) in EventType


@given(st.text(st.sampled_from("id:statextdonerbmi 017=,;DELIVRD\n"), max_size=200))
def test_no_text_breaks_the_reading_of_receipts(text: str) -> None:
    found = receipt(text)
    assert codes.event_of(found) in EventType
    times.of_receipt(found.done)


# 15: message ids


@pytest.mark.parametrize(
    ("answer", "in_receipt", "rule"),
    [
        ("A1B2", "a1b2", Rule()),
        ("0000123", "123", Rule()),
        ("123\0", " 123", Rule()),
        ("00ABCDEF", "11259375", Rule(Form.HEXADECIMAL, Form.DECIMAL)),
        ("11259375", "abcdef", Rule(Form.DECIMAL, Form.HEXADECIMAL)),
        ("11259375", "0000ABCDEF", Rule(Form.DECIMAL, Form.HEXADECIMAL)),
        ("3F2504E0-4F89", "3f2504e0-4f89", Rule()),
    ],
)
def test_duty_15_ids_match_in_every_combination_and_teach_the_rule(
    answer: str, in_receipt: str, rule: Rule
) -> None:
    assert message_ids.canonical(answer, rule.answer) == message_ids.canonical(in_receipt, rule.receipt)
    matches = [
        proved for proved, guess in message_ids.candidates(in_receipt) if guess == message_ids.plain(answer)
    ]
    assert matches == [rule]


def test_duty_15_what_is_no_number_is_compared_as_it_is() -> None:
    assert message_ids.canonical("xyz-1", Form.HEXADECIMAL) == "xyz-1"
    assert message_ids.canonical("f00", Form.DECIMAL) == "f00"
    assert message_ids.canonical("", Form.HEXADECIMAL) == ""
    assert message_ids.canonical("000", Form.DECIMAL) == "0"
    assert message_ids.canonical("f" * 64, Form.HEXADECIMAL) == "f" * 64
    assert message_ids.candidates("xyz") == ((Rule(), "xyz"),)
    assert message_ids.candidates("5") == ((Rule(), "5"),)


@given(st.text(max_size=80), st.sampled_from(Form))
def test_no_id_breaks_the_comparison(raw: str, form: Form) -> None:
    assert message_ids.canonical(message_ids.canonical(raw, form), Form.PLAIN) is not None
    assert message_ids.candidates(raw)[0] == (Rule(), message_ids.plain(raw))


@given(st.integers(1, 1 << 64))
def test_duty_15_a_number_is_found_whichever_way_it_is_written(number: int) -> None:
    rule = Rule(Form.HEXADECIMAL, Form.DECIMAL)
    hexadecimal, decimal = f"{number:08X}", f"{number:012}"
    assert message_ids.canonical(hexadecimal, rule.answer) == message_ids.canonical(decimal, rule.receipt)
    assert message_ids.plain(hexadecimal) in [guess for _, guess in message_ids.candidates(decimal)]


# 2.1: what it means


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (0x00, Taken()),
        *((code, Failed(EventType.TEXT_INVALID)) for code in (0x0B, 0x50, 0x51)),
        *(
            (code, Failed(EventType.TEXT_INVALID_MESSAGE, alarm=True))
            for code in (0x01, 0x43, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4)
        ),
        *((code, Failed(EventType.TEXT_CARRIER_BLOCKED, alarm=True)) for code in (0x0A, 0x48, 0x49, 0x15)),
        (0x08, Retry()),
        (0x64, Retry()),
        (0x14, Retry(throttled=True)),
        (0x58, Retry(throttled=True)),
        (0x45, Failed(EventType.TEXT_UNKNOWN)),
        (0xFF, Failed(EventType.TEXT_UNKNOWN)),
        *((code, RetryPlainly(EventType.TEXT_INVALID_MESSAGE)) for code in (0x61, 0x62)),
        *((code, Failed(EventType.TEXT_UNREACHABLE)) for code in (0x65, 0x66, 0xFE)),
        (0x410, Failed(EventType.TEXT_UNKNOWN)),
        (0x99, Failed(EventType.TEXT_UNKNOWN)),
    ],
)
def test_duty_11_a_status_means_what_the_table_says(code: int, verdict: codes.Verdict) -> None:
    assert codes.verdict_on(code) == verdict


def test_a_carriers_own_table_comes_first_and_what_none_has_is_told() -> None:
    told: list[str] = []
    overlay = Overlay(statuses={0x45: Failed(EventType.TEXT_BLOCKED), 0x410: Retry()})
    assert codes.verdict_on(0x45, overlay, told.append) == Failed(EventType.TEXT_BLOCKED)
    assert codes.verdict_on(0x410, overlay, told.append) == Retry()
    assert codes.verdict_on(0x0B, overlay, told.append) == Failed(EventType.TEXT_INVALID)
    assert told == []
    codes.verdict_on(0x411, overlay, told.append)
    codes.verdict_on(0x45, unmapped=told.append)
    assert told == ["status 0x411", "status 0x45"]


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("stat:DELIVRD err:000", EventType.TEXT_DELIVERED),
        ("stat:ACCEPTD err:000", EventType.TEXT_PENDING),
        ("stat:ENROUTE err:000", EventType.TEXT_PENDING),
        ("stat:BUFFERED", EventType.TEXT_PENDING),
        ("stat:SCHEDULED", EventType.TEXT_PENDING),
        ("stat:EXPIRED err:000", EventType.TEXT_TTL_EXPIRED),
        ("stat:UNDELIV err:000", EventType.TEXT_UNREACHABLE),
        ("stat:UNDELIV", EventType.TEXT_UNREACHABLE),
        ("stat:UNDELIV err:001", EventType.TEXT_INVALID),
        ("stat:UNDELIV err:12", EventType.TEXT_INVALID),
        ("stat:UNDELIV err:013", EventType.TEXT_BLOCKED),
        ("stat:UNDELIV err:055", EventType.TEXT_UNREACHABLE),
        ("stat:UNDELIV err:034", EventType.TEXT_CARRIER_UNREACHABLE),
        ("stat:REJECTD err:000", EventType.TEXT_CARRIER_BLOCKED),
        ("stat:DELETED err:000", EventType.TEXT_CARRIER_BLOCKED),
        ("stat:UNKNOWN err:000", EventType.TEXT_UNKNOWN),
        ("stat:SKIPPED", EventType.TEXT_UNKNOWN),
        ("stat:FAILED err:11", EventType.TEXT_BLOCKED),
        ("stat:2", EventType.TEXT_DELIVERED),
    ],
)
def test_a_receipts_state_means_what_the_table_says(text: str, event: EventType) -> None:
    told: list[str] = []
    assert codes.event_of(receipt(f"id:7 {text}"), unmapped=told.append) is event
    assert told == []


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (0, EventType.TEXT_PENDING),
        (1, EventType.TEXT_PENDING),
        (2, EventType.TEXT_DELIVERED),
        (3, EventType.TEXT_TTL_EXPIRED),
        (4, EventType.TEXT_CARRIER_BLOCKED),
        (5, EventType.TEXT_UNREACHABLE),
        (6, EventType.TEXT_PENDING),
        (7, EventType.TEXT_UNKNOWN),
        (8, EventType.TEXT_CARRIER_BLOCKED),
        (9, EventType.TEXT_UNKNOWN),
    ],
)
def test_a_message_state_means_what_the_table_says(state: int, event: EventType) -> None:
    assert codes.event_of(receipt("", receipted_message_id="a1", message_state=state)) is event


def test_what_no_table_has_is_unknown_or_unreachable_and_is_told() -> None:
    told: list[str] = []
    assert codes.event_of(receipt("id:7 stat:WHATEVR"), unmapped=told.append) is EventType.TEXT_UNKNOWN
    odd = receipt("", receipted_message_id="a1", message_state=99)
    assert codes.event_of(odd, unmapped=told.append) is EventType.TEXT_UNKNOWN
    letters = receipt("id:7 stat:UNDELIV err:00A")
    assert codes.event_of(letters, unmapped=told.append) is EventType.TEXT_UNREACHABLE
    assert told == ["state WHATEVR", "state 99", "err 00A"]


def test_a_carriers_own_words_come_before_the_tables() -> None:
    overlay = Overlay(
        states={"WHATEVR": EventType.TEXT_SPAM},
        errs={"00A": EventType.TEXT_BLOCKED, "12": EventType.TEXT_CARRIER_BLOCKED},
        spam=frozenset({"88"}),
        accepted_is_final=True,
    )
    for text, event in (
        ("stat:WHATEVR", EventType.TEXT_SPAM),
        ("stat:UNDELIV err:00A", EventType.TEXT_BLOCKED),
        ("stat:UNDELIV err:012", EventType.TEXT_CARRIER_BLOCKED),
        ("stat:REJECTD err:088", EventType.TEXT_SPAM),
        ("stat:ACCEPTD", EventType.TEXT_SUCCESSFUL),
    ):
        assert codes.event_of(receipt(f"id:7 {text}"), overlay) is event


def test_an_end_depends_on_whose_end_it_was() -> None:
    expired, deleted = receipt("id:7 stat:EXPIRED"), receipt("id:7 stat:DELETED")
    assert codes.event_of(expired, ttl_elapsed=False) is EventType.TEXT_UNREACHABLE
    assert codes.event_of(deleted, cancelled=True) is EventType.TEXT_UNKNOWN


def test_duty_26_an_intermediate_receipt_settles_nothing() -> None:
    assert codes.event_of(receipt("id:7 stat:UNDELIV err:1", 0x20)) is EventType.TEXT_PENDING


def test_the_networks_own_code_speaks_where_the_text_has_none() -> None:
    found = receipt("", receipted_message_id="a1", message_state=5, network_error_code=b"\x03\x00\x0b")
    assert codes.event_of(found) is EventType.TEXT_BLOCKED


def test_text_sent_is_never_said() -> None:
    said = {
        verdict.failure for verdict in codes.STATUSES.values() if isinstance(verdict, Failed | RetryPlainly)
    }
    said |= set(codes.ERRS.values())
    said |= {
        codes.event_of(receipt("", receipted_message_id="a", message_state=state)) for state in range(256)
    }
    assert EventType.TEXT_SENT not in said
    assert set(codes.STATUSES) <= set(status.NAMES)
