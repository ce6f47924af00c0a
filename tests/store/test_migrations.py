"""A database comes up to this release, or is refused untouched."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.store.conftest import open_engine
from wireroom.store import migrate
from wireroom.store.engine import DataTooNew, StoreError
from wireroom.store.rows import Count
from wireroom.store.sqlite import DATABASE

ROW = Count("123456789012", "eu-central-1", "n", 7)
NEWEST = migrate.migrations()[-1].version


def columns(database: Path, table: str) -> list[str]:
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    names = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    connection.close()
    return [str(name) for (name,) in names]


def execute(database: Path, sql: str) -> None:
    connection = apsw.Connection(str(database))
    connection.execute(sql)
    connection.close()


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """Make this the next release, with a migration of the given text; its version."""

    def make(sql: str) -> int:
        directory = tmp_path / "schema"
        directory.mkdir(exist_ok=True)
        for file in migrate.SCHEMA_DIR.glob("*.sql"):
            (directory / file.name).write_bytes(file.read_bytes())
        (directory / f"{NEWEST + 1:04d}_next.sql").write_text(sql)
        monkeypatch.setattr(migrate, "SCHEMA_DIR", directory)
        return NEWEST + 1

    return make


@pytest.fixture
def old_data(tmp_path: Path, run: Callable[..., Any]) -> Path:
    """A data directory with a row in it, closed."""
    directory = tmp_path / "data"
    directory.mkdir()
    engine = open_engine(directory)
    run(engine.run(lambda tx: tx.insert(ROW), "write"))
    run(engine.close())
    return directory


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [migration.version for migration in migrate.migrations()] == list(range(1, NEWEST + 1))


def test_a_fresh_directory_gets_a_database_and_no_copy(tmp_path: Path, run: Callable[..., Any]) -> None:
    run(open_engine(tmp_path).close())
    assert {file.name for file in tmp_path.iterdir()} == {DATABASE, "lock"}


def test_data_of_this_release_open_again_as_they_were(old_data: Path, run: Callable[..., Any]) -> None:
    engine = open_engine(old_data)
    assert run(engine.read(lambda tx: tx.get(Count, *_key()), "read")) == ROW
    run(engine.close())
    assert {file.name for file in old_data.iterdir()} == {DATABASE, "lock"}


def _key() -> tuple[str, str, str]:
    return ROW.account_id, ROW.region, ROW.name


def test_older_data_are_copied_and_brought_up(
    old_data: Path, next_release: Callable[[str], int], run: Callable[..., Any]
) -> None:
    version = next_release("ALTER TABLE counters ADD COLUMN note TEXT; UPDATE counters SET note = 'x';")
    engine = open_engine(old_data)
    assert run(engine.read(lambda tx: tx.get(Count, *_key()), "read")) == ROW
    run(engine.close())
    copy = old_data / f"{DATABASE}.before-{version:04d}"
    assert "note" in columns(old_data / DATABASE, "counters")
    assert "note" not in columns(copy, "counters")
    copy.rename(old_data / DATABASE)
    assert "note" not in columns(old_data / DATABASE, "counters"), "the copy is a whole database"


def test_a_migration_that_fails_changes_nothing_and_may_be_tried_again(
    old_data: Path, next_release: Callable[[str], int], run: Callable[..., Any]
) -> None:
    next_release("ALTER TABLE counters ADD COLUMN note TEXT; SELECT nonsense FROM nowhere;")
    with pytest.raises(StoreError, match="no such table: nowhere"):
        open_engine(old_data)
    assert "note" not in columns(old_data / DATABASE, "counters")
    next_release("ALTER TABLE counters ADD COLUMN note TEXT;")
    run(open_engine(old_data).close())
    assert "note" in columns(old_data / DATABASE, "counters")


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_data_of_a_newer_release_are_refused_in_words_and_not_touched(old_data: Path, killed: bool) -> None:
    newer = f"INSERT INTO schema_version (version) VALUES ({NEWEST + 1})"
    if killed:  # its log is still beside it
        connection = apsw.Connection(str(old_data / DATABASE))
        connection.execute(newer)
        files = {
            file: file.read_bytes() for file in old_data.glob(f"{DATABASE}*") if file.suffix != ".db-shm"
        }
        connection.close()
        for file, content in files.items():
            file.write_bytes(content)
    else:
        execute(old_data / DATABASE, newer)
        files = {old_data / DATABASE: (old_data / DATABASE).read_bytes()}
    assert len(files) == (2 if killed else 1)
    with pytest.raises(DataTooNew, match=f"version {NEWEST + 1}.*knows {NEWEST}"):
        open_engine(old_data)
    assert {file: file.read_bytes() for file in files} == files


def test_a_file_that_is_no_database_is_refused_in_words_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"this is a letter\n" * 500)
    with pytest.raises(StoreError, match="cannot be opened: file is not a database"):
        open_engine(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == b"this is a letter\n" * 500


def test_a_start_that_was_interrupted_before_the_first_migration_is_made_up_for(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    execute(tmp_path / DATABASE, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); DROP TABLE t")
    run(open_engine(tmp_path).close())
    assert "value" in columns(tmp_path / DATABASE, "counters")
