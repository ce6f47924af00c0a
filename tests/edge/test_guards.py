"""Open mode believes anybody, so other people's web pages must not get in (DESIGN §7)."""

import pytest

from tests.edge.talk import ask, get, post
from wireroom.config import ConfigError, Settings
from wireroom.edge.guards import host_name, is_loopback
from wireroom.testing import Server


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8470", "[::1]:8470", "127.9.9.9", "sms.localhost"])
def test_a_loopback_host_is_answered(server: Server, host: str) -> None:
    assert ask(server.url, post(host=host)).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "10.0.0.1"]
)
def test_another_host_is_misdirected(server: Server, host: str) -> None:
    answer = ask(server.url, post(host=host))
    assert answer.status == 421
    assert "--allowed-host" in answer.json["error"]


def test_a_request_without_a_host_is_misdirected(server: Server) -> None:
    assert ask(server.url, b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n").status == 421


def test_an_allowed_host_is_answered() -> None:
    with Server(Settings(allowed_hosts=("Wireroom.test",))) as server:
        assert ask(server.url, post(host="wireroom.TEST:8470")).status == 200
        assert ask(server.url, get("/_wireroom/health", host="other.test")).status == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000"])
def test_a_foreign_origin_is_forbidden(server: Server, origin: str) -> None:
    answer = ask(server.url, post(more=(f"Origin: {origin}",)))
    assert answer.status == 403
    assert answer.json["error"]


def test_our_own_origin_is_let_in(server: Server) -> None:
    more = ("Origin: http://127.0.0.1:8470",)
    assert ask(server.url, post(host="127.0.0.1:8470", more=more)).status == 200


def test_a_cross_site_fetch_is_forbidden(server: Server) -> None:
    assert ask(server.url, get("/_wireroom/messages", "Sec-Fetch-Site: cross-site")).status == 403


def test_a_link_from_elsewhere_may_be_followed(server: Server) -> None:
    followed = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: document")
    assert ask(server.url, get("/_wireroom/", *followed)).status == 200


def test_changes_take_json_only(server: Server) -> None:
    request = b"POST /_wireroom/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
    assert ask(server.url, request + b"\r\n{}").status == 415
    assert ask(server.url, request + b"Content-Type: text/plain\r\n\r\n{}").status == 415


def test_another_address_needs_insecure_open() -> None:
    with pytest.raises(ConfigError, match="--insecure-open"), Server(Settings(host="0.0.0.0")):
        pass


@pytest.mark.parametrize(
    ("host", "name"), [("[::1]:80", "::1"), ("[::1]", "::1"), ("a.b:1", "a.b"), ("a.b", "a.b"), ("", "")]
)
def test_the_name_of_a_host_is_without_its_port(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize("name", ["127.0.0.1.evil.example", "localhost.evil.example", "", "0.0.0.0", "::"])
def test_what_only_looks_like_loopback_is_not(name: str) -> None:
    assert not is_loopback(name)
