"""Requests in one packet: each is answered in its turn, and no more are taken in than can be answered."""

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.edge.talk import PATIENCE, Line, get, post
from tests.hostile.house import House
from wireroom.config import Settings
from wireroom.testing import Server

TINY = b"GET /_wireroom/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (post(b"{}", length=10**20), 400),
        (post(more=("X: " + "a" * 90_000,)), 431),
    ],
    ids=["no HTTP", "an impossible length", "endless headers"],
)
def test_what_came_before_a_broken_request_is_answered_first(
    server: Server, broken: bytes, status: int
) -> None:
    with Line(server.url) as line:
        line.say(post() * 5 + broken + post())
        assert [line.hear().status for _ in range(6)] == [200] * 5 + [status]
        assert line.closed()


def test_a_long_wait_is_answered_before_what_is_broken_behind_it(server: Server) -> None:
    with Line(server.url) as line:
        line.say(get("/_wireroom/messages/wait?timeout=0.2") + post() + b"nonsense\r\n\r\n")
        assert [line.hear().status for _ in range(3)] == [404, 200, 400]
        assert line.closed()


def test_a_broken_chunk_is_told_after_the_answers_that_are_owed(server: Server) -> None:
    chunked = post(more=("Transfer-Encoding: chunked",)).replace(b"Content-Length: 2\r\n", b"")[:-2]
    with Line(server.url) as line:
        line.say(post() + chunked + b"zz\r\n{}\r\n0\r\n\r\n" + post())
        assert [line.hear().status for _ in range(2)] == [200, 400]
        assert line.closed()


def test_an_offered_upgrade_costs_neither_the_body_nor_what_follows(server: Server) -> None:
    body = json.dumps({"OptOutListName": "upgraded"}).encode()
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQ")
    chunked = post(more=(*offer, "Transfer-Encoding: chunked")).replace(b"Content-Length: 2\r\n", b"")[:-2]
    with Line(server.url) as line:
        line.say(post(body, target="PinpointSMSVoiceV2.CreateOptOutList", more=offer))
        assert line.hear().json["OptOutListName"] == "upgraded"
        line.say(chunked + b'10\r\n{"MaxResults": 0}\r\n0\r\n\r\n'.replace(b"10", b"11") + post())
        assert [line.hear().status for _ in range(2)] == [400, 200]


def test_there_is_no_tunnel_even_to_a_path(server: Server) -> None:
    with Line(server.url) as line:
        line.say(post() + post(b"{}" * 20_000).replace(b"POST", b"CONNECT"))
        assert [line.hear().status for _ in range(2)] == [200, 400]
        assert line.closed()


def test_many_requests_in_one_packet_are_no_endless_header(server: Server) -> None:
    batch = post(b'{"Unknown":"' + b"a" * 6000 + b'"}') * 20
    with Line(server.url) as line:
        line.say(batch + post()[:30])
        assert [line.hear().status for _ in range(20)] == [200] * 20
        line.say(post()[30:])
        assert line.hear().status == 200


def test_a_body_behind_a_long_wait_has_its_own_time() -> None:
    with Server(Settings(request_timeout="300ms")) as server, Line(server.url) as line:
        whole = post(b'{"Unknown":"' + b"a" * 900_000 + b'"}')
        line.say(get("/_wireroom/messages/wait?timeout=1") + whole[:1000])
        assert line.hear().status == 404
        line.say(whole[1000:])
        assert line.hear().status == 200


def _deaf(url: str) -> socket.socket:
    """A client that has room for little, and will not read it."""
    place = urlsplit(url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(PATIENCE)
    sock.connect((place.hostname, place.port))
    return sock


def test_a_client_that_never_reads_is_hung_up_on() -> None:
    quick = Settings(request_timeout="200ms")
    with Server(quick) as server, _deaf(server.url) as sock, pytest.raises(ConnectionError):
        sock.sendall(TINY * 1_000_000)


def test_a_pipeline_without_end_is_not_taken_in(tmp_path: Path) -> None:
    house = House(tmp_path)
    try:
        with Line(house.url) as line:
            line.say(TINY)
            assert line.hear().status == 200
        before = house.resident_mebibytes()
        with _deaf(house.url) as sock, contextlib.suppress(ConnectionError):
            for _ in range(600):
                sock.sendall(TINY * 1000)  # 30 MB in all; each request would cost some 3 KB
        assert house.resident_mebibytes() - before < 24
        assert house.stop() == (0, [])
    finally:
        house.kill()
