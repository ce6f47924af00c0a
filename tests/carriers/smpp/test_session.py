"""A session's duties (carrier-side §2, by their numbers) that a dialogue cannot show alone."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.carriers.smpp.frames import frame, pdus
from tests.carriers.smpp.test_pdu import mutated
from wireroom.carriers.smpp import codec, status, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.events import (
    Answered,
    Asked,
    Bound,
    Ended,
    Event,
    Late,
    Mode,
    PeerUnbinds,
    Reason,
    Throttled,
    TimedOut,
    Unreadable,
)
from wireroom.carriers.smpp.rules import DEFAULTS, LEGAL, Limits, Role, State
from wireroom.carriers.smpp.session import Session
from wireroom.carriers.smpp.window import LAST_SEQUENCE, TOMBSTONES, Throttle, Waiting, Window

TEXT = p.SubmitSm(destination_addr="447700900123", short_message=b"hello")
RECEIPT = p.DeliverSm(source_addr="447700900123", esm_class=4, short_message=b"id:1 stat:DELIVRD")
VERSION = (tlv.make("sc_interface_version", 0x34),)


def esme(limits: Limits = DEFAULTS, mode: type[p.Bind] = p.BindTransceiver) -> Session:
    """A bound ESME at time 0, which has used sequence 1."""
    session = Session(Role.ESME, 0, limits)
    session.bind(mode(system_id="wireroom"), 0)
    response: Any = mode.response
    (event,) = session.receive(codec.encode(response(1, 0, "SMSC", VERSION)), 0)
    assert isinstance(event, Bound)
    session.take()
    return session


def smsc(limits: Limits = DEFAULTS, mode: type[p.Bind] = p.BindTransceiver) -> Session:
    session = Session(Role.SMSC, 0, limits)
    session.receive(codec.encode(mode(1, "wireroom")), 0)
    session.admit("SMSC")
    session.take()
    return session


def send(session: Session, count: int, now: int = 0, first: int = 0) -> list[int]:
    """Send that many texts, tagged from `first` on; the sequences that were used."""
    session.send([(first + index, TEXT) for index in range(count)], now)
    return sequences(session.take())


def sequences(octets: bytes) -> list[int]:
    found = []
    while octets:
        found.append(int.from_bytes(octets[12:16], "big"))
        octets = octets[int.from_bytes(octets[:4], "big") :]
    return found


def hear(session: Session, *said: p.Pdu, now: int = 0) -> list[Event]:
    """All of it in one read."""
    return session.receive(b"".join(map(codec.encode, said)), now)


# 1, 2: states and modes


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("mode", [p.BindTransmitter, p.BindReceiver, p.BindTransceiver])
def test_duty_1_each_request_is_heard_in_its_states_only(role: Role, mode: type[p.Bind]) -> None:
    bound = {Role.ESME: esme, Role.SMSC: smsc}[role](DEFAULTS, mode)
    requests = [each for each in p.COMMANDS.values() if issubclass(each, p.Request)]
    own = {p.EnquireLink, p.Unbind, p.Outbind, p.BindReceiver, p.BindTransmitter, p.BindTransceiver}
    for command in set(requests) - own:
        before = Session(role, 0)
        for session, legal in (
            (before, False),
            (bound, bound.mode in LEGAL[role].get(command, ())),
        ):
            events = hear(session, command(7))
            assert bool(events) == legal
            written = session.take()
            if legal or command.response is None:
                assert written == b""
            else:
                assert codec.decode(written) == command.response(7, status.RINVBNDSTS)


def test_duty_1_what_each_side_may_say_in_each_mode_is_the_standards_table() -> None:
    both, hearing = {Mode.TRANSMITTER, Mode.TRANSCEIVER}, {Mode.RECEIVER, Mode.TRANSCEIVER}
    table = {
        Role.SMSC: {
            p.SubmitSm: both,
            p.SubmitMulti: both,
            p.DataSm: both,
            p.QuerySm: both,
            p.CancelSm: both,
            p.ReplaceSm: both,
        },
        Role.ESME: {p.DeliverSm: hearing, p.DataSm: hearing, p.AlertNotification: hearing},
    }
    assert table == LEGAL


def test_duty_1_a_closed_session_hears_and_says_nothing() -> None:
    session = esme()
    assert hear(session, p.DeliverSm(1)) == [Asked(p.DeliverSm(1))]
    session.lost()
    assert session.state is State.CLOSED
    assert hear(session, p.EnquireLink(2)) == session.tick(10**9) == session.lost() == session.stop(0) == []
    assert not session.answer(p.DeliverSm(1), p.DeliverSmResp())
    assert (session.take(), session.room(0), session.due()) == (b"", 0, None)


def test_duty_2_a_receiver_has_no_room_for_texts_and_a_transmitter_no_room_for_receipts() -> None:
    assert esme(mode=p.BindReceiver).room(0) == 0
    assert esme(mode=p.BindTransmitter).room(0) == DEFAULTS.window
    assert smsc(mode=p.BindTransmitter).room(0) == 0
    assert smsc(mode=p.BindReceiver).room(0) == DEFAULTS.window


def test_duty_2_a_peer_without_a_version_is_sent_no_tlvs_unless_the_owner_knows_better() -> None:
    long_text = p.SubmitSm(tlvs=(tlv.make("message_payload", b"x" * 300),))
    for told, tlvs in ((None, False), (True, True)):
        session = Session(Role.ESME, 0, Limits(tlvs=told))
        session.bind(p.BindTransceiver(), 0)
        (event,) = hear(session, p.BindTransceiverResp(1, 0, "OLD"))
        assert event == Bound(Mode.TRANSCEIVER, "OLD", 0x33, tlvs)
        session.take()
        if tlvs:
            assert session.send([(1, long_text)], 0) == 1
        else:
            with pytest.raises(ValueError, match="3\\.3"):
                session.send([(0, TEXT), (1, long_text)], 0)
            assert (session.take(), session.waiting) == (b"", 0)


def test_duty_2_an_answer_of_another_bind_is_no_answer() -> None:
    session = Session(Role.ESME, 0)
    session.bind(p.BindTransmitter(), 0)
    assert hear(session, p.BindTransceiverResp(1, 0, "SMSC"), p.BindTransmitterResp(2)) == []
    assert session.counts["unmatched"] == 2
    assert session.state is State.OPEN


def test_an_owner_that_mistakes_the_order_of_things_is_told() -> None:
    fresh, bound, server = Session(Role.ESME, 0), esme(), Session(Role.SMSC, 0)
    for mistake in (
        lambda: bound.bind(p.BindTransceiver(), 0),
        lambda: server.bind(p.BindTransceiver(), 0),
        lambda: fresh.admit("SMSC"),
        lambda: server.refuse(status.RBINDFAIL),
        lambda: fresh.outbind("SMSC", "secret"),
        lambda: bound.send([(1, p.DeliverSm())], 0),
        lambda: bound.send([(1, p.SubmitSm(source_addr="a\0"))], 0),
    ):
        with pytest.raises(ValueError):
            mistake()
    assert bound.take() == b""


def test_an_smsc_that_called_invites_to_bind() -> None:
    session = Session(Role.SMSC, 0)
    session.outbind("SMSC", "secret")
    assert session.take() == frame(0x0B, '"SMSC" 00 "secret" 00')


# 3, 4, 5: timers


def test_duty_3_a_bind_without_an_answer_ends_after_session_init() -> None:
    session = Session(Role.ESME, 5)
    session.bind(p.BindTransceiver(), 5)
    assert session.due() == 10_005
    assert session.tick(10_004) == []
    assert session.tick(10_005) == [Ended(Reason.TOO_LATE, ())]


def test_duty_4_enquire_link_is_answered_with_the_window_full_and_takes_no_place_in_it() -> None:
    session = esme(Limits(window=2, response=60_000))
    send(session, 2)
    assert session.room(0) == 0
    hear(session, p.EnquireLink(9))
    assert session.take() == codec.encode(p.EnquireLinkResp(9))
    session.tick(30_000)
    assert session.waiting == 2


def test_duty_4_a_peer_that_speaks_is_alive_and_one_that_only_dribbles_is_not() -> None:
    session = esme()
    session.tick(30_000)
    hear(session, p.DeliverSm(1), now=39_000)  # busy: its answer stands in a queue
    assert session.tick(48_999) == []
    session.receive(b"\0\0", 48_999)
    assert session.tick(49_000) == [Ended(Reason.SILENT, ())]


def test_duty_4_a_peer_that_does_not_know_enquire_link_is_alive() -> None:
    session = esme()
    session.tick(30_000)
    (sequence,) = sequences(session.take())
    assert hear(session, p.GenericNack(sequence, status.RINVCMDID), now=31_000) == []
    assert session.tick(42_000) == []


def test_duty_5_an_inactive_peer_is_unbound() -> None:
    session = smsc(Limits(enquire_link=0, inactivity=60_000))
    hear(session, p.EnquireLink(1), now=1_000)
    session.take()
    assert session.due() == 61_000
    assert session.tick(60_999) == []
    assert session.tick(61_000) == []
    assert codec.decode(session.take()) == p.Unbind(1)
    assert session.tick(66_000) == [Ended(Reason.INACTIVE, ())]


# 6: the response timer


def test_duty_6_each_request_has_its_own_time_and_a_late_answer_finds_it() -> None:
    session = esme(Limits(enquire_link=0))
    (first,) = send(session, 1, now=0)
    (second,) = send(session, 1, now=500, first=1)
    assert session.due() == 30_000
    assert session.tick(30_000) == [TimedOut(0)]
    assert session.tick(30_499) == []
    assert session.tick(30_500) == [TimedOut(1)]
    late = hear(session, p.SubmitSmResp(second, 0, "ID-1"), p.SubmitSmResp(first, 0, "ID-0"), now=40_000)
    assert late == [
        Late(1, p.SubmitSmResp(second, 0, "ID-1")),
        Late(0, p.SubmitSmResp(first, 0, "ID-0")),
    ]
    assert session.counts["late"] == 2


def test_duty_6_a_request_that_timed_out_leaves_its_place_in_the_window() -> None:
    session = esme(Limits(window=1, enquire_link=0))
    send(session, 1)
    assert session.room(29_999) == 0
    session.tick(30_000)
    assert session.room(30_000) == 1


def test_duty_6_tombstones_are_forgotten_in_time_and_bounded_in_number() -> None:
    window = Window(1, 1_000, 5_000)
    for sequence in range(1, TOMBSTONES + 11):
        window.add(sequence, sequence, p.SubmitSmResp, 0)
    assert len(window.expire(1_000)) == TOMBSTONES + 10
    assert window.answered_late(p.SubmitSmResp(10)) is None
    assert window.answered_late(p.SubmitSmResp(11)) is not None
    window.expire(6_000)
    assert window.answered_late(p.SubmitSmResp(TOMBSTONES)) is None


# 7, 8: window and sequence numbers


def test_duty_7_a_batch_is_taken_as_far_as_there_is_room() -> None:
    session = esme(Limits(window=3))
    assert session.send([(tag, TEXT) for tag in "abcde"], 0) == 3
    assert session.send([("d", TEXT)], 0) == 0
    answers = [p.SubmitSmResp(sequence, 0, "ID") for sequence in reversed(sequences(session.take()))]
    assert [event.tag for event in hear(session, *answers[:2]) if isinstance(event, Answered)] == ["c", "b"]
    assert session.room(0) == 2


def test_duty_7_an_answer_of_another_kind_leaves_the_request_waiting() -> None:
    session = esme()
    (sequence,) = send(session, 1)
    assert hear(session, p.DataSmResp(sequence, 0, "ID"), p.DeliverSmResp(sequence)) == []
    assert session.counts["unmatched"] == 2
    assert hear(session, p.GenericNack(sequence, status.RINVCMDID)) == [
        Answered(0, p.GenericNack(sequence, status.RINVCMDID))
    ]


def test_duty_8_numbers_begin_again_at_one_and_skip_those_that_wait() -> None:
    window = Window(10, 1_000, 1_000)
    window.add(1, "waits", p.SubmitSmResp, 0)
    window.add(3, "timed out", p.SubmitSmResp, -5_000)
    window._last = LAST_SEQUENCE - 1
    taken = (4,)
    found = [window.next_sequence(taken) for _ in range(3)]
    assert found == [LAST_SEQUENCE, 2, 5]


def test_duty_8_a_number_whose_answer_may_still_come_is_not_used_again() -> None:
    session = esme(Limits(enquire_link=0))
    (sequence,) = send(session, 1)
    session.tick(30_000)
    session._window._last = sequence - 1
    assert send(session, 1, now=30_000) == [sequence + 1]


def test_duty_8_each_side_counts_for_itself() -> None:
    session = esme()
    (sequence,) = send(session, 1)
    assert hear(session, p.DeliverSm(sequence)) == [Asked(p.DeliverSm(sequence))]
    assert session.waiting == 1


# 10: throttling


def test_duty_10_the_pause_grows_up_to_a_bound_and_is_short_again_after_a_success() -> None:
    session = esme(Limits(window=8, first_pause=1_000, longest_pause=4_000, response=10**9, enquire_link=0))
    now, pauses = 0, []
    for _ in range(4):
        first, *_ = send(session, 1, now)
        events = hear(session, p.SubmitSmResp(first, status.RTHROTTLED), now=now)
        pauses += [event.until - now for event in events if isinstance(event, Throttled)]
        assert session.room(session.paused_until - 1) == 0
        now = session.paused_until
    assert pauses == [1_000, 2_000, 4_000, 4_000]
    (sequence,) = send(session, 1, now)
    hear(session, p.SubmitSmResp(sequence, 0, "ID"), now=now)
    (sequence,) = send(session, 1, now)
    assert Throttled(status.RMSGQFUL, now + 1_000) in hear(
        session, p.SubmitSmResp(sequence, status.RMSGQFUL), now=now
    )


def test_duty_10_a_burst_of_refusals_is_one_pause_and_every_text_is_told() -> None:
    session = esme(Limits(window=100))
    answers = [p.SubmitSmResp(sequence, status.RTHROTTLED) for sequence in send(session, 100)]
    events = hear(session, *answers)
    assert [event for event in events if isinstance(event, Throttled)] == [
        Throttled(status.RTHROTTLED, 1_000)
    ]
    assert [event.tag for event in events if isinstance(event, Answered)] == list(range(100))
    assert session.room(1_000) == 50


def test_duty_10_the_window_opens_one_by_one() -> None:
    throttle = Throttle(16, 1_000, 60_000)
    waiting = Waiting("a", p.SubmitSmResp, 1, 0)
    assert throttle.refused(waiting, 1, 0)
    assert throttle.allowed == 8
    for _ in range(8):
        throttle.taken(waiting._replace(order=2))
    assert 8.9 < throttle.allowed < 9
    for _ in range(1_000):
        throttle.taken(waiting._replace(order=2))
    assert throttle.allowed == 16


# 12: doubt


def test_duty_12_what_had_no_answer_when_the_link_went_is_handed_over_in_doubt() -> None:
    session = esme()
    first, *_ = send(session, 3)
    hear(session, p.SubmitSmResp(first, 0, "ID"))
    assert session.lost() == [Ended(Reason.LOST, (1, 2))]


def test_duty_12_a_bad_frame_leaves_the_rest_in_doubt() -> None:
    session = esme()
    send(session, 2)
    *_, ended = session.receive(b"GET / HTTP/1.1\r\n\r\n", 0)
    assert ended == Ended(Reason.BAD_FRAME, (0, 1))
    assert codec.decode(session.take()) == p.GenericNack(0, status.RINVCMDLEN)


# 14: the orderly stop


def test_duty_14_a_window_that_does_not_empty_is_waited_for_no_longer_than_drain() -> None:
    session = esme()
    send(session, 1)
    assert session.stop(0) == []
    assert (session.take(), session.due()) == (b"", 10_000)
    session.tick(10_000)
    assert codec.decode(session.take()) == p.Unbind(3)
    assert session.tick(15_000) == [Ended(Reason.UNBOUND, (0,))]


def test_duty_14_the_last_answer_is_followed_by_the_unbind_without_waiting() -> None:
    session = esme()
    hear(session, p.DeliverSm(1))
    session.stop(0)
    assert session.due() == 10_000
    session.answer(p.DeliverSm(1), p.DeliverSmResp())
    due = session.due()
    assert due is not None
    assert due <= 0
    session.tick(0)
    assert session.take() == codec.encode(p.DeliverSmResp(1)) + codec.encode(p.Unbind(2))


def test_duty_14_a_stop_before_the_bind_is_answered_ends_at_once() -> None:
    session = Session(Role.ESME, 0)
    session.bind(p.BindTransceiver(), 0)
    assert session.stop(1) == [Ended(Reason.UNBOUND, ())]


def test_duty_14_both_sides_may_unbind_at_once() -> None:
    session = esme()
    session.stop(0)
    assert codec.decode(session.take()) == p.Unbind(2)
    assert hear(session, p.Unbind(1)) == [PeerUnbinds(), Ended(Reason.UNBOUND, ())]
    assert session.take() == codec.encode(p.UnbindResp(1))


def test_duty_14_a_link_lost_while_leaving_in_order_was_left_in_order() -> None:
    session = esme()
    session.stop(0)
    assert session.lost() == [Ended(Reason.UNBOUND, ())]


# 21: answers after the commit


def test_duty_21_nothing_is_acknowledged_before_the_owner_says_so_and_all_at_once_then() -> None:
    session = esme()
    requests = [p.DeliverSm(sequence, short_message=b"id:1 stat:DELIVRD") for sequence in range(1, 51)]
    events = hear(session, *requests)
    assert events == [Asked(request) for request in requests]
    session.tick(9_999)
    assert session.take() == b""
    for request in requests:
        assert session.answer(request, p.DeliverSmResp())
    assert session.take() == b"".join(codec.encode(p.DeliverSmResp(sequence)) for sequence in range(1, 51))
    assert not session.answer(requests[0], p.DeliverSmResp())


def test_duty_21_temporary_trouble_can_be_answered() -> None:
    session = esme()
    hear(session, p.DeliverSm(1), p.DataSm(2))
    session.answer(p.DeliverSm(1), p.DeliverSmResp(0, status.RX_T_APPN))
    session.answer(p.DataSm(2), p.DataSmResp(0, status.RMSGQFUL))
    assert session.take() == codec.encode(p.DeliverSmResp(1, 0x64)) + codec.encode(p.DataSmResp(2, 0x14))


def test_what_exceeds_what_may_be_owed_is_refused_for_now() -> None:
    session = esme(Limits(owed=2))
    events = hear(session, p.DeliverSm(1), p.DeliverSm(2), p.DeliverSm(3))
    assert len(events) == 2
    assert session.take() == codec.encode(p.DeliverSmResp(3, status.RX_T_APPN))
    server = smsc(Limits(owed=2))
    assert len(hear(server, p.SubmitSm(1), p.SubmitSm(2), p.SubmitSm(3))) == 2
    assert server.take() == codec.encode(p.SubmitSmResp(3, status.RTHROTTLED))


def test_a_peer_that_uses_a_number_twice_is_answered_twice() -> None:
    session = esme()
    assert len(hear(session, p.DeliverSm(1), p.DeliverSm(1, short_message=b"again"))) == 2
    assert session.answer(p.DeliverSm(1), p.DeliverSmResp())
    assert session.answer(p.DeliverSm(1), p.DeliverSmResp())
    assert not session.answer(p.DeliverSm(1), p.DeliverSmResp())


# Hostile cases, and frames


def test_hostile_case_a_vendors_status_reaches_the_owner_with_its_text() -> None:
    session = esme()
    (sequence,) = send(session, 1)
    assert hear(session, p.SubmitSmResp(sequence, 0x410)) == [Answered(0, p.SubmitSmResp(sequence, 0x410))]


@pytest.mark.parametrize("length", [0, 8, 15, 1_025, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_that_cannot_be_ends_the_session_as_soon_as_it_is_read(length: int) -> None:
    session = esme(Limits(longest_pdu=1_024))
    events = session.receive(length.to_bytes(4, "big"), 0)
    assert events[-1] == Ended(Reason.BAD_FRAME, ())
    assert isinstance(events[0], Unreadable)


def test_the_longest_pdu_is_read_octet_by_octet_without_effort() -> None:
    session = smsc()
    octets = codec.encode(p.DataSm(1, tlvs=(tlv.make("message_payload", b"x" * 60_000),)))
    events = [event for octet in octets for event in session.receive(bytes((octet,)), 0)]
    assert [type(event) for event in events] == [Asked]


@settings(max_examples=300)
@given(pdus, st.randoms(use_true_random=False), st.sampled_from(Role))
def test_a_mutated_pdu_never_reaches_into_the_next_one(pdu: p.Pdu, chance: object, role: Role) -> None:
    session = {Role.ESME: esme, Role.SMSC: smsc}[role]()
    octets = mutated(codec.encode(pdu), chance)  # type: ignore[arg-type] # hypothesis' own Random
    probe = codec.encode(p.EnquireLink(0x1234567))
    events = session.receive(octets + probe, 0)
    if not session.closed:  # it may have been an unbind
        assert session.take().endswith(codec.encode(p.EnquireLinkResp(0x1234567)))
        assert len(events) <= 2


@settings(max_examples=300)
@given(st.lists(st.binary(max_size=80), max_size=20))
def test_noise_ends_a_session_or_is_waited_out_but_never_raises(noise: list[bytes]) -> None:
    session = esme()
    for piece in noise:
        session.receive(piece, 0)
    session.take()


steps = st.lists(
    st.tuples(
        st.sampled_from(["send", "answer", "throttle", "hear", "stop", "tick"]), st.integers(0, 20_000)
    ),
    max_size=30,
)


@settings(max_examples=300)
@given(steps)
def test_nothing_happens_before_it_is_due_and_every_text_has_exactly_one_end(
    steps: list[tuple[str, int]],
) -> None:
    session = esme(Limits(window=4, inactivity=90_000))
    now, sent = 0, 0
    ended: list[object] = []
    waiting: list[int] = []

    def note(events: list[Event]) -> None:
        for event in events:
            match event:
                case Answered(tag, _) | TimedOut(tag):
                    ended.append(tag)
                case Ended(_, tags):
                    ended.extend(tags)

    for what, pause in steps:
        due = session.due()
        if due is not None and due > now:
            assert session.tick(min(due - 1, now + pause)) == []
            assert session.take() == b""
        now += pause
        note(session.tick(now))
        session.take()
        match what:
            case "send":
                count = session.send([(sent + index, TEXT) for index in range(3)], now)
                sent += count
                waiting += sequences(session.take())
            case "answer" | "throttle" if waiting:
                code = 0 if what == "answer" else status.RTHROTTLED
                note(hear(session, p.SubmitSmResp(waiting.pop(0), code), now=now))
            case "hear":
                note(hear(session, p.EnquireLink(5), now=now))
            case "stop":
                note(session.stop(now))
        session.take()
    note(session.lost())
    assert Counter(ended) == Counter(range(sent))
