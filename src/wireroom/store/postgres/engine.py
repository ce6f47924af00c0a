"""The engine beyond one machine: PostgreSQL, which any number of processes may share.

One operation, one transaction, one connection, one thread (`crew`): PostgreSQL itself lets concurrent
commits share an fsync. READ COMMITTED; who must not meet takes a named lock (`Tx.alone`, docs/adr/0012),
unique keys decide every other race. A statement is a journey to the server, so whatever answers nothing
waits for the next that does, and the COMMIT takes the last of them along (docs/adr/0013).
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from random import SystemRandom
from threading import Event, Lock
from typing import Any, Self, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from wireroom.observe import Counters
from wireroom.store.crew import Crews, Done
from wireroom.store.engine import StoreError, Unavailable
from wireroom.store.postgres import schema
from wireroom.store.postgres.journey import Connection
from wireroom.store.postgres.presence import Presence
from wireroom.store.postgres.session import Disappointed, Manner, PostgresSession, TryAgain, lock_key
from wireroom.store.sqltx import SqlTx
from wireroom.store.tx import HandOver, Tx

T = TypeVar("T")

SLOTS = 64
"""Rows over which a counter that every send changes is spread: more than a process has threads that send."""
RETRIES = 5
"""Times that a transaction runs again because others were in its way, or because its connection was stale."""
FIRST_PAUSE = 0.005
"""Seconds, doubled each time and shortened by chance, between two tries."""
CONNECT_SECONDS = 3.0
"""How long an operation waits for a connection while the database cannot be reached."""
START_SECONDS = 10.0
SESSION_SETTINGS = {
    "lock_timeout": "10s",  # then ThrottlingException: whoever holds the lock is in trouble
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",  # a process that is stopped lets go of its locks
    "client_encoding": "UTF8",
}


log = logging.getLogger(__name__)


class PostgresEngine:
    """The `Engine` of one process among others on one database. Everything is called on one event loop."""

    sole = False

    @classmethod
    def open(cls, url: str, connections: int, counters: Counters) -> Self:
        """Reach the database, bring its data up to this release and open them.

        Raises DataTooNew, or another StoreError in words that name no password.
        """
        try:
            with psycopg.connect(url, connect_timeout=int(START_SECONDS), autocommit=True) as connection:
                schema.require(connection)
                schema.migrate(connection)
        except psycopg.Error as error:
            raise StoreError(f"the database cannot be used: {_first_line(error)}") from error
        owner = f"pg-{uuid.uuid4().hex[:16]}"
        presence = Presence(url, owner, lock_key(f"process/{owner}"))
        try:
            presence.show()
            presence.take_over(at_once=True)
        except psycopg.Error as error:
            raise StoreError(f"the database cannot be used: {_first_line(error)}") from error
        return cls(url, owner, presence, connections, counters)

    def __init__(
        self, url: str, owner: str, presence: Presence, connections: int, counters: Counters
    ) -> None:
        self.owner = owner
        self._presence = presence
        self._presence_lock = Lock()
        self._first_slot = SystemRandom().randrange(
            SLOTS
        )  # of this process, as far from others' as chance has it
        self._counters = counters
        self._closing = Event()
        aside = max(1, connections // 6)
        self._crews = Crews(connections - 2 * aside, aside, aside, counters)
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            timeout=CONNECT_SECONDS,
            configure=_configure,
            kwargs={"autocommit": True, "connect_timeout": int(START_SECONDS), "prepare_threshold": None},
            reconnect_timeout=5.0,
            name="wireroom",
            open=True,
        )

    async def run(self, work: Callable[[Tx], T], name: str, *, patient: bool = False) -> T:
        if self._closing.is_set():
            raise Unavailable("the store is closed")
        try:
            return await self._crews.run(work, name, self._write, patient=patient)
        finally:
            self._counters.add("store.operations")

    async def read(self, work: Callable[[Tx], T], name: str) -> T:
        if self._closing.is_set():
            raise Unavailable("the store is closed")
        answer = await self._crews.read(work, name, self._look)
        self._counters.add("store.reads")
        return answer

    def on_commit(self, listener: Callable[[Sequence[HandOver]], None]) -> None:
        self._crews.listeners.append(listener)

    async def others(self) -> int:
        return await asyncio.to_thread(self._others)

    async def take_over(self) -> int:
        if self._closing.is_set():
            raise Unavailable("the store is closed")
        return await asyncio.to_thread(self._take_over)

    async def give_back(self, spare: int) -> bool:
        """Autovacuum does."""
        if self._closing.is_set():
            raise Unavailable("the store is closed")
        return False

    async def empty_log(self) -> bool:
        """The server has what was deleted in dead rows and in its log, until vacuum and a checkpoint or
        two."""
        return False

    async def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        await self._crews.finish()
        await asyncio.to_thread(self._leave)

    # ------------------------------------------------------------------------------------------- in a thread

    def _others(self) -> int:
        try:
            with self._presence_lock:
                return self._presence.others()
        except psycopg.Error as error:
            raise Unavailable(f"who else is there cannot be seen: {_first_line(error)}") from error

    def _take_over(self) -> int:
        try:
            with self._presence_lock:
                self._presence.show()
                return self._presence.take_over(at_once=False)
        except psycopg.Error as error:
            raise Unavailable(f"who else is there cannot be seen: {_first_line(error)}") from error

    def _leave(self) -> None:
        try:
            with self._presence_lock:
                self._presence.leave()
        except psycopg.Error as error:
            log.warning("what is leased to this process is free in a minute only: %s", _first_line(error))
        self._pool.close(CONNECT_SECONDS)

    def _write(self, work: Callable[[Tx], Any], _name: str, seat: int) -> Done:
        return self._until_done(work, seat, writes=True)

    def _look(self, work: Callable[[Tx], Any], name: str, seat: int) -> Done:
        done = self._until_done(work, seat, writes=False)
        if done.handed_over:
            raise StoreError(f"{name} only reads, and may hand over nothing")
        return done

    def _until_done(self, work: Callable[[Tx], Any], seat: int, *, writes: bool) -> Done:
        """Again while others are in the way: an operation touches its locals only, so that it may run
        twice."""
        retries, trusting, before = 0, True, 0
        while True:
            try:
                done = self._once(work, Manner(writes, trusting, self._slot(seat), SLOTS), retries)
                return done._replace(journeys=before + done.journeys)
            except Disappointed as wrong:
                trusting = False
                before += wrong.journeys
            except TryAgain as again:
                retries += 1
                if retries > RETRIES:
                    raise again.otherwise from again
                if again.stale:
                    self._pool.check()  # a restart of the server leaves no connection good
                self._closing.wait(FIRST_PAUSE * 2**retries * SystemRandom().uniform(0.5, 1))

    def _slot(self, seat: int) -> int:
        return (self._first_slot + seat) % SLOTS

    def _once(self, work: Callable[[Tx], Any], manner: Manner, retries: int) -> Done:
        try:
            connection = self._pool.getconn()
        except (PoolTimeout, PoolClosed) as error:
            raise Unavailable("no connection to the database can be had") from error
        session = PostgresSession(connection, manner)
        tx = SqlTx(session)
        try:
            session.begin()
            answer = work(tx)
            session.commit()
            return Done(answer, tx.handed_over, session.rows_written, session.journeys, retries)
        finally:
            tx.end()
            session.end()
            self._pool.putconn(connection)


def _configure(connection: Connection) -> None:
    """Of every new connection of the pool."""
    for name, value in SESSION_SETTINGS.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    # Nothing is acknowledged before it is durable; what is stricter than `on` stays.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
    )


def _first_line(error: psycopg.Error) -> str:
    said = error.diag.message_primary or str(error).strip()
    return said.splitlines()[0] if said else type(error).__name__
