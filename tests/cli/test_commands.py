"""send, keys, demo and doctor."""

import json
import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.cli.processes import Process

Serve = Callable[..., Process]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def key_of(done: "subprocess.CompletedProcess[str]") -> tuple[str, str]:
    """Id and secret, from the lines to be pasted into a shell."""
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(r"export AWS_ACCESS_KEY_ID=(\w+)\nexport AWS_SECRET_ACCESS_KEY=(\S+)\n", done.stdout)
    assert found, done.stdout
    return found[1], found[2]


def test_a_key_made_before_the_server_opens_it(serve: Serve, wireroom: Run, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    key, secret = key_of(wireroom("keys", "create", "--account", "111122223333", "--data-dir", data))
    server = serve("--auth", "keys", "--data-dir", data)
    made = server.client(key, secret).create_opt_out_list(OptOutListName="mine")
    assert ":111122223333:" in made["OptOutListArn"]


def test_a_key_is_made_and_deleted_while_the_server_runs(serve: Serve, wireroom: Run, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    server = serve("--auth", "keys", "--data-dir", data)
    key, secret = key_of(wireroom("keys", "create", "--admin", "--data-dir", data))
    sms = server.client(key, secret)
    sms.describe_pools()
    listed = wireroom("keys", "list", "--data-dir", data)
    assert listed.stdout == f"{key}  000000000000  admin\n"
    assert wireroom("keys", "delete", key, "--data-dir", data).returncode == 0
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        sms.describe_pools()
    assert wireroom("keys", "delete", key, "--data-dir", data).returncode == 1


def test_keys_without_a_server_are_listed_and_deleted(wireroom: Run, tmp_path: Path) -> None:
    data = {"WIREROOM_DATA_DIR": str(tmp_path / "data")}
    key, _ = key_of(wireroom("keys", "create", **data))
    assert wireroom("keys", "list", **data).stdout == f"{key}  000000000000  account\n"
    assert wireroom("keys", "delete", key, **data).returncode == 0
    assert wireroom("keys", "list", **data).stdout == ""
    assert "no access key" in wireroom("keys", "delete", key, **data).stderr


def test_keys_need_a_directory_and_an_account_of_twelve_digits(wireroom: Run, tmp_path: Path) -> None:
    assert "--data-dir" in wireroom("keys", "list").stderr
    done = wireroom("keys", "create", "--account", "12", "--data-dir", str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "wireroom: An account is twelve digits.\n")


def test_the_demo_shows_a_texts_life_and_can_be_shown_again(wireroom: Run, tmp_path: Path) -> None:
    data = str(tmp_path / "demo")
    first = wireroom("demo", "--port", "0", "--data-dir", data)
    assert first.returncode == 0, first.stderr
    for word in ("number", "pool", "text", "part", "event", "+14255550100", "2 of 2", "TEXT_DELIVERED"):
        assert word in first.stdout
    assert f"wireroom serve --data-dir {data}" in first.stdout
    pool = re.search(r"pool-[0-9a-f]{32}", first.stdout)
    assert pool
    again = wireroom("demo", "--data-dir", data)
    assert again.returncode == 0
    assert set(re.findall(r"pool-[0-9a-f]{32}", again.stdout)) == {pool[0]}


def test_the_demo_talks_to_the_server_that_is_there(serve: Serve, wireroom: Run, tmp_path: Path) -> None:
    server = serve("--data-dir", str(tmp_path / "data"))
    done = wireroom("demo", "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert server.url in done.stdout


def test_a_text_is_sent_from_the_command_line(serve: Serve, wireroom: Run, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    server = serve("--data-dir", data)
    wireroom("demo", "--data-dir", data)
    pool = server.client("wireroom").describe_pools()["Pools"][0]["PoolId"]
    to = ("--to", "+14255550111", "--body", "hello there")
    by_url = wireroom("send", *to, "--pool", pool, "--url", server.url)
    assert by_url.returncode == 0, by_url.stderr
    message_id = by_url.stdout.strip()
    assert f"{server.url}/_wireroom/messages/{message_id}" in by_url.stderr
    by_directory = wireroom("send", *to, "--data-dir", data)
    assert by_directory.returncode == 0, by_directory.stderr
    assert by_directory.stdout.strip() != message_id


def test_a_refused_text_is_said_in_one_sentence(serve: Serve, wireroom: Run) -> None:
    server = serve()
    done = wireroom("send", "--to", "+14255550111", "--body", "hello", "--url", server.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "NO_ORIGINATION_IDENTITIES_FOUND" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_server_that_is_not_there_is_said_in_one_sentence(wireroom: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    done = wireroom("send", "--to", "+14255550111", "--body", "hello", "--url", url)
    assert done.returncode == 1
    assert "is the server running?" in done.stderr
    done = wireroom("send", "--to", "+14255550111", "--body", "hello", "--data-dir", str(tmp_path))
    assert "wireroom serve --data-dir" in done.stderr


def test_doctor_finds_nothing_wrong_with_a_server(serve: Serve, wireroom: Run, tmp_path: Path) -> None:
    server = serve("--data-dir", str(tmp_path / "data"))
    done = wireroom("doctor", "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 0, done.stdout
    assert f"the server takes texts at {server.url}" in done.stdout
    assert "WRONG" not in done.stdout


def test_doctor_says_what_is_wrong(wireroom: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        taken.settimeout(0.0)
        done = wireroom("doctor", "--data-dir", str(file), "--config", str(file))
        assert "it is no directory" in done.stdout
        assert done.returncode == 1
    secret = tmp_path / "data" / "secret.key"
    secret.parent.mkdir()
    secret.write_text(json.dumps("x"))
    secret.chmod(0o644)
    done = wireroom("doctor", "--data-dir", str(secret.parent), "--port", port)
    assert f"chmod 600 {secret}" in done.stdout
    assert done.returncode == 1


def test_doctor_says_that_a_wireroom_has_the_port(serve: Serve, wireroom: Run) -> None:
    server = serve()
    done = wireroom("doctor", "--port", server.url.rpartition(":")[2])
    assert "a Wireroom answers there" in done.stdout
    assert done.returncode == 0


def test_a_wrong_command_is_refused(wireroom: Run) -> None:
    done = wireroom("nonsense")
    assert done.returncode == 2
    assert "nonsense" in done.stderr


def test_help_names_every_command(wireroom: Run) -> None:
    said = wireroom("--help").stdout
    assert all(name in said for name in ("serve", "demo", "send", "keys", "doctor"))
