"""Whether a server can keep our data, and bringing them up to this release."""

import logging

from wireroom.store.engine import StoreError
from wireroom.store.migrate import VERSION_QUERY, apply, pending
from wireroom.store.postgres import spelling
from wireroom.store.postgres.journey import Connection

OLDEST_SERVER = 13
_LOCK = 0x77697265726F6F6D
"""The advisory lock of whoever changes the schema."""

log = logging.getLogger(__name__)


def require(connection: Connection) -> None:
    """Raises StoreError where the server cannot keep our data."""
    if (version := connection.info.server_version // 10_000) < OLDEST_SERVER:
        raise StoreError(f"PostgreSQL {version} is too old: Wireroom needs {OLDEST_SERVER} or later")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(f"the database's encoding is {encoding}: create one WITH (ENCODING 'UTF8')")
    if _setting(connection, "fsync") == "off":
        log.warning("the database runs with fsync = off: what is acknowledged does not survive a power loss")


def _setting(connection: Connection, name: str) -> str:
    found = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    return str(found[0]) if found else ""


def version_of(connection: Connection) -> int:
    """Which version the data have, 0 for none."""
    there = connection.execute("SELECT to_regclass('schema_version') IS NOT NULL").fetchone()
    found = connection.execute(VERSION_QUERY).fetchone() if there and there[0] else None
    return int(found[0]) if found and found[0] is not None else 0


def migrate(connection: Connection) -> None:
    """Bring the data up to this release, one process at a time; newer data are not touched. Raises
    DataTooNew."""
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))  # until the connection ends
    found = version_of(connection)
    for migration in pending(found, "postgres"):
        apply(migration, lambda sql: connection.execute(spelling.migration(sql)))
        log.log(logging.INFO if found else logging.DEBUG, "the data are at version %d", migration.version)
