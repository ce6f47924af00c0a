"""The tools that set Wireroom up and keep it in order, and those rules of the house that no linter knows."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools import pin_requirements

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/wireroom"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in an environment that holds PATH and what is given, and nothing of ours."""
    environment = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def program(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


# Requirements


def requirements(file: str) -> str:
    return (ROOT / "requirements" / f"{file}.txt").read_text()


@pytest.mark.parametrize("file", pin_requirements.FILES)
def test_pinned_requirements_fit_pyproject(file: str) -> None:
    assert pin_requirements.complaints(PYPROJECT, file, requirements(file)) == []


def test_a_new_dependency_makes_the_pinned_requirements_stale() -> None:
    project = {**PYPROJECT["project"], "dependencies": [*PYPROJECT["project"]["dependencies"], "left-pad>=1"]}
    changed: dict[str, Any] = {**PYPROJECT, "project": project}
    said = pin_requirements.complaints(changed, "run", requirements("run"))
    assert said == [
        "is older than the dependencies in pyproject.toml: run `make requirements`",
        "does not pin left-pad",
    ]


@pytest.mark.parametrize(
    ("pattern", "replacement", "complaint"),
    [
        (r"^msgspec==[0-9.]+", "msgspec==0.1", "pins msgspec==0.1, not msgspec"),
        (r"^anyio==", "--index-url https://mirror.example/\nanyio==", "holds an address"),
        (r"^idna==[0-9.]+ \\$", "idna==3.0", "has no hash for idna"),
    ],
)
def test_a_requirement_changed_by_hand_is_found(pattern: str, replacement: str, complaint: str) -> None:
    changed, times = re.subn(pattern, replacement, requirements("run"), flags=re.MULTILINE)
    assert times == 1
    (said,) = pin_requirements.complaints(PYPROJECT, "run", changed)
    assert said.startswith(complaint)


def test_tests_run_on_the_versions_that_users_run() -> None:
    run, postgres, test = (pin_requirements.pins(requirements(file)) for file in ("run", "postgres", "test"))
    assert run.items() <= postgres.items() <= test.items()
    assert postgres.keys() - run.keys() >= {"psycopg", "psycopg-binary", "psycopg-pool"}


@pytest.mark.parametrize("directory", pin_requirements.npm_packages(), ids=lambda path: path.name)
def test_pinned_npm_packages_fit_what_is_asked_for(directory: Path) -> None:
    texts = (path.read_text() for path in pin_requirements.npm_files(directory))
    assert pin_requirements.lock_complaints(*texts) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (0, '"1.3.0"', '"1.2.0"', "is older than its package.json: run `make requirements`"),
        (1, '"integrity"', '"shasum"', "has no hash for node_modules/grapheme-splitter"),
        (1, '"license"', '"resolved": "https://mirror.example/", "license"', "holds an address"),
    ],
)
def test_an_npm_package_changed_by_hand_is_found(file: int, old: str, new: str, complaint: str) -> None:
    directory = ROOT / "requirements/npm/sms-segments-calculator"
    texts = [path.read_text() for path in pin_requirements.npm_files(directory)]
    assert old in texts[file]
    texts[file] = texts[file].replace(old, new, 1)
    (said,) = pin_requirements.lock_complaints(*texts)
    assert said.startswith(complaint)


def test_an_npm_package_is_asked_for_in_one_version() -> None:
    asked = {"dependencies": {"left-pad": "^1.3.0"}}
    said = pin_requirements.lock_complaints(json.dumps(asked), json.dumps({"packages": {"": asked}}))
    assert said == ["asks for any left-pad in ^1.3.0"]


# Set-up


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A Makefile in a directory whose name has a space, with a set-up that only says that it was called."""
    top = tmp_path / "a checkout"
    program(
        top / "tools/setup",
        'echo "set up $1" >>called',
        "mkdir -p .venv/bin",
        "printf '#!/bin/sh\\necho wireroom \"$@\"; env\\n' >.venv/bin/wireroom",
        "chmod +x .venv/bin/wireroom",
    )
    (top / "requirements").mkdir()
    needed = [f"requirements/{file}.txt" for file in ("run", "test", "postgres-server")]
    for name in ("Makefile", "pyproject.toml", *needed):
        shutil.copy(ROOT / name, top / name)
    return top


def test_the_second_time_nothing_is_set_up(checkout: Path) -> None:
    for _ in range(2):
        assert run("make", "demo", cwd=checkout).returncode == 0
    assert (checkout / "called").read_text() == "set up run\n"


def test_changed_requirements_are_installed(checkout: Path) -> None:
    run("make", "setup", cwd=checkout)
    later = (checkout / ".venv/test.stamp").stat().st_mtime + 1
    os.utime(checkout / "requirements/test.txt", (later, later))
    run("make", "setup", cwd=checkout)
    assert (checkout / "called").read_text() == "set up run\nset up test\nset up test\n"


def test_the_demo_sees_nothing_of_the_users_aws_configuration_and_no_proxy(checkout: Path) -> None:
    users = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": "https://elsewhere.example",
        "AWS_REGION": "eu-central-1",
        "HTTP_PROXY": "http://proxy.example:3128",
        "no_proxy": "mirror.example",
    }
    said = run("make", "demo", cwd=checkout, **users).stdout.splitlines()
    assert said[0] == "wireroom demo --port 0 --data-dir .wireroom/demo"
    assert sorted(line for line in said if line.startswith("AWS_")) == [
        "AWS_ACCESS_KEY_ID=wireroom",
        "AWS_CONFIG_FILE=/dev/null",
        "AWS_EC2_METADATA_DISABLED=true",
        "AWS_REGION=us-east-1",
        "AWS_SECRET_ACCESS_KEY=wireroom",
        "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
    ]
    for name in ("NO_PROXY", "no_proxy"):
        assert f"{name}=mirror.example,127.0.0.1,localhost,::1" in said


def test_without_a_python_that_will_do_setup_says_so_in_one_sentence(tmp_path: Path) -> None:
    program(tmp_path / "bin/python3", "exit 1")
    (tmp_path / "bin/sh").symlink_to("/bin/sh")
    said = run(ROOT / "tools/setup", "run", cwd=tmp_path, PATH=str(tmp_path / "bin"))
    assert said.returncode == 1
    assert said.stdout == ""
    assert said.stderr.startswith("wireroom: needs Python 3.11 or newer with pip: install it ")
    assert said.stderr.count("\n") == 1


# Continuous integration


@pytest.mark.parametrize(("failing", "status"), [("none", 0), ("check", 1), ("test", 1)])
def test_ci_ends_with_pytests_summary_and_an_honest_status(tmp_path: Path, failing: str, status: int) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    program(tmp_path / "tools/install-peers")
    program(
        tmp_path / "bin/make",
        '[ "$WIREROOM_NO_SKIP" = 1 ] || exit 9',
        'case "$*" in test) echo "===== 3 passed in 0.10s =====" ;; esac',
        f'case "$*" in *{failing}) echo "make: *** Error 1" >&2; exit 2 ;; esac',
    )
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    said = run(tmp_path / ".ci/run", cwd=tmp_path, PATH=path)
    assert said.returncode == status
    assert said.stdout.splitlines()[-1] == "===== 3 passed in 0.10s ====="


# Tests of the tests: the skips in here are what is tested.
SKIPPING = """
import pytest

def test_with_a_peer(peer):
    peer("AWS CLI 0")

@pytest.mark.skipif(True, reason="only on another system")
def test_elsewhere():
    raise AssertionError
"""


@pytest.mark.parametrize(("no_skip", "summary"), [("", "2 skipped"), ("1", "1 failed, 1 skipped")])
def test_a_missing_peer_skips_a_test_and_fails_it_where_no_skip_is_allowed(
    tmp_path: Path, no_skip: str, summary: str
) -> None:
    conftest = (ROOT / "tests/conftest.py").read_text()
    unknown = 'PEERS = {\n    "AWS CLI 0": (["no-such-program"], "aws-cli/0."),'
    (tmp_path / "conftest.py").write_text(conftest.replace("PEERS = {", unknown))
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    command = (sys.executable, "-m", "pytest", "-ra", "--rootdir", tmp_path, tmp_path)
    said = run(*command, cwd=tmp_path, WIREROOM_NO_SKIP=no_skip).stdout
    assert "AWS CLI 0 is missing: run tools/install-peers" in said
    assert re.search(rf"=+ {summary} in ", said)


# Rules of the house (DESIGN, "Nevers")

GENERATED = (SOURCE / "api", SOURCE / "core/tables")
HAND_WRITTEN = [
    path
    for folder in ("src", "tools", "benchmarks", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not any(path.is_relative_to(generated) for generated in GENERATED)
]
SQL = re.compile(
    r"\s*(SELECT\s.*\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s"
    r"|(CREATE|ALTER|DROP)\s+(UNIQUE\s+)?(TABLE|INDEX|TRIGGER|VIEW)\s|PRAGMA\s|SAVEPOINT\s|BEGIN\s+IMMEDIATE)",
    re.IGNORECASE | re.DOTALL,
)


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_sql_stands_in_the_store_and_in_the_ledger_only() -> None:
    allowed = [path for path in HAND_WRITTEN if path.is_relative_to(SOURCE / "store")]
    allowed.append(SOURCE / "carriers/simulator/ledger.py")
    found = [
        f"{path.relative_to(ROOT)}: {text.strip()[:60]}"
        for path in HAND_WRITTEN
        if path.is_relative_to(SOURCE) and path not in allowed
        for text in strings(path)
        if SQL.match(text)
    ]
    assert found == []


def test_an_operation_names_every_parameter_it_takes() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in sorted((SOURCE / "ops").glob("[a-z]*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.args.kwarg
    ]
    assert found == []


def test_no_hand_written_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {
        str(path.relative_to(ROOT)): path.read_text().count("\n")
        for path in HAND_WRITTEN
        if path.is_relative_to(SOURCE)
    }
    assert {path: length for path, length in lengths.items() if length > 420} == {}


def test_no_test_sleeps() -> None:
    sleep = re.compile(r"\b(time|asyncio)\.sleep\(")
    found = [
        str(path.relative_to(ROOT))
        for path in HAND_WRITTEN
        if path.is_relative_to(ROOT / "tests") and sleep.search(path.read_text())
    ]
    assert found == []
