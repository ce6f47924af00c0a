import asyncio
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.store.rigs import PostgresRig, Rig, SqliteRig
from tests.postgres import Cluster, migrated
from wireroom.store.queries import QUERIES, parse

QUERIES_OF_THE_SUITE = parse("""
-- name: suite_add -> scalar
INSERT INTO counters (account_id, region, name, value) VALUES (:account_id, :region, :name, :by)
ON CONFLICT (account_id, region, name) DO UPDATE SET value = counters.value + excluded.value
RETURNING value
-- name: suite_count -> Count
SELECT $columns(c) FROM counters c WHERE c.account_id = :account_id AND c.name = :name
-- name: suite_counts -> Count
SELECT $columns FROM counters WHERE account_id = :account_id ORDER BY name
-- name: suite_names
SELECT name, value FROM counters WHERE account_id = :account_id ORDER BY name
-- name: suite_any -> scalar bool
SELECT EXISTS (SELECT 1 FROM counters WHERE account_id = :account_id)
-- name: suite_set
UPDATE counters SET value = :value WHERE account_id = :account_id
""")


@pytest.fixture(autouse=True)
def queries_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, query in QUERIES_OF_THE_SUITE.items():
        monkeypatch.setitem(QUERIES, name, query)


@pytest.fixture
def run() -> Generator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a coroutine on the test's loop."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(params=["sqlite", "postgres"])
def rig(
    request: pytest.FixtureRequest, tmp_path: Path, run: Callable[[Coroutine[Any, Any, Any]], Any]
) -> Generator[Rig]:
    if request.param == "sqlite":
        rig: Rig = SqliteRig(tmp_path)
        yield rig
        run(rig.engine.close())
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        url = migrated(cluster)
        rig = PostgresRig(url)
        yield rig
        run(rig.engine.close())
        cluster.drop(url)
