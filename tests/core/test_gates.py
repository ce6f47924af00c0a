"""The gates before a message is accepted."""

from wireroom.api.enums import (
    ConflictExceptionReason,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
    ValidationExceptionReason,
)
from wireroom.core import gates
from wireroom.core.text import split

TO = "+12065550123"


def test_countries_that_aws_does_not_serve_are_blocked() -> None:
    refused = gates.destination_country("CU")
    assert refused is not None
    assert refused.reason is ValidationExceptionReason.DESTINATION_COUNTRY_BLOCKED
    assert refused.error == "ValidationException"
    assert gates.destination_country("US") is None


def test_a_text_of_more_than_ten_parts_is_refused_and_told_the_limits() -> None:
    refused = gates.body_length(split("a" * 1531))
    assert refused is not None
    assert refused.reason is ValidationExceptionReason.MAXIMUM_SIZE_EXCEEDED
    assert "1530" in refused.said
    assert "630" in refused.said
    assert gates.body_length(split("a" * 1530)) is None


def test_the_sandbox_lets_verified_and_simulator_destinations_through() -> None:
    refused = gates.sandbox(TO, verified=False, simulated=False)
    assert refused is not None
    assert refused.reason is ConflictExceptionReason.DESTINATION_PHONE_NUMBER_NOT_VERIFIED
    assert gates.sandbox(TO, verified=True, simulated=False) is None
    assert gates.sandbox(TO, verified=False, simulated=True) is None


def test_an_opted_out_destination_is_named_in_the_refusal() -> None:
    refused = gates.opt_out(TO, "Default", listed=True)
    assert refused is not None
    assert refused.error == "ConflictException"
    assert refused.reason is ConflictExceptionReason.DESTINATION_PHONE_NUMBER_OPTED_OUT
    assert (refused.resource_type, refused.resource_id) == (ResourceType.PHONE_NUMBER, TO)
    assert gates.opt_out(TO, "Default", listed=False) is None


def test_the_maximum_price_may_be_reached_but_not_passed() -> None:
    assert gates.max_price(11_000, 11_000) is None
    assert gates.max_price(11_000, None) is None
    refused = gates.max_price(11_001, 11_000)
    assert refused is not None
    assert refused.reason is ValidationExceptionReason.PRICE_OVER_THRESHOLD
    assert refused.fields[0][0] == "MaxPrice"


def test_a_price_with_six_decimals_is_told_with_all_of_them() -> None:
    refused = gates.max_price(10_754, 10_750)
    assert refused is not None
    assert "cost 0.010754 USD, more than MaxPrice allows (0.01075 USD)" in refused.said
    assert refused.fields == (("MaxPrice", "is below 0.010754"),)


def test_the_spend_limit_may_be_reached_but_not_passed() -> None:
    assert gates.spend(990_000, 10_000, 1_000_000) is None
    refused = gates.spend(990_001, 10_000, 1_000_000)
    assert refused is not None
    assert refused.error == "ServiceQuotaExceededException"
    assert refused.reason is ServiceQuotaExceededExceptionReason.MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT
