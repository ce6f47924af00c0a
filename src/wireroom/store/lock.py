"""The lock of a data directory: one process serves it, and a second one is told which.

The lock is the operating system's and goes with the process, however it ends; the file `lock` and the number
in it stay behind and mean nothing by themselves.
"""

import os
import sys
from pathlib import Path

from wireroom.store.engine import DataDirInUse

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        # Windows locks bytes and keeps others from reading them: one far behind the process number.
        os.lseek(descriptor, 1_000_000, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class DataDirLock:
    """The right to serve a data directory, from `DataDirLock(directory)` until `release`."""

    def __init__(self, directory: Path) -> None:
        """Take the lock; raises DataDirInUse when another process (or another engine of this one) has it."""
        path = directory / "lock"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _try_lock(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            holder = path.read_text().strip()
            raise DataDirInUse(
                f"{directory} is served by another process{f' (pid {holder})' if holder else ''}: "
                "stop that one first, or give another --data-dir"
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def is_served(directory: Path) -> bool:
    """Whether a process serves `directory` right now; makes no file."""
    try:
        descriptor = os.open(directory / "lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        _try_lock(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
