"""Whether the processes that share a database are there, and what one leaves behind is freed for the others.

A process holds the advisory lock of its name on a connection of its own; the server lets go of it when the
process, its machine or the connection is gone. A lease that was freed too early (the connection was lost, the
process was not) costs a doubtful hand-over and no text: whoever changes an outbox row asks whose it is.
"""

import contextlib

import psycopg

from wireroom.store.postgres.journey import Connection

_TAKE = "SELECT pg_try_advisory_lock(%d)"
_NOTE = "INSERT INTO processes (owner, lock) VALUES (%s, %s) ON CONFLICT (owner) DO NOTHING"
_OTHERS = "SELECT owner, lock FROM processes WHERE owner <> %s ORDER BY owner"
_IS_GONE = "SELECT pg_try_advisory_xact_lock(%s)"
_FREE = "UPDATE outbox SET lease_until = 0 WHERE lease_owner = %s AND lease_until > 0"
_FORGET = "DELETE FROM processes WHERE owner = %s"


class Presence:
    """Of one process. Its methods block, and are called by one thread at a time. They raise psycopg.Error."""

    def __init__(self, url: str, owner: str, lock: int) -> None:
        self._url = url
        self._owner = owner
        self._lock = lock
        self._connection: Connection | None = None
        self._holds = False
        self._missing: set[str] = set()

    def show(self) -> None:
        """Be there for the others, or again after the connection was lost."""
        if self._connection is not None and not self._connection.closed:
            with contextlib.suppress(psycopg.OperationalError):
                self._take()
                return
        self.hide()
        self._connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=10,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )
        self._connection.execute(_NOTE, (self._owner, self._lock))
        self._take()

    def take_over(self, *, at_once: bool) -> int:
        """Free the leases of who is gone; answers of how many texts. Unless `at_once`, somebody is gone when
        he was missing the last time too: after a restart of the database everybody is for a moment.

        He is forgotten when there was nothing left to free: his last commit may have been under way still.
        """
        assert self._connection is not None
        freed, missing = 0, set()
        for owner, lock in self._connection.execute(_OTHERS, (self._owner,)).fetchall():
            with self._connection.transaction():
                if not self._is_gone(lock):
                    continue
                missing.add(owner)
                if at_once or owner in self._missing:
                    count = self._connection.execute(_FREE, (owner,)).rowcount
                    freed += count
                    if not count and not at_once:
                        self._connection.execute(_FORGET, (owner,))
        self._missing = missing
        return freed

    def others(self) -> int:
        """How many other processes are there."""
        assert self._connection is not None
        there = 0
        for _, lock in self._connection.execute(_OTHERS, (self._owner,)).fetchall():
            with self._connection.transaction():
                there += not self._is_gone(lock)
        return there

    def leave(self) -> None:
        """Free what is leased to us still, and be there no more."""
        if self._connection is not None and not self._connection.closed:
            with self._connection.transaction():
                self._connection.execute(_FREE, (self._owner,))
                self._connection.execute(_FORGET, (self._owner,))
        self.hide()

    def hide(self) -> None:
        """Let go of the connection, and with it of the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._holds = False

    def _take(self) -> None:
        """The server may not have noticed yet that an earlier connection, which held the lock, is lost."""
        assert self._connection is not None
        found = self._connection.execute("SELECT 1" if self._holds else _TAKE % self._lock).fetchone()
        self._holds = self._holds or bool(found and found[0])

    def _is_gone(self, lock: int) -> bool:
        assert self._connection is not None
        found = self._connection.execute(_IS_GONE, (lock,)).fetchone()
        return bool(found and found[0])
