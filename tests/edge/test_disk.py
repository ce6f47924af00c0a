"""A disk that is nearly full: sends are refused before anything breaks, everything else goes on."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from msgspec import Struct

from wireroom.config import Disk as Limits
from wireroom.config import Settings
from wireroom.edge.disk import Disk
from wireroom.observe import ManualClock
from wireroom.store.rows import TABLES, Message, Outbox, SpendSlot
from wireroom.testing import CallFailed, Server

GIB = 1024**3
NOW = 1_795_000_000_000
HANDSET = "+14255550100"


class Usage(Struct, frozen=True):
    total: int
    free: int


class FakeDisk:
    """A file system that says what the test wants."""

    def __init__(self, total: int = 100 * GIB, free: int = 50 * GIB) -> None:
        self.usage = Usage(total, free)
        self.fault: OSError | None = None
        self.asked = 0

    def __call__(self, _: Path) -> Usage:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return self.usage


def disk(fake: FakeDisk, **limits: Any) -> Disk:
    return Disk(Path("/nowhere"), Limits(**limits), fake)


@pytest.mark.parametrize(
    ("total", "free", "low"),
    [
        (100 * GIB, 5 * GIB, False),
        (100 * GIB, 5 * GIB - 1, True),  # less than 5 %
        (10 * GIB, GIB, False),
        (10 * GIB, GIB - 1, True),  # less than 1 GiB, and 10 %
        (0, 0, True),
    ],
)
def test_a_disk_is_low_below_either_limit(total: int, free: int, low: bool) -> None:
    assert disk(FakeDisk(total, free)).low is low


def test_the_limits_can_be_set() -> None:
    fake = FakeDisk(100 * GIB, 2 * GIB)
    assert disk(fake).low
    assert not disk(fake, min_free_percent=1.0).low
    assert disk(fake, min_free_percent=1.0, min_free_bytes=3 * GIB).low


def test_the_reason_has_the_figures_and_what_to_do() -> None:
    reason = disk(FakeDisk(200 * GIB, GIB // 2)).reason
    assert reason is not None
    for part in ("512 MiB free of 204,800", "0.2 %", "below 5 %", "1,024 MiB", "min_free_percent"):
        assert part in reason


def test_asking_whether_it_is_low_asks_no_file_system() -> None:
    fake = FakeDisk()
    there = disk(fake)
    fake.usage = Usage(100 * GIB, 0)
    assert [there.low for _ in range(1000)] == [False] * 1000
    assert fake.asked == 1
    there.look()
    assert there.low


def test_a_file_system_that_cannot_say_is_told_once_and_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake = FakeDisk(100 * GIB, GIB)
    there = disk(fake)
    caplog.clear()
    fake.fault = OSError(5, "Input/output error")
    with caplog.at_level(logging.INFO):
        there.look()
        there.look()
    assert there.low
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Input/output error" in caplog.text
    fake.fault, fake.usage = None, Usage(100 * GIB, 50 * GIB)
    there.look()
    assert not there.low


def test_the_disk_of_the_data_is_looked_at(tmp_path: Path) -> None:
    assert not Disk(tmp_path, Limits(min_free_percent=0, min_free_bytes=0)).low
    assert Disk(tmp_path, Limits(min_free_bytes=1 << 62)).low
    assert not Disk(tmp_path / "not there", Limits()).low


# ----------------------------------------------------------------------------------------- through the server


@pytest.fixture
def fake() -> FakeDisk:
    return FakeDisk()


@pytest.fixture
def server(fake: FakeDisk) -> Iterator[Server]:
    with Server(clock=ManualClock(NOW)) as running:
        running.app.disk = Disk(Path("/nowhere"), Settings().disk, fake)
        yield running


@pytest.fixture
def sms(server: Server) -> Any:
    client = server.client(config=Config(retries={"total_max_attempts": 1}, proxies={}))
    client.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TOLL_FREE"
    )
    return client


def fill(server: Server, fake: FakeDisk, free: int = GIB) -> None:
    fake.usage = Usage(100 * GIB, free)
    server.app.disk.look()


def send(sms: Any, **more: Any) -> str:
    sent = sms.send_text_message(DestinationPhoneNumber=HANDSET, MessageBody="hello", **more)
    message_id: str = sent["MessageId"]
    return message_id


def rows(server: Server) -> dict[str, list[Struct]]:
    return server.run(
        server.app.engine.read(
            lambda tx: {
                table.name: tx.page(kind, {}, None, 100)
                for kind, table in TABLES.items()
                if kind in (Message, Outbox, SpendSlot)
            },
            "rows",
        )
    )


def test_a_send_is_throttled_while_the_disk_is_nearly_full_and_leaves_nothing(
    server: Server, sms: Any, fake: FakeDisk
) -> None:
    send(sms)
    server.settled()
    before = rows(server)
    fill(server, fake)
    for _ in range(3):
        with pytest.raises(ClientError) as caught:
            send(sms)
        assert caught.value.response["Error"]["Code"] == "ThrottlingException"
        assert "disk" in caught.value.response["Error"]["Message"]
    server.settled()
    assert rows(server) == before
    assert len(before["messages"]) == 1


def test_sends_go_on_as_soon_as_there_is_room_again(server: Server, sms: Any, fake: FakeDisk) -> None:
    fill(server, fake)
    with pytest.raises(ClientError):
        send(sms)
    fill(server, fake, free=5 * GIB)
    assert server.call(f"/messages/{send(sms)}")["messageBody"] == "hello"


def test_everything_but_sending_goes_on(server: Server, sms: Any, fake: FakeDisk) -> None:
    sent = send(sms)
    fill(server, fake)
    sms.create_opt_out_list(OptOutListName="mine")
    sms.put_opted_out_number(OptOutListName="mine", OptedOutNumber=HANDSET)
    sms.delete_opt_out_list(OptOutListName="mine")
    (number,) = sms.describe_phone_numbers()["PhoneNumbers"]
    sms.release_phone_number(PhoneNumberId=number["PhoneNumberId"])
    server.settled()
    assert server.call(f"/messages/{sent}")["status"] == "SENT", "what was accepted goes its way"
    assert server.call("/reset", "POST", {})["reset"]


def test_ready_is_red_while_the_disk_is_nearly_full_and_says_why(server: Server, fake: FakeDisk) -> None:
    assert server.call("/ready") == {"ready": True, "reasons": [], "binds": []}
    fake.usage = Usage(100 * GIB, GIB)
    with pytest.raises(CallFailed) as failed:
        server.call("/ready")
    assert failed.value.status == 503
    assert failed.value.answer == {"ready": False, "reasons": [server.app.disk.reason], "binds": []}
    assert "1,024 MiB free of 102,400 (1.0 %)" in failed.value.answer["reasons"][0]
    fake.usage = Usage(100 * GIB, 6 * GIB)
    assert server.call("/ready")["ready"] is True


def test_the_server_looks_at_its_disk_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wireroom.edge.disk.EVERY", 0.01)
    looked = threading.Event()

    def look(_: Path) -> Usage:
        looked.set()
        return Usage(100 * GIB, GIB)

    with Server() as running:
        running.app.disk._usage = look
        assert looked.wait(10)
