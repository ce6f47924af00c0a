"""Countries of numbers, against libphonenumber's own opinion."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireroom.core.numbers import Outcome, parse, simulated
from wireroom.core.tables.simulator import DESTINATIONS

KINDS = [
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.VOIP,
]
SHARED_CODES = [
    str(code) for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if len(regions) > 1
]


def country(text: str) -> str | None:
    destination = parse(text)
    return destination.country if destination else None


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_example_numbers_of_every_region_lie_where_libphonenumber_says(region: str) -> None:
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in KINDS]
    for number in filter(None, examples):
        text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert country(text) == phonenumbers.region_code_for_number(number), text


@given(st.sampled_from(SHARED_CODES), st.text("0123456789", min_size=7, max_size=10))
def test_valid_numbers_of_shared_calling_codes_lie_where_libphonenumber_says(code: str, rest: str) -> None:
    number = phonenumbers.PhoneNumber(int(code), int(rest), italian_leading_zero=rest.startswith("0"))
    geographic = phonenumbers.number_type(number) in KINDS
    if geographic and len(phonenumbers.national_significant_number(number)) == len(rest):
        assert country(f"+{code}{rest}") == phonenumbers.region_code_for_number(number)


@given(st.text("0123456789", min_size=1, max_size=19).map(lambda digits: "+" + digits))
def test_what_parses_is_of_a_possible_length(text: str) -> None:
    destination = parse(text)
    if destination is not None:
        code = next(
            text[1:n] for n in (2, 3, 4) if int(text[1:n]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        )
        main = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)][0]
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(main)
        assert metadata is not None
        assert metadata.general_desc is not None
        assert len(text) - 1 - len(code) in metadata.general_desc.possible_length


@pytest.mark.parametrize("number", DESTINATIONS)
def test_a_simulator_destination_lies_in_its_country(number: str) -> None:
    assert country(number) == DESTINATIONS[number][0]


def test_area_codes_of_plus_one_tell_the_country_and_the_rest_is_the_us() -> None:
    assert country("+12065550100") == "US"
    assert country("+14165550100") == "CA"
    assert country("+17875550100") == "PR"
    assert country("+16715550100") == "GU"
    assert country("+15555550100") == "US"


def test_the_plus_may_be_left_out() -> None:
    destination = parse("447700900123")
    assert destination is not None
    assert (destination.number, destination.country) == ("+447700900123", "GB")
    assert parse("+447700900123") == destination


@pytest.mark.parametrize(
    "text",
    ["", "+", "++12065550100", "+1206555010", "+120655501000", "+2109999999", "+80012345678", "+999123456",
     "+1 206 555 0100", "+1206555010a", "+١٢٣٤٥٦٧٨٩٠١", "+441"],
)  # fmt: skip
def test_what_cannot_be_a_countrys_number_does_not_parse(text: str) -> None:
    assert parse(text) is None


def test_simulator_destinations_have_their_fate_and_other_numbers_none() -> None:
    assert simulated("+14254147755") is Outcome.SUCCESS
    assert simulated("+14254147167") is Outcome.FAILURE
    assert simulated("+12065550100") is None
