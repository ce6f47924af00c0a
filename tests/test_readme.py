"""What README and docs say is so: their shell lines and programs run, and their lists are complete."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wireroom.config import Disk, PriceRow, Retention, Settings, Simulate, Simulator
from wireroom.ops._op import WRITTEN
from wireroom.testing import Server

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
USUAL = "http://127.0.0.1:8470"
PATIENCE = 120


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def environment(server: Server, tmp_path: Path) -> dict[str, str]:
    """A shell in which `wireroom` is ours, and the server is where the variables of the README say."""
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    command = bin_directory / "wireroom"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wireroom "$@"\n')
    command.chmod(0o755)
    return {
        "PATH": f"{bin_directory}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "WIREROOM_PORT": "0",
        "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": server.url,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_make_target_of_the_readme_is_there() -> None:
    targets = re.findall(r"^make (\w+)$", "".join(blocks(README, "sh")), re.MULTILINE)
    assert targets == ["demo", "test", "run"]
    for target in targets:
        run(["make", "--directory", str(ROOT), "--dry-run", target], dict(os.environ))


def test_the_readmes_lines_run_one_after_the_other(
    server: Server, environment: dict[str, str], peer: Callable[[str], Path]
) -> None:
    aws = peer("AWS CLI 1").parent
    environment["PATH"] = f"{aws}{os.pathsep}{environment['PATH']}"
    lines = [line for block in blocks(README, "sh") for line in block.splitlines()]
    script = "\n".join(line for line in lines if not line.startswith("make ")).replace(USUAL, server.url)
    said = run(["sh", "-eu", "-c", script], environment)
    assert "482913" in said
    bodies = [message["messageBody"] for message in server.call("/messages")["messages"]]
    assert bodies == ["Table for two at eight", "Your code is 482913"]


def test_the_readmes_program_runs(server: Server, environment: dict[str, str]) -> None:
    a_number(server)
    [program] = blocks(README, "python")
    run([sys.executable, "-W", "error", "-c", program], environment)
    [message] = server.call("/messages")["messages"]
    assert (message["codes"], message["poolId"][:5]) == (["193847"], "pool-")


def test_the_quickstarts_program_runs(environment: dict[str, str]) -> None:
    [program] = blocks(DOCS / "quickstart.md", "python")
    said = run([sys.executable, "-W", "error", "-c", program], environment)
    assert said.splitlines()[1] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"


def test_the_quickstarts_seed_can_be_sown(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    [content] = blocks(DOCS / "quickstart.md", "json")
    seed.write_text(content)
    with Server(Settings(seed=str(seed))) as seeded:
        assert len(seeded.client().describe_pools()["Pools"]) == 1


def test_the_tests_of_the_testing_page_pass(tmp_path: Path, environment: dict[str, str]) -> None:
    [program] = blocks(DOCS / "testing.md", "python")
    (tmp_path / "test_it.py").write_text(program)
    run([sys.executable, "-m", "pytest", "-q", str(tmp_path / "test_it.py")], environment)


def test_the_example_of_the_configuration_page_is_valid(tmp_path: Path) -> None:
    from wireroom.config import load

    [content] = blocks(DOCS / "configuration.md", "toml")
    file = tmp_path / "wireroom.toml"
    file.write_text(content)
    assert load(file, {}).simulate.spend == "aws"


@pytest.mark.parametrize("part", [Settings, Simulate, Simulator, Retention, Disk, PriceRow])
def test_every_setting_is_documented(part: type) -> None:
    page = (DOCS / "configuration.md").read_text()
    tables = {"prices": "`[[prices]]`", "carriers": "`[carriers.NAME]`"} | {
        name: f"`[{name}]`" for name in ("simulate", "simulator", "quotas", "sender_ids", "retention", "disk")
    }
    for name in part.__struct_fields__:  # type: ignore[attr-defined]  # a msgspec Struct
        assert tables.get(name, f"`{name}`") in page, name


def test_every_written_operation_is_documented_and_no_other() -> None:
    page = (DOCS / "operations.md").read_text()
    named = set(re.findall(r"`([A-Z]\w+)`", page)) - {"ValidationException", "UNKNOWN_OPERATION"}
    assert named == set(WRITTEN)


def test_every_path_of_ours_is_documented(server: Server) -> None:
    page = (DOCS / "console.md").read_text()
    for route in server.app._console().routes:  # type: ignore[attr-defined]  # it is Starlette's
        if "/static/" in route.path or route.path == "/_wireroom":
            continue
        path = route.path.replace("{message_id}", "{MessageId}").replace("{access_key_id}", "{AccessKeyId}")
        for method in route.methods - {"HEAD"}:
            assert f"`{method} {path}`" in page, (method, path)


def test_no_link_of_the_pages_is_broken() -> None:
    for page in [README, ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def a_number(server: Server) -> None:
    server.client().request_phone_number(
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS"],
        NumberType="LONG_CODE",
    )
