"""What the suite needs of an engine beyond its port: to look behind a commit, and to spoil one.

The next engine joins by a class with the same methods and a case in conftest's `rig`.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from unittest.mock import patch

import apsw

from wireroom.observe import Counters, MachineClock
from wireroom.store.engine import Unavailable
from wireroom.store.postgres import PostgresEngine
from wireroom.store.postgres.session import PostgresSession
from wireroom.store.sqlite import SqliteEngine


class HeldCommit:
    """A commit that does not come back before it is told to."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._may_end = threading.Event()

    def hold(self) -> None:
        """In the commit's thread."""
        self._begun.set()
        assert self._may_end.wait(10)

    async def begun(self) -> None:
        assert await asyncio.to_thread(self._begun.wait, 10)

    def let_go(self) -> None:
        self._may_end.set()


class SqliteRig:
    """The embedded engine on a directory of its own."""

    at_once = 1
    """How many operations of callers can be under way at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.counters = Counters()
        self.engine = self._open()

    def _open(self) -> SqliteEngine:
        return SqliteEngine.open(self._directory, MachineClock(), self.counters)

    async def reopen(self) -> None:
        """Another process comes after this one."""
        await self.engine.close()
        self.engine = self._open()

    @contextmanager
    def failing_commits(self) -> Generator[None]:
        """No commit succeeds."""

        def fail() -> None:
            raise apsw.IOError("disk I/O error")

        writer = self.engine._writer
        writer.commit = fail  # type: ignore[method-assign]  # the fault that is injected
        yield
        del writer.commit

    @asynccontextmanager
    async def held_commit(self) -> AsyncGenerator[HeldCommit]:
        """Commits wait until they are let go, at the latest when this ends."""
        held = HeldCommit()
        writer = self.engine._writer
        commit = writer.commit

        def wait_and_commit() -> None:
            held.hold()
            commit()

        writer.commit = wait_and_commit  # type: ignore[method-assign]  # the fault that is injected
        try:
            yield held
        finally:
            held.let_go()
            del writer.commit


class PostgresRig:
    """The engine of one process on a database of its own."""

    at_once = 4

    def __init__(self, url: str) -> None:
        self._url = url
        self.counters = Counters()
        self.engine = self._open()

    def _open(self) -> PostgresEngine:
        return PostgresEngine.open(self._url, 6, self.counters)

    async def reopen(self) -> None:
        """Another process comes after this one."""
        await self.engine.close()
        self.engine = self._open()

    @contextmanager
    def failing_commits(self) -> Generator[None]:
        """No commit succeeds."""

        def fail(_session: PostgresSession) -> None:
            raise Unavailable("the disk is full")

        with patch.object(PostgresSession, "commit", fail):
            yield

    @asynccontextmanager
    async def held_commit(self) -> AsyncGenerator[HeldCommit]:
        """Commits wait until they are let go, at the latest when this ends."""
        held = HeldCommit()
        commit = PostgresSession.commit

        def wait_and_commit(session: PostgresSession) -> None:
            if session._writes:
                held.hold()
            commit(session)

        with patch.object(PostgresSession, "commit", wait_and_commit):
            try:
                yield held
            finally:
                held.let_go()


Rig = SqliteRig | PostgresRig
