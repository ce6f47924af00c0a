"""DryRun: checked like any other text, answered, and then as if it had never been (data-plane §1.5)."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config

from tests.ops.given import NOW, a_number, a_pool
from tests.ops.sending import HANDSET, SIMULATED, refusal, send
from wireroom.config import Settings, Simulate
from wireroom.observe import ManualClock
from wireroom.store.rows import TABLES
from wireroom.testing import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Where nobody else writes."""
    with Server(Settings(), clock=ManualClock(NOW)) as running:
        yield running


@pytest.fixture
def sms(server: Server, account: str) -> Any:
    return server.client(account)


@pytest.fixture
def dump(server: Server) -> Callable[[], dict[str, list[Any]]]:
    """Everything that is kept: table → rows."""

    def rows() -> dict[str, list[Any]]:
        server.settled()
        return server.run(
            server.app.engine.read(
                lambda tx: {table.name: tx.page(kind, {}, None, 10_000) for kind, table in TABLES.items()},
                "everything",
            )
        )

    return rows


def test_line_18_a_dry_run_is_answered_and_leaves_no_row(
    sms: Any, server: Server, account: str, dump: Callable[[], dict[str, list[Any]]]
) -> None:
    pool = a_pool(sms)
    send(sms, via=pool["PoolId"], to=SIMULATED)  # the month has a row, the pool a story
    server.settled()
    server.turn(3600)
    before = dump()
    message_id = send(
        sms,
        via=pool["PoolId"],
        DryRun=True,
        Context={"order": "42"},
        Keyword="WIRE",
        MaxPrice="0.99",
        MessageFeedbackEnabled=True,
    )
    assert str(uuid.UUID(message_id)) == message_id
    assert dump() == before
    server.turn(3600)
    assert dump() == before
    assert len(server.call(f"/messages?account={account}")["messages"]) == 1
    assert server.app.simulator.handset(HANDSET) == []


def test_the_same_text_leaves_rows_when_it_is_no_dry_run(
    sms: Any, dump: Callable[[], dict[str, list[Any]]]
) -> None:
    """Or the test above would see nothing whatever happened."""
    number = a_number(sms)
    before = dump()
    send(sms, via=number["PhoneNumberId"])
    after = dump()
    assert {name for name in after if after[name] != before[name]} >= {"messages", "events", "spend_slots"}


def test_each_dry_run_has_a_message_id_of_its_own(sms: Any) -> None:
    via = a_number(sms)["PhoneNumberId"]
    assert len({send(sms, via=via, DryRun=True) for _ in range(3)}) == 3


def test_a_dry_run_is_checked_like_any_other_text(sms: Any) -> None:
    number = a_number(sms)
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    error = refusal(sms, via=number["PhoneNumberId"], DryRun=True)
    assert error["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    error = refusal(sms, via=number["PhoneNumberId"], to=SIMULATED, MaxPrice="0.00001", DryRun=True)
    assert error["Reason"] == "PRICE_OVER_THRESHOLD"


@pytest.fixture
def paced(monkeypatch: pytest.MonkeyPatch, account: str) -> Iterator[Any]:
    """A client of a server with AWS's rates, for which the machine's time stands still."""
    with Server(Settings(simulate=Simulate(rates="aws"))) as running:
        monkeypatch.setattr(running.app.machine, "monotonic", lambda: 0.0)
        yield running.client(account, config=Config(retries={"total_max_attempts": 1}, proxies={}))


TEN_DLC = {"NumberType": "TEN_DLC"}
SWEDISH = {"NumberType": "LONG_CODE", "IsoCountryCode": "SE"}
IN_US, IN_SE = ("+14255550101", "+14255550102"), ("+46701740605", "+46701740606")


@pytest.mark.parametrize(
    ("number", "to", "parts"),
    [(TEN_DLC, IN_US, 1), ({}, IN_US, 3), (SWEDISH, IN_SE, 5)],
    ids=["10DLC: 1", "toll-free: 3", "long code of 10: 5"],
)
def test_dry_runs_have_five_parts_a_second_or_the_identitys_fewer(
    paced: Any, number: dict[str, str], to: tuple[str, str], parts: int
) -> None:
    via = a_number(paced, **number)["PhoneNumberId"]
    assert send(paced, via=via, to=to[0], text="x" * 153 * parts, DryRun=True)
    error = refusal(paced, via=via, to=to[1], DryRun=True)
    assert error["Error"]["Code"] == "ThrottlingException"
    assert "parts a second" in error["Message"]


def test_fewer_dry_parts_than_a_second_allows_leave_room_for_another(paced: Any) -> None:
    via = a_number(paced, **SWEDISH)["PhoneNumberId"]
    assert send(paced, via=via, to=IN_SE[0], text="x" * 153 * 4, DryRun=True)
    assert send(paced, via=via, to=IN_SE[1], DryRun=True)


def test_a_dry_run_takes_no_part_from_what_is_sent(paced: Any) -> None:
    via = a_number(paced, **TEN_DLC)["PhoneNumberId"]
    assert send(paced, via=via, to=IN_US[0], DryRun=True)
    assert send(paced, via=via, to=IN_US[1])
