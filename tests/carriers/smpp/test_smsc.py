"""The shell of an SMSC: who may bind, how requests come up in batches, how what is sent is answered."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from tests.carriers.smpp.esme import Esme, until
from wireroom.carriers.smpp import codec
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.events import Answered, Bound, Ended, Event, Reason, TimedOut
from wireroom.carriers.smpp.rules import Limits
from wireroom.carriers.smpp.server import AT_ONCE, CROWDED, Answers, Link, Server
from wireroom.carriers.smpp.timing import LoopTiming
from wireroom.observe import MachineClock

TEXT = p.SubmitSm(destination_addr="447700900123", short_message=b"hello")
RECEIPT = p.DeliverSm(source_addr="447700900123", esm_class=4, short_message=b"id:1 stat:DELIVRD")
LIMITS = Limits(window=100, owed=100_000, drain=200, unbind=200, grace=50)
WRONG = p.BindTransceiver(system_id="esme", password="wrong")


class House:
    """An owner that takes all, once its gate is open."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.events: list[tuple[Link, Event]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.broken = False
        self.rooms = 0

    async def admit(self, link: Link, bind: p.Bind) -> int:
        return st.ROK if bind.password == "secret" else st.RINVPASWD

    async def take(self, link: Link, requests: Sequence[p.Request]) -> Answers:
        self.batches.append(len(requests))
        await self.gate.wait()
        if self.broken:
            raise RuntimeError("a bug")
        return [(request, p.SubmitSmResp(0, 0, f"{number:x}")) for number, request in enumerate(requests, 1)]

    def happened(self, link: Link, events: Sequence[Event]) -> None:
        self.rooms += not events
        self.events += [(link, event) for event in events]

    def links(self) -> list[Link]:
        return [link for link, event in self.events if isinstance(event, Bound)]

    def told(self, kind: type[Any]) -> list[Any]:
        return [event for _, event in self.events if isinstance(event, kind)]


Story = Callable[[Server, House], Awaitable[None]]


def play(story: Story, limits: Limits = LIMITS, **options: Any) -> None:
    async def run() -> None:
        house = House()
        server = Server("SMSC", house, LoopTiming(MachineClock()), limits, **options)
        try:
            await story(server, house)
        finally:
            await server.stop()

    asyncio.run(run())


def test_whoever_has_the_password_is_bound_over_a_pair_of_sockets_and_over_tcp() -> None:
    async def story(server: Server, house: House) -> None:
        port = await server.listen("127.0.0.1", 0)
        for esme in (await Esme.over(server.connected()), await Esme.at(port)):
            (bound,) = esme.events
            assert isinstance(bound, Bound)
            assert (bound.peer, bound.tlvs) == ("SMSC", True)
        assert [link.system_id for link in house.links()] == ["esme", "esme"]

    play(story)


def test_who_is_refused_is_told_why_and_may_ask_again() -> None:
    async def story(server: Server, house: House) -> None:
        stranger, friend = server.connected(), p.BindTransceiver(2, "esme", "secret")
        stranger.settimeout(0)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(stranger, codec.encode(WRONG, 1))
        refusal = codec.decode(await loop.sock_recv(stranger, 1000))
        assert refusal == p.BindTransceiverResp(1, st.RINVPASWD)
        await loop.sock_sendall(stranger, codec.encode(friend))
        assert isinstance(codec.decode(await loop.sock_recv(stranger, 1000)), p.BindTransceiverResp)
        assert len(house.links()) == 1
        stranger.close()

    play(story)


def test_an_owner_that_cannot_look_at_a_bind_refuses_it_for_now() -> None:
    async def story(server: Server, house: House) -> None:
        house.admit = _bug  # type: ignore[method-assign]
        esme = await Esme.over(server.connected())
        assert esme.events[0].status == st.RSYSERR  # type: ignore[union-attr]

    play(story)


async def _bug(link: Link, bind: p.Bind) -> int:
    raise RuntimeError("a bug")


def test_all_that_one_read_brings_is_taken_together_and_answered_with_one_write() -> None:
    async def story(server: Server, house: House) -> None:
        esme = await Esme.over(server.connected())
        before = len(esme.reads)
        answers = await esme.ask(*[TEXT] * 50)
        assert [answer.status for answer in answers] == [0] * 50
        assert [answer.message_id for answer in answers] == [f"{n:x}" for n in range(1, 51)]  # type: ignore[attr-defined]
        assert house.batches == [50]
        assert len(esme.reads) - before == 1

    play(story)


def test_nothing_is_answered_before_the_owner_comes_back_and_what_came_meanwhile_is_one_batch() -> None:
    async def story(server: Server, house: House) -> None:
        esme = await Esme.over(server.connected())
        house.gate.clear()
        tags = esme.send(TEXT)
        await until(lambda: house.batches)
        for _ in range(5):
            tags += esme.send(TEXT, TEXT)
        await esme.next_turns()
        assert esme.answers == {}
        house.gate.set()
        await esme.answered(tags)
        assert house.batches == [1, 10]

    play(story)


def test_a_bug_of_the_owners_is_answered_as_ours() -> None:
    async def story(server: Server, house: House) -> None:
        esme = await Esme.over(server.connected())
        house.broken = True
        assert [answer.status for answer in await esme.ask(TEXT, TEXT)] == [st.RSYSERR] * 2
        house.broken = False
        assert [answer.status for answer in await esme.ask(TEXT)] == [0]

    play(story)


def test_more_than_the_window_is_refused_as_throttled() -> None:
    async def story(server: Server, house: House) -> None:
        esme = await Esme.over(server.connected())
        statuses = [answer.status for answer in await esme.ask(*[TEXT] * 12)]
        assert statuses == [0] * 10 + [st.RTHROTTLED] * 2

    play(story, Limits(window=10, owed=10, drain=100, grace=50))


def test_who_asks_faster_than_is_taken_is_not_read_from_until_it_is() -> None:
    async def story(server: Server, house: House) -> None:
        esme = await Esme.over(server.connected())
        house.gate.clear()
        tags = [tag for _ in range(40) for tag in esme.send(*[TEXT] * 250)]
        await until(lambda: esme.transport.get_write_buffer_size())
        (link,) = house.links()
        assert link.waiting <= CROWDED + 8_000, "the rest is in the sockets"
        house.gate.set()
        answers = await esme.answered(tags)
        assert {answer.status for answer in answers} == {0}
        assert max(house.batches) == AT_ONCE

    play(story)


def test_who_does_not_read_is_not_read_from() -> None:
    async def story(server: Server, house: House) -> None:
        esme = await Esme.over(server.connected())
        (link,) = house.links()
        esme.transport.pause_reading()
        long = p.DeliverSm(source_addr="447700900123", short_message=b"x" * 250)
        while link.room:
            link.send([(None, long)] * link.room)
        taken = sum(house.batches)
        esme.send(*[TEXT] * 10)
        await esme.next_turns()
        assert sum(house.batches) == taken
        rooms = house.rooms
        esme.transport.resume_reading()
        await until(lambda: sum(house.batches) == taken + 10)
        assert house.rooms > rooms, "the owner hears that there is room again"

    play(story, Limits(window=100_000, owed=1_000, drain=200, unbind=200, grace=50))


def test_what_is_sent_keeps_to_the_window_and_its_answers_come_with_their_tags() -> None:
    async def story(server: Server, house: House) -> None:
        esme = await Esme.over(server.connected())
        esme.statuses = lambda request: st.RX_T_APPN if len(esme.asked) == 3 else st.ROK
        (link,) = house.links()
        assert link.send([(n, RECEIPT) for n in range(150)]) == 100
        assert link.room == 0
        await until(lambda: len(house.told(Answered)) == 100)
        answered = house.told(Answered)
        assert [event.tag for event in answered] == list(range(100))
        assert [event.tag for event in answered if event.response.status] == [2]
        assert link.room == 100

    play(story)


def test_what_is_never_answered_times_out_and_what_a_lost_link_owes_is_in_doubt() -> None:
    async def story(server: Server, house: House) -> None:
        esme = await Esme.over(server.connected())
        esme.statuses = lambda request: None
        (link,) = house.links()
        link.send([("first", RECEIPT)])
        await until(lambda: house.told(TimedOut))
        link.send([("second", RECEIPT)])
        await esme.has_been_asked(2)
        esme.transport.abort()
        await until(lambda: house.told(Ended))
        assert house.told(TimedOut) == [TimedOut("first")]
        assert house.told(Ended) == [Ended(Reason.LOST, ("second",))]

    play(story, Limits(response=20, drain=50, grace=50))


def test_a_peer_without_a_sign_of_life_is_asked_and_then_cut_off() -> None:
    async def story(server: Server, house: House) -> None:
        silent = server.connected()
        silent.settimeout(0)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(silent, codec.encode(p.BindReceiver(1, "esme", "secret")))
        heard = bytearray()
        while octets := await loop.sock_recv(silent, 1000):
            heard += octets
        assert heard.endswith(codec.encode(p.EnquireLink(1)))
        assert [event.reason for event in house.told(Ended)] == [Reason.SILENT]
        silent.close()

    play(story, Limits(enquire_link=20, enquire_answer=20, grace=50))


def test_who_does_not_bind_in_time_is_cut_off() -> None:
    async def story(server: Server, house: House) -> None:
        silent = server.connected()
        silent.settimeout(0)
        assert await asyncio.get_running_loop().sock_recv(silent, 1000) == b""
        assert [event.reason for event in house.told(Ended)] == [Reason.TOO_LATE]
        silent.close()

    play(story, Limits(session_init=20, grace=50))


def test_a_stop_lets_what_was_asked_end_and_unbinds() -> None:
    async def story(server: Server, house: House) -> None:
        port = await server.listen("127.0.0.1", 0)
        esme = await Esme.at(port)
        house.gate.clear()
        tags = esme.send(TEXT)
        await until(lambda: house.batches)
        stopping = asyncio.create_task(server.stop())
        await esme.next_turns()
        assert not esme.gone
        house.gate.set()
        await stopping
        assert [answer.status for answer in await esme.answered(tags)] == [0]
        await esme.is_gone()
        assert esme.ended is not None
        assert esme.ended.reason is Reason.PEER_UNBOUND
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))

    play(story)


def test_what_was_asked_by_a_peer_that_has_gone_is_not_taken() -> None:
    async def story(server: Server, house: House) -> None:
        esme = await Esme.over(server.connected())
        house.gate.clear()
        esme.send(TEXT)
        await until(lambda: house.batches)
        esme.send(TEXT, TEXT)
        await esme.next_turns()
        esme.transport.abort()
        await until(lambda: house.told(Ended))
        house.gate.set()
        await server.stop()
        assert house.batches == [1], "it will be offered again, for nobody has answered it"

    play(story)


def test_connections_above_the_most_are_closed_at_once() -> None:
    async def story(server: Server, house: House) -> None:
        first = await Esme.over(server.connected())
        second = await Esme.over(server.connected())
        assert second.gone
        assert not first.gone

    play(story, most=1)


def test_two_hundred_idle_links_cost_a_timer_each_and_no_task() -> None:
    async def story(server: Server, house: House) -> None:
        before = len(asyncio.all_tasks())
        esmes = [await Esme.over(server.connected()) for _ in range(200)]
        await esmes[-1].ask(TEXT)
        await until(lambda: len(asyncio.all_tasks()) == before)
        assert len(server.links) == 200

    play(story)
