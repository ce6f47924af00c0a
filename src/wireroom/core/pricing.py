"""What a text costs (data-plane §9). Money is integer micro-dollars: 1 USD = 1,000,000.

The default table is made up (data/prices.json). Knows nothing of limits or accounts: see `gates`.
"""

from collections.abc import Mapping

from msgspec import Struct

from wireroom.core.numbers import IdentityKind
from wireroom.core.tables.prices import SMS

# (country or *, kind or *) to (price, carrier fee) of one part. (*, *) is there always.
PriceTable = Mapping[tuple[str, str], tuple[int, int]]

MICROS = 1_000_000


class Price(Struct, frozen=True, gc=False):
    """What the whole message costs, all its parts together."""

    message_micros: int
    carrier_fee_micros: int

    @property
    def total_micros(self) -> int:
        return self.message_micros + self.carrier_fee_micros


def price(iso: str, kind: IdentityKind, parts: int, table: PriceTable = SMS) -> Price:
    """The price of a text of `parts` parts to country `iso` from an identity of `kind`.

    The most specific row counts; a row for the country goes before a row for the kind.
    """
    message, fee = (
        table.get((iso, kind)) or table.get((iso, "*")) or table.get(("*", kind)) or table["*", "*"]
    )
    return Price(message * parts, fee * parts)


def parse_max_price(text: str) -> int:
    """MaxPrice as AWS writes it (`[0-9]{0,2}\\.[0-9]{1,5}`: `.5`, `0.05`, `12.34567`), in micro-dollars.

    The wire has checked the pattern; other text is a ValueError.
    """
    whole, point, fraction = text.partition(".")
    if not (point and 1 <= len(fraction) <= 5):
        raise ValueError("a price has a point and one to five decimals")
    return int(whole or "0") * MICROS + int(fraction.ljust(6, "0"))


def dollars(micros: int) -> float:
    """As events show money: decimal US dollars."""
    return micros / MICROS
