"""Pins what is asked for; `--check` says whether the pins still fit.

pyproject.toml goes into requirements/*.txt, each requirements/npm/*/package.json into the package-lock.json
beside it. The check compares what a file was made from (a *.txt begins with a digest of that) and reads the
pins; it never resolves anew, for a release of somebody else's package must not turn our check red.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
NPM = ROOT / "requirements/npm"
# Compiled in this order: what run.txt pins, postgres.txt pins alike, and test.txt what both do.
FILES = (
    "run",
    "postgres",
    "test",
    "postgres-server",
    "peer-awscli",
    "peer-boto3-2022",
    "peer-aioboto3",
    "peer-smsutil",
)
CONSTRAINED = {"postgres": "run", "test": "postgres"}
# Installed without what they depend on.
ALONE = ("postgres-server",)

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<rest>.*)$", re.MULTILINE)
_EXACT = re.compile(r"\d+\.\d+\.\d+").fullmatch


def wanted(pyproject: dict[str, Any], file: str) -> list[str]:
    """The requirements that `requirements/<file>.txt` answers: our own, without what they pull in."""
    groups = pyproject["dependency-groups"]
    if file.startswith("peer-") or file in ALONE:
        return [*groups[file]]
    run = [*pyproject["project"]["dependencies"], *pyproject["build-system"]["requires"]]
    if file == "run":
        return run
    with_postgres = [*run, *pyproject["project"]["optional-dependencies"]["postgres"]]
    return with_postgres if file == "postgres" else [*with_postgres, *groups[file]]


def header(pyproject: dict[str, Any], file: str) -> str:
    """The first line of a pinned file; it changes whenever the file has to be made anew."""
    inputs = [wanted(pyproject, file), pyproject["project"]["requires-python"], pyproject["tool"]["uv"]]
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    return f"# Made by `make requirements` from pyproject.toml {digest[:16]}\n"


def pin(pyproject: dict[str, Any], file: str, *, upgrade: bool) -> None:
    """Write `requirements/<file>.txt`; pins that still fit stay as they are unless `upgrade`."""
    path = Path("requirements") / f"{file}.txt"
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--output-file", str(path)]
    command += ["--universal", "--python-version", "3.11", "--only-binary", ":all:", "--generate-hashes"]
    command += ["--no-header", "--no-emit-index-url", "--annotation-style", "line"]
    if upgrade:
        command.append("--upgrade")
    if file in ALONE:
        command.append("--no-deps")
    if file in CONSTRAINED:
        command += ["--constraints", f"requirements/{CONSTRAINED[file]}.txt"]
    subprocess.run(command, input="\n".join(wanted(pyproject, file)), text=True, check=True, cwd=ROOT)
    target = ROOT / path
    target.write_text(header(pyproject, file) + target.read_text())


def pins(text: str) -> dict[str, set[str]]:
    """Versions by normalised name; a package has several where platforms differ."""
    found: dict[str, set[str]] = {}
    for match in _PIN.finditer(text):
        found.setdefault(canonicalize_name(match["name"]), set()).add(match["version"])
    return found


def complaints(pyproject: dict[str, Any], file: str, text: str) -> list[str]:
    """What is wrong with the text of `requirements/<file>.txt`, an empty list when it is in order."""
    found = []
    if not text.startswith(header(pyproject, file)):
        found.append("is older than the dependencies in pyproject.toml: run `make requirements`")
    if "://" in text or re.search(r"^\s*-", text.replace("    --hash=sha256:", ""), re.MULTILINE):
        found.append("holds an address or an option: only pins and their hashes belong in it")
    unhashed = [match["name"] for match in _PIN.finditer(text) if not match["rest"].endswith("\\")]
    found += [f"has no hash for {name}" for name in unhashed]
    pinned = pins(text)
    for requirement in map(Requirement, wanted(pyproject, file)):
        versions = pinned.get(canonicalize_name(requirement.name), set())
        if not versions:
            found.append(f"does not pin {requirement.name}")
        found += [
            f"pins {requirement.name}=={v}, not {requirement}"
            for v in versions
            if v not in requirement.specifier
        ]
    return found


def npm_packages() -> list[Path]:
    """Directories of what npm installs: package.json is written by hand, package-lock.json is made here."""
    return sorted(path.parent for path in NPM.glob("*/package.json"))


def npm_files(directory: Path) -> tuple[Path, Path]:
    """package.json and package-lock.json."""
    return directory / "package.json", directory / "package-lock.json"


def lock(directory: Path, *, upgrade: bool) -> None:
    """Write package-lock.json: versions and hashes, no addresses. Pins that fit stay unless `upgrade`."""
    asked, locked = npm_files(directory)
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(asked, scratch)
        if locked.exists() and not upgrade:
            shutil.copy(locked, scratch)
        command = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run([*command, "--silent"], check=True, cwd=scratch)
        made = json.loads((Path(scratch) / locked.name).read_text())
    made.pop("name", None)  # of the scratch directory
    for package in made["packages"].values():
        for unwanted in ("resolved", "funding", "deprecated"):
            package.pop(unwanted, None)
    locked.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")


def lock_complaints(package: str, locked: str) -> list[str]:
    """What is wrong with the text of a package-lock.json, beside that of its package.json."""
    if "://" in locked or '"resolved"' in locked:
        return ["holds an address: only versions and their hashes belong in it"]
    asked: dict[str, str] = json.loads(package)["dependencies"]
    packages: dict[str, dict[str, Any]] = json.loads(locked)["packages"]
    found = []
    if packages.pop("")["dependencies"] != asked:
        found.append("is older than its package.json: run `make requirements`")
    found += [f"asks for any {name} in {version}" for name, version in asked.items() if not _EXACT(version)]
    found += [f"has no hash for {name}" for name, each in packages.items() if "integrity" not in each]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail when the files are stale")
    parser.add_argument("--upgrade", action="store_true", help="take the newest releases that fit")
    options = parser.parse_args()
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    if not options.check:
        for file in FILES:
            pin(pyproject, file, upgrade=options.upgrade)
        for directory in npm_packages():
            lock(directory, upgrade=options.upgrade)
        return 0
    stale = [
        f"requirements/{file}.txt {complaint}"
        for file in FILES
        for complaint in complaints(pyproject, file, (ROOT / "requirements" / f"{file}.txt").read_text())
    ]
    stale += [
        f"{directory.relative_to(ROOT)}/package-lock.json {complaint}"
        for directory in npm_packages()
        for complaint in lock_complaints(*(text.read_text() for text in npm_files(directory)))
    ]
    print("\n".join(stale), end="\n" if stale else "")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
