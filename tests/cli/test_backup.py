"""wireroom backup and wireroom restore."""

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.cli.processes import PATIENCE, Process
from tests.edge.talk import ask, post
from wireroom.carriers.port import Handed, Later
from wireroom.cli.client import Client, Credential, Failed
from wireroom.config import Settings, Simulator
from wireroom.store import migrate
from wireroom.store.sqlite import DATABASE
from wireroom.testing import Server

Serve = Callable[..., Process]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

HANDSET = "+14255550100"
LATER = Later(3_600_000)


def a_number(sms: Any) -> str:
    made = sms.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TEN_DLC"
    )
    return str(made["PhoneNumber"])


def send(sms: Any, origination: str, body: str = "hello") -> str:
    sent = sms.send_text_message(
        DestinationPhoneNumber=HANDSET, OriginationIdentity=origination, MessageBody=body
    )
    return str(sent["MessageId"])


def text(url: str, message_id: str) -> Any:
    return Client(url, Credential("123456789012", "any")).ours("GET", f"/messages/{message_id}")


def done(ended: "subprocess.CompletedProcess[str]") -> str:
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def refused(ended: "subprocess.CompletedProcess[str]") -> str:
    """The one sentence that a command ended with."""
    assert ended.returncode == 1, ended
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def backup(tmp_path: Path, data: Path, wireroom: Run) -> Path:
    """Of a directory that nobody serves, with a key in it."""
    done(wireroom("keys", "create", "--data-dir", str(data)))
    done(wireroom("backup", "--data-dir", str(data), str(tmp_path / "backup")))
    return tmp_path / "backup"


def test_sends_go_on_during_a_backup_and_nothing_acknowledged_before_it_is_lost(
    serve: Serve, wireroom: Run, tmp_path: Path, data: Path
) -> None:
    server = serve("--data-dir", str(data))
    sms = server.client()
    origination = a_number(sms)
    acknowledged: list[str] = []
    troubles: list[Exception] = []
    some, enough = threading.Event(), threading.Event()

    def keep_sending() -> None:
        while not enough.is_set():
            try:
                acknowledged.append(send(sms, origination))
            except (BotoCoreError, ClientError) as error:
                troubles.append(error)
                return
            if len(acknowledged) == 50:
                some.set()

    sender = threading.Thread(target=keep_sending)
    sender.start()
    assert some.wait(PATIENCE)
    before = list(acknowledged)
    for number in range(3):
        done(wireroom("backup", "--data-dir", str(data), str(tmp_path / f"backup {number}")))
    during = len(acknowledged) - len(before)
    enough.set()
    sender.join(PATIENCE)
    assert troubles == []
    assert during > 3
    done(wireroom("restore", str(tmp_path / "backup 0"), "--data-dir", str(tmp_path / "again")))
    restored = serve("--data-dir", str(tmp_path / "again"))
    assert [text(restored.url, each)["messageId"] for each in before] == before
    send(restored.client(), origination)


def test_a_restored_server_sends_nothing_that_may_have_been_sent(
    wireroom: Run, tmp_path: Path, data: Path
) -> None:
    settings = Settings(data_dir=str(data), simulator=Simulator(latency="1ms"))
    with Server(settings) as server:
        sms = server.client()
        origination = a_number(sms)
        server.app.simulator.hold_receipts()
        sent = send(sms, origination)
        server.settled()
        server.app.simulator.answer_next(LATER, Handed("its first part"), LATER)
        waiting = send(sms, origination)
        server.settled()
        half_sent = send(sms, origination, "long " * 40)
        server.settled()
        assert server.app.line.backlog == 2
        said = done(wireroom("backup", "--data-dir", str(data), str(tmp_path / "backup")))
        assert "holds the data of 20" in said
    said = done(wireroom("restore", str(tmp_path / "backup"), "--data-dir", str(tmp_path / "again")))
    assert "2 texts were under way" in said
    with Server(Settings(data_dir=str(tmp_path / "again"))) as server:
        server.settled()
        assert server.app.line.backlog == 0
        for message_id in (waiting, half_sent):
            found = server.call(f"/messages/{message_id}")
            assert found["status"] == "UNKNOWN"
            finals = [event["eventType"] for event in found["events"] if event["isFinal"]]
            assert finals == ["TEXT_UNKNOWN"]
            assert found["parts"][-1]["status"] == "UNKNOWN"
            assert found["parts"][-1]["doubt"]
            assert server.app.simulator.audit(message_id) == []
        assert server.call(f"/messages/{half_sent}")["parts"][0]["status"] == "SENT"
        delivered = server.call("/messages/wait?status=DELIVERED")
        assert delivered["messageId"] == sent
        assert [part.accepted for part in server.app.simulator.audit(sent)] == [1]


def test_an_sdks_retry_of_a_call_before_the_backup_gets_the_first_message(
    wireroom: Run, tmp_path: Path, data: Path
) -> None:
    def call(url: str, attempt: int, origination: str) -> str:
        wanted = {
            "DestinationPhoneNumber": HANDSET,
            "OriginationIdentity": origination,
            "MessageBody": "hello",
        }
        more = ("amz-sdk-invocation-id: 0b1d", f"amz-sdk-request: attempt={attempt}; max=3")
        answer = ask(
            url,
            post(json.dumps(wanted).encode(), target="PinpointSMSVoiceV2.SendTextMessage", more=more),
        )
        assert answer.status == 200, answer
        return str(answer.json["MessageId"])

    with Server(data_dir=str(data)) as server:
        origination = a_number(server.client(account="000000000000"))
        first = call(server.url, 1, origination)
        done(wireroom("backup", "--data-dir", str(data), str(tmp_path / "backup")))
    done(wireroom("restore", str(tmp_path / "backup"), "--data-dir", str(tmp_path / "again")))
    with Server(data_dir=str(tmp_path / "again")) as server:
        assert call(server.url, 2, origination) == first


def test_what_a_killed_server_left_is_copied_with_its_keys(
    serve: Serve, wireroom: Run, tmp_path: Path, data: Path
) -> None:
    made = done(wireroom("keys", "create", "--data-dir", str(data)))
    key, secret = (line.partition("=")[2] for line in made.splitlines())
    server = serve("--data-dir", str(data), "--auth", "keys")
    sms = server.client(key, secret)
    message_id = send(sms, a_number(sms))
    server.stop(signal.SIGKILL)
    done(wireroom("backup", "--data-dir", str(data), str(tmp_path / "backup")))
    assert {path.name for path in (tmp_path / "backup").iterdir()} == {
        "manifest.json",
        "secret.key",
        "simulator.db",
        DATABASE,
    }
    (tmp_path / "again").mkdir()  # an empty one will do
    done(wireroom("restore", str(tmp_path / "backup"), "--data-dir", str(tmp_path / "again")))
    restored = serve("--data-dir", str(tmp_path / "again"), "--auth", "keys")
    seen = Client(restored.url, Credential(key, secret)).ours("GET", f"/messages/{message_id}")
    assert seen["messageBody"] == "hello"
    assert sorted(path.name for path in (tmp_path / "again").glob("*.*")) == sorted(
        ["secret.key", "server.json", "simulator.db", "simulator.db-shm", "simulator.db-wal"]
        + [f"{DATABASE}{more}" for more in ("", "-shm", "-wal")]
    )


def test_a_backup_of_an_older_release_is_brought_up(wireroom: Run, tmp_path: Path, backup: Path) -> None:
    (backup / DATABASE).unlink()
    with closing(apsw.Connection(str(backup / DATABASE))) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        migrate.apply(migrate.migrations()[0], connection.execute)
    rewrite(backup, schema=1)
    done(wireroom("restore", str(backup), "--data-dir", str(tmp_path / "again")))
    with closing(apsw.Connection(str(tmp_path / "again" / DATABASE))) as connection:
        assert connection.execute(migrate.VERSION_QUERY).get == len(migrate.migrations())
    assert sorted(path.name for path in (tmp_path / "again").iterdir() if not path.suffix) == ["lock"]


# -------------------------------------------------------------------------------- what is refused


def rewrite(backup: Path, **changed: object) -> None:
    """A manifest that fits the files, but for what is changed."""
    from wireroom.cli.manifest import described

    path = backup / "manifest.json"
    found = json.loads(path.read_text())
    for name in found["files"]:
        file = described(backup / name)
        found["files"][name] = {"bytes": file.bytes, "sha256": file.sha256}
    path.write_text(json.dumps({**found, **changed}))


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def name_another_file(backup: Path) -> None:
    (backup.parent / "mine").write_text("")
    found = json.loads((backup / "manifest.json").read_text())
    found["files"]["../mine"] = {"bytes": 0, "sha256": ""}
    (backup / "manifest.json").write_text(json.dumps(found))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda backup: flip_a_byte(backup / DATABASE), f"{DATABASE} is damaged, or was changed"),
        (lambda backup: flip_a_byte(backup / "secret.key"), "secret.key is damaged, or was changed"),
        (lambda backup: os.truncate(backup / DATABASE, 4096), f"{DATABASE} is damaged, or was changed"),
        (lambda backup: (backup / DATABASE).unlink(), f"{DATABASE} is missing: this backup is not whole"),
        (lambda backup: (backup / "manifest.json").unlink(), "is no backup: there is no manifest.json"),
        (lambda backup: (backup / "manifest.json").write_text("{}"), "is not what wireroom backup wrote"),
        (lambda backup: rewrite(backup, files={}), "it names other files"),
        (name_another_file, "it names other files"),
        (lambda backup: rewrite(backup, schema=9999), "was made by a newer release"),
        (shutil.rmtree, "is no backup"),
    ],
)
def test_a_backup_that_cannot_be_trusted_is_refused_and_leaves_nothing(
    wireroom: Run, tmp_path: Path, backup: Path, spoil: Callable[[Path], object], sentence: str
) -> None:
    spoil(backup)
    assert sentence in refused(wireroom("restore", str(backup), "--data-dir", str(tmp_path / "again")))
    assert not (tmp_path / "again").exists()


def test_data_of_a_newer_release_are_not_taken_in_whatever_the_manifest_says(
    wireroom: Run, tmp_path: Path, backup: Path
) -> None:
    with closing(apsw.Connection(str(backup / DATABASE))) as connection:
        connection.execute("INSERT INTO schema_version (version) VALUES (9999)")
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    rewrite(backup)
    (tmp_path / "again").mkdir()
    said = refused(wireroom("restore", str(backup), "--data-dir", str(tmp_path / "again")))
    assert "newer release (version 9999" in said
    assert list((tmp_path / "again").iterdir()) == []


def test_a_restore_takes_a_new_or_an_empty_directory(
    wireroom: Run, tmp_path: Path, data: Path, backup: Path
) -> None:
    before = {path: path.read_bytes() for path in data.iterdir()}
    assert "is not empty" in refused(wireroom("restore", str(backup), "--data-dir", str(data)))
    assert {path: path.read_bytes() for path in data.iterdir()} == before
    (tmp_path / "file").write_text("")
    assert "File exists" in refused(wireroom("restore", str(backup), "--data-dir", str(tmp_path / "file")))
    assert "Which data directory?" in refused(wireroom("restore", str(backup)))


def test_a_restore_that_was_broken_off_can_be_done_again(wireroom: Run, tmp_path: Path, backup: Path) -> None:
    (tmp_path / "again" / ".restoring").mkdir(parents=True)
    (tmp_path / "again" / ".restoring" / DATABASE).write_text("half of it")
    done(wireroom("restore", str(backup), "--data-dir", str(tmp_path / "again")))
    assert not (tmp_path / "again" / ".restoring").exists()
    assert (tmp_path / "again" / DATABASE).read_bytes()[:6] == b"SQLite"


def test_a_backup_is_made_where_nothing_is(wireroom: Run, tmp_path: Path, data: Path, backup: Path) -> None:
    before = {path: path.read_bytes() for path in backup.iterdir()}
    assert "is there already" in refused(wireroom("backup", "--data-dir", str(data), str(backup)))
    assert {path: path.read_bytes() for path in backup.iterdir()} == before
    (tmp_path / "other.unfinished").mkdir()
    said = refused(wireroom("backup", "--data-dir", str(data), str(tmp_path / "other")))
    assert "other.unfinished is there already: another backup is being made, or was broken off" in said
    said = refused(wireroom("backup", "--data-dir", str(data), str(tmp_path / "no" / "where")))
    assert "No such file or directory" in said
    assert "no data in" in refused(
        wireroom("backup", "--data-dir", str(tmp_path / "none"), str(tmp_path / "x"))
    )
    (data / DATABASE).write_bytes(b"this is a letter\n" * 500)
    assert "cannot be copied" in refused(
        wireroom("backup", "--data-dir", str(data), str(tmp_path / "letter"))
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data", "home", "other.unfinished"]


def test_without_the_rights_for_it_a_backup_is_refused_in_words(
    wireroom: Run, tmp_path: Path, data: Path, backup: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.geteuid() == 0:  # who has every right, but for this place
        closed = Path("/proc")
    said = refused(wireroom("backup", "--data-dir", str(data), str(closed / "backup")))
    assert f"{closed}/backup.unfinished cannot be used: " in said


def test_a_text_that_came_after_the_backup_is_not_in_it(
    serve: Serve, wireroom: Run, tmp_path: Path, data: Path
) -> None:
    server = serve("--data-dir", str(data))
    sms = server.client()
    origination = a_number(sms)
    done(wireroom("backup", "--data-dir", str(data), str(tmp_path / "backup")))
    later = send(sms, origination)
    done(wireroom("restore", str(tmp_path / "backup"), "--data-dir", str(tmp_path / "again")))
    restored = serve("--data-dir", str(tmp_path / "again"))
    with pytest.raises(Failed, match="no message of this id"):
        text(restored.url, later)
