"""Bodies that are too large, requests that never end, clients that are too many."""

import pytest

from tests.edge.talk import Line, ask, get, post
from wireroom.config import Settings
from wireroom.testing import Server

SMALL = Settings(max_body=1000)


def test_a_body_of_exactly_the_limit_is_taken() -> None:
    with Server(SMALL) as server:
        assert ask(server.url, post(b'{"x":"' + b"a" * 992 + b'"}')).status == 200


def test_a_larger_body_is_refused_by_its_length() -> None:
    with Server(SMALL) as server, Line(server.url) as line:
        line.say(post(b"a" * 1001))
        answer = line.hear()
        assert answer.status == 413
        assert answer.json["message"]
        assert answer.headers["connection"] == "close"
        assert line.closed()


def test_a_larger_body_in_chunks_is_refused_as_it_comes() -> None:
    with Server(SMALL) as server, Line(server.url) as line:
        line.say(post(more=("Transfer-Encoding: chunked",)).replace(b"Content-Length: 2\r\n", b"")[:-2])
        for _ in range(10):
            line.say(b"%x\r\n%b\r\n" % (500, b"a" * 500))
        line.say(b"0\r\n\r\n")
        assert line.hear().status == 413
        assert line.closed()


def test_who_asks_before_sending_too_much_is_told_at_once() -> None:
    with Server(SMALL) as server, Line(server.url) as line:
        line.say(post(b"", length=5000, more=("Expect: 100-continue",)))
        assert line.hear().status == 413
        assert line.closed()


def test_who_asks_before_sending_is_told_to_go_on(server: Server) -> None:
    with Line(server.url) as line:
        line.say(post(b"", length=2, more=("Expect: 100-continue",)))
        assert line.hear_line() == b"HTTP/1.1 100 Continue\r\n"
        assert line.hear_line() == b"\r\n"
        line.say(b"{}")
        assert line.hear().status == 200


def test_a_chunked_body_is_put_together(server: Server) -> None:
    with Line(server.url) as line:
        line.say(post(more=("Transfer-Encoding: chunked",)).replace(b"Content-Length: 2\r\n", b"")[:-2])
        line.say(b"1\r\n{\r\n")
        line.say(b"1\r\n}\r\n0\r\n\r\n")
        assert line.hear().json == {"Pools": []}


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    with Line(server.url) as line:
        line.say(post() + post(b"{") + get("/nonsense") + post())
        assert [line.hear().status for _ in range(4)] == [200, 400, 404, 200]


def test_what_is_not_http_is_told_so_in_json(server: Server) -> None:
    with Line(server.url) as line:
        line.say(b"nonsense\r\n\r\n")
        answer = line.hear()
        assert answer.status == 400
        assert answer.headers["content-type"] == "application/json"
        assert line.closed()


def test_headers_without_end_are_refused(server: Server) -> None:
    with Line(server.url) as line:
        line.say(b"POST / HTTP/1.1\r\nHost: localhost\r\n")
        line.say(b"X-Long: " + b"a" * 70_000)
        answer = line.hear()
        assert answer.status == 431
        assert answer.json["message"]


QUICK = Settings(request_timeout="200ms")


@pytest.mark.parametrize(
    "begun",
    [b"", b"POST / HT", b"POST / HTTP/1.1\r\nHost: localhost\r\n", post(b"{", length=100)],
    ids=["nothing", "half a line", "half the headers", "half the body"],
)
def test_a_request_that_never_ends_is_hung_up_on(begun: bytes) -> None:
    with Server(QUICK) as server, Line(server.url) as line:
        line.say(begun)
        answer = line.hear()
        assert answer.status == 408
        assert line.closed()


def test_a_second_request_that_never_ends_is_hung_up_on() -> None:
    with Server(QUICK) as server, Line(server.url) as line:
        line.say(post())
        assert line.hear().status == 200
        line.say(post(b"{", length=100))
        assert line.hear().status == 408


def test_a_long_wait_is_not_a_slow_request() -> None:
    with Server(QUICK) as server:
        answer = ask(server.url, get("/_wireroom/messages/wait?timeout=1"))
    assert answer.status == 404
    assert "1 second" in answer.json["error"]


def test_a_client_that_goes_away_in_mid_body_leaves_the_server_well(server: Server) -> None:
    with Line(server.url) as line:
        line.say(post(b'{"PoolIds"', length=100))
    assert ask(server.url, post()).status == 200


def test_too_many_connections_are_told_to_come_back() -> None:
    with Server(Settings(max_connections=2)) as server, Line(server.url) as one, Line(server.url) as two:
        for line in (one, two):
            line.say(post())
            assert line.hear().status == 200
        answer = ask(server.url, post())
        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json["__type"].endswith("#ServiceUnavailableException")


def test_the_answer_to_a_long_wait_comes_before_word_of_a_slow_next_request() -> None:
    with Server(QUICK) as server, Line(server.url) as line:
        line.say(get("/_wireroom/messages/wait?timeout=1") + b"POST / HT")
        assert line.hear().status == 404
        assert line.hear().status == 408
        assert line.closed()


def test_an_upgrade_that_we_do_not_have_is_passed_over(server: Server) -> None:
    assert ask(server.url, post(more=("Connection: Upgrade", "Upgrade: h2c"))).status == 200
