"""What a text costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireroom.config import ConfigError, PriceRow
from wireroom.core.india import ILDO
from wireroom.core.numbers import IdentityKind
from wireroom.core.pricing import PRICED_KINDS, Price, dollars, parse_max_price, price, table_with
from wireroom.core.tables.prices import SMS

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


# ------------------------------------------------------------------------------------------ an operator's own


@pytest.mark.parametrize(
    ("row", "iso", "kind", "cost"),
    [
        (PriceRow(price="0.5"), "US", IdentityKind.TOLL_FREE, Price(500_000, 0)),
        (PriceRow(price="0.5"), "ZW", IdentityKind.SENDER_ID, Price(500_000, 0)),
        (PriceRow(price="0.5", country="US"), "US", IdentityKind.TOLL_FREE, Price(500_000, 0)),
        (PriceRow(price="0.5", country="US"), "CA", IdentityKind.TOLL_FREE, Price(2, 0)),
        (PriceRow(price="0.5", kind="TOLL_FREE"), "US", IdentityKind.TOLL_FREE, Price(500_000, 0)),
        (PriceRow(price="0.5", kind="TOLL_FREE"), "US", IdentityKind.TEN_DLC, Price(3, 1)),
        (PriceRow(price="0.5", country="CA", kind="TEN_DLC"), "CA", IdentityKind.TEN_DLC, Price(500_000, 0)),
        (PriceRow(price="0.5", country="CA", kind="TEN_DLC"), "CA", IdentityKind.TOLL_FREE, Price(2, 0)),
        (PriceRow(price="0.5", country="CA", kind="TEN_DLC"), "CA", IdentityKind.SENDER_ID, Price(1, 0)),
        (PriceRow(price="0", carrier_fee="0.000001"), "US", IdentityKind.TEN_DLC, Price(0, 1)),
    ],
)
def test_an_operators_row_goes_before_any_of_ours(
    row: PriceRow, iso: str, kind: IdentityKind, cost: Price
) -> None:
    assert price(iso, kind, 1, table_with([row], TABLE)) == cost


def test_the_most_specific_of_an_operators_rows_counts() -> None:
    table = table_with([PriceRow(price="1"), PriceRow(price="2", country="US")], TABLE)
    assert price("US", IdentityKind.TOLL_FREE, 1, table).message_micros == 2_000_000
    assert price("CA", IdentityKind.TOLL_FREE, 1, table).message_micros == 1_000_000


@given(
    st.lists(
        st.builds(
            PriceRow,
            price=st.sampled_from(["0.1", "0.2", "0.3"]),
            country=st.sampled_from(["*", "US", "CA", "GB"]),
            kind=st.sampled_from(["*", "TOLL_FREE", "SENDER_ID"]),
        ),
        unique_by=lambda row: (row.country, row.kind),
    ),
    st.sampled_from(["US", "CA", "GB", "ZW"]),
    st.sampled_from(IdentityKind),
)
def test_whatever_no_row_of_the_operators_fits_costs_what_it_did(
    rows: list[PriceRow], iso: str, kind: IdentityKind
) -> None:
    fits = any(row.country in ("*", iso) and row.kind in ("*", kind) for row in rows)
    now = price(iso, kind, 1, table_with(rows, TABLE)).message_micros
    assert now >= 100_000 if fits else now == price(iso, kind, 1, TABLE).message_micros


@pytest.mark.parametrize(
    ("text", "micros"),
    [("0.00581", 5_810), ("0.000001", 1), ("12", 12_000_000), ("9999.999999", 9_999_999_999)],
)
def test_dollars_become_micro_dollars_exactly(text: str, micros: int) -> None:
    assert price("US", IdentityKind.TEN_DLC, 1, table_with([PriceRow(price=text)])).message_micros == micros


def test_the_same_rows_make_one_table() -> None:
    rows = (PriceRow(price="0.5"),)
    assert table_with(rows) is table_with(rows)
    assert table_with(()) == table_with(())
    assert price("US", IdentityKind.TEN_DLC, 1, table_with(())) == price("US", IdentityKind.TEN_DLC, 1, SMS)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([PriceRow(price="1", country="XX")], "country 'XX'"),
        ([PriceRow(price="1", country="us")], "country 'us'"),
        ([PriceRow(price="1", kind="LONGCODE")], "kind 'LONGCODE': it is one of SHORT_CODE, .*ILDO"),
        ([PriceRow(price="1"), PriceRow(price="2")], "two prices for country '\\*' and kind '\\*'"),
    ],
)
def test_a_row_for_what_there_is_not_is_refused_by_name(rows: list[PriceRow], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        table_with(rows)


@pytest.mark.parametrize("iso", ["US", "AS", "MP", "ZW"])
@pytest.mark.parametrize("kind", PRICED_KINDS)
def test_every_kind_and_country_can_have_a_price(iso: str, kind: str) -> None:
    assert (
        price(iso, kind, 1, table_with([PriceRow(price="1", country=iso, kind=kind)])).total_micros == 10**6
    )


def test_indias_international_route_is_the_dearer_one() -> None:
    assert price("IN", ILDO, 1).total_micros > price("IN", IdentityKind.SENDER_ID, 1).total_micros
