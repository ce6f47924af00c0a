"""The named queries: each fits the schema, each that src/ uses exists, and none lies about."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import psycopg
import pytest
from psycopg import pq

import wireroom
from tests.postgres import Cluster, migrated
from wireroom.store import migrate
from wireroom.store.postgres.spelling import spelled
from wireroom.store.queries import QUERIES, QUERIES_FILE, parse
from wireroom.store.rows import TABLES
from wireroom.store.sqlite import MEMORY_FILE

SOURCE = Path(wireroom.__file__).parent
VERBS = {"expect", "one", "all", "execute", "execute_each", "execute_many", "write"}

# Words that mean something else, or nothing, to PostgreSQL. "WITHOUT ROWID" is dropped there.
NOT_PORTABLE = re.compile(
    r"\b(AUTOINCREMENT|INSERT\s+OR|REPLACE\s+INTO|IFNULL|STRFTIME|DATETIME|JULIANDAY|UNIXEPOCH|GLOB|PRAGMA"
    r"|JSON_\w+|JSON|BLOB|DATETIME|INTEGER|TOTAL|GROUP_CONCAT|INDEXED\s+BY|COLLATE\s+NOCASE|RANDOMBLOB"
    r"|LAST_INSERT_ROWID|ROWID|OFFSET|STRICT|VACUUM)\b|==|\?",
    re.IGNORECASE,
)


SELDOM = {"outbox_size", "reset_tokens"}
FEW_ROWS = {"forget_parked", "accounts_seen", "numbers_of_pool", "sender_ids_of_pool"}


@pytest.fixture(scope="module")
def database() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    for migration in migrate.pending(0):
        migrate.apply(migration, connection.execute)
    connection.execute(MEMORY_FILE.read_text(encoding="utf-8"))
    yield connection
    connection.close()


def parameters_of(sql: str) -> set[str]:
    return set(re.findall(r"(?<!:):([a-z_]+)", sql))


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_fits_the_schema_and_its_row_type(database: apsw.Connection, name: str) -> None:
    query = QUERIES[name]
    assert not query.sql.endswith(";")
    statement = database.execute(f"EXPLAIN {query.sql}", dict.fromkeys(parameters_of(query.sql)))
    assert statement.fetchall()


@pytest.fixture(scope="module")
def server(postgres: Cluster) -> Iterator[psycopg.Connection[Any]]:
    url = migrated(postgres)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
    postgres.drop(url)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_fits_postgresqls_schema(server: psycopg.Connection[Any], name: str) -> None:
    statement, _ = spelled(QUERIES[name].sql, dict.fromkeys(parameters_of(QUERIES[name].sql)))
    assert b"/*" not in statement
    prepared = server.pgconn.prepare(b"", statement)
    assert prepared.status == pq.ExecStatus.COMMAND_OK, prepared.error_message


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_row_type_has_the_columns_and_the_key_of_postgresqls_table(
    server: psycopg.Connection[Any], table: Any
) -> None:
    columns = server.execute(
        "SELECT column_name, collation_name, data_type FROM information_schema.columns"
        " WHERE table_name = %s ORDER BY ordinal_position",
        (table.name,),
    ).fetchall()
    assert [name for name, _, _ in columns] == list(table.columns)
    assert {collation for _, collation, kind in columns if kind == "text"} <= {"C"}
    assert {kind for _, _, kind in columns} <= {"text", "bigint", "boolean"}
    keys = server.execute(
        "SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(number, place)"
        " JOIN pg_attribute a ON a.attnum = k.number WHERE i.indisprimary AND i.indrelid = %s::regclass"
        " AND a.attrelid = i.indrelid ORDER BY k.place",
        (table.name,),
    ).fetchall()
    assert [name for (name,) in keys] == list(table.key)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_row_type_has_the_columns_of_its_table(database: apsw.Connection, table: Any) -> None:
    columns = database.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table.name,)).fetchall()
    assert [name for (name,) in columns] == list(table.columns)
    keys = database.execute(
        "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (table.name,)
    ).fetchall()
    assert [name for (name,) in keys] == list(table.key)


def test_every_table_has_a_row_type(database: apsw.Connection) -> None:
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert {name for (name,) in tables} == {table.name for table in TABLES.values()} | {"schema_version"}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_written_for_both_databases(name: str) -> None:
    assert not NOT_PORTABLE.search(QUERIES[name].sql)


def test_the_schema_is_written_for_both_databases() -> None:
    for migration in migrate.migrations("sqlite"):
        statements = re.sub(r"--.*", "", migration.sql).replace("WITHOUT ROWID", "")
        assert not NOT_PORTABLE.search(statements)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_that_reads_is_served_by_an_index(database: apsw.Connection, name: str) -> None:
    """Or it takes the first rows of a walk (LIMIT, EXISTS); a scan to the end grows with the data."""
    sql = QUERIES[name].sql
    plan = database.execute(f"EXPLAIN QUERY PLAN {sql}", dict.fromkeys(parameters_of(sql))).fetchall()
    scans = [str(step[3]) for step in plan if str(step[3]).startswith("SCAN")]
    assert not scans or "LIMIT" in sql or "EXISTS" in sql or name in SELDOM | FEW_ROWS
    assert not any("TEMP B-TREE" in str(step[3]) for step in plan) or name in FEW_ROWS


class Use(NamedTuple):
    where: str
    query: str
    parameters: set[str] | None  # None: not known without running it


def uses() -> Iterator[Use]:
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr=verb),
                    args=[ast.Constant(value=str(query)), *_],
                    keywords=keywords,
                ) if verb in VERBS and query.isidentifier() and query.islower():
                    names = {keyword.arg for keyword in keywords}
                    known = verb not in ("execute_each", "execute_many") and None not in names
                    where = f"{file.relative_to(SOURCE)}:{node.lineno}"
                    yield Use(where, query, {str(name) for name in names} if known else None)


def test_every_query_that_is_used_exists_and_gets_its_parameters() -> None:
    for use in uses():
        assert use.query in QUERIES, use.where
        if use.parameters is not None:
            assert use.parameters == parameters_of(QUERIES[use.query].sql), use


def test_every_query_is_used() -> None:
    assert {use.query for use in uses()} >= set(QUERIES)


def test_columns_are_spelled_out_with_and_without_an_alias() -> None:
    queries = parse(
        "-- name: a -> Count\n-- why\nSELECT $columns FROM counters\n"
        "-- name: b -> Count\nSELECT $columns(c), 1"
    )
    assert queries["a"].sql == "SELECT account_id, region, name, value FROM counters"
    assert queries["b"].sql == "SELECT c.account_id, c.region, c.name, c.value, 1"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("-- name: a -> Nothing\nSELECT 1", "which is no row type"),
        ("-- name: a -> str\nSELECT 1", "which is no row type"),
        ("-- name: a-b\nSELECT 1", "is no name"),
        ("-- name: a\nSELECT 1\n-- name: a\nSELECT 2", "stands there twice"),
    ],
)
def test_a_broken_text_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse(text)


def test_the_file_has_as_many_heads_as_queries() -> None:
    assert len(re.findall(r"(?m)^-- name: ", QUERIES_FILE.read_text(encoding="utf-8"))) == len(QUERIES)
