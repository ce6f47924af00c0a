"""What a text costs (data-plane §9). Money is integer micro-dollars: 1 USD = 1,000,000.

The default table is made up (data/prices.json); an operator's `[[prices]]` go before it. Knows nothing of
limits or accounts: see `gates`.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from wireroom.config import ConfigError, PriceRow
from wireroom.core.india import ILDO
from wireroom.core.numbers import IdentityKind
from wireroom.core.tables.countries import NAMES
from wireroom.core.tables.numbering import PLANS
from wireroom.core.tables.prices import SMS

# (country or *, kind or *) to (price, carrier fee) of one part. (*, *) is there always.
PriceTable = Mapping[tuple[str, str], tuple[int, int]]

MICROS = 1_000_000
ALL = "*"
PRICED_KINDS = (*IdentityKind, ILDO)
"""What a price can be for, beside all kinds together."""


class Price(Struct, frozen=True, gc=False):
    """What the whole message costs, all its parts together."""

    message_micros: int
    carrier_fee_micros: int

    @property
    def total_micros(self) -> int:
        return self.message_micros + self.carrier_fee_micros


def price(iso: str, kind: str, parts: int, table: PriceTable = SMS) -> Price:
    """The price of a text of `parts` parts to country `iso`; `kind` is the identity's, or `india.ILDO`.

    The most specific row counts; a row for the country goes before a row for the kind.
    """
    message, fee = _most_specific(table, iso, kind) or table[ALL, ALL]
    return Price(message * parts, fee * parts)


def _most_specific(table: PriceTable, iso: str, kind: str) -> tuple[int, int] | None:
    return table.get((iso, kind)) or table.get((iso, ALL)) or table.get((ALL, kind)) or table.get((ALL, ALL))


_made: tuple[Sequence[PriceRow], PriceTable, PriceTable] = ((), SMS, SMS)


def table_with(rows: Sequence[PriceRow], base: PriceTable = SMS) -> PriceTable:
    """`base` with `rows` before it: whatever one of them fits costs what the most specific of them says.

    Raises ConfigError, which names the country or kind that there is not. Asked again for the same rows, as
    with every send, it answers the table made before.
    """
    global _made
    rows_before, base_before, table = _made
    if rows is not rows_before or base is not base_before:
        table = _joined(_read(rows), base)
        _made = (rows, base, table)
    return table


def _joined(first: PriceTable, base: PriceTable) -> PriceTable:
    """Every pair that either table names, so that one look finds the row."""
    countries = {iso for iso, _ in (*first, *base)}
    kinds = {kind for _, kind in (*first, *base)}
    return {
        (iso, kind): _most_specific(first, iso, kind) or _most_specific(base, iso, kind) or base[ALL, ALL]
        for iso in countries
        for kind in kinds
    }


def _read(rows: Sequence[PriceRow]) -> PriceTable:
    countries = {ALL, *NAMES, *(iso for plan in PLANS.values() for iso in (plan[0], *plan[3].values()))}
    table: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        if row.country not in countries:
            raise ConfigError(
                f"a price for country {row.country!r}: write two capitals such as IN (ISO 3166), or {ALL}"
            )
        if row.kind not in (ALL, *PRICED_KINDS):
            raise ConfigError(
                f"a price for kind {row.kind!r}: it is one of {', '.join(PRICED_KINDS)}, or {ALL}"
            )
        if (row.country, row.kind) in table:
            raise ConfigError(f"two prices for country {row.country!r} and kind {row.kind!r}: keep one")
        table[row.country, row.kind] = (_micros(row.price), _micros(row.carrier_fee))
    return table


def parse_max_price(text: str) -> int:
    """MaxPrice as AWS writes it (`[0-9]{0,2}\\.[0-9]{1,5}`: `.5`, `0.05`, `12.34567`), in micro-dollars.

    The wire has checked the pattern; other text is a ValueError.
    """
    _, point, fraction = text.partition(".")
    if not (point and 1 <= len(fraction) <= 5):
        raise ValueError("a price has a point and one to five decimals")
    return _micros(text)


def _micros(dollars: str) -> int:
    """Of decimal text with at most six places; exact."""
    whole, _, fraction = dollars.partition(".")
    return int(whole or "0") * MICROS + int(fraction.ljust(6, "0"))


def dollars(micros: int) -> float:
    """As events show money: decimal US dollars."""
    return micros / MICROS
