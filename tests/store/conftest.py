import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import pytest

from wireroom.observe import Counters, MachineClock
from wireroom.store.sqlite import SqliteEngine

HERE = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
"""The environment of a process that imports what we import."""


def open_engine(directory: Path) -> SqliteEngine:
    return SqliteEngine.open(directory, MachineClock(), Counters())


@pytest.fixture
def run() -> Generator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a coroutine on the test's loop."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def engine(tmp_path: Path, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> Generator[SqliteEngine]:
    engine = open_engine(tmp_path)
    yield engine
    run(engine.close())
