"""PostgreSQL as tests get it: databases come and go, the server obeys, and nothing is left behind."""

import os
import pwd
import shutil
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


# Who we are


def test_root_becomes_the_user_postgres_where_there_are_no_namespaces(
    postgres: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert postgres
    if os.geteuid() != 0 or not any(user.pw_name == "postgres" for user in pwd.getpwall()):
        pytest.skip("only on a system with a user postgres, as root")
    program(tmp_path / "unshare", "echo 'unshare failed: Operation not permitted' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with cluster(ours=True) as made:
        assert Path(f"/proc/{made.pid}").owner() == "postgres"
        made.drop(made.create())
        pid = made.pid
    assert not runs(pid)


def test_somebody_who_is_not_root_has_postgresql_too(postgres: Cluster) -> None:
    assert postgres
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only on Linux as root: for anybody else the other tests say it")
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/nonexistent"]
    command = [*nobody, sys.executable, "-B", "-c", KILLED]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(
        command,
        cwd="/",
        env=environment,
        input="",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if "Permission denied" in said.stderr or "No module named" in said.stderr:
        pytest.skip("only on a checkout that anybody may read")
    assert said.returncode == 0, said.stderr
    assert not runs(int(said.stdout.split()[0]))


# Where there is none


def program(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def test_where_there_is_no_postgresql_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TEST_PG_BIN", str(tmp_path))
    with pytest.raises(NoPostgres) as refused, cluster(ours=True):
        pass
    said = "PostgreSQL 14 or newer is missing: run tools/setup test, install it or set TEST_PG_URL"
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("initdb", "complaint"),
    [
        ("echo 'initdb: error: no room' >&2; exit 1", "PostgreSQL cannot be run here ("),
        ('mkdir "$2"', "/postgres does not start: FATAL: no memory"),
    ],
)
def test_a_postgresql_that_does_not_work_is_told_with_its_own_words(
    initdb: str, complaint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "postgres", 'case "$1" in --version) echo "postgres (PostgreSQL) 18.4"; exit ;; esac')
    with (tmp_path / "postgres").open("a") as script:
        script.write("echo 'LOG: starting'; echo 'FATAL: no memory' >&2; exit 1\n")
    program(tmp_path / "initdb", initdb)
    monkeypatch.setenv("TEST_PG_BIN", str(tmp_path))
    directory = tmp_path / "cluster"
    with pytest.raises(NoPostgres) as refused:
        start_cluster(directory, temporary=True)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not directory.exists()


@pytest.mark.parametrize(("no_skip", "summary"), [("", "1 skipped"), ("1", "1 error")])
def test_a_test_without_postgresql_is_skipped_unless_none_may_be(
    no_skip: str, summary: str, tmp_path: Path
) -> None:
    test = f"{__file__}::test_a_new_database_is_empty_and_a_dropped_one_is_gone"
    environment = {**os.environ, "TEST_PG_BIN": str(tmp_path), "TEST_PG_URL": "", "WIREROOM_NO_SKIP": no_skip}
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "no:xdist", "-p", "no:cacheprovider", test]
    said = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    ).stdout
    assert "PostgreSQL 14 or newer is missing: run tools/setup test" in said
    assert f" {summary} in " in said


# Somebody else's server


def test_on_somebody_elses_server_only_what_was_made_is_dropped(
    own_postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = own_postgres.create()
    monkeypatch.setenv("TEST_PG_URL", theirs)
    before = databases(own_postgres)
    with cluster() as made:
        assert not made.is_ours
        made.template("empty", lambda url: ask(url, "CREATE TABLE t (n int)"))
        with psycopg.connect(made.create("empty")):
            assert len(databases(own_postgres) - before) == 2
            with pytest.raises(RuntimeError, match="not ours"):
                made.stop()
            with pytest.raises(ValueError, match="not made here"):
                made.drop(theirs)
            made.close()
    assert databases(own_postgres) == before
    own_postgres.drop(theirs)


def test_a_test_pg_url_that_leads_nowhere_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TEST_PG_URL", f"postgresql://me:hidden@/postgres?host={tmp_path}")
    with (
        pytest.raises(
            NoPostgres, match="TEST_PG_URL leads to no server where databases can be made"
        ) as refused,
        cluster(),
    ):
        pass
    assert "hidden" not in str(refused.value)
    assert "\n" not in str(refused.value)
