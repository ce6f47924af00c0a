"""Peers: programs of others that some tests talk to. A missing one skips its tests and says how to get it.

With WIREROOM_NO_SKIP=1, as in .ci/run, a skip is a failure, so that nothing is missed in silence; only a
reason that begins with `only on`, as in "only on Linux", may still skip.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from tests.postgres import Cluster

# Speed is measured in benchmarks/, never in a test: a busy machine is no failure.
hypothesis.settings.register_profile("wireroom", deadline=None)
hypothesis.settings.load_profile("wireroom")

ROOT = Path(__file__).resolve().parent.parent
# What a test asks for: where it may be, and how its own `--version` begins.
PEERS = {
    "AWS CLI 1": ([str(ROOT / ".peers/awscli/bin/aws"), "aws"], "aws-cli/1."),
    "AWS CLI 2": (["aws", "/usr/bin/aws"], "aws-cli/2."),
}


@cache
def _find(name: str) -> Path | None:
    places, version = PEERS[name]
    for program in filter(None, map(shutil.which, places)):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=False)
        if (said.stdout or said.stderr).startswith(version):
            return Path(program)
    return None


@pytest.fixture(scope="session")
def peer() -> Callable[[str], Path]:
    """`peer("AWS CLI 2")` is the program's path; where it is missing, the test that asked is skipped."""

    def need(name: str) -> Path:
        found = _find(name)
        if found is None:
            pytest.skip(f"{name} is missing: run tools/install-peers")
        return found

    return need


@pytest.fixture(scope="session")
def environment() -> Callable[[str], Path]:
    """`environment("aioboto3")` is .peers/aioboto3; where it is missing or old, the test is skipped."""

    def need(name: str) -> Path:
        wanted = [ROOT / f"requirements/peer-{name}.txt", ROOT / f"requirements/npm/{name}/package-lock.json"]
        installed = ROOT / ".peers" / name / "installed"
        current = [path.read_bytes() for path in wanted if path.exists()]
        if not installed.exists() or installed.read_bytes() not in current:
            pytest.skip(f".peers/{name} is missing or old: run tools/install-peers")
        return installed.parent

    return need


@pytest.fixture(scope="session")
def postgres() -> "Generator[Cluster]":
    """A PostgreSQL server on which databases are made; a test that stops it asks for `own_postgres`."""
    from tests.postgres import NoPostgres, cluster

    with ExitStack() as stack:
        try:
            made = stack.enter_context(cluster())
        except NoPostgres as reason:
            # What was asked for by name is never skipped in silence.
            (pytest.fail if os.environ.get("TEST_PG_URL") else pytest.skip)(str(reason))
        yield made


@pytest.fixture(scope="session")
def _own_postgres() -> "Generator[Cluster]":
    """Not the one that servers of other tests are on: they would look for it while it is away."""
    from tests.postgres import NoPostgres, cluster

    with ExitStack() as stack:
        try:
            made = stack.enter_context(cluster(ours=True))
        except NoPostgres as reason:
            pytest.skip(str(reason))
        yield made


@pytest.fixture
def own_postgres(_own_postgres: "Cluster") -> "Generator[Cluster]":
    """A server that may be stopped; it runs again when the test is over."""
    yield _own_postgres
    if not _own_postgres.is_running:
        _own_postgres.start()


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail") or os.environ.get("WIREROOM_NO_SKIP") != "1":
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith("only on "):
        report.outcome = "failed"
        report.longrepr = f"WIREROOM_NO_SKIP=1 allows no skip. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report
