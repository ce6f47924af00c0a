"""`wireroom serve` as users and their tests rely upon it (DESIGN §7)."""

import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.processes import Process

Serve = Callable[..., Process]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

NOT_AT_START = (
    "structlog",
    "starlette",
    "cryptography",
    "phonenumbers",
    "boto3",
    "botocore",
    "apsw.ext",
    "h11",
)
"""Each costs more than the start can afford, and is imported at its first use."""


def get(url: str, path: str, tls: ssl.SSLContext | None = None) -> tuple[int, bytes]:
    place = urlsplit(url)
    assert place.hostname
    connection = (
        http.client.HTTPSConnection(place.hostname, place.port, context=tls, timeout=20)
        if tls
        else http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    )
    connection.request("GET", path)
    answer = connection.getresponse()
    status, body = answer.status, answer.read()
    connection.close()
    return status, body


def one_sentence(done: "subprocess.CompletedProcess[str]") -> str:
    """What a command that failed says: one line, and no trace."""
    assert done.returncode != 0
    assert done.stdout == ""
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("wireroom: ")
    return line


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_says_one_line_serves_and_ends_well(serve: Serve, how: int) -> None:
    server = serve()
    assert re.fullmatch(r"wireroom ready on http://127\.0\.0\.1:\d+\n", server.ready_line)
    assert get(server.url, "/_wireroom/health")[0] == 200
    status, rest, log = server.stop(how)
    assert (status, rest) == (0, "")
    assert all(json.loads(line)["level"] == "warning" for line in log.splitlines())  # of a slow machine


def test_an_open_connection_and_a_long_wait_do_not_hold_up_the_end(serve: Serve) -> None:
    server = serve()
    place = urlsplit(server.url)
    with (
        socket.create_connection((place.hostname, place.port), 20) as idle,
        socket.create_connection((place.hostname, place.port), 20) as waiting,
    ):
        waiting.sendall(b"GET /_wireroom/messages/wait?timeout=300 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle.sendall(b"GET /_wireroom/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in idle.recv(1000)
        assert server.stop()[0] == 0
        assert b"503" in waiting.recv(1000)


def test_what_was_accepted_before_the_end_is_there_after_a_restart(serve: Serve, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    server = serve("--data-dir", data)
    server.client().create_opt_out_list(OptOutListName="kept")
    assert server.stop()[0] == 0
    again = serve("--data-dir", data)
    lists = again.client().describe_opt_out_lists()["OptOutLists"]
    assert "kept" in [each["OptOutListName"] for each in lists]


def test_a_temporary_directory_goes_with_the_server(serve: Serve, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    server = serve(TMPDIR=str(temporary))
    assert len(list(temporary.glob("wireroom-*"))) == 1
    server.stop()
    assert list(temporary.iterdir()) == []


def test_the_data_directory_says_where_it_is_served(serve: Serve, tmp_path: Path) -> None:
    server = serve("--data-dir", str(tmp_path / "data"))
    file = tmp_path / "data" / "server.json"
    assert json.loads(file.read_bytes())["url"] == server.url
    assert json.loads(file.read_bytes())["pid"] == server.pid
    server.stop()
    assert not file.exists()


def test_a_served_directory_is_refused_in_one_sentence(serve: Serve, wireroom: Run, tmp_path: Path) -> None:
    server = serve("--data-dir", str(tmp_path / "data"))
    said = one_sentence(wireroom("serve", "--port", "0", "--data-dir", str(tmp_path / "data")))
    assert str(server.pid) in said


def test_a_busy_port_is_said_in_one_sentence(wireroom: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = one_sentence(wireroom("serve", "--port", str(port)))
    assert f"port {port} is taken" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "--insecure-open"),
        (["--host", "no.such.host.invalid", "--insecure-open"], "no.such.host.invalid"),
        (["--tls-cert", "there.pem"], "tls_key"),
        (["--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"], "tls_cert"),
        (["--data-dir", "/dev/null/data"], "/dev/null/data"),
        (["--port", "70000"], "port"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_sentence(wireroom: Run, arguments: list[str], said: str) -> None:
    assert said in one_sentence(wireroom("serve", "--port", "0", *arguments))


def test_a_mistake_in_the_file_is_named(wireroom: Run, tmp_path: Path) -> None:
    file = tmp_path / "wireroom.toml"
    file.write_text("[simulate]\nteir = 'sandbox'\n")
    assert "teir" in one_sentence(wireroom("serve", "--config", str(file)))
    file.write_text("port = ")
    assert str(file) in one_sentence(wireroom("serve", "--config", str(file)))
    assert "nowhere.toml" in one_sentence(wireroom("serve", "--config", "nowhere.toml"))


def test_the_file_the_environment_and_options_are_read_in_that_order(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "wireroom.toml"
    file.write_text(f"data_dir = '{tmp_path}/file'\nauth = 'keys'\nport = 1\n")
    serve("--config", str(file), WIREROOM_DATA_DIR=str(tmp_path / "environment"))
    assert not (tmp_path / "file").exists()
    assert (tmp_path / "environment" / "server.json").exists()


def test_a_request_from_outside_the_allowed_hosts_is_misdirected(serve: Serve) -> None:
    server = serve("--allowed-host", "sms.test")
    place = urlsplit(server.url)
    for host, status in (("sms.test", 200), ("other.test", 421)):
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
        connection.request("GET", "/_wireroom/health", headers={"Host": host})
        assert connection.getresponse().status == status
        connection.close()


def test_ipv6_is_said_in_brackets(serve: Serve) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("only on machines with IPv6")
    server = serve("--host", "::1")
    assert re.fullmatch(r"wireroom ready on http://\[::1\]:\d+\n", server.ready_line)
    assert get(server.url, "/_wireroom/health")[0] == 200


def test_tls_is_served_and_commands_trust_it(serve: Serve, wireroom: Run, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    data = str(tmp_path / "data")
    server = serve("--data-dir", data, "--tls-cert", certificate, "--tls-key", key)
    assert server.ready_line.startswith("wireroom ready on https://127.0.0.1:")
    assert get(server.url, "/_wireroom/health", ssl.create_default_context(cafile=certificate))[0] == 200
    assert wireroom("keys", "list", "--data-dir", data).returncode == 0


def test_what_the_start_cannot_afford_is_not_imported() -> None:
    program = (
        "import asyncio, sys\n"
        "from wireroom.cli.group import main\n"
        "import wireroom.cli.serve, wireroom.app\n"
        "from wireroom.config import Settings\n"
        "async def once():\n"
        "    app = wireroom.app.App(Settings(port=0))\n"
        "    await app.start()\n"
        "    await app.stop()\n"
        "asyncio.run(once())\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    imported = set(done.stdout.split())
    assert "wireroom.edge.chain" in imported
    assert imported.isdisjoint(NOT_AT_START)


def test_the_log_is_json_and_keeps_numbers_to_itself() -> None:
    program = (
        "import logging\n"
        "from wireroom.logs import log_to_stderr\n"
        "log_to_stderr()\n"
        "logging.getLogger('wireroom.x').info('a text to %s', '+14255550123')\n"
        "logging.getLogger('other').info('not this')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    [line] = done.stderr.splitlines()
    record = json.loads(line)
    assert record["event"] == "a text to +…0123"
    assert (record["level"], record["logger"]) == ("info", "wireroom.x")


def self_signed(directory: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 and its key, as files."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = directory / "cert.pem", directory / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(certificate_file), str(key_file)
