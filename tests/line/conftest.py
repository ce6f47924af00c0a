"""Each test of the line runs on every store: `home` is where a house keeps its data."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.line.house import Home
from tests.postgres import Cluster, migrated


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    if request.param == "sqlite":
        yield Home(tmp_path)
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    url = migrated(cluster)
    yield Home(tmp_path, url)
    cluster.drop(url)
