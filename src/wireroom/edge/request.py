"""A whole HTTP request, as the chain and the console get it from the door."""

from msgspec import Struct


class Request(Struct, frozen=True, gc=False):
    """`headers` have lower-case names; of a repeated one `named` has the last. `path` and `query` are raw."""

    method: str
    path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    named: dict[bytes, bytes]
    body: bytes
