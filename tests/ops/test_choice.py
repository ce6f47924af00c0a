"""Who speaks, through boto3: what a pool, an account or a configuration set makes of it (data-plane §1.2)."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ops.conftest import Clients, Servers
from tests.ops.given import REGION, a_number, a_pool, assert_conflict, assert_invalid, refused
from wireroom.config import Settings
from wireroom.store.rows import Degraded, Why
from wireroom.testing import Server

HOUR = 3600.0
TO_FRANCE, TO_GERMANY, TO_BRITAIN, TO_CANADA = (
    "+33639980001",
    "+4915123456789",
    "+447400123456",
    "+15062345678",
)
_handsets = itertools.count(14_255_560_000)


@pytest.fixture
def server(servers: Servers) -> Server:
    """Its clock is turned here: it is not the one that other tests share."""
    return servers("turned")


@pytest.fixture
def sms(clients: Clients, account: str, server: Server) -> Any:
    return clients(account, server=server)


@pytest.fixture
def handset() -> str:
    return f"+{next(_handsets)}"


@pytest.fixture
def texts(server: Server, sms: Any) -> Iterator[Any]:
    """Send, let it arrive, and answer the text as the read-back shows it."""

    def send(to: str, identity: str | None = None, **more: Any) -> dict[str, Any]:
        given = {} if identity is None else {"OriginationIdentity": identity}
        sent = sms.send_text_message(DestinationPhoneNumber=to, MessageBody="hello", **given, **more)
        server.settled()
        server.turn(1)
        server.settled()
        found: dict[str, Any] = server.call(f"/messages/{sent['MessageId']}")
        return found

    yield send
    server.settled()


def speaker(text: dict[str, Any]) -> str:
    return str(text["originationPhoneNumber"])


def a_long_code(sms: Any, country: str = "US", **changes: Any) -> dict[str, Any]:
    return a_number(sms, IsoCountryCode=country, NumberType="LONG_CODE", **changes)


def a_name(sms: Any, name: str, country: str = "FR", **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = sms.request_sender_id(SenderId=name, IsoCountryCode=country, **changes)
    return found


def a_set(sms: Any, name: str = "choice", **defaults: Any) -> str:
    sms.create_configuration_set(ConfigurationSetName=name)
    if sender := defaults.get("sender"):
        sms.set_default_sender_id(ConfigurationSetName=name, SenderId=sender)
    if message_type := defaults.get("message_type"):
        sms.set_default_message_type(ConfigurationSetName=name, MessageType=message_type)
    return name


def a_pool_of_two(sms: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A pool of two long codes: (its id, the one that goes first, the other)."""
    numbers = sorted((a_long_code(sms), a_long_code(sms)), key=lambda number: number["PhoneNumberId"])
    pool = a_pool(sms, numbers[1])
    sms.associate_origination_identity(
        PoolId=pool["PoolId"], OriginationIdentity=numbers[0]["PhoneNumberId"], IsoCountryCode="US"
    )
    return pool["PoolId"], numbers[0], numbers[1]


# ------------------------------------------------------------------------------------------------- sticky


def test_who_delivered_last_speaks_again_for_25_hours(
    sms: Any, server: Server, texts: Any, handset: str
) -> None:
    pool, first, second = a_pool_of_two(sms)
    assert speaker(texts(handset, second["PhoneNumberId"])) == second["PhoneNumber"]
    again = texts(handset, pool)
    assert speaker(again) == second["PhoneNumber"]
    assert "it delivered there last" in again["why"]
    earlier = f"{first['PhoneNumber']}: long code, earlier in the order, but another delivered there last"
    assert earlier in again["why"]
    server.turn(24.9 * HOUR)
    assert speaker(texts(handset, pool)) == second["PhoneNumber"]
    server.turn(24.9 * HOUR)  # from the last delivery, not from the first
    assert speaker(texts(handset, pool)) == second["PhoneNumber"]
    server.turn(25.1 * HOUR)
    assert speaker(texts(handset, pool)) == first["PhoneNumber"]


def test_stickiness_is_of_one_destination_and_one_account(
    sms: Any, clients: Clients, server: Server, texts: Any, handset: str
) -> None:
    pool, first, second = a_pool_of_two(sms)
    texts(handset, second["PhoneNumberId"])
    assert speaker(texts("+14255569999", pool)) == first["PhoneNumber"]
    assert speaker(texts(handset)) == second["PhoneNumber"]  # an account-level send keeps to it too


def test_a_sticky_identity_that_left_the_pool_is_not_looked_for(
    sms: Any, server: Server, texts: Any, handset: str
) -> None:
    pool, first, second = a_pool_of_two(sms)
    texts(handset, second["PhoneNumberId"])
    sms.disassociate_origination_identity(
        PoolId=pool, OriginationIdentity=second["PhoneNumberId"], IsoCountryCode="US"
    )
    assert speaker(texts(handset, pool)) == first["PhoneNumber"]


def test_a_text_that_failed_makes_nobody_sticky(sms: Any, texts: Any) -> None:
    failing = "+14254147167"
    pool, first, second = a_pool_of_two(sms)
    assert texts(failing, second["PhoneNumberId"])["status"] == "FAILED"
    assert speaker(texts(failing, pool)) == first["PhoneNumber"]


# ------------------------------------------------------------------------------------------------- health


def test_a_degraded_identity_steps_back_and_comes_again(
    sms: Any, account: str, server: Server, texts: Any, handset: str
) -> None:
    pool, first, second = a_pool_of_two(sms)
    until = server.app.clock.now() + 300_000
    row = Degraded(account, REGION, first["PhoneNumber"], until, "15 of 20 receipts are failures")
    server.run(server.app.engine.run(lambda tx: tx.insert(row), "a test's row"))
    text = texts(handset, pool)
    assert speaker(text) == second["PhoneNumber"]
    assert "degraded, 15 of 20 receipts are failures" in text["why"]
    assert speaker(texts(handset, first["PhoneNumberId"])) == first["PhoneNumber"]  # named: it has to speak
    server.turn(400)
    assert speaker(texts("+14255569998", pool)) == first["PhoneNumber"]


# ---------------------------------------------------------------------------------- kinds, types, countries


def test_a_number_of_the_country_goes_before_a_toll_free_number_of_another_and_sender_ids_last(
    sms: Any, texts: Any
) -> None:
    a_name(sms, "Kiosk", "SE")
    assert speaker(texts("+46701234567")) == "Kiosk"
    abroad = a_number(sms, InternationalSendingEnabled=True)
    assert speaker(texts("+46701234568")) == abroad["PhoneNumber"]
    at_home = a_long_code(sms, "SE")
    text = texts("+46701234569")
    assert speaker(text) == at_home["PhoneNumber"]
    assert f"{abroad['PhoneNumber']}: toll-free number, later in the order" in text["why"]
    assert "Kiosk: sender ID, later in the order" in text["why"]


def test_an_account_level_send_prefers_transactional_identities(sms: Any, texts: Any, handset: str) -> None:
    promotional = a_long_code(sms, MessageType="PROMOTIONAL")
    toll_free = a_number(sms)
    text = texts(handset)
    assert (speaker(text), text["messageType"]) == (toll_free["PhoneNumber"], "TRANSACTIONAL")
    text = texts(handset, MessageType="PROMOTIONAL")
    assert (speaker(text), text["messageType"]) == (promotional["PhoneNumber"], "PROMOTIONAL")
    assert f"{toll_free['PhoneNumber']}: other message type" in text["why"]


def test_the_message_type_is_the_requests_then_the_sets_then_the_identitys(
    sms: Any, texts: Any, handset: str
) -> None:
    promotional = a_long_code(sms, MessageType="PROMOTIONAL")
    transactional = a_long_code(sms)
    name = a_set(sms, message_type="PROMOTIONAL")
    assert texts(handset, promotional["PhoneNumberId"])["messageType"] == "PROMOTIONAL"
    assert speaker(texts(handset, ConfigurationSetName=name)) == promotional["PhoneNumber"]
    text = texts(handset, ConfigurationSetName=name, MessageType="TRANSACTIONAL")
    assert speaker(text) == transactional["PhoneNumber"]
    error = refused(
        sms.send_text_message,
        DestinationPhoneNumber=handset,
        MessageBody="hello",
        OriginationIdentity=transactional["PhoneNumberArn"],
        ConfigurationSetName=name,
    )
    assert_conflict(error, "MESSAGE_TYPE_MISMATCH", "phone-number", transactional["PhoneNumberArn"])


def test_a_pool_of_several_countries_speaks_with_the_one_of_the_destination(sms: Any, texts: Any) -> None:
    french, german = a_name(sms, "Kiosk"), a_name(sms, "Kiosk", "DE")
    pool = sms.create_pool(
        OriginationIdentity=french["SenderIdArn"], IsoCountryCode="FR", MessageType="TRANSACTIONAL"
    )["PoolId"]
    sms.associate_origination_identity(
        PoolId=pool, OriginationIdentity=german["SenderIdArn"], IsoCountryCode="DE"
    )
    assert "sender ID of FR" in texts(TO_FRANCE, pool)["why"]
    assert "sender ID of DE" in texts(TO_GERMANY, pool)["why"]
    error = refused(
        sms.send_text_message, DestinationPhoneNumber=TO_CANADA, MessageBody="x", OriginationIdentity=pool
    )
    assert error["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"


def test_a_sender_id_is_named_by_itself_by_arn_and_in_any_case(sms: Any, texts: Any) -> None:
    name = a_name(sms, "Kiosk")
    for reference in ("Kiosk", "KIOSK", name["SenderIdArn"]):
        assert speaker(texts(TO_FRANCE, reference)) == "Kiosk"
    sending = {"MessageBody": "x", "OriginationIdentity": "Kiosk"}
    for to, reason in (
        (TO_CANADA, "SENDER_ID_NOT_SUPPORTED"),
        (TO_BRITAIN, "SENDER_ID_REQUIRES_REGISTRATION"),
        (TO_GERMANY, "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"),
    ):
        error = refused(sms.send_text_message, DestinationPhoneNumber=to, **sending)
        assert_invalid(error, reason, "OriginationIdentity")


def test_a_toll_free_number_without_international_sending_stays_at_home(sms: Any) -> None:
    number = a_number(sms)
    error = refused(
        sms.send_text_message,
        DestinationPhoneNumber=TO_FRANCE,
        MessageBody="x",
        OriginationIdentity=number["PhoneNumberId"],
    )
    assert_invalid(error, "INTERNATIONAL_SENDING_NOT_SUPPORTED", "OriginationIdentity")


def test_ten_dlc_reaches_the_territories(sms: Any, texts: Any) -> None:
    number = a_number(sms, NumberType="TEN_DLC")
    assert speaker(texts("+17872345678", number["PhoneNumberId"])) == number["PhoneNumber"]


# --------------------------------------------------------------------- default sender IDs, shared routes


def test_the_default_sender_id_goes_before_the_accounts_other_names(sms: Any, texts: Any) -> None:
    a_name(sms, "Aaa")
    a_name(sms, "Zzz")
    assert speaker(texts(TO_FRANCE)) == "Aaa"
    assert speaker(texts("+33639980003", ConfigurationSetName=a_set(sms, sender="Zzz"))) == "Zzz"


def test_a_default_sender_id_that_nobody_owns_speaks_where_names_are_free(sms: Any, texts: Any) -> None:
    name = a_set(sms, sender="Anybody")
    assert speaker(texts(TO_FRANCE, ConfigurationSetName=name)) == "Anybody"
    sending = {"MessageBody": "x", "ConfigurationSetName": name}
    for to in (TO_BRITAIN, TO_CANADA):
        error = refused(sms.send_text_message, DestinationPhoneNumber=to, **sending)
        assert error["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"


def test_a_corrected_table_of_sender_ids_counts_from_the_next_start(tmp_path: Path) -> None:
    """The data are the same, and so is the revision under which a choice is remembered (docs/adr/0006)."""
    sending = {"DestinationPhoneNumber": TO_FRANCE, "MessageBody": "x", "OriginationIdentity": "Kiosk"}
    with Server(data_dir=str(tmp_path)) as server:
        a_name(server.client(), "Kiosk")
        server.client().send_text_message(**sending)
    for rule, reason in (
        ("NOT_SUPPORTED", "SENDER_ID_NOT_SUPPORTED"),
        ("REGISTRATION_REQUIRED", "SENDER_ID_NOT_REGISTERED"),
    ):
        with Server(Settings(sender_ids={"FR": rule}), data_dir=str(tmp_path)) as server:
            assert refused(server.client().send_text_message, **sending)["Reason"] == reason


def test_a_pool_with_shared_routes_reaches_countries_that_it_has_no_identity_for(
    sms: Any, texts: Any
) -> None:
    pool = a_pool(sms)["PoolId"]
    sending = {"DestinationPhoneNumber": TO_FRANCE, "MessageBody": "x", "OriginationIdentity": pool}
    assert refused(sms.send_text_message, **sending)["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"
    sms.update_pool(PoolId=pool, SharedRoutesEnabled=True)
    text = texts(TO_FRANCE, pool)
    assert speaker(text) == "NOTICE"
    assert "shared route of FR" in text["why"]
    error = refused(sms.send_text_message, **{**sending, "DestinationPhoneNumber": TO_CANADA})
    assert error["Reason"] == "NO_ORIGINATION_IDENTITIES_FOUND"


# --------------------------------------------------------------------------------------------------- why


def test_why_tells_of_every_candidate(sms: Any, texts: Any, handset: str) -> None:
    names = [f"Shop{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    for name in names:
        a_name(sms, name)
    number = a_long_code(sms)
    text = texts(handset)
    assert speaker(text) == number["PhoneNumber"]
    for name in names:
        assert f"{name}: the destination's country has no sender IDs (FR)" in text["why"]


def test_a_reset_leaves_no_story(sms: Any, account: str, server: Server, texts: Any, handset: str) -> None:
    a_long_code(sms)
    texts(handset)
    server.call("/reset", "POST", {"account": account})
    place = {"account_id": account, "region": REGION}
    assert server.run(server.app.engine.read(lambda tx: tx.page(Why, place, None, 9), "whys")) == []
    a_long_code(sms)
    assert "chosen" in texts(handset)["why"]


def test_a_copy_of_the_data_keeps_its_own_stories(tmp_path: Path) -> None:
    """As tests do that begin with prepared data: each copy has the same revision, and none has the story."""
    with Server(data_dir=str(tmp_path / "prepared")) as server:
        a_long_code(server.client())
    for copy in ("first", "second"):
        shutil.copytree(tmp_path / "prepared", tmp_path / copy)
        with Server(data_dir=str(tmp_path / copy)) as server:
            sent = server.client().send_text_message(DestinationPhoneNumber="+14255550101", MessageBody="x")
            assert "chosen" in server.call(f"/messages/{sent['MessageId']}")["why"]
