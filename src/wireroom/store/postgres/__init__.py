"""The engine beyond one machine. The only package that knows PostgreSQL's driver."""

from wireroom.store.postgres.engine import PostgresEngine

__all__ = ["PostgresEngine"]
