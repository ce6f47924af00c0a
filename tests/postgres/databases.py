"""Databases that have Wireroom's schema already."""

import psycopg

from tests.postgres.cluster import Cluster
from wireroom.store.postgres import schema


def migrated(cluster: Cluster) -> str:
    """The URL of a new database at this release's version."""
    return cluster.create(cluster.template("wireroom", _migrate))


def _migrate(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        schema.migrate(connection)
