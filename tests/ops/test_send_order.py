"""Of two lines of the failure table that one text breaks, the earlier answers (data-plane §1.5).

A fault makes a text fail at its line: it says what the request has to hold, and may change the account.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.ops.given import NOW, REGION, a_number
from tests.ops.sending import CUBAN, HANDSET, NO_NUMBER, SIMULATED, send
from wireroom.config import AuthMode, Settings, Simulate
from wireroom.observe import ManualClock
from wireroom.testing import Server

PROTECT = {13, 14}
"""The lines that no text can break before there are protect configurations."""
DRY_RUN = 18
"""The line that refuses nothing: a dry run is answered where no other line is broken (test_send_dry_runs)."""
OPTIONS = Config(parameter_validation=False, retries={"total_max_attempts": 1}, proxies={})


class House(NamedTuple):
    """A client with the right secret, one with a wrong secret, and the number of their account."""

    sms: Any
    forger: Any
    via: str


class Fault(NamedTuple):
    code: str
    reason: str | None
    request: dict[str, Any]
    prepare: Callable[[House, str], object] = lambda *_: None
    """Told where, and the destination of the text to come."""
    said: str = ""
    """Part of the Message, where code and reason do not tell a line from another."""


def too_many_requests(house: House, _: str) -> None:
    for _attempt in range(2):
        with pytest.raises(ClientError):
            send(house.sms, via="NOBODY")


def opted_out(house: House, destination: str) -> None:
    house.sms.put_opted_out_number(OptOutListName="Default", OptedOutNumber=destination)


def nothing_to_spend(house: House, _: str) -> None:
    house.sms.set_text_message_spend_limit_override(MonthlyLimit=0)


def spoke_just_now(house: House, _: str) -> None:
    send(house.sms, via=house.via, to=SIMULATED)


FAULTS = {
    1: Fault("InvalidSignatureException", None, {}),
    2: Fault("ThrottlingException", None, {}, too_many_requests, "Rate exceeded"),
    3: Fault("SerializationException", None, {"TimeToLive": "soon"}),
    4: Fault("ValidationException", "FIELD_VALIDATION_FAILED", {"Keyword": "x" * 31}),
    5: Fault("AccessDeniedException", "ACCOUNT_DISABLED", {}),
    6: Fault("ResourceNotFoundException", None, {"ConfigurationSetName": "none"}),
    7: Fault("ValidationException", "CANNOT_PARSE", {"DestinationPhoneNumber": NO_NUMBER}),
    8: Fault("ValidationException", "DESTINATION_COUNTRY_BLOCKED", {"DestinationPhoneNumber": CUBAN}),
    9: Fault("ConflictException", "MESSAGE_TYPE_MISMATCH", {"MessageType": "PROMOTIONAL"}),
    10: Fault("ValidationException", "MAXIMUM_SIZE_EXCEEDED", {"MessageBody": "x" * 1531}),
    11: Fault("ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED", {}),
    12: Fault("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", {}, opted_out),
    15: Fault("ValidationException", "PRICE_OVER_THRESHOLD", {"MaxPrice": "0.00001"}),
    16: Fault("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", {}, nothing_to_spend),
    17: Fault("ThrottlingException", None, {}, spoke_just_now, "parts a second"),
}

NEVER_TOGETHER = {
    (5, 17): "an account that may not send cannot have sent just now",
    (7, 8): "a number is of no country, or of one",
    (7, 11): "a number is none, or not verified",
    (7, 12): "a number is none, or on a list",
}
PAIRS = [(one, other) for one in FAULTS for other in FAULTS if one < other]


@pytest.fixture(scope="module")
def houses() -> Iterator[Callable[[Simulate], Server]]:
    """One server for each strictness."""
    running: dict[Simulate, Server] = {}
    with ExitStack() as stack:

        def get(simulate: Simulate) -> Server:
            if simulate not in running:
                settings = Settings(auth=AuthMode.KEYS, simulate=simulate)
                running[simulate] = stack.enter_context(Server(settings, clock=ManualClock(NOW)))
            return running[simulate]

        yield get


@pytest.fixture(scope="module")
def session() -> boto3.session.Session:
    """One for all clients, for that is what takes time."""
    return boto3.session.Session()


@pytest.fixture
def house(
    houses: Callable[[Simulate], Server],
    session: boto3.session.Session,
    account: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Simulate], House]:
    """A fresh account with a number, on a server that simulates what is said."""

    def get(simulate: Simulate) -> House:
        server = houses(simulate)
        monkeypatch.setattr(server.app.machine, "monotonic", lambda: 0.0)  # no bucket fills
        key = server.run(server.app.keys.create(account, admin=False))

        def client(secret: str) -> Any:
            return session.client(
                "pinpoint-sms-voice-v2",
                aws_access_key_id=key.row.access_key_id,
                aws_secret_access_key=secret,
                endpoint_url=server.url,
                region_name=REGION,
                config=OPTIONS,
            )

        sms = client(key.secret)
        return House(sms, client("another"), a_number(sms, NumberType="TEN_DLC")["PhoneNumberId"])

    return get


@pytest.mark.parametrize("lines", [pair for pair in PAIRS if pair not in NEVER_TOGETHER], ids=str)
def test_the_earlier_line_answers(house: Callable[[Simulate], House], lines: tuple[int, int]) -> None:
    first, second = (FAULTS[line] for line in lines)
    status, tier = "disabled" if 5 in lines else "active", "sandbox" if 11 in lines else "production"
    here = house(Simulate(rates="aws", account=status, tier=tier))
    request = {
        "OriginationIdentity": here.via,
        "DestinationPhoneNumber": HANDSET,
        **second.request,
        **first.request,
    }
    # A later line is prepared first: what prepares it must not be refused by an earlier one.
    second.prepare(here, request["DestinationPhoneNumber"])
    first.prepare(here, request["DestinationPhoneNumber"])
    with pytest.raises(ClientError) as caught:
        send(here.forger if 1 in lines else here.sms, **request)
    error = caught.value.response
    assert (error["Error"]["Code"], error.get("Reason")) == (first.code, first.reason)
    assert first.said in error["Error"]["Message"]


def test_every_line_of_the_table_stands_here() -> None:
    assert FAULTS.keys() | PROTECT | {DRY_RUN} == set(range(1, 19))
