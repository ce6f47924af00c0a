"""GET /_wireroom/messages/wait: the next text that nobody waited for yet."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from tests.console.conftest import Sender
from tests.edge.talk import Line, get
from wireroom.carriers.port import Later
from wireroom.testing import CallFailed, Server


def wait(server: Server, query: str, seconds: float = 20) -> Any:
    return server.call(f"/messages/wait?{query}&timeout={seconds}")


def until_followed_by(server: Server, count: int) -> None:
    """Come back when so many wait on the feed."""

    async def followers() -> int:
        return len(server.app.bus._followers.get("feed", ()))

    end = time.monotonic() + 20
    while server.run(followers()) != count:
        assert time.monotonic() < end


def test_a_text_that_is_there_is_given_at_once(server: Server, sender: Sender, handset: str) -> None:
    message_id = sender.send("Code 424242", handset)
    message = wait(server, f"destination={quote(handset)}")
    assert message["messageId"] == message_id
    assert message["codes"] == ["424242"]


def test_each_text_is_given_once_in_order_of_arrival(server: Server, sender: Sender, handset: str) -> None:
    sent = [sender.send(str(number), handset) for number in range(3)]
    given = [wait(server, f"destination={quote(handset)}")["messageId"] for _ in sent]
    assert given == sent
    with pytest.raises(CallFailed) as failed:
        wait(server, f"destination={quote(handset)}", 0)
    assert failed.value.status == 404


def test_a_text_that_comes_later_is_given_when_it_comes(server: Server, sender: Sender, handset: str) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(wait, server, f"destination={quote(handset)}")
        until_followed_by(server, 1)
        sender.send("not this", "+14255550177")
        message_id = sender.send("this", handset)
        assert waiting.result(20)["messageId"] == message_id


def test_a_text_is_given_before_the_carrier_has_it(server: Server, sender: Sender, handset: str) -> None:
    server.app.simulator.answer_next(Later(60_000))
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(wait, server, f"destination={quote(handset)}")
        until_followed_by(server, 1)
        message_id = sender.send("soon", handset)
        message = waiting.result(20)
    assert (message["messageId"], message["status"]) == (message_id, "ACCEPTED")


def test_a_status_is_waited_for(server: Server, sender: Sender, handset: str) -> None:
    message_id = sender.send("hello", handset)
    server.settled()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(wait, server, f"destination={quote(handset)}&status=DELIVERED")
        until_followed_by(server, 1)
        server.turn(1)
        message = waiting.result(20)
    assert (message["messageId"], message["status"]) == (message_id, "DELIVERED")
    assert message["events"][-1]["eventType"] == "TEXT_DELIVERED"


def test_two_who_wait_get_two_texts(server: Server, sender: Sender, handset: str) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(wait, server, f"destination={quote(handset)}") for _ in range(2)]
        until_followed_by(server, 2)
        sent = {sender.send("one", handset), sender.send("two", handset)}
        assert {each.result(20)["messageId"] for each in waiting} == sent


def test_a_time_out_is_a_sentence(server: Server) -> None:
    with pytest.raises(CallFailed) as failed:
        wait(server, "destination=%2B19995550000", 0.05)
    assert failed.value.status == 404
    assert failed.value.answer == {"error": "No text that matches came within 0.05 seconds."}


@pytest.mark.parametrize("seconds", ["-1", "301", "soon", "nan", "inf"])
def test_a_timeout_out_of_range_is_refused(server: Server, seconds: str) -> None:
    with pytest.raises(CallFailed) as failed:
        server.call(f"/messages/wait?timeout={seconds}")
    assert failed.value.status == 400


def test_who_hangs_up_takes_no_text_away(server: Server, sender: Sender, handset: str) -> None:
    path = f"/_wireroom/messages/wait?destination={quote(handset)}&timeout=60"
    with Line(server.url) as line:
        line.say(get(path))
        until_followed_by(server, 1)
    until_followed_by(server, 0)
    message_id = sender.send("still to be had", handset)
    assert wait(server, f"destination={quote(handset)}")["messageId"] == message_id


def test_a_server_that_stops_lets_go_of_who_waits(new_server: Callable[[], Server]) -> None:
    server = new_server()
    with ThreadPoolExecutor() as pool:
        with server:
            waiting = pool.submit(wait, server, "destination=%2B19995550001", 60)
            until_followed_by(server, 1)
        with pytest.raises(CallFailed) as failed:
            waiting.result(20)
    assert failed.value.status == 503
