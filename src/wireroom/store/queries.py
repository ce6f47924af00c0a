"""The named queries, read once from `queries.sql`, whose head documents the format."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from wireroom.store import rows
from wireroom.store.rows import TABLES, Table

QUERIES_FILE = Path(__file__).with_name("queries.sql")

_HEAD = "-- name: "


class Query(NamedTuple):
    """A statement with :named parameters, and how a row of its answer is decoded."""

    sql: str
    decode: Callable[[tuple[Any, ...]], Any]


def parse(text: str) -> dict[str, Query]:
    """The queries of a text in the format of `queries.sql`; raises ValueError for what breaks the format."""
    queries: dict[str, Query] = {}
    for section in f"\n{text}".split(f"\n{_HEAD}")[1:]:
        head, _, body = section.partition("\n")
        name, _, answer = (word.strip() for word in head.partition("->"))
        if not name.isidentifier() or name in queries:
            raise ValueError(f"queries.sql: {name!r} is no name, or stands there twice")
        lines = (line for line in body.splitlines() if not line.lstrip().startswith("--"))
        sql = "\n".join(lines).strip()
        table = _table(name, answer)
        queries[name] = Query(_with_columns(sql, table), _DECODERS[answer] if table is None else table.decode)
    return queries


def _table(name: str, answer: str) -> Table | None:
    if answer in _DECODERS:
        return None
    kind = getattr(rows, answer, None)
    table = TABLES.get(kind) if isinstance(kind, type) else None
    if table is None:
        raise ValueError(f"queries.sql: {name} answers {answer!r}, which is no row type, scalar or tuple")
    return table


def _with_columns(sql: str, table: Table | None) -> str:
    """`$columns` and `$columns(alias)` spelled out."""
    if table is None:
        return sql
    pieces = sql.split("$columns")
    spelled = [pieces[0]]
    for piece in pieces[1:]:
        alias = ""
        if piece.startswith("("):
            alias, piece = piece[1:].split(")", 1)
        prefix = f"{alias}." if alias else ""
        spelled.append(", ".join(f"{prefix}{column}" for column in table.columns) + piece)
    return "".join(spelled)


def _scalar(row: tuple[Any, ...]) -> Any:
    return row[0]


def _boolean(row: tuple[Any, ...]) -> bool | None:
    return None if row[0] is None else bool(row[0])


def _tuple(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row


_DECODERS: Mapping[str, Callable[[tuple[Any, ...]], Any]] = {
    "": _tuple,
    "tuple": _tuple,
    "scalar": _scalar,
    "scalar bool": _boolean,
}

QUERIES = parse(QUERIES_FILE.read_text(encoding="utf-8"))
