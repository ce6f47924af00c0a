"""What texts cost, and the month's limit, which no number of senders passes (data-plane §7.4, §9)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.ops.conftest import Clients
from tests.ops.given import NOW, REGION, a_number, assert_quota
from tests.ops.sending import CANADIAN, HANDSET, SIMULATED, kept, refusal, send, sent, spent
from wireroom.config import ConfigError, PriceRow, Settings, Simulate, load
from wireroom.observe import ManualClock
from wireroom.testing import Server

MONTH = "2026-11"
SENDERS = 64
CENTS = 30_000
"""Micro-dollars: what a part costs here, wherever it goes."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A new account's limit of one dollar, and three cents a part: 33 parts fit into a month."""
    settings = Settings(
        simulate=Simulate(spend="aws"), prices=(PriceRow(price="0.025", carrier_fee="0.005"),)
    )
    with Server(settings, clock=ManualClock(NOW)) as running:
        yield running


@pytest.fixture
def sms(clients: Clients, account: str, server: Server) -> Any:
    return clients(account, server=server)


@pytest.fixture
def via(sms: Any) -> str:
    number: str = a_number(sms)["PhoneNumberId"]
    return number


def test_every_accepted_text_is_counted_by_month(sms: Any, server: Server, account: str, via: str) -> None:
    send(sms, via=via)
    send(sms, via=via, text="x" * 161)
    assert spent(server, account) == {MONTH: 3 * CENTS}


def test_price_and_fee_are_told_apart_in_events(sms: Any, server: Server, via: str) -> None:
    message_id = send(sms, via=via, text="x" * 161)
    server.settled()
    found = sent(server, message_id)
    assert found["price"] == 0.05
    assert {event["totalMessagePrice"] for event in found["events"]} == {0.05}
    assert {event["totalCarrierFee"] for event in found["events"]} == {0.01}


def test_the_last_cent_can_be_spent_and_no_more(sms: Any, server: Server, account: str, via: str) -> None:
    for parts in (10, 10, 10, 3):
        send(sms, via=via, text="x" * 153 * parts)
    assert_quota(refusal(sms, via=via), "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")
    assert spent(server, account) == {MONTH: 990_000}


def test_a_text_that_does_not_fit_leaves_room_for_a_shorter_one(sms: Any, via: str) -> None:
    for _ in range(3):
        send(sms, via=via, text="x" * 1530)
    assert refusal(sms, via=via, text="x" * 153 * 4)["Reason"] == "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"
    assert send(sms, via=via, text="x" * 153 * 3)


def test_parallel_senders_never_pass_the_limit(server: Server, account: str) -> None:
    options = Config(max_pool_connections=SENDERS, retries={"total_max_attempts": 1}, proxies={})
    sms = server.client(account, config=options)
    via = a_number(sms)["PhoneNumberId"]
    together = Barrier(SENDERS)

    def one(_: int) -> str:
        together.wait()
        try:
            return send(sms, via=via)
        except ClientError as error:
            reason: str = error.response["Reason"]
            return reason

    with ThreadPoolExecutor(SENDERS) as senders:
        outcomes = list(senders.map(one, range(SENDERS)))
    accepted = set(outcomes) - {"MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"}
    assert len(accepted) == 33
    assert outcomes.count("MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT") == SENDERS - 33
    assert spent(server, account) == {MONTH: 990_000}
    assert sum(kept(server, message_id).price_micros for message_id in accepted) == 33 * 25_000


def test_a_new_month_begins_with_nothing_spent(account: str) -> None:
    eve = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    settings = Settings(simulate=Simulate(spend="aws"), prices=(PriceRow(price="0.6"),))
    with Server(settings, clock=ManualClock(round(eve.timestamp() * 1000))) as server:
        sms = server.client(account)
        via = a_number(sms)["PhoneNumberId"]
        send(sms, via=via)
        assert refusal(sms, via=via)["Reason"] == "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"
        server.turn(1)
        assert send(sms, via=via)
        assert spent(server, account) == {"2026-12": 600_000, "2027-01": 600_000}


def test_a_region_has_a_limit_of_its_own(sms: Any, clients: Clients, server: Server, account: str) -> None:
    number = a_number(sms)["PhoneNumberId"]
    send(sms, via=number)
    there = clients(account, "eu-west-1", server)
    send(there, via=a_number(there)["PhoneNumberId"], text="x" * 161)
    assert spent(server, account, REGION) == {MONTH: CENTS}
    assert spent(server, account, "eu-west-1") == {MONTH: 2 * CENTS}


# ----------------------------------------------------------------------------------------------- the override


def test_an_override_counts_from_the_next_text_on(sms: Any, via: str) -> None:
    send(sms, via=via)
    sms.set_text_message_spend_limit_override(MonthlyLimit=0)
    error = refusal(sms, via=via)
    assert_quota(error, "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")
    assert "0.03000 of 0.00 USD" in error["Message"]
    sms.delete_text_message_spend_limit_override()
    assert send(sms, via=via)


def test_a_limit_can_be_set_below_what_is_spent(account: str) -> None:
    with Server(Settings(prices=(PriceRow(price="0.6"),))) as server:
        sms = server.client(account)
        via = a_number(sms)["PhoneNumberId"]
        for _ in range(3):
            send(sms, via=via)
        sms.set_text_message_spend_limit_override(MonthlyLimit=1)
        assert refusal(sms, via=via)["Reason"] == "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"
        sms.set_text_message_spend_limit_override(MonthlyLimit=3)
        assert send(sms, via=via)


# ----------------------------------------------------------------------------------------------- what is free


def test_a_dry_run_spends_nothing_and_is_told_of_the_limit(
    sms: Any, server: Server, account: str, via: str
) -> None:
    send(sms, via=via, DryRun=True)
    assert spent(server, account) == {}
    send(sms, via=via)
    send(sms, via=via, DryRun=True)
    assert spent(server, account) == {MONTH: CENTS}
    sms.set_text_message_spend_limit_override(MonthlyLimit=0)
    error = refusal(sms, via=via, DryRun=True)
    assert error["Reason"] == "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"


def test_a_refused_text_spends_nothing(sms: Any, server: Server, account: str, via: str) -> None:
    sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=HANDSET)
    refusal(sms, via=via)
    refusal(sms, via=via, to=CANADIAN)
    refusal(sms, via=via, to=SIMULATED, MaxPrice="0.02999")
    assert spent(server, account) == {}


def test_an_sdks_second_attempt_spends_nothing_more(sms: Any, server: Server, account: str, via: str) -> None:
    sms.meta.events.register("before-send.pinpoint-sms-voice-v2.SendTextMessage", _same_call)
    assert send(sms, via=via) == send(sms, via=via)
    assert spent(server, account) == {MONTH: CENTS}


def _same_call(request: Any, **_: Any) -> None:
    request.headers["amz-sdk-invocation-id"] = "00000000-0000-0000-0000-000000000001"
    request.headers["amz-sdk-request"] = "attempt=2; max=3"


@pytest.mark.parametrize(("most", "fits"), [("0.03", True), (".03000", True), ("0.02999", False)])
def test_max_price_is_for_the_whole_text_with_its_fee(sms: Any, via: str, most: str, fits: bool) -> None:
    if fits:
        assert send(sms, via=via, MaxPrice=most)
    else:
        assert refusal(sms, via=via, MaxPrice=most)["Reason"] == "PRICE_OVER_THRESHOLD"
    assert refusal(sms, via=via, MaxPrice=most, text="x" * 161)["Reason"] == "PRICE_OVER_THRESHOLD"


# ----------------------------------------------------------------------------------------------- other prices


def test_prices_of_the_file_go_before_the_built_in_ones(account: str, tmp_path: Path) -> None:
    file = tmp_path / "wireroom.toml"
    file.write_text('[[prices]]\ncountry = "US"\nprice = "0.01234"\ncarrier_fee = "0.005"\n')
    with Server(load(file, {})) as server:
        sms = server.client(account)
        message_id = send(sms, via=a_number(sms)["PhoneNumberId"])
        assert kept(server, message_id).price_micros == 12_340
        assert kept(server, message_id).fee_micros == 5_000


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (PriceRow(price="1", country="XX"), "'XX'"),
        (PriceRow(price="1", country="us"), "'us'"),
        (PriceRow(price="1", kind="TENDLC"), "'TENDLC': it is one of SHORT_CODE, TEN_DLC"),
    ],
)
def test_a_server_does_not_start_with_prices_for_what_there_is_not(row: PriceRow, said: str) -> None:
    with pytest.raises(ConfigError, match=said), Server(Settings(prices=(row,))):
        pass
