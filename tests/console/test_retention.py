"""What `[retention]` leaves of a text, as users see it."""

from collections.abc import Iterator

import pytest

from tests.console.conftest import HANDSET, NOW, Sender
from wireroom.config import Retention, Settings
from wireroom.observe import ManualClock
from wireroom.testing import CallFailed, Server

HOUR = 3600
TWO_PARTS = "word " * 40


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    kept = Retention(bodies="1h", messages="24h")
    with Server(Settings(retention=kept), clock=ManualClock(NOW)) as running:
        yield running


def delivered(server: Server, sender: Sender, body: str) -> str:
    message_id = sender.send(body)
    server.settled()
    server.turn(1)
    server.settled()
    assert server.call(f"/messages/{message_id}")["status"] == "DELIVERED"
    return message_id


def round_after(server: Server, seconds: float) -> None:
    server.turn(seconds)
    server.run(server.app.retention.round())


def test_a_text_whose_words_went_is_shown_with_its_parts_and_says_so(server: Server, sender: Sender) -> None:
    message_id = delivered(server, sender, TWO_PARTS)
    before = server.call(f"/messages/{message_id}")
    round_after(server, HOUR)
    after = server.call(f"/messages/{message_id}")
    assert after.pop("bodyDeleted") is True
    assert after["messageBody"] == ""
    assert [part["text"] for part in after["parts"]] == ["", ""]
    for part in before["parts"]:
        part["text"] = ""
    assert after == {**before, "messageBody": ""}


def test_the_words_are_in_no_file_of_ours(server: Server, sender: Sender) -> None:
    delivered(server, sender, "a word that is nowhere else: rhubarb")
    round_after(server, HOUR)
    server.run(server.app.engine.empty_log())
    server.run(server.app.simulator.empty_log())
    files = [file for file in server.app.directory.iterdir() if file.is_file()]
    assert "wireroom.db" in [file.name for file in files]
    assert [file.name for file in files if b"rhubarb" in file.read_bytes()] == []


def test_a_text_that_went_is_not_found_and_the_network_knows_it_no_more(
    server: Server, sender: Sender
) -> None:
    message_id = delivered(server, sender, "hello")
    assert server.run(_audited(server, message_id)) == 1
    round_after(server, 24 * HOUR)
    with pytest.raises(CallFailed) as failed:
        server.call(f"/messages/{message_id}")
    assert failed.value.status == 404
    assert server.run(_audited(server, message_id)) == 0


async def _audited(server: Server, message_id: str) -> int:
    return len(server.app.simulator.audit(message_id))


def test_receipts_that_are_owed_for_others_are_not_held_up(server: Server, sender: Sender) -> None:
    delivered(server, sender, "old")
    server.turn(24 * HOUR)
    waits = sender.send("young", HANDSET)
    server.settled()
    server.run(server.app.retention.round())
    server.turn(1)
    server.settled()
    assert server.call(f"/messages/{waits}")["status"] == "DELIVERED"


def test_a_reset_makes_the_texts_be_counted_again(server: Server, sender: Sender) -> None:
    server.run(server.app.retention.round())
    sender.send("hello")
    server.settled()
    assert server.app.retention._tally.texts > 0
    server.call("/reset", "POST", {})
    server.run(server.app.retention.round())
    assert server.app.retention._tally.texts == 0
