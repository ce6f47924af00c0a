"""Databases on a PostgreSQL server: made cheaply, one for each test, and dropped again."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg import sql

from tests.postgres.programs import NoPostgres
from tests.postgres.server import PORT, USER, Mode, Server

_PREFIX = "wireroom_test_"
_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30
"""Bytes: some hundred databases and their log."""
_ORDERS = ("en_US.utf8", "en_US.UTF-8", "en_GB.utf8", "de_DE.utf8", "de_DE.UTF-8", "fr_FR.utf8")


class Cluster:
    """A server with databases. On somebody else's server only those made here are touched."""

    def __init__(self, url: str, server: Server | None = None) -> None:
        """`url` leads to the database from which others are made; without `server` it is not our process."""
        self._url = url
        self._server = server
        self._made: set[str] = set()
        self._templates: dict[str, str] = {}

    def url(self, database: str = "postgres") -> str:
        """Where a database of this server is found."""
        parts = urlsplit(self._url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{parts.scheme}://{parts.netloc}/{quote(database)}{query}"

    def create(self, template: str | None = None, *, odd_order: bool = False) -> str:
        """The URL of a new database: empty, or like a `template` (its name here). With `odd_order` its texts
        sort by another order than that of their bytes (raises NoPostgres where the server knows none)."""
        name = f"{_PREFIX}{secrets.token_hex(6)}"
        how: list[sql.Composable] = [sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))]
        if template is None:
            how.append(sql.SQL("TEMPLATE template0 ENCODING 'UTF8'"))
        else:
            how.append(sql.SQL("TEMPLATE {}").format(sql.Identifier(self._templates[template])))
        with self._connect() as connection:
            if self._server and not self._server.fsync and connection.info.server_version >= 150000:
                how.append(
                    sql.SQL("STRATEGY file_copy")
                )  # half the time of wal_log, where a checkpoint is cheap
            if odd_order:
                how.append(_odd_order(connection))
            connection.execute(sql.SQL(" ").join(how))
        self._made.add(name)
        return self.url(name)

    def template(self, name: str, prepare: Callable[[str], object], *, odd_order: bool = False) -> str:
        """Make the template `name`, once: `prepare` is given a new database's URL. Returns the name."""
        if name not in self._templates:
            url = self.create(odd_order=odd_order)
            prepare(url)
            made = _name(url)
            self._execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", made)
            self.terminate_backends(made)
            self._templates[name] = made
        return name

    def drop(self, url: str) -> None:
        """Drop a database that was made here, whoever is still connected."""
        name = _name(url)
        if name not in self._made:
            raise ValueError(f"{name} was not made here.")
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self._made.remove(name)

    def terminate_backends(self, database: str) -> int:
        """End every connection to a database (its name or URL) and see them gone; answers how many."""
        statement = (
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        with self._connect() as connection:
            row = connection.execute(statement, [_name(database)]).fetchone()
        return int(row[0]) if row else 0

    @property
    def is_ours(self) -> bool:
        """Whether it may be stopped."""
        return self._server is not None

    @property
    def is_running(self) -> bool:
        """Whether our own process is there."""
        return self._ours().is_running

    @property
    def pid(self) -> int:
        """Of the server's first process."""
        return self._ours().pid

    @property
    def version(self) -> int:
        """14, 15 …"""
        with self._connect() as connection:
            return connection.info.server_version // 10000

    def stop(self, mode: Mode = "fast") -> None:
        """`smart` waits for connections to end, `fast` ends them, `immediate` is a crash."""
        self._ours().stop(mode)

    def start(self) -> None:
        """After `stop`."""
        self._ours().start()

    def restart(self, mode: Mode = "fast") -> None:
        """Stop and start again."""
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """End it for good: the server if it is ours, else what was made on it."""
        if self._server is not None:
            self._server.close()
        else:
            for name in sorted(self._made):
                self.drop(self.url(name))
        self._made.clear()

    def _ours(self) -> Server:
        if self._server is None:
            raise RuntimeError("TEST_PG_URL's server is not ours to start or stop.")
        return self._server

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self._url, autocommit=True, connect_timeout=10)

    def _execute(self, statement: LiteralString, name: str) -> None:
        with self._connect() as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def start_cluster(
    directory: Path,
    *,
    fsync: bool = False,
    settings: Mapping[str, str] | None = None,
    temporary: bool = False,
) -> Cluster:
    """A server of our own in `directory`, which it has for itself; the caller closes it. Raises NoPostgres.

    Without `fsync` commits survive a crash of the server, not of the machine, and nothing is vacuumed.
    """
    server = Server(directory, fsync=fsync, settings=settings or {}, temporary=temporary)
    return Cluster(
        f"postgresql://{USER}@/postgres?host={quote(str(server.sockets), safe='/')}&port={PORT}", server
    )


@contextmanager
def cluster(
    *, fsync: bool = False, settings: Mapping[str, str] | None = None, ours: bool = False
) -> Iterator[Cluster]:
    """TEST_PG_URL's server unless it must be `ours`, else one in a temporary directory. Raises NoPostgres.

    Without `fsync` the directory is in memory if there is room: a new database is 300 files, which a busy
    disk makes in half a second and memory in 30 ms.
    """
    url = os.environ.get("TEST_PG_URL")
    if url and not ours:
        made = _existing(url)
    else:
        memory = None if fsync or not _has_room(_MEMORY) else _MEMORY
        directory = Path(tempfile.mkdtemp(prefix="wireroom-pg-", dir=memory))
        made = start_cluster(directory, fsync=fsync, settings=settings, temporary=True)
    try:
        yield made
    finally:
        made.close()


def _has_room(place: Path) -> bool:
    return os.access(place, os.W_OK) and shutil.disk_usage(place).free >= _ROOM


def _existing(url: str) -> Cluster:
    made = Cluster(url)
    try:
        made.drop(made.create())
    except psycopg.Error as error:
        said = str(error).strip().splitlines()
        raise NoPostgres(f"TEST_PG_URL leads to no server where databases can be made: {said[0]}") from error
    return made


def _name(database: str) -> str:
    return unquote(urlsplit(database).path[1:]) if "://" in database else database


def _odd_order(connection: psycopg.Connection[tuple[Any, ...]]) -> sql.Composable:
    """Punctuation ignored and numbers by value where ICU is there, else a language's order."""
    if connection.info.server_version >= 150000:
        icu = connection.execute("SELECT FROM pg_collation WHERE collname = 'und-x-icu'")
        if icu.rowcount:
            return sql.SQL("LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'und-u-ka-shifted-kn'")
    for name in _ORDERS:
        if connection.execute("SELECT FROM pg_collation WHERE collname = %s", [name]).rowcount:
            compared = sql.SQL("SELECT 'a' < 'B' COLLATE {}").format(sql.Identifier(name))
            if connection.execute(compared).fetchone() == (True,):
                return sql.SQL("LOCALE {}").format(sql.Literal(name))
    raise NoPostgres("This PostgreSQL knows no order but that of bytes: install a locale, as en_US.UTF-8")
