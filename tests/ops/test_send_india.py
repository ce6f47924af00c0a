"""India's two ways: local routes for a sender ID with both of its parameters, ILDO else (data-plane §1.7)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ops.conftest import Clients
from tests.ops.given import NOW, a_number
from tests.ops.sending import GERMAN, INDIAN, send, sent
from wireroom.config import Settings
from wireroom.core.india import ILDO
from wireroom.core.tables.prices import SMS
from wireroom.observe import ManualClock
from wireroom.testing import Server

BOTH = {"IN_ENTITY_ID": "1101", "IN_TEMPLATE_ID": "1107"}
LOCAL, INTERNATIONAL = SMS["IN", "SENDER_ID"][0] / 1_000_000, SMS["IN", ILDO][0] / 1_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Where India takes sender IDs that are not registered, so that a test can have one."""
    with Server(Settings(sender_ids={"IN": "SUPPORTED"}), clock=ManualClock(NOW)) as running:
        yield running


def a_sender(clients: Clients, account: str, server: Server, region: str, country: str = "IN") -> Any:
    """A client in a Region where the sender ID `Wireroom` is there for a country."""
    sms = clients(account, region, server)
    sms.request_sender_id(SenderId="Wireroom", IsoCountryCode=country, MessageTypes=["TRANSACTIONAL"])
    return sms


@pytest.mark.parametrize("region", ["ap-south-1", "ap-south-2"])
def test_both_parameters_from_an_indian_region_go_by_local_routes(
    clients: Clients, account: str, server: Server, region: str
) -> None:
    sms = a_sender(clients, account, server, region)
    found = sent(server, send(sms, via="Wireroom", to=INDIAN, DestinationCountryParameters=BOTH))
    assert found["price"] == LOCAL
    assert "India: by local routes" in found["why"]


@pytest.mark.parametrize(
    ("region", "parameters", "wanting"),
    [
        ("ap-south-1", {}, "IN_ENTITY_ID and IN_TEMPLATE_ID"),
        ("ap-south-1", {"IN_ENTITY_ID": "1101"}, "IN_TEMPLATE_ID"),
        ("ap-south-1", {"IN_TEMPLATE_ID": "1107"}, "IN_ENTITY_ID"),
        ("us-east-1", BOTH, "a send from ap-south-1 or ap-south-2"),
    ],
)
def test_anything_less_goes_by_the_dearer_international_route(
    clients: Clients,
    account: str,
    server: Server,
    region: str,
    parameters: dict[str, str],
    wanting: str,
) -> None:
    sms = a_sender(clients, account, server, region)
    found = sent(server, send(sms, via="Wireroom", to=INDIAN, DestinationCountryParameters=parameters))
    assert found["price"] == INTERNATIONAL > LOCAL
    assert found["why"].endswith(f"local routes need {wanting}")


def test_a_text_to_india_from_a_number_has_one_price(clients: Clients, account: str, server: Server) -> None:
    sms = clients(account, "ap-south-1", server)
    number = a_number(sms, InternationalSendingEnabled=True)
    found = sent(server, send(sms, via=number["PhoneNumberId"], to=INDIAN, DestinationCountryParameters=BOTH))
    assert found["price"] == SMS["IN", "*"][0] / 1_000_000
    assert "local routes" not in found["why"]


def test_indias_parameters_mean_nothing_elsewhere(clients: Clients, account: str, server: Server) -> None:
    sms = a_sender(clients, account, server, "ap-south-1", "DE")
    found = sent(server, send(sms, via="Wireroom", to=GERMAN, DestinationCountryParameters=BOTH))
    assert found["price"] == SMS["DE", "*"][0] / 1_000_000
    assert "India" not in found["why"]
