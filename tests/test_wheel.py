"""What is published is what is tested: the wheel, in an environment with nothing else, serves."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path) -> None:
    ran = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr


def test_the_built_wheel_serves_from_an_empty_environment(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    run(uv, "build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    run(uv, "venv", "--python", sys.executable, tmp_path / "venv")
    install = (uv, "pip", "install", "--python", tmp_path / "venv" / "bin" / "python")
    run(*install, "--require-hashes", "--only-binary", ":all:", "-r", ROOT / "requirements" / "run.txt")
    run(*install, "--no-deps", wheel)
    command = [str(tmp_path / "venv" / "bin" / "wireroom"), "serve", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().removeprefix("wireroom ready on ").strip()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        assert json.load(opener.open(f"{url}/_wireroom/health", timeout=10))
        wanted = {"IsoCountryCode": "US", "NumberType": "TEN_DLC", "NumberCapabilities": ["SMS"]}
        body = json.dumps({**wanted, "MessageType": "TRANSACTIONAL"}).encode()
        asked = urllib.request.Request(
            url,
            body,
            {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": "PinpointSMSVoiceV2.RequestPhoneNumber",
            },
        )
        assert json.load(opener.open(asked, timeout=10))["Status"] == "ACTIVE"
    finally:
        server.terminate()
        assert server.wait(15) == 0
        if server.stdout is not None:
            server.stdout.close()
