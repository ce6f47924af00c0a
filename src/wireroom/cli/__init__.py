"""The command line: serve, demo, send, keys, backup, restore, forget, migrate, doctor; `main` is its entry.

Each command is a module that is imported when it is called: `wireroom serve` must be ready in 300 ms.
"""

from wireroom.cli.group import main

__all__ = ["main"]
