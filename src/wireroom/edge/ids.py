"""New ids, with randomness taken from the system a page at a time: a system call for each would cost more
than everything else about an id."""

import os
from threading import Lock

from wireroom.core.ids import resource_id, uuid7
from wireroom.observe import MachineClock

_PAGE = 4096


class Ids:
    """`new_id("message")` → a UUIDv7, `("request")` → a random UUID, `("pool")` → `pool-<32 hex>`."""

    def __init__(self, machine: MachineClock) -> None:
        self._machine = machine
        self._page = b""
        self._at = _PAGE
        self._lock = Lock()  # operations may run in threads, and no two may get the same bytes

    def __call__(self, prefix: str, /) -> str:
        if prefix == "message":
            return uuid7(self._machine.now(), self._random(10))
        if prefix == "request":
            digits = self._random(16).hex()
            return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
        return resource_id(prefix, self._random(16))

    def _random(self, length: int) -> bytes:
        with self._lock:
            at = self._at
            if at + length > _PAGE:
                self._page, at = os.urandom(_PAGE), 0
            self._at = at + length
            return self._page[at : at + length]
