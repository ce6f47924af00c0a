"""Health, readiness, keys and the page."""

import asyncio

import pytest

from tests.edge.talk import ask, get
from wireroom import __version__
from wireroom.console import web
from wireroom.store.engine import Unavailable
from wireroom.testing import CallFailed, Server


def test_health_says_which_release_answers(server: Server) -> None:
    assert server.call("/health") == {"status": "ok", "version": __version__}


def test_ready_commits_before_it_says_so(server: Server) -> None:
    before = server.app.counters.snapshot().get("store.commits", 0)
    assert server.call("/ready") == {"ready": True, "reasons": [], "binds": []}
    assert server.app.counters.snapshot()["store.commits"] > before


def test_a_store_that_is_silent_is_not_ready(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    async def wait(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(server.app.engine, "run", wait)
    monkeypatch.setattr(web, "_READY_SECONDS", 0.01)
    with pytest.raises(CallFailed) as failed:
        server.call("/ready")
    assert failed.value.answer["ready"] is False
    assert failed.value.answer["reasons"] == ["The store does not answer."]


def test_what_was_counted_can_be_read(server: Server) -> None:
    before = server.call("/counters")["store.commits"]
    server.call("/ready")
    assert server.call("/counters")["store.commits"] > before


def test_a_store_that_cannot_commit_is_not_ready(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    async def full(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(server.app.engine, "run", full)
    with pytest.raises(CallFailed) as failed:
        server.call("/ready")
    assert failed.value.status == 503
    assert failed.value.answer["ready"] is False
    assert "the disk is full" in failed.value.answer["reasons"][0]


def test_a_key_is_made_listed_and_deleted(server: Server) -> None:
    made = server.call("/keys", "POST", {"account": "111122223333", "admin": True})
    secret = made.pop("secretAccessKey")
    assert len(secret) == 40
    assert made in server.call("/keys")["keys"]
    assert secret not in str(server.call("/keys"))
    assert server.call(f"/keys/{made['accessKeyId']}", "DELETE") == made
    with pytest.raises(CallFailed) as failed:
        server.call(f"/keys/{made['accessKeyId']}", "DELETE")
    assert failed.value.status == 404


def test_the_page_needs_nothing_from_elsewhere(server: Server) -> None:
    answer = ask(server.url, get("/_wireroom/", host=server.url.removeprefix("http://")))
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    html = answer.body.decode()
    assert f"AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2={server.url}" in html
    assert "<script" not in html
    assert "style=" not in html
    assert "https://" not in html


def test_the_page_does_not_repeat_a_host_unescaped(server: Server) -> None:
    answer = ask(server.url, get("/_wireroom/", host='localhost:"><script>'))
    assert b"<script" not in answer.body


def test_the_pages_style_comes_from_here(server: Server) -> None:
    answer = ask(server.url, get("/_wireroom/static/wireroom.css"))
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert b"url(" not in answer.body


def test_our_path_without_a_slash_leads_to_the_page(server: Server) -> None:
    answer = ask(server.url, get("/_wireroom"))
    assert answer.status == 307
    assert answer.headers["location"] == "/_wireroom/"


def test_a_bug_is_a_sentence_without_a_trace(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the secret of this bug")

    monkeypatch.setattr("wireroom.console.web.list_messages", broken)
    with pytest.raises(CallFailed) as failed:
        server.call("/messages")
    assert failed.value.status == 500
    assert "secret" not in str(failed.value.answer)
