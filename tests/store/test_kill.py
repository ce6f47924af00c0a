"""What was acknowledged survives kill -9."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.store.conftest import HERE, open_engine
from wireroom.store.rows import Count, OptOutList
from wireroom.store.sqlite import DATABASE

SCRIPT = Path(__file__).with_name("write_until_killed.py")


def write_until_killed(directory: Path, first: int, acknowledgements: int) -> list[int]:
    """Kill a writer after so many acknowledgements; the numbers that it had acknowledged by then."""
    command = [sys.executable, str(SCRIPT), str(directory), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=HERE) as writer:
        assert writer.stdout is not None
        heard = [writer.stdout.readline() for _ in range(acknowledgements)]
        writer.kill()
        heard += writer.stdout.readlines()
    numbers = [int(line) for line in heard if line.endswith("\n")]
    assert len(numbers) >= acknowledgements, "it ended before it was killed"
    return numbers


@pytest.mark.parametrize("seed", range(3))
def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    tmp_path: Path, run: Callable[..., Any], seed: int
) -> None:
    chance = random.Random(seed)
    acknowledged: list[int] = []
    for life in range(3):
        heard = write_until_killed(tmp_path, life * 1_000_000, chance.randrange(1, 6000))
        acknowledged += heard
        engine = open_engine(tmp_path)  # without any repair
        lists = run(engine.read(lambda tx: tx.page(OptOutList, {}, None, 1_000_000), "lists"))
        counts = run(engine.read(lambda tx: tx.page(Count, {}, None, 1_000_000), "counts"))
        run(engine.close())
        assert set(acknowledged) <= {row.created_at for row in lists}
        assert {row.created_at for row in lists} == {row.value for row in counts}, "half an operation"
    connection = apsw.Connection(str(tmp_path / DATABASE))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
