"""A server in open mode for the front door's tests; those who need another make their own."""

from collections.abc import Iterator

import pytest

from wireroom.testing import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running
