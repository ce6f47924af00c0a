"""What a text costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireroom.core.numbers import IdentityKind
from wireroom.core.pricing import Price, dollars, parse_max_price, price

TABLE = {
    ("*", "*"): (1, 0),
    ("*", "TOLL_FREE"): (2, 0),
    ("US", "*"): (3, 1),
    ("US", "TOLL_FREE"): (4, 2),
}


@pytest.mark.parametrize(
    ("iso", "kind", "cost"),
    [
        ("US", IdentityKind.TOLL_FREE, Price(4, 2)),
        ("US", IdentityKind.TEN_DLC, Price(3, 1)),
        ("CA", IdentityKind.TOLL_FREE, Price(2, 0)),
        ("CA", IdentityKind.TEN_DLC, Price(1, 0)),
    ],
)
def test_the_most_specific_row_counts(iso: str, kind: IdentityKind, cost: Price) -> None:
    assert price(iso, kind, 1, TABLE) == cost


@given(st.sampled_from(["US", "GB", "XX"]), st.sampled_from(IdentityKind), st.integers(1, 10))
def test_a_message_costs_its_parts(iso: str, kind: IdentityKind, parts: int) -> None:
    one, all_of_it = price(iso, kind, 1), price(iso, kind, parts)
    assert one.message_micros > 0
    assert all_of_it.total_micros == one.total_micros * parts
    assert all_of_it.total_micros == all_of_it.message_micros + all_of_it.carrier_fee_micros


@pytest.mark.parametrize(
    ("text", "micros"),
    [(".5", 500_000), ("0.05", 50_000), ("12.34567", 12_345_670), ("99.99999", 99_999_990), ("0.00001", 10)],
)
def test_a_maximum_price_is_read_without_rounding(text: str, micros: int) -> None:
    assert parse_max_price(text) == micros
    assert dollars(micros) == float(text)


@pytest.mark.parametrize("text", ["", "1", "1.", ".", "1.234567", "x.1", "1.x"])
def test_what_is_no_price_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_max_price(text)
