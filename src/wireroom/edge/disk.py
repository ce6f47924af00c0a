"""How much room is left on the disk of the data (`[disk]`): sends are refused before anything breaks."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from wireroom.config import Disk as Limits

EVERY = 5.0
"""Seconds of machine time between two looks."""

_MIB = 1024 * 1024

log = logging.getLogger(__name__)


class Usage(Protocol):
    """Bytes of a file system; `free` is what this process may use of it."""

    @property
    def total(self) -> int: ...

    @property
    def free(self) -> int: ...


class Disk:
    """The disk as it was when it was last looked at: `low` and `reason` cost a send nothing."""

    def __init__(
        self, directory: Path, limits: Limits, usage: Callable[[Path], Usage] = shutil.disk_usage
    ) -> None:
        """Looks for the first time. `usage` may raise OSError."""
        self._directory = directory
        self._limits = limits
        self._usage = usage
        self._unknown = False
        self.reason: str | None = None
        """Why sends are refused, in words and figures; None while there is room."""
        self.look()

    @property
    def low(self) -> bool:
        """Less is free than `[disk]` wants."""
        return self.reason is not None

    def look(self) -> None:
        """Ask the file system, which takes microseconds. Where it cannot say, all stays as it was."""
        try:
            usage = self._usage(self._directory)
        except OSError as error:
            if not self._unknown:
                log.warning("how much room the disk of the data has left is not known: %s", error)
            self._unknown = True
            return
        self._unknown = False
        reason = self._judge(usage)
        if reason is not None and self.reason is None:
            log.error(reason)
        elif reason is None and self.reason is not None:
            log.warning("the disk of the data has room again")
        self.reason = reason

    async def watch(self) -> None:
        """Look now and then, until this is cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            self.look()

    def _judge(self, usage: Usage) -> str | None:
        limits = self._limits
        percent = 100 * usage.free / usage.total if usage.total else 0.0
        if percent >= limits.min_free_percent and usage.free >= limits.min_free_bytes:
            return None
        return (
            f"The disk of the data has {usage.free // _MIB:,} MiB free of {usage.total // _MIB:,} "
            f"({percent:.1f} %), and sends are refused below {limits.min_free_percent:g} % and below "
            f"{limits.min_free_bytes // _MIB:,} MiB: make room, or lower [disk] min_free_percent and "
            "min_free_bytes."
        )
