"""wireroom forget, and POST /_wireroom/forget: a person's number and texts go, from the bytes too."""

import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from botocore.exceptions import ClientError

from tests.cli.processes import Process
from wireroom.carriers.port import Later
from wireroom.cli.client import Client, Credential, Failed
from wireroom.console import forget
from wireroom.store.rows import OptIn, Sticky, Token
from wireroom.store.sqlite import DATABASE
from wireroom.testing import CallFailed, Server

Serve = Callable[..., Process]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

ACCOUNT, REGION = "123456789012", "us-east-1"
PERSON, OTHER = "+14255550123", "+14255550199"
SECRET_WORDS = "the swallow flies at midnight"
LONG_WORDS = f"{SECRET_WORDS} " * 45
"""Longer than what a page of the database holds of one row."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def a_number(sms: Any) -> str:
    made = sms.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TEN_DLC"
    )
    return str(made["PhoneNumber"])


def send(sms: Any, to: str, body: str = SECRET_WORDS, **more: Any) -> str:
    return str(sms.send_text_message(DestinationPhoneNumber=to, MessageBody=body, **more)["MessageId"])


def send_some(sms: Any) -> tuple[list[str], str]:
    """Twenty to the person among twenty to others; answers the ids of the former, and the last other one."""
    erased, kept = [], ""
    for number in range(20):
        erased.append(send(sms, PERSON, LONG_WORDS if number % 5 == 0 else SECRET_WORDS))
        kept = send(sms, OTHER, f"the owl stays {number}")
    return erased, kept


def wait_until_delivered(url: str, message_ids: Sequence[str]) -> None:
    client = Client(url, Credential(ACCOUNT, "any"))
    left = set(message_ids)
    while left:
        query = {"status": "DELIVERED", "destination": PERSON, "timeout": "30"}
        left.discard(client.ours("GET", "/messages/wait", query)["messageId"])


def bytes_of(directory: Path) -> bytes:
    """Of all files; nothing in this process may have a database of the directory open."""
    return b"".join(path.read_bytes() for path in sorted(directory.iterdir()))


def done(ended: "subprocess.CompletedProcess[str]") -> str:
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_person_is_forgotten_while_the_server_serves(serve: Serve, wireroom: Run, data: Path) -> None:
    server = serve("--data-dir", str(data))
    sms = server.client()
    origination = a_number(sms)
    erased, kept = send_some(sms)
    wait_until_delivered(server.url, erased)
    assert PERSON.encode() in bytes_of(data)
    assert done(wireroom("forget", PERSON, "--data-dir", str(data))) == "20 texts are erased.\n"
    found = bytes_of(data)
    assert PERSON.encode() not in found
    assert b"swallow" not in found
    assert b"the owl stays 19" in found
    client = Client(server.url, Credential(ACCOUNT, "any"))
    with pytest.raises(Failed, match="no message of this id"):
        client.ours("GET", f"/messages/{erased[0]}")
    assert client.ours("GET", f"/messages/{kept}")["messageBody"] == "the owl stays 19"
    assert origination in str(sms.describe_phone_numbers())
    status, _, log = server.stop()
    assert status == 0
    assert "20 texts of a number that ends in 0123 are forgotten" in log
    assert "5550123" not in log


def test_a_person_is_forgotten_in_data_that_nobody_serves(serve: Serve, wireroom: Run, data: Path) -> None:
    server = serve("--data-dir", str(data))
    sms = server.client()
    a_number(sms)
    erased, kept = send_some(sms)
    wait_until_delivered(server.url, erased)
    server.kill()  # its logs are still there
    assert b"swallow" in bytes_of(data)
    assert done(wireroom("forget", PERSON, "--data-dir", str(data))) == "20 texts are erased.\n"
    found = bytes_of(data)
    assert PERSON.encode() not in found
    assert b"swallow" not in found
    again = serve("--data-dir", str(data))
    client = Client(again.url, Credential(ACCOUNT, "any"))
    assert client.ours("GET", f"/messages/{kept}")["messageBody"] == "the owl stays 19"
    send(again.client(), PERSON, "good day")


def test_opt_outs_stay_and_are_told(serve: Serve, wireroom: Run, data: Path) -> None:
    server = serve("--data-dir", str(data))
    sms = server.client()
    a_number(sms)
    wait_until_delivered(server.url, [send(sms, PERSON)])
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=PERSON)
    said = done(wireroom("forget", PERSON, "--data-dir", str(data)))
    assert said == (f"1 text is erased.\nThe opt-out in list Default stays ({ACCOUNT}, {REGION}).\n")
    with pytest.raises(ClientError, match="ConflictException"):
        send(sms, PERSON)
    assert b"swallow" not in bytes_of(data)


def test_one_account_forgets_and_another_does_not() -> None:
    with Server() as server:
        mine, theirs = server.client(), server.client("210987654321")
        for sms in (mine, theirs):
            a_number(sms)
        gone, stays = send(mine, PERSON), send(theirs, PERSON)
        server.settled()
        answer = server.call("/forget", "POST", {"number": PERSON, "account": ACCOUNT})
        assert answer == {"texts": 1, "optOutsKept": [], "traces": False}
        assert server.app.simulator.audit(gone) == []
        assert [part.accepted for part in server.app.simulator.audit(stays)] == [1]
        assert server.call(f"/messages/{stays}")["messageBody"] == SECRET_WORDS


def test_a_text_under_way_is_cancelled() -> None:
    with Server() as server:
        sms = server.client()
        a_number(sms)
        server.app.simulator.answer_next(Later(3_600_000))
        send(sms, PERSON)
        server.settled()
        assert server.app.line.backlog == 1
        assert server.call("/forget", "POST", {"number": PERSON})["texts"] == 1
        assert server.app.line.backlog == 0
        assert server.call("/messages")["messages"] == []


def test_what_a_number_of_ours_sent_is_not_that_numbers_text() -> None:
    with Server() as server:
        sms = server.client()
        origination = a_number(sms)
        sent = send(sms, OTHER)
        server.settled()
        assert server.call("/forget", "POST", {"number": origination})["texts"] == 0
        assert server.call(f"/messages/{sent}")["messageBody"] == SECRET_WORDS


def test_what_else_names_a_number_goes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forget, "STRETCH", 2)
    with Server() as server:
        sms = server.client()
        sms.create_opt_out_list(OptOutListName="mine")
        for number in (PERSON, OTHER):
            sms.put_opted_out_number(OptOutListName="mine", OptedOutNumber=number)
            sms.delete_opted_out_number(OptOutListName="mine", OptedOutNumber=number)
        for account in ("210987654321", "310987654321"):
            server.client(account).describe_pools()
        tokens = [
            Token(str(place), ACCOUNT, "of the request", f'{{"Number":"{number}"}}', 2**50)
            for place, number in enumerate([OTHER, PERSON, OTHER, PERSON, OTHER])
        ]
        sticky = [Sticky(ACCOUNT, REGION, number, "+18335550100", 2**50) for number in (PERSON, OTHER)]
        server.run(server.app.engine.run(lambda tx: tx.insert(*tokens, *sticky), "prepare"))
        server.call("/forget", "POST", {"number": PERSON})

        def left(kind: type[Any]) -> list[Any]:
            return server.run(server.app.engine.read(lambda tx: tx.page(kind, {}, None, 100), "left"))

        assert [row.number for row in left(OptIn)] == [OTHER]
        assert [row.destination for row in left(Sticky)] == [OTHER]
        assert {row.digest for row in left(Token)} >= {"0", "2", "4"}
        assert not {row.digest for row in left(Token)} & {"1", "3"}


def test_texts_are_found_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forget, "STRETCH", 3)
    with Server() as server:
        sms = server.client()
        a_number(sms)
        for number in range(12):
            send(sms, PERSON if number % 4 == 0 else OTHER)
        server.settled()
        assert server.call("/forget", "POST", {"number": PERSON})["texts"] == 3
        assert len(server.call("/messages")["messages"]) == 9
        assert server.app.simulator.handset(PERSON) == []


def test_a_book_that_knows_more_than_the_store_forgets_it_too(tmp_path: Path) -> None:
    """The store may have deleted texts of which the simulated network still knows."""
    with Server() as server:
        sms = server.client()
        a_number(sms)
        gone = send(sms, PERSON)
        server.settled()
        server.run(server.app.engine.run(lambda tx: tx.execute("reset_messages", message_id=gone), "prepare"))
        assert server.call("/forget", "POST", {"number": PERSON})["texts"] == 0
        assert server.app.simulator.audit(gone) == []


def test_while_another_program_reads_the_old_data_it_is_said_that_traces_are_left(
    serve: Serve, wireroom: Run, data: Path
) -> None:
    server = serve("--data-dir", str(data))
    sms = server.client()
    a_number(sms)
    wait_until_delivered(server.url, [send(sms, PERSON)])
    with closing(apsw.Connection(str(data / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM messages").fetchall()
        ended = wireroom("forget", PERSON, "--data-dir", str(data))
        assert ended.returncode == 1
        assert ended.stdout == "1 text is erased.\n"
        assert "run this again" in ended.stderr
        send(sms, OTHER, "the owl stays")
    assert done(wireroom("forget", PERSON, "--data-dir", str(data))) == "0 texts are erased.\n"
    assert b"swallow" not in bytes_of(data)


def test_a_copy_from_before_an_update_is_pointed_out(wireroom: Run, data: Path) -> None:
    done(wireroom("keys", "create", "--data-dir", str(data)))
    copy = data / f"{DATABASE}.before-0002"
    copy.write_bytes(b"")
    ended = wireroom("forget", PERSON, "--data-dir", str(data))
    assert f"{copy} is as it was before an update: delete it too" in ended.stderr


def test_what_cannot_be_meant_is_refused(wireroom: Run, data: Path) -> None:
    assert "There are no data in" in wireroom("forget", PERSON, "--data-dir", str(data)).stderr
    assert not data.exists()
    done(wireroom("keys", "create", "--data-dir", str(data)))
    assert "no phone number" in wireroom("forget", "me", "--data-dir", str(data)).stderr
    said = wireroom("forget", PERSON, "--account", "12", "--data-dir", str(data)).stderr
    assert said == "wireroom: An account is twelve digits.\n"
    assert "Which data directory?" in wireroom("forget", PERSON).stderr


@pytest.mark.parametrize("body", [{"number": "me"}, {}, {"number": PERSON, "account": "12"}, [PERSON]])
def test_a_request_that_cannot_be_meant_is_refused(server: Server, body: object) -> None:
    with pytest.raises(CallFailed) as failed:
        server.call("/forget", "POST", body)
    assert failed.value.status == 400


@pytest.fixture(scope="module")
def server() -> Any:
    with Server() as running:
        yield running


def test_only_an_admins_key_may_have_a_person_forgotten(serve: Serve, wireroom: Run, data: Path) -> None:
    made = done(wireroom("keys", "create", "--account", ACCOUNT, "--data-dir", str(data)))
    key, secret = (line.partition("=")[2] for line in made.splitlines())
    server = serve("--data-dir", str(data), "--auth", "keys")
    with pytest.raises(Failed, match="admin key"):
        Client(server.url, Credential(key, secret)).ours("POST", "/forget", body={"number": PERSON})
    assert done(wireroom("forget", PERSON, "--data-dir", str(data))) == "0 texts are erased.\n"
