"""PostgreSQL as tests get it: databases come and go, the server obeys, and nothing is left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgres import Cluster, Installation, NoPostgres, cluster, installations, start_cluster

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60


def ask(url: str, statement: str) -> list[object]:
    """The first column of the answer."""
    with psycopg.connect(url, autocommit=True) as connection:
        ran = connection.execute(statement.encode())
        return [row[0] for row in ran] if ran.description else []


def runs(pid: int) -> bool:
    """A process that has ended and that nobody has asked about runs no more."""
    if Path("/proc/self").exists():  # where ps may be missing
        state = Path(f"/proc/{pid}/stat")
        return state.exists() and ") Z " not in state.read_text()
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return said.stdout.strip() != "" and not said.stdout.startswith("Z")


def databases(server: Cluster) -> set[object]:
    return set(ask(server.url(), "SELECT datname FROM pg_database"))


def test_a_new_database_is_empty_and_a_dropped_one_is_gone(postgres: Cluster) -> None:
    before = databases(postgres)
    first, second = postgres.create(), postgres.create()
    ask(first, "CREATE TABLE t (n int)")
    assert ask(second, "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == [0]
    with psycopg.connect(first):  # somebody is still there
        postgres.drop(first)
    postgres.drop(second)
    assert databases(postgres) == before


def test_a_database_that_was_not_made_here_is_not_dropped(postgres: Cluster) -> None:
    with pytest.raises(ValueError, match="template1 was not made here"):
        postgres.drop(postgres.url("template1"))


def test_a_template_is_prepared_once_and_copied(postgres: Cluster) -> None:
    prepared = []

    def prepare(url: str) -> None:
        prepared.append(url)
        ask(url, "CREATE TABLE t AS SELECT generate_series(1, 3) AS n")

    for _ in range(2):
        assert postgres.template("three", prepare) == "three"
    (url,) = prepared
    copy = postgres.create("three")
    assert ask(copy, "SELECT sum(n) FROM t") == [6]
    postgres.drop(copy)
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        psycopg.connect(url)


def test_connections_to_one_database_are_ended_and_others_stay(postgres: Cluster) -> None:
    first, second = postgres.create(), postgres.create()
    with psycopg.connect(first) as ended, psycopg.connect(second) as spared:
        assert postgres.terminate_backends(first) == 1
        with pytest.raises(psycopg.OperationalError):
            ended.execute("SELECT 1")
        assert spared.execute("SELECT 1").fetchone() == (1,)
    assert postgres.terminate_backends(second) == 0
    for url in (first, second):
        postgres.drop(url)


def test_texts_can_be_made_to_sort_by_something_else_than_their_bytes(postgres: Cluster) -> None:
    try:
        odd = postgres.create(odd_order=True)
    except NoPostgres:
        pytest.skip("only on a PostgreSQL with ICU or a language's locale")
    order = "SELECT t FROM (VALUES ('B'), ('a'), ('_c')) AS v (t) ORDER BY t"
    assert ask(odd, order) != sorted(["B", "a", "_c"])
    assert ask(odd, order.replace("BY t", 'BY t COLLATE "C"')) == sorted(["B", "a", "_c"])
    postgres.drop(odd)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restarted_server_has_what_was_committed(own_postgres: Cluster, mode: str) -> None:
    url = own_postgres.create()
    ask(url, "CREATE TABLE t AS SELECT 1 AS n")
    before = own_postgres.pid
    own_postgres.stop("fast" if mode == "fast" else "immediate")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    own_postgres.start()
    assert own_postgres.pid != before
    assert ask(url, "SELECT n FROM t") == [1]
    own_postgres.drop(url)


def found() -> list[Installation]:
    return installations() or [Installation(Path("none"), 0)]


@pytest.mark.parametrize("installation", found(), ids=lambda each: str(each.version))
def test_every_postgresql_of_this_machine_runs_and_leaves_nothing(
    installation: Installation, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert postgres  # where there is none, this is skipped as the others are
    monkeypatch.setenv("TEST_PG_BIN", str(installation.bin))
    with cluster(ours=True) as made:
        assert made.version == installation.version
        directory = Path(str(ask(made.url(), "SHOW data_directory")[0])).parent
        assert ask(made.url(), "SHOW listen_addresses") == [""]
        assert ask(made.url(), "SHOW fsync") == ["off"]
        pid = made.pid
    assert not directory.exists()
    assert not runs(pid)


def test_settings_are_the_servers_and_fsync_may_be_on(postgres: Cluster, tmp_path: Path) -> None:
    assert postgres
    deep = tmp_path / ("a directory whose name is too long for a socket's address " * 2).strip()
    made = start_cluster(deep, fsync=True, settings={"work_mem": "5MB"})
    try:
        assert ask(made.url(), "SHOW fsync") == ["on"]
        assert ask(made.url(), "SHOW work_mem") == ["5MB"]
        sockets = Path(str(ask(made.url(), "SHOW unix_socket_directories")[0]))
        assert sockets.exists()
    finally:
        made.close()
    assert not sockets.exists()
    assert deep.exists()  # it was the caller's


KILLED = """
import sys
from tests.postgres import cluster
with cluster(ours=True) as made:
    print(made.pid, made.url(), flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_the_tests_are_killed(postgres: Cluster, sent: signal.Signals) -> None:
    assert postgres
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as tests:
        assert tests.stdout is not None
        pid, url = tests.stdout.readline().split()
        directory = Path(str(ask(url, "SHOW data_directory")[0])).parent
        with psycopg.connect(url):  # somebody is at work
            tests.send_signal(sent)
            tests.communicate(timeout=PATIENCE)
    assert tests.returncode != 0
    assert not runs(int(pid))
    assert not directory.exists()
