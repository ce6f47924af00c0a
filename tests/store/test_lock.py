"""One process serves a data directory."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.store.conftest import HERE, open_engine
from wireroom.store.engine import DataDirInUse
from wireroom.store.lock import DataDirLock, is_served

HOLD = """
import sys
from pathlib import Path
from wireroom.store.lock import DataDirLock
lock = DataDirLock(Path(sys.argv[1]))
print("locked", flush=True)
sys.stdin.read()
"""


def holder(directory: Path) -> "subprocess.Popen[str]":
    """Another process that serves the directory until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=HERE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def test_a_second_process_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        assert is_served(tmp_path)
        with pytest.raises(DataDirInUse, match=rf"\(pid {other.pid}\).*--data-dir"):
            open_engine(tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["lock"]
        other.kill()


def test_the_lock_goes_with_its_process(tmp_path: Path, run: Callable[..., Any]) -> None:
    with holder(tmp_path) as other:
        other.kill()
        other.wait()
        assert not is_served(tmp_path)
        run(open_engine(tmp_path).close())


def test_a_second_engine_of_the_same_process_is_refused_until_the_first_is_closed(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    first = open_engine(tmp_path)
    with pytest.raises(DataDirInUse, match=f"pid {os.getpid()}"):
        open_engine(tmp_path)
    run(first.close())
    run(open_engine(tmp_path).close())


def test_asking_whether_a_directory_is_served_leaves_nothing_behind(tmp_path: Path) -> None:
    assert not is_served(tmp_path)
    assert list(tmp_path.iterdir()) == []
    lock = DataDirLock(tmp_path)
    assert is_served(tmp_path)
    lock.release()
    assert not is_served(tmp_path)
