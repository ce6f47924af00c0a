"""Page tokens: opaque, signed, and good only for the call that they came from (control-plane §0.5).

A token is version, signature and position. It is bound to operation, account, Region and all other
parameters, and survives a restart, because nothing of it is kept. Knows no table.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec
from msgspec import Struct

from wireroom.api.enums import ValidationExceptionReason
from wireroom.errors import Validation
from wireroom.ops._op import Call

Item = TypeVar("Item")
Row = TypeVar("Row")

Position = tuple[str | int, ...]
"""Where a page ended: the order key of the last thing that was looked at."""

DEFAULT_SIZE = 100
MOST_LOOKED_AT = 10_000
"""Rows that one page looks at, however few of them a filter lets through."""
_VERSION = b"\x01"
_SIGNATURE = 16


class Paged(Protocol):
    """What every paginated request has."""

    @property
    def next_token(self) -> str | None: ...
    @property
    def max_results(self) -> int | None: ...


class Page(Struct, Generic[Item], frozen=True):
    items: list[Item]
    next_token: str | None


def paged(
    call: Call,
    req: Paged,
    fetch: Callable[[Position | None, int], Sequence[Row]],
    position: Callable[[Row], Position],
    show: Callable[[Row], Item | None],
    *,
    size: int = DEFAULT_SIZE,
    stride: int | None = None,
) -> Page[Item]:
    """One page: as many items as MaxResults (else `size`) allows.

    `fetch(after, n)` gives at most n rows that follow a position; `show` makes an item of a row, or None of
    one that does not belong; `stride` is how many rows to fetch at a time where many will not. Raises
    Validation (INVALID_NEXT_TOKEN).
    """
    most = req.max_results or size
    after = read_token(call, req)
    stride = stride or most + 1
    items: list[Item] = []
    looked_at = 0
    while looked_at < MOST_LOOKED_AT:
        rows = fetch(after, stride)
        for row in rows:
            item = show(row)
            if item is not None:
                if len(items) == most:
                    return Page(items, write_token(call, req, after))
                items.append(item)
            after = position(row)
        if len(rows) < stride:
            return Page(items, None)
        looked_at += len(rows)
    return Page(items, write_token(call, req, after))


def listed(
    call: Call,
    req: Paged,
    items: Sequence[Item],
    keep: Callable[[Item], bool] = lambda _: True,
    *,
    size: int = DEFAULT_SIZE,
) -> Page[Item]:
    """A page of what is worth keeping of a list that is whole in memory and the same at the next page."""

    def fetch(after: Position | None, n: int) -> Sequence[tuple[int, Item]]:
        begin = 0 if after is None else int(after[0])
        return list(enumerate(items[begin : begin + n], begin + 1))

    def item(place: tuple[int, Item]) -> Item | None:
        return place[1] if keep(place[1]) else None

    return paged(call, req, fetch, lambda place: place[:1], item, size=size)


def write_token(call: Call, req: Paged, after: Position | None) -> str:
    """The NextToken that goes on after a position."""
    place = msgspec.json.encode(after)
    return _spell(_VERSION + _sign(call, req, place) + place)


def read_token(call: Call, req: Paged) -> Position | None:
    """Where this page begins; None is the start. Raises Validation (INVALID_NEXT_TOKEN)."""
    if req.next_token is None:
        return None
    try:
        raw = base64.b64decode(
            req.next_token + "=" * (-len(req.next_token) % 4), altchars=b"-_", validate=True
        )
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    signature, place = raw[1 : 1 + _SIGNATURE], raw[1 + _SIGNATURE :]
    genuine = hmac.compare_digest(signature, _sign(call, req, place))
    if raw[:1] != _VERSION or not genuine or _spell(raw) != req.next_token:
        raise _invalid()
    position: Position = msgspec.json.decode(place, type=tuple[str | int, ...])
    return position


def _spell(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _sign(call: Call, req: Paged, place: bytes) -> bytes:
    """Binds a place to the key of this installation, the caller's corner and all else in the request."""
    assert isinstance(req, Struct)
    others = msgspec.json.encode(msgspec.structs.replace(req, next_token=None))
    bound = msgspec.json.encode(
        (_VERSION, type(req).__name__, call.caller.account_id, call.caller.region, others, place)
    )
    return hmac.digest(call.page_key, bound, "sha256")[:_SIGNATURE]


def _invalid() -> Validation:
    said = "is not one that this operation gave for these parameters"
    return Validation(
        ValidationExceptionReason.INVALID_NEXT_TOKEN,
        "This NextToken is not valid here: send it with the parameters that it came with, or start again.",
        ("NextToken", said),
    )
