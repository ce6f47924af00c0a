"""RequestSenderId, UpdateSenderId and ReleaseSenderId (control-plane §3)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.conftest import Clients
from tests.ops.given import (
    OTHER_ACCOUNT,
    REGION,
    a_requested_sender_id,
    a_sender_id,
    assert_conflict,
    assert_invalid,
    assert_not_found,
    assert_quota,
    plain,
    refused,
    used,
)


def arn_of(account: str, sender_id: str = "Wireroom", country: str = "SE") -> str:
    return f"arn:aws:sms-voice:{REGION}:{account}:sender-id/{sender_id}/{country}"


def described(sms: Any, sender_id: str = "Wireroom", country: str = "SE") -> dict[str, Any]:
    named = {"SenderId": sender_id, "IsoCountryCode": country}
    found: dict[str, Any] = sms.describe_sender_ids(SenderIds=[named])["SenderIds"][0]
    return found


# ---------------------------------------------------------------------------------------------------- Request


def test_a_sender_id_is_answered_to_the_field(sms: Any, account: str) -> None:
    tags = [{"Key": "team", "Value": "sales"}]
    assert a_requested_sender_id(sms, DeletionProtectionEnabled=True, Tags=tags) == {
        "SenderIdArn": arn_of(account),
        "SenderId": "Wireroom",
        "IsoCountryCode": "SE",
        "MessageTypes": ["TRANSACTIONAL"],
        "MonthlyLeasingPrice": "0.00",
        "DeletionProtectionEnabled": True,
        "Registered": False,
        "Tags": tags,
    }
    assert sms.list_tags_for_resource(ResourceArn=arn_of(account))["Tags"] == tags


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ([], ["TRANSACTIONAL"]),
        (["PROMOTIONAL"], ["PROMOTIONAL"]),
        (["PROMOTIONAL", "PROMOTIONAL"], ["PROMOTIONAL"]),
        (["PROMOTIONAL", "TRANSACTIONAL"], ["TRANSACTIONAL", "PROMOTIONAL"]),
    ],
)
def test_message_types_are_named_once_and_always_in_the_same_order(
    sms: Any, asked: list[str], given: list[str]
) -> None:
    assert a_requested_sender_id(sms, MessageTypes=asked)["MessageTypes"] == given
    assert described(sms)["MessageTypes"] == given


def test_the_same_name_in_another_country_is_another_sender_id(sms: Any, account: str) -> None:
    a_requested_sender_id(sms)
    other = a_requested_sender_id(sms, "WIREROOM", IsoCountryCode="DE")
    assert (other["SenderId"], other["SenderIdArn"]) == ("WIREROOM", arn_of(account, "WIREROOM", "DE"))
    assert described(sms)["SenderId"] == "Wireroom"
    assert used(sms, "SENDER_IDS") == 2


@pytest.mark.parametrize("again", ["Wireroom", "WIREROOM"])
def test_a_name_is_given_once_in_a_country_whatever_its_casing(sms: Any, again: str) -> None:
    a_requested_sender_id(sms)
    error = refused(sms.request_sender_id, SenderId=again, IsoCountryCode="SE")
    assert_conflict(error, "RESOURCE_ALREADY_EXISTS", "sender-id", again)
    assert used(sms, "SENDER_IDS") == 1


def test_accounts_and_regions_do_not_share_their_names(sms: Any, account: str, clients: Clients) -> None:
    for client in (sms, clients(account, "eu-west-1"), clients(f"{int(account) + 500_000_000_000}")):
        assert a_requested_sender_id(client)["SenderId"] == "Wireroom"


@pytest.mark.parametrize("sender_id", ["A", "7up", "a-b", "a_b", "_a", "ELEVENCHARS"])
def test_what_may_be_the_name_of_a_sender(sms: Any, sender_id: str) -> None:
    assert a_requested_sender_id(sms, sender_id)["SenderId"] == sender_id


@pytest.mark.parametrize(
    ("sender_id", "country"),
    [("12345", "SE"), ("1-2_3", "SE"), ("-", "SE"), ("-ab", "SE"), ("ab-", "SE"), ("a-b", "FR")],
)
def test_what_may_not_be_the_name_of_a_sender(sms: Any, sender_id: str, country: str) -> None:
    error = refused(sms.request_sender_id, SenderId=sender_id, IsoCountryCode=country)
    assert_invalid(error, "INVALID_PARAMETER", "SenderId")
    assert used(sms, "SENDER_IDS") == 0


@pytest.mark.parametrize("sender_id", ["Wire room", "TWELVE_CHARS", "Wireröm", "a+b"])
def test_a_name_that_breaks_the_models_pattern_is_refused(sms: Any, sender_id: str) -> None:
    error = refused(sms.request_sender_id, SenderId=sender_id, IsoCountryCode="SE")
    assert_invalid(error, "FIELD_VALIDATION_FAILED", "SenderId")


@pytest.mark.parametrize("country", ["US", "CA", "CN", "XX"])
def test_countries_without_sender_ids_get_none(sms: Any, country: str) -> None:
    error = refused(sms.request_sender_id, SenderId="Wireroom", IsoCountryCode=country)
    assert_invalid(error, "SENDER_ID_NOT_SUPPORTED", "IsoCountryCode")


@pytest.mark.parametrize("country", ["GB", "IN"])
def test_a_sender_id_that_has_to_be_registered_cannot_be_requested(sms: Any, country: str) -> None:
    error = refused(sms.request_sender_id, SenderId="Wireroom", IsoCountryCode=country)
    assert_invalid(error, "SENDER_ID_REQUIRES_REGISTRATION", "IsoCountryCode")
    assert used(sms, "SENDER_IDS") == 0


def test_an_operator_may_correct_the_table_of_countries(corrected: Any) -> None:
    assert a_requested_sender_id(corrected, IsoCountryCode="GB")["IsoCountryCode"] == "GB"
    assert a_requested_sender_id(corrected, IsoCountryCode="SE")["IsoCountryCode"] == "SE"
    for country, reason in {"DE": "SENDER_ID_NOT_SUPPORTED", "AT": "SENDER_ID_REQUIRES_REGISTRATION"}.items():
        error = refused(corrected.request_sender_id, SenderId="Wireroom", IsoCountryCode=country)
        assert_invalid(error, reason, "IsoCountryCode")


def test_sender_ids_have_a_quota_and_a_released_one_makes_room(tight: Any) -> None:
    for name in ("one", "two", "three"):
        a_requested_sender_id(tight, name)
    error = refused(tight.request_sender_id, SenderId="four", IsoCountryCode="SE")
    assert_quota(error, "SENDER_IDS_PER_ACCOUNT")
    tight.release_sender_id(SenderId="one", IsoCountryCode="SE")
    a_requested_sender_id(tight, "four")
    assert used(tight, "SENDER_IDS") == 3


def test_a_sender_id_with_too_many_tags_is_not_made(tight: Any) -> None:
    tags = [{"Key": f"key{n}", "Value": ""} for n in range(4)]
    error = refused(tight.request_sender_id, SenderId="Wireroom", IsoCountryCode="SE", Tags=tags)
    assert_quota(error, "TAGS_PER_RESOURCE")
    assert tight.describe_sender_ids()["SenderIds"] == []
    assert used(tight, "SENDER_IDS") == 0


def test_the_same_client_token_makes_one_sender_id(sms: Any) -> None:
    first = a_requested_sender_id(sms, ClientToken="token")
    assert a_requested_sender_id(sms, ClientToken="token") == first
    error = refused(sms.request_sender_id, SenderId="Other", IsoCountryCode="SE", ClientToken="token")
    assert_invalid(error, "INVALID_PARAMETER", "ClientToken")
    assert used(sms, "SENDER_IDS") == 1


# ----------------------------------------------------------------------------------------------------- Update


def test_deletion_protection_is_turned_on_and_off(sms: Any, account: str) -> None:
    a_requested_sender_id(sms)
    answer = sms.update_sender_id(SenderId="wireroom", IsoCountryCode="SE", DeletionProtectionEnabled=True)
    assert plain(answer) == {
        "SenderIdArn": arn_of(account),
        "SenderId": "Wireroom",
        "IsoCountryCode": "SE",
        "MessageTypes": ["TRANSACTIONAL"],
        "MonthlyLeasingPrice": "0.00",
        "DeletionProtectionEnabled": True,
        "Registered": False,
    }
    assert described(sms)["DeletionProtectionEnabled"] is True
    sms.update_sender_id(SenderId=arn_of(account), IsoCountryCode="SE", DeletionProtectionEnabled=False)
    assert described(sms)["DeletionProtectionEnabled"] is False


def test_an_update_without_members_changes_nothing(sms: Any) -> None:
    a_requested_sender_id(sms, DeletionProtectionEnabled=True)
    before = described(sms)
    answer = sms.update_sender_id(SenderId="Wireroom", IsoCountryCode="SE")
    assert answer["DeletionProtectionEnabled"] is True
    assert described(sms) == before


def test_an_update_is_for_one_country(sms: Any) -> None:
    a_requested_sender_id(sms)
    a_requested_sender_id(sms, IsoCountryCode="DE")
    sms.update_sender_id(SenderId="Wireroom", IsoCountryCode="DE", DeletionProtectionEnabled=True)
    assert described(sms)["DeletionProtectionEnabled"] is False
    assert described(sms, country="DE")["DeletionProtectionEnabled"] is True


# ---------------------------------------------------------------------------------------------------- Release


@pytest.mark.parametrize("named", ["Wireroom", "wireROOM", "arn"])
def test_a_released_sender_id_is_answered_without_its_protection_and_gone(
    sms: Any, account: str, named: str
) -> None:
    a_requested_sender_id(sms, Tags=[{"Key": "team", "Value": "sales"}])
    reference = arn_of(account) if named == "arn" else named
    assert plain(sms.release_sender_id(SenderId=reference, IsoCountryCode="SE")) == {
        "SenderIdArn": arn_of(account),
        "SenderId": "Wireroom",
        "IsoCountryCode": "SE",
        "MessageTypes": ["TRANSACTIONAL"],
        "MonthlyLeasingPrice": "0.00",
        "Registered": False,
    }
    assert sms.describe_sender_ids()["SenderIds"] == []
    assert used(sms, "SENDER_IDS") == 0


def test_a_name_can_be_requested_again_at_once_and_has_no_tags_from_before(sms: Any, account: str) -> None:
    a_requested_sender_id(sms, Tags=[{"Key": "team", "Value": "sales"}])
    sms.release_sender_id(SenderId="Wireroom", IsoCountryCode="SE")
    a_requested_sender_id(sms)
    assert sms.list_tags_for_resource(ResourceArn=arn_of(account))["Tags"] == []


def test_a_registered_sender_id_is_released_with_its_registration_named(
    sms: Any, account: str, put: Callable[..., None]
) -> None:
    put(a_sender_id(account, registered=True, registration_id="registration-" + "1" * 32))
    answer = sms.release_sender_id(SenderId="Wireroom", IsoCountryCode="GB")
    assert (answer["Registered"], answer["RegistrationId"]) == (True, "registration-" + "1" * 32)


def test_a_protected_sender_id_is_not_released(sms: Any) -> None:
    a_requested_sender_id(sms, DeletionProtectionEnabled=True)
    error = refused(sms.release_sender_id, SenderId="WIREROOM", IsoCountryCode="SE")
    assert_conflict(error, "DELETION_PROTECTION_ENABLED", "sender-id", "WIREROOM")
    assert described(sms)["SenderId"] == "Wireroom"
    assert used(sms, "SENDER_IDS") == 1


# ---------------------------------------------------------------------------------- what is not there to find


@pytest.mark.parametrize("operation", ["update_sender_id", "release_sender_id"])
def test_a_sender_id_that_is_unknown_here_is_not_found(
    sms: Any, account: str, clients: Clients, operation: str
) -> None:
    a_requested_sender_id(sms)
    a_requested_sender_id(clients(OTHER_ACCOUNT), f"w{account[-8:]}")
    elsewhere = arn_of(account).replace(REGION, "eu-west-1")
    for reference, country in (
        ("Nobody", "SE"),
        ("Wireroom", "DE"),
        (arn_of(account, "Nobody"), "SE"),
        (arn_of(OTHER_ACCOUNT, f"w{account[-8:]}"), "SE"),
        (elsewhere, "SE"),
    ):
        error = refused(getattr(sms, operation), SenderId=reference, IsoCountryCode=country)
        assert_not_found(error, "sender-id", reference)


@pytest.mark.parametrize("operation", ["update_sender_id", "release_sender_id"])
def test_the_country_of_an_arn_has_to_be_the_one_that_is_given(
    sms: Any, account: str, operation: str
) -> None:
    a_requested_sender_id(sms)
    a_requested_sender_id(sms, IsoCountryCode="DE")
    error = refused(getattr(sms, operation), SenderId=arn_of(account), IsoCountryCode="DE")
    assert_invalid(error, "COUNTRY_CODE_MISMATCH", "IsoCountryCode")


@pytest.mark.parametrize("operation", ["update_sender_id", "release_sender_id"])
@pytest.mark.parametrize(
    "rest", ["sender-id/Wireroom", "pool/Wireroom/SE", "sender-id", "phone-number/phone-" + "0" * 32]
)
def test_the_arn_of_something_else_is_invalid(sms: Any, account: str, operation: str, rest: str) -> None:
    a_requested_sender_id(sms)
    reference = f"arn:aws:sms-voice:{REGION}:{account}:{rest}"
    error = refused(getattr(sms, operation), SenderId=reference, IsoCountryCode="SE")
    assert_invalid(error, "INVALID_ARN", "SenderId")
