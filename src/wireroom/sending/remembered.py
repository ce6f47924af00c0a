"""What is remembered between transactions, a bounded number of things, the longest unused forgotten first.

Transactions may run in several threads at a time (`store.crew`); each of these methods is whole.
"""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """What was put there, and is used once more now."""
        with self._lock:
            thing = self._things.get(key)
            if thing is not None:
                self._things.move_to_end(key)
            return thing

    def put(self, key: K, thing: V) -> V:
        """Answers the thing."""
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            if len(self._things) > self._most:
                self._things.popitem(last=False)
        return thing

    def clear(self) -> None:
        with self._lock:
            self._things.clear()
