"""The carrier over SMPP against a scripted SMSC (carrier-side §2; duties are named by their numbers)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import pytest

from tests.carriers.smpp.smsc import HOLD, LONGEST_WAIT, ManualTiming, Smsc, until
from tests.conformance.carrier.rigs import NOON, Ear, segment
from wireroom.api.enums import EventType
from wireroom.carrier_settings import CarrierSettings
from wireroom.carriers.port import (
    Answer,
    Awaited,
    Handed,
    Later,
    Outcome,
    Receipt,
    Refused,
    Segment,
    Unknown,
)
from wireroom.carriers.smpp import longtext, tlv
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.carrier import SmppCarrier
from wireroom.carriers.smpp.events import Mode
from wireroom.carriers.smpp.writing import LATEST, References
from wireroom.observe import Counters, MachineClock, ManualClock


class Stage:
    """A carrier, its SMSC, and all that they stand on."""

    def __init__(self, **settings: object) -> None:
        self.smsc = Smsc()
        self.timing = ManualTiming()
        self.clock = ManualClock(NOON)
        self.counters = Counters()
        self.ear = Ear()
        self.answers: list[Answer] = []
        self.settings = CarrierSettings(
            **{"hosts": ("smsc:2775",), "system_id": "wireroom", "password": "secret", **settings}  # type: ignore[arg-type]
        )
        self.carrier = SmppCarrier(
            "east",
            self.settings,
            self.clock,
            MachineClock(),
            self.counters,
            ways=[self.smsc.way()],
            timing=self.timing,
            chance=lambda: 0.5,
        )

    async def hear_answers(self, answers: Sequence[Answer]) -> None:
        self.answers += answers

    async def start(self, binds: int = 1) -> None:
        await self.carrier.start(self.ear.hear, self.hear_answers)
        for _ in range(binds):
            self.timing.turn(200)
        await self.smsc.has_bound(binds)
        await until(lambda: sum(bind.standing == "bound" for bind in self.carrier._binds) >= binds)

    def offer(self, *segments: Segment) -> "asyncio.Task[Sequence[Outcome]]":
        return asyncio.create_task(self.carrier.submit(segments))

    async def close(self) -> None:
        await self.ends(asyncio.create_task(self.carrier.close()))
        await self.smsc.close()

    async def ends(self, task: "asyncio.Task[None]") -> None:
        """Let time pass until it does."""
        async with asyncio.timeout(LONGEST_WAIT):
            while not task.done():
                self.timing.turn(100)
                await asyncio.wait([task], timeout=0.002)
        await task

    def counted(self, what: str) -> int:
        return self.counters.snapshot().get(f"carriers.east.{what}", 0)


Story = Callable[[Stage], Awaitable[None]]


def play(story: Story, *, binds: int = 1, links: int = 0, **settings: object) -> None:
    async def run() -> None:
        stage = Stage(binds=binds, **settings)
        async with asyncio.timeout(2 * LONGEST_WAIT):
            try:
                await stage.start(links or binds)
                await story(stage)
            finally:
                await stage.close()

    asyncio.run(run())


def texts(count: int, **fields: object) -> list[Segment]:
    return [segment(message_id=f"text-{number}", **fields) for number in range(count)]  # type: ignore[arg-type]


def parts(*bodies: str, message_id: str = "long", encoding: str = "GSM") -> list[Segment]:
    """The segments of one text."""
    return [
        segment(
            number,
            count=len(bodies),
            message_id=message_id,
            text=body,
            body="".join(bodies),
            encoding=encoding,
        )
        for number, body in enumerate(bodies, 1)
    ]


LONG = ("a" * 153, "b" * 153, "c" * 10)


def test_each_text_is_handed_over_under_the_carriers_id() -> None:
    async def story(stage: Stage) -> None:
        outcomes = await stage.offer(*texts(3))
        assert outcomes == [Handed(message_id) for message_id in stage.smsc.ids]
        assert [text.short_message for text in stage.smsc.taken] == [b"Hello"] * 3

    play(story)


def test_duty_7_the_window_is_never_exceeded_and_answers_may_come_in_any_order() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        offered = stage.offer(*texts(25))
        await stage.smsc.has_taken(10)

        def more_or_all(known: int) -> bool:
            return known < len(stage.smsc.taken) or len(stage.smsc.taken) == 25

        while stage.smsc.held:
            stage.smsc.held.reverse()
            count = len(stage.smsc.taken)
            stage.smsc.answer_held(3)
            await until(partial(more_or_all, count))
        outcomes = await offered
        assert stage.smsc.most_waiting == 10
        assert len(set(map(repr, outcomes))) == 25

    play(story, window=10)


def test_duty_9_the_rate_counts_pdus_over_all_binds() -> None:
    async def story(stage: Stage) -> None:
        offered = stage.offer(*texts(20), *parts(*LONG))
        await stage.smsc.has_taken(2)  # a tenth of a second's
        for expected in (4, 6, 8):
            stage.timing.turn(100)
            await stage.smsc.has_taken(expected)
            assert len(stage.smsc.taken) == expected
        stage.timing.turn(2_000)
        offered.cancel()

    play(story, rate=20.0, binds=2)


def test_duty_9_what_was_not_used_of_the_rate_is_not_lost() -> None:
    async def story(stage: Stage) -> None:
        assert [type(each) for each in await stage.offer(segment())] == [Handed]
        assert [type(each) for each in await stage.offer(segment())] == [Handed]

    play(story, rate=20.0)


def test_duty_10_a_throttled_bind_pauses_and_the_text_is_offered_later() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.answers.extend([st.RTHROTTLED] * 4)
        assert await stage.offer(*texts(4)) == [Later(1_000)] * 4
        stage.timing.turn(500)
        waiting = stage.offer(*texts(1))
        await until(lambda: stage.carrier._queue._texts)
        assert stage.counted("throttled") == 1
        stage.timing.turn(400)
        assert len(stage.smsc.taken) == 4
        stage.timing.turn(101)
        assert [type(each) for each in await waiting] == [Handed]

    play(story)


def test_duty_11_temporary_errors_are_offered_later_each_time_after_a_longer_pause() -> None:
    async def story(stage: Stage) -> None:
        for pause in (1_000, 2_000, 4_000):
            stage.smsc.answers.append(st.RSYSERR)
            assert await stage.offer(segment()) == [Later(pause)]
            stage.timing.turn(pause)
        assert [type(each) for each in await stage.offer(segment())] == [Handed]
        stage.smsc.answers.append(st.RX_T_APPN)
        assert await stage.offer(segment()) == [Later(1_000)]

    play(story)


def test_duty_12_the_outcome_is_unknown_where_the_link_is_cut_before_the_answer() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        offered = stage.offer(*texts(12))
        await stage.smsc.has_taken(10)
        stage.smsc.answer_held(3)
        await stage.smsc.has_taken(12)
        stage.smsc.holding = False
        stage.smsc.links[0].cut()
        outcomes = await offered
        assert [type(each) for each in outcomes] == [Handed] * 3 + [Unknown] * 9
        assert stage.counted("in doubt") == 9

    play(story)


def test_what_was_not_sent_when_the_link_was_cut_goes_out_over_the_next_one() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        offered = stage.offer(*texts(12))
        await stage.smsc.has_taken(10)
        stage.smsc.holding = False
        stage.smsc.links[0].cut()
        await until(lambda: stage.carrier.binds()[0].state == "waiting")
        stage.timing.turn(600)
        outcomes = await offered
        assert [type(each) for each in outcomes] == [Unknown] * 10 + [Handed] * 2
        assert len(stage.smsc.taken) == 12

    play(story)


def test_the_rest_of_a_text_goes_out_over_the_next_link_with_the_same_reference() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        offered = stage.offer(*parts(*LONG))
        await stage.smsc.has_taken(2)
        stage.smsc.holding = False
        stage.smsc.links[0].cut()
        await until(lambda: stage.carrier.binds()[0].state == "waiting")
        stage.timing.turn(600)
        assert [type(each) for each in await offered] == [Unknown, Unknown, Handed]
        found = [each.part for each in read_parts(stage.smsc.taken)]
        assert [each.number for each in found if each] == [1, 2, 3]
        assert len({each.reference for each in found if each}) == 1

    play(story, window=2)


def test_who_offers_is_not_kept_waiting_and_hears_the_answer_later() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.answers.extend([st.ROK, HOLD])
        offered = stage.offer(*texts(2))
        await stage.smsc.has_taken(2)
        await until(lambda: len(stage.smsc.ids) == 1)
        await until(lambda: stage.carrier._binds[0].waiting == 1)
        stage.timing.turn(1_000)
        assert await offered == [Handed(stage.smsc.ids[0]), Awaited()]
        stage.smsc.answer_held()
        await until(lambda: stage.answers)
        assert stage.answers == [Answer("text-1", 1, Handed(stage.smsc.ids[1]))]

    play(story)


def test_duty_6_an_answer_after_the_time_is_out_still_brings_its_id() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        offered = stage.offer(segment(message_id="slow"))
        await stage.smsc.has_taken(1)
        stage.timing.turn(1_000)
        assert await offered == [Awaited()]
        stage.timing.turn(29_000)
        await until(lambda: stage.answers)
        assert stage.answers == [Answer("slow", 1, Unknown())]
        stage.timing.turn(5_000)
        stage.smsc.answer_held()
        await until(lambda: len(stage.answers) == 2)
        assert stage.answers[1] == Answer("slow", 1, Handed(stage.smsc.ids[0]))
        assert (stage.counted("unanswered"), stage.counted("answered late")) == (1, 1)

    play(story, enquire_link="0s")


def test_what_finds_no_room_is_offered_later_and_never_sent_behind_ones_back() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        offered = stage.offer(*texts(3))
        await stage.smsc.has_taken(1)
        stage.timing.turn(5_000)
        assert await offered == [Awaited(), Later(1_000), Later(1_000)]
        stage.smsc.holding = False
        stage.smsc.answer_held()
        await until(lambda: stage.answers)
        assert [type(each) for each in await stage.offer(segment(message_id="next"))] == [Handed]
        assert len(stage.smsc.taken) == 2

    play(story, window=1)


def test_duty_28_and_29_a_text_is_written_as_the_carriers_paper_says() -> None:
    async def story(stage: Stage) -> None:
        await stage.offer(segment())
        (text,) = stage.smsc.taken
        assert (text.source_addr_ton, text.source_addr_npi, text.source_addr) == (1, 1, "12065550100")
        assert (text.dest_addr_ton, text.dest_addr_npi, text.destination_addr) == (1, 1, "12065550142")
        assert (text.service_type, text.protocol_id, text.priority_flag) == ("CMT", 0x40, 1)
        assert (text.esm_class, text.data_coding, text.registered_delivery) == (0x03, 0xF1, 0x11)
        assert text.validity_period == "000001000000000R"

    play(
        story,
        service_type="CMT",
        protocol_id=0x40,
        priority=1,
        esm_class=0x03,
        data_coding=0xF1,
        intermediate=True,
    )


def test_duty_27_validity_is_absolute_or_left_out_as_the_carrier_wants() -> None:
    async def story(stage: Stage) -> None:
        await stage.offer(segment())
        expected = "270116080000000+" if stage.settings.validity == "absolute" else ""
        assert stage.smsc.taken[0].validity_period == expected

    play(story, validity="absolute")
    play(story, validity="none")


def test_duty_27_a_text_whose_time_runs_out_in_the_queue_is_not_sent() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        first = stage.offer(segment())
        second = stage.offer(segment(validity_until=NOON + 5_000))
        await stage.smsc.has_taken(1)
        stage.clock.turn(5_000)
        stage.smsc.answer_held()
        assert [type(each) for each in await first] == [Handed]
        assert await second == [Refused(EventType.TEXT_TTL_EXPIRED)]
        assert len(stage.smsc.taken) == 1

    play(story, window=1)


def test_a_text_that_wants_no_receipt_asks_for_none() -> None:
    async def story(stage: Stage) -> None:
        await stage.offer(segment(receipt_wanted=False))
        assert stage.smsc.taken[0].registered_delivery == 0

    play(story)


def read_parts(texts: Sequence[p.SubmitSm]) -> list[longtext.Received]:
    return [longtext.read(text) for text in texts]


def test_duty_24_long_texts_go_out_with_a_header_of_8_bits_on_one_bind_in_order() -> None:
    async def story(stage: Stage) -> None:
        outcomes = await stage.offer(*parts(*LONG), *parts(*LONG, message_id="other"))
        assert [type(each) for each in outcomes] == [Handed] * 6
        found = read_parts(stage.smsc.taken)
        by_reference: dict[int, list[str]] = {}
        for each in found:
            assert each.part is not None
            assert each.part.kind is longtext.Style.UDH
            by_reference.setdefault(each.part.reference, []).append(each.text or "")
        assert [link.taken for link in stage.smsc.links] == [3, 3]
        assert sorted(by_reference.values()) == [list(LONG), list(LONG)]

    play(story, binds=2, window=2)


def test_duty_24_sar_tlvs_where_the_carrier_wants_them() -> None:
    async def story(stage: Stage) -> None:
        await stage.offer(*parts(*LONG))
        found = [each.part for each in read_parts(stage.smsc.taken)]
        assert [(each.kind, each.total, each.number) for each in found if each] == [
            (longtext.Style.SAR, 3, number) for number in (1, 2, 3)
        ]

    play(story, long="sar")


def test_duty_24_a_whole_text_in_one_message_payload_answers_for_all_of_its_segments() -> None:
    async def story(stage: Stage) -> None:
        outcomes = await stage.offer(*parts(*LONG), segment())
        long, short = stage.smsc.ids
        assert outcomes == [Handed(long)] * 3 + [Handed(short)]
        assert tlv.raw(stage.smsc.taken[0].tlvs, tlv.MESSAGE_PAYLOAD) == "".join(LONG).encode()
        assert stage.smsc.taken[1].short_message == b"Hello"

    play(story, long="payload")


def test_duty_24_a_longer_header_may_take_a_part_more_and_every_segment_is_answered() -> None:
    async def story(stage: Stage) -> None:
        full = ("a" * 153, "b" * 153)
        outcomes = await stage.offer(*parts(*full))
        found = read_parts(stage.smsc.taken)
        assert [(each.part.kind, each.part.total) for each in found if each.part] == [
            (longtext.Style.UDH_16, 3)
        ] * 3
        assert "".join(each.text or "" for each in found) == "".join(full)
        assert outcomes == [Handed(stage.smsc.ids[1]), Handed(stage.smsc.ids[2])]

    play(story, long="udh-16")


def test_duty_24_a_part_that_is_offered_again_has_the_reference_of_the_others() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.answers.extend([st.ROK, st.RTHROTTLED, st.ROK])
        long = parts(*LONG)
        outcomes = await stage.offer(*long)
        assert [type(each) for each in outcomes] == [Handed, Later, Handed]
        stage.timing.turn(1_000)
        assert [type(each) for each in await stage.offer(long[1])] == [Handed]
        found = [each.part for each in read_parts(stage.smsc.taken)]
        assert len({each.reference for each in found if each}) == 1
        assert [each.number for each in found if each] == [1, 2, 3, 2]

    play(story)


def test_duty_22_a_text_outside_the_carriers_alphabet_goes_out_as_ucs_2() -> None:
    async def story(stage: Stage) -> None:
        await stage.offer(segment(text="Привет", encoding="UNICODE"), segment(text="1 €"), segment(text="ü"))
        assert [(text.data_coding, text.short_message) for text in stage.smsc.taken] == [
            (8, "Привет".encode("utf-16-be")),
            (8, "1 €".encode("utf-16-be")),
            (0, b"\xfc"),
        ]

    play(story, alphabet="latin-1")


def test_every_status_means_what_the_table_or_the_carriers_own_says() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.answers.extend([st.RINVDSTADR, 0x45, st.RINVSRCADR, 0x410, 0x411])
        assert await stage.offer(*texts(5)) == [
            Refused(EventType.TEXT_INVALID),
            Refused(EventType.TEXT_CARRIER_BLOCKED),
            Refused(EventType.TEXT_CARRIER_BLOCKED),
            Refused(EventType.TEXT_UNKNOWN),
            Later(1_000),
        ]
        assert stage.counted("unmapped status 0x410") == 1
        assert stage.counted("alarms") == 1

    play(story, statuses={"0x45": "TEXT_CARRIER_BLOCKED", "0x411": "retry"})


def test_refused_times_are_left_out_once() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.answers.extend([st.RINVEXPIRY, st.ROK, st.RINVEXPIRY, st.RINVEXPIRY])
        assert [type(each) for each in await stage.offer(segment())] == [Handed]
        assert await stage.offer(segment()) == [Refused(EventType.TEXT_INVALID_MESSAGE)]
        assert [bool(text.validity_period) for text in stage.smsc.taken] == [True, False, True, False]

    play(story)


def test_a_text_that_cannot_be_written_is_refused_and_stops_no_other() -> None:
    async def story(stage: Stage) -> None:
        bad = segment(text="x", encoding="GSM")
        bad = Segment(
            **{name: getattr(bad, name) for name in bad.__struct_fields__} | {"origination": "X" * 12}
        )
        outcomes = await stage.offer(bad, segment())
        assert outcomes[0] == Refused(EventType.TEXT_INVALID_MESSAGE)
        assert isinstance(outcomes[1], Handed)
        assert stage.counted("texts that cannot be written") == 1

    play(story)


def test_an_accepted_text_without_an_id_gets_one_of_ours() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.id_of = lambda serial: ""
        assert await stage.offer(*texts(2)) == [Handed("text-0/1"), Handed("text-1/1")]

    play(story)


def test_duty_24_texts_to_a_handset_that_follow_each_other_never_share_a_reference() -> None:
    references = References()
    found = [references.of(f"text-{number}", "a", "b") & 0xFF for number in range(2_000)]
    assert all(len(set(found[at : at + LATEST])) == LATEST for at in range(len(found) - LATEST))


# Receipts


def test_duty_21_a_receipt_is_acknowledged_only_after_it_was_heard() -> None:
    async def story(stage: Stage) -> None:
        heard = asyncio.Event()

        async def hear(receipts: Sequence[Receipt]) -> None:
            await heard.wait()

        stage.carrier._receiver._hear = hear  # type: ignore[union-attr]
        stage.smsc.send_receipt("a1")
        await until(lambda: stage.carrier._receiver._hearing)  # type: ignore[union-attr]
        assert stage.smsc.receipt_statuses == []
        heard.set()
        await until(lambda: stage.smsc.receipt_statuses == [st.ROK])

    play(story)


def test_duty_21_a_receipt_that_was_not_heard_is_refused_for_now() -> None:
    async def story(stage: Stage) -> None:
        stage.ear._deaf = 1
        stage.smsc.send_receipt("a1")
        await until(lambda: stage.smsc.receipt_statuses == [st.RX_T_APPN])
        stage.smsc.send_receipt("a1")
        await until(lambda: stage.smsc.receipt_statuses == [st.RX_T_APPN, st.ROK])
        assert stage.ear.receipts == [Receipt("a1", EventType.TEXT_DELIVERED)]

    play(story)


def test_duty_21_receipts_of_one_read_are_heard_together_and_answered_in_one_write() -> None:
    async def story(stage: Stage) -> None:
        groups: list[int] = []

        async def hear(receipts: Sequence[Receipt]) -> None:
            groups.append(len(receipts))

        stage.carrier._receiver._hear = hear  # type: ignore[union-attr]
        (link,) = stage.smsc.links
        reads = len(link.reads)
        body = b"id:1 stat:DELIVRD"
        link.send([(number, p.DeliverSm(esm_class=4, short_message=body)) for number in range(50)])
        await until(lambda: len(stage.smsc.receipt_statuses) == 50)
        assert groups == [50]
        assert len(link.reads) == reads + 1

    play(story)


def test_duties_17_to_20_receipts_come_by_text_by_tlv_and_by_data_sm() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.send_receipt("00A1", "UNDELIV")
        stage.smsc.send_receipt_by_data_sm("a2")
        stage.smsc.send(
            p.DeliverSm(tlvs=(tlv.make("receipted_message_id", "a3"), tlv.make("message_state", 8)))
        )
        stage.smsc.send(p.DeliverSm(esm_class=0x20, short_message=b"id:a4 stat:ENROUTE"))
        stage.smsc.send_receipt("a5", "EXPIRED")
        assert set(await stage.ear.heard(5)) == {
            Receipt("a5", EventType.TEXT_TTL_EXPIRED, if_time_is_out=True),
            Receipt("a1", EventType.TEXT_CARRIER_UNREACHABLE),
            Receipt("a2", EventType.TEXT_DELIVERED),
            Receipt("a3", EventType.TEXT_CARRIER_BLOCKED),
            Receipt("a4", EventType.TEXT_PENDING),
        }

    play(story)


def test_a_carriers_own_states_and_errors_come_first() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.send_receipt("1", "UNDELIV")
        stage.smsc.send_receipt("2", "SPAMMED")
        stage.smsc.send_receipt("3", "WHATEVER")
        assert set(await stage.ear.heard(3)) == {
            Receipt("1", EventType.TEXT_SPAM),
            Receipt("2", EventType.TEXT_BLOCKED),
            Receipt("3", EventType.TEXT_UNKNOWN),
        }
        assert stage.counted("unmapped state WHATEVER") == 1

    play(story, errors={"034": "TEXT_SPAM"}, states={"spammed": "TEXT_BLOCKED"})


def test_duty_15_a_carrier_that_answers_in_hex_and_receipts_in_decimal_is_learned() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.id_of = lambda serial: f"0000{serial:X}"
        (handed,) = await stage.offer(segment())
        assert isinstance(handed, Handed)
        stage.smsc.send_receipt(str(int(stage.smsc.ids[0], 16)))
        assert await stage.ear.heard(1) == [Receipt(handed.carrier_message_id, EventType.TEXT_DELIVERED)]
        stage.smsc.send_receipt("9876543")  # of a text that was answered before we were there
        assert (await stage.ear.heard(2))[1].carrier_message_id == f"{9876543:x}"

    play(story)


def test_duty_15_a_rule_that_is_set_needs_no_learning() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.send_receipt("00FF")
        assert (await stage.ear.heard(1))[0].carrier_message_id == "255"

    play(story, ids="decimal-hex")


def test_a_handsets_own_text_is_refused_for_now_and_counted() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.send(p.DeliverSm(source_addr="12065550142", short_message=b"STOP"))
        await until(lambda: stage.smsc.receipt_statuses == [st.RX_T_APPN])
        assert stage.counted("texts from handsets refused for now") == 1
        assert stage.ear.receipts == []

    play(story)


def test_what_is_refused_at_once_is_refused_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(stage: Stage) -> None:
        ours = stage.carrier._binds[0]._link
        assert ours is not None
        writes: list[bytes] = []
        write = ours.transport.write

        def note(out: bytes) -> None:
            writes.append(out)
            write(out)

        monkeypatch.setattr(ours.transport, "write", note)
        stage.smsc.links[0].send([(number, p.DeliverSm(short_message=b"STOP")) for number in range(50)])
        await until(lambda: len(stage.smsc.receipt_statuses) == 50)
        assert len(writes) == 1

    play(story)


def test_what_tells_nothing_of_a_text_is_acknowledged_and_counted() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.send(p.DeliverSm(esm_class=0x08, short_message=b"id:1 stat:DELIVRD"))
        stage.smsc.send(p.DeliverSm(esm_class=0x04, short_message=b"stat:DELIVRD"))
        await until(lambda: stage.smsc.receipt_statuses == [st.ROK] * 2)
        assert (stage.counted("handset acknowledgements"), stage.counted("receipts without an id")) == (1, 1)

    play(story)


# Binds


def test_duty_2_a_pair_sends_over_its_transmitter_and_hears_over_its_receiver() -> None:
    async def story(stage: Stage) -> None:
        (handed,) = await stage.offer(segment())
        assert isinstance(handed, Handed)
        modes = {link.session.mode: link for link in stage.smsc.links}
        stage.smsc.send_receipt(stage.smsc.ids[0], link=modes[Mode.RECEIVER])
        assert await stage.ear.heard(1) == [Receipt(handed.carrier_message_id, EventType.TEXT_DELIVERED)]
        assert [state.name for state in stage.carrier.binds()] == ["east tx 1", "east rx 1"]

    play(story, bind="tx+rx", links=2)


def test_duty_30_several_binds_share_the_texts_and_one_that_is_lost_stops_none_of_them() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        offered = stage.offer(*texts(30))
        await stage.smsc.has_taken(30)
        assert [len(link._held()) for link in stage.smsc.links] == [10, 10, 10]
        stage.smsc.holding = False
        stage.smsc.links[1].cut()
        stage.smsc.answer_held()
        outcomes = await offered
        assert sum(isinstance(each, Unknown) for each in outcomes) == 10
        assert [type(each) for each in await stage.offer(*texts(20))] == [Handed] * 20

    play(story, binds=3)


def test_duty_14_closing_waits_for_answers_and_receipts_then_unbinds() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        offered = stage.offer(*texts(2))
        await stage.smsc.has_taken(2)
        closing = asyncio.create_task(stage.carrier.close())
        await until(lambda: stage.carrier.binds()[0].state == "unbinding")
        assert await stage.offer(segment()) == [Later(1_000)]
        stage.smsc.send_receipt("late")
        stage.smsc.answer_held()
        await stage.ends(closing)
        assert [type(each) for each in await offered] == [Handed, Handed]
        assert stage.ear.receipts == [Receipt("late", EventType.TEXT_DELIVERED)]
        assert stage.smsc.receipt_statuses == [st.ROK]
        assert stage.carrier.binds()[0].state == "closed"

    play(story)


def test_who_is_cancelled_while_offering_sends_no_more_and_what_was_sent_is_told() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.holding = True
        offered = stage.offer(*texts(2))
        await stage.smsc.has_taken(1)
        offered.cancel()
        await asyncio.wait([offered])
        stage.smsc.answer_held()
        await until(lambda: len(stage.answers) == 2)
        assert stage.answers == [
            Answer("text-1", 1, Later(1_000)),
            Answer("text-0", 1, Handed(stage.smsc.ids[0])),
        ]
        assert len(stage.smsc.taken) == 1

    play(story, window=1)
