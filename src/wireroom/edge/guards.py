"""What keeps other people's web pages out while any credential is believed (`open` mode, DESIGN §7).

A page that somebody visits can send requests to his own machine. Under a name of its own that it rebinds to
127.0.0.1 it would even read the answers: hence the host must be ours. Without that its requests still arrive,
and name their origin: hence a foreign origin is refused.
"""

import ipaddress
from typing import NamedTuple

from wireroom.config import Settings

MOST_REMEMBERED = 1000
LONGEST_REMEMBERED = 255


class Refusal(NamedTuple):
    """What a request is answered that is not let in; `content` becomes JSON."""

    status: int
    content: dict[str, str]
    headers: tuple[tuple[bytes, bytes], ...] = ()


def refusal(status: int, said: str, *headers: tuple[bytes, bytes]) -> Refusal:
    """One sentence."""
    return Refusal(status, {"error": said}, headers)


_NOT_OUR_HOST = refusal(
    421, "This server does not answer to that Host. Name a loopback host, or serve with --allowed-host."
)
_FOREIGN = refusal(403, "Requests of other web pages are refused.")


class Guards:
    """Remembers the hosts that it let through; `refuse` is asked for each request."""

    def __init__(self, settings: Settings) -> None:
        self._allowed = {name.lower() for name in settings.allowed_hosts} | {settings.host.lower()}
        self._seen: set[bytes] = set()

    def refuse(self, named: dict[bytes, bytes]) -> Refusal | None:
        """Why this request is not let in, or None. `named`: its headers."""
        host = named.get(b"host", b"")
        if host not in self._seen:
            if not self._is_ours(host):
                return _NOT_OUR_HOST
            if len(self._seen) < MOST_REMEMBERED and len(host) <= LONGEST_REMEMBERED:
                self._seen.add(host)
        if b"origin" in named and not _same_origin(named[b"origin"], host):
            return _FOREIGN
        # Following a link from elsewhere is no fetch: it shows our page, to nobody but who sits there.
        if named.get(b"sec-fetch-site") == b"cross-site" and named.get(b"sec-fetch-dest") != b"document":
            return _FOREIGN
        return None

    def _is_ours(self, host: bytes) -> bool:
        name = host_name(host.decode("latin-1")).lower()
        return is_loopback(name) or name in self._allowed


def host_name(host: str) -> str:
    """`[::1]:8470` → `::1`, `localhost:8470` → `localhost`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_loopback(name: str) -> bool:
    """127.0.0.0/8, ::1, localhost and names below it (which never leave the machine, RFC 6761)."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _same_origin(origin: bytes, host: bytes) -> bool:
    scheme, separator, rest = origin.partition(b"://")
    return bool(separator) and scheme in (b"http", b"https") and rest.lower() == host.lower()
