"""Many at once, on either engine: limits hold, a token makes one thing, a number has one owner."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faults.conftest import QUICK, new_pool
from tests.postgres import Cluster, migrated
from wireroom.config import PriceRow, Settings
from wireroom.store.rows import Message, SpendSlot
from wireroom.testing import ACCOUNT, Server

SENDERS = 64
CENT = 10_000
"""Micro-dollars: what each text costs here."""
PRICES = (PriceRow("0.01"),)


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest) -> Settings:
    if request.param == "sqlite":
        return Settings(simulator=QUICK, prices=PRICES)
    cluster: Cluster = request.getfixturevalue("postgres")
    return Settings(database=migrated(cluster), simulator=QUICK, prices=PRICES)


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    with Server(settings) as running:
        yield running


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """The answer or the error's code of each, all begun together."""
    gate = threading.Barrier(len(calls))

    def do(call: Callable[[], object]) -> object:
        gate.wait()
        try:
            return call()
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(do, calls))


def spent(server: Server) -> int:
    slots = server.run(server.app.engine.read(lambda tx: tx.page(SpendSlot, {}, None, 1000), "slots"))
    assert all(slot.micros <= slot.granted for slot in slots)
    return sum(slot.micros for slot in slots)


def accepted(server: Server) -> int:
    texts = server.run(server.app.engine.read(lambda tx: tx.page(Message, {}, None, 10_000), "texts"))
    assert {text.price_micros + text.fee_micros for text in texts} <= {CENT}
    return len(texts) * CENT


def sending(sms: Any, pool: str, times: int = 1) -> Callable[[], int]:
    def call() -> int:
        done = 0
        for _ in range(times):
            try:
                sms.send_text_message(
                    DestinationPhoneNumber="+14255550100", MessageBody="hello", OriginationIdentity=pool
                )
                done += 1
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ServiceQuotaExceededException"  # noqa: PT017
        return done

    return call


def test_64_senders_spend_a_limit_to_the_last_cent_and_never_more(
    server: Server, client_of: Callable[..., Any]
) -> None:
    sms = client_of(server)
    pool, _ = new_pool(sms)
    sms.set_text_message_spend_limit_override(MonthlyLimit=2)
    done = at_once([sending(sms, pool, 4) for _ in range(SENDERS)])
    assert spent(server) == accepted(server) == 2_000_000
    assert sum(int(str(each)) for each in done) + 1 == 200, "the fixture's text is one of them"


def test_a_limit_that_moves_is_kept_too(server: Server, client_of: Callable[..., Any]) -> None:
    """Down to one dollar and up to two, while 32 send: in the end two are spent and not a cent more."""
    sms = client_of(server)
    pool, _ = new_pool(sms)

    def move() -> int:
        for limit in (1, 2) * 10:
            sms.set_text_message_spend_limit_override(MonthlyLimit=limit)
        return 0

    sms.set_text_message_spend_limit_override(MonthlyLimit=1)
    at_once([move, *(sending(sms, pool, 10) for _ in range(32))])
    assert spent(server) == accepted(server) <= 2_000_000
    at_once([sending(sms, pool, 20) for _ in range(16)])
    assert spent(server) == accepted(server) == 2_000_000
    sms.set_text_message_spend_limit_override(MonthlyLimit=1)
    at_once([sending(sms, pool) for _ in range(16)])
    assert spent(server) == accepted(server) == 2_000_000


def test_one_token_makes_one_pool_however_many_bring_it(
    server: Server, client_of: Callable[..., Any]
) -> None:
    sms = client_of(server)
    number = sms.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TEN_DLC"
    )

    def make() -> str:
        made = sms.create_pool(
            OriginationIdentity=number["PhoneNumberId"],
            IsoCountryCode="US",
            MessageType="TRANSACTIONAL",
            ClientToken="the-same",
        )
        return str(made["PoolId"])

    assert len(set(at_once([make] * 16))) == 1
    assert len(sms.describe_pools()["Pools"]) == 1


def test_a_number_joins_one_of_two_pools(server: Server, client_of: Callable[..., Any]) -> None:
    sms = client_of(server)
    number = sms.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TEN_DLC"
    )

    def make() -> str:
        made = sms.create_pool(
            OriginationIdentity=number["PhoneNumberId"], IsoCountryCode="US", MessageType="TRANSACTIONAL"
        )
        return str(made["PoolId"])

    answers = at_once([make] * 12)
    assert answers.count("ConflictException") == 11
    [pool] = [each for each in answers if each != "ConflictException"]
    assert sms.describe_phone_numbers()["PhoneNumbers"][0]["PoolId"] == pool


def test_nobody_gets_a_number_that_somebody_has(server: Server, client_of: Callable[..., Any]) -> None:
    clients = [client_of(server, account=f"{int(ACCOUNT) + number:012d}") for number in range(8)]

    def request(sms: Any) -> str:
        number = sms.request_phone_number(
            IsoCountryCode="US",
            MessageType="TRANSACTIONAL",
            NumberCapabilities=["SMS"],
            NumberType="TOLL_FREE",
        )
        return str(number["PhoneNumber"])

    numbers = at_once([lambda sms=sms: request(sms) for sms in clients * 4])  # type: ignore[misc]
    assert len(set(numbers)) == len(numbers) == 32
    assert all(str(number).startswith("+1") for number in numbers)
    for sms in clients:
        assert len(sms.describe_phone_numbers()["PhoneNumbers"]) == 4


def test_a_quota_holds_when_all_come_at_once(server: Server, client_of: Callable[..., Any]) -> None:
    sms = client_of(server)
    answers = at_once(
        [lambda name=f"list-{number}": sms.create_opt_out_list(OptOutListName=name) for number in range(40)]  # type: ignore[misc]
    )
    made = len(sms.describe_opt_out_lists()["OptOutLists"]) - 1
    assert made == len(answers) - answers.count("ServiceQuotaExceededException")
    assert made == 24, "25 with Default"
