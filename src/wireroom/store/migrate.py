"""Numbered, forward-only migrations: the SQL files of `schema/`, each in a transaction of its own.

`NNNN_what.sql` is for both databases; `NNNN_what.postgres.sql` is for that one, and on the other nothing but
the version changes. A release's schema works with the release before it, so that processes of both can run
side by side: what is dropped has been out of use for a release (expand, then contract). Knows no driver: an
engine gives the version it found, and a way to execute SQL.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from wireroom.store.engine import DataTooNew

SCHEMA_DIR = Path(__file__).with_name("schema")

VERSION_QUERY = "SELECT max(version) FROM schema_version"
_VERSION_TABLE = "CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY);"


class Migration(NamedTuple):
    """One step: `version` is the number of its file, `sql` its text."""

    version: int
    sql: str


def migrations(engine: str = "sqlite") -> list[Migration]:
    """Every migration of this release as an engine (sqlite or postgres) has it, in order: 1, 2, …"""
    files = sorted(SCHEMA_DIR.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [Migration(int(file.name[:4]), _text(file, engine)) for file in files]


def _text(file: Path, engine: str) -> str:
    only_for = file.suffixes[0].removeprefix(".")
    return file.read_text(encoding="utf-8") if only_for in ("sql", engine) else ""


def pending(found: int, engine: str = "sqlite") -> list[Migration]:
    """What is left to apply to data of version `found` (0 for none); raises DataTooNew."""
    known = migrations(engine)
    newest = known[-1].version
    if found > newest:
        raise DataTooNew(
            f"the data were written by a newer release (version {found}; this release knows {newest}): "
            "install that release again, or take another --data-dir or --database; nothing was changed"
        )
    return known[found:]


def apply(migration: Migration, execute: Callable[[str], object]) -> None:
    """Apply one migration; `execute` runs a text of SQL statements.

    All of it happens, or nothing: when `execute` raises, the engine closes its connection, which undoes it.
    """
    first = _VERSION_TABLE if migration.version == 1 else ""
    version = f"INSERT INTO schema_version (version) VALUES ({migration.version:d});"
    execute(f"BEGIN;\n{first}\n{migration.sql}\n{version}\nCOMMIT;")
