"""Numbers that can be requested."""

import itertools

import pytest

from wireroom.api.enums import MessageType, NumberCapability, NumberType
from wireroom.core.inventory import (
    Available,
    NotToBeHad,
    VoiceNotAvailable,
    all_made_up,
    can_request,
    count,
    made_up,
    parts_per_second,
)
from wireroom.core.numbers import parse
from wireroom.core.tables.inventory import BLOCKS

SMS, VOICE, MMS = NumberCapability.SMS, NumberCapability.VOICE, NumberCapability.MMS
T, P = MessageType.TRANSACTIONAL, MessageType.PROMOTIONAL


@pytest.mark.parametrize("block", sorted(BLOCKS))
def test_made_up_numbers_are_different_and_lie_in_their_country(block: tuple[str, str]) -> None:
    iso, kind = block[0], NumberType(block[1])
    numbers = list(all_made_up(iso, kind))
    assert len(set(numbers)) == count(iso, kind) >= 100
    for number in numbers:
        destination = parse(number)
        assert destination is not None, number
        assert (destination.number, destination.country) == (number, iso)


def test_there_are_thousands_of_each_kind_of_us_number_and_none_is_of_two_kinds() -> None:
    kinds = [NumberType.TEN_DLC, NumberType.LONG_CODE, NumberType.TOLL_FREE, NumberType.SIMULATOR]
    numbers = [set(all_made_up("US", kind)) for kind in kinds]
    assert all(len(some) >= 2000 for some in numbers)
    assert all(not one & other for one, other in itertools.combinations(numbers, 2))


def test_us_numbers_are_those_kept_for_fiction() -> None:
    assert all(number[5:9] == "5550" and number[9] == "1" for number in all_made_up("US", NumberType.TEN_DLC))
    first = [made_up("US", NumberType.TOLL_FREE, index) for index in range(600)]
    assert all(number is not None and number[5:10] == "55501" for number in first)
    assert all(number.startswith("+447700900") for number in all_made_up("GB", NumberType.LONG_CODE))


def test_the_same_index_is_the_same_number_and_past_the_last_there_is_none() -> None:
    assert made_up("GB", NumberType.LONG_CODE, 7) == "+447700900007"
    assert made_up("GB", NumberType.LONG_CODE, 1000) is None
    assert made_up("GB", NumberType.LONG_CODE, -1) is None
    assert made_up("AF", NumberType.LONG_CODE, 0) is None
    assert count("AF", NumberType.LONG_CODE) == 0


@pytest.mark.parametrize(
    ("iso", "kind", "capabilities", "message_type"),
    [
        ("US", NumberType.SIMULATOR, [SMS], T),
        ("US", NumberType.SIMULATOR, [SMS, VOICE], T),
        ("US", NumberType.TEN_DLC, [SMS, MMS, VOICE], P),
        ("US", NumberType.TOLL_FREE, [SMS, MMS, VOICE], T),
        ("US", NumberType.LONG_CODE, [SMS, MMS], T),
        ("CA", NumberType.LONG_CODE, [SMS, MMS, VOICE], T),
        ("GB", NumberType.LONG_CODE, [SMS, VOICE], T),
        ("FR", NumberType.LONG_CODE, [], T),
        ("BR", NumberType.LONG_CODE, [VOICE], T),
    ],
)
def test_what_aws_leases_can_be_requested(
    iso: str, kind: NumberType, capabilities: list[NumberCapability], message_type: MessageType
) -> None:
    assert isinstance(can_request(iso, kind, capabilities, message_type), Available)


@pytest.mark.parametrize(
    ("iso", "kind", "capabilities", "message_type"),
    [
        ("US", NumberType.SIMULATOR, [SMS], P),
        ("GB", NumberType.SIMULATOR, [SMS], T),
        ("GB", NumberType.TEN_DLC, [SMS], T),
        ("CA", NumberType.TOLL_FREE, [SMS], T),
        ("US", NumberType.SHORT_CODE, [SMS], T),
        ("FR", NumberType.LONG_CODE, [SMS], T),
        ("GB", NumberType.LONG_CODE, [SMS, MMS], T),
        ("US", NumberType.LONG_CODE, [NumberCapability.RCS], T),
        ("XX", NumberType.LONG_CODE, [SMS], T),
    ],
)
def test_what_aws_does_not_lease_is_not_to_be_had(
    iso: str, kind: NumberType, capabilities: list[NumberCapability], message_type: MessageType
) -> None:
    assert isinstance(can_request(iso, kind, capabilities, message_type), NotToBeHad)


def test_a_country_without_voice_numbers_says_so() -> None:
    assert isinstance(can_request("DE", NumberType.LONG_CODE, [SMS, VOICE], T), VoiceNotAvailable)


def test_whatever_can_be_requested_can_be_made_up() -> None:
    kinds = [kind for kind in NumberType if kind is not NumberType.SHORT_CODE]
    for iso, kind in itertools.product({iso for iso, _ in BLOCKS} | {"FR", "AF", "PK"}, kinds):
        if isinstance(can_request(iso, kind, [SMS], T), Available):
            assert count(iso, kind) > 0


def test_rates_are_given_for_the_capabilities_a_number_has() -> None:
    assert parts_per_second("US", NumberType.TOLL_FREE, [SMS, MMS, VOICE]) == {SMS: 3, MMS: 3}
    assert parts_per_second("GB", NumberType.LONG_CODE, [SMS]) == {SMS: 10}
    assert parts_per_second("CA", NumberType.LONG_CODE, [SMS]) == {SMS: 1}
    assert parts_per_second("US", NumberType.SHORT_CODE, [SMS]) == {SMS: 100}
