"""The arithmetic of AWS Signature Version 4: canonical request, string to sign, signing key, signature.

Pure, and knows neither who signs nor who verifies: `wire.sigv4` does both with it.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"

_STAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_STAMP_LENGTH = 16


def request(
    method: str,
    path: bytes,
    query: bytes,
    headers: Mapping[bytes, bytes],
    signed: tuple[bytes, ...],
    body: bytes,
) -> bytes:
    """The canonical request. `headers` are merged and lower-case, `signed` are the names in their order."""
    return b"%b\n%b\n%b\n%b\n%b\n%b" % (
        method.encode(),
        b"/" if path == b"/" else _canonical_path(path),
        _canonical_query(query) if query else b"",
        _canonical_headers(headers, signed),
        b";".join(signed),
        hashlib.sha256(body).hexdigest().encode(),
    )


def _canonical_headers(headers: Mapping[bytes, bytes], signed: tuple[bytes, ...]) -> bytes:
    template = _header_template(signed)
    lines = template % tuple([headers.get(name, b"") for name in signed])
    if b" " in lines:  # botocore signs no header with a blank in it; others do
        lines = template % tuple([b" ".join(headers.get(name, b"").split()) for name in signed])
    return lines


@lru_cache(maxsize=1024)
def _header_template(signed: tuple[bytes, ...]) -> bytes:
    return b"".join(name.replace(b"%", b"%%") + b":%b\n" for name in signed)


def _canonical_path(path: bytes) -> bytes:
    """Without empty and dot segments; encoded once more, as every service but S3 wants it."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            kept[-1:] = []
        elif segment not in (b"", b"."):
            kept.append(segment)
    trailing = b"/" if kept and path.endswith(b"/") else b""
    return quote(b"/" + b"/".join(kept) + trailing, safe="/-_.~").encode()


def _canonical_query(query: bytes) -> bytes:
    """Sorted by name, then value; the signature of a presigned query is left out."""
    pairs = (pair.partition(b"=") for pair in query.split(b"&") if pair)
    encoded = sorted(
        (_reencoded(name), _reencoded(value)) for name, _, value in pairs if name != b"X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in encoded).encode()


def _reencoded(part: bytes) -> str:
    return quote(unquote_to_bytes(part), safe="-_.~")


def string_to_sign(stamp: str, scope_line: bytes, request: bytes) -> bytes:
    digest = hashlib.sha256(request).hexdigest().encode()
    return b"AWS4-HMAC-SHA256\n%b\n%b\n%b" % (stamp.encode(), scope_line, digest)


@lru_cache(maxsize=1024)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of one day, region and service: deriving it costs more than everything else together."""
    derived = b"AWS4" + secret.encode()
    for part in (date, region, service, TERMINATOR):
        derived = hmac.digest(derived, part.encode("latin-1"), "sha256")
    return derived


def signature(key: bytes, to_sign: bytes) -> bytes:
    return hmac.digest(key, to_sign, "sha256").hex().encode()


def epoch(stamp: str) -> int | None:
    """`20150830T123600Z` as epoch seconds, or None when it is no such time."""
    return _epoch(stamp) if len(stamp) == _STAMP_LENGTH else None  # nothing long is remembered


@lru_cache(maxsize=256)
def _epoch(stamp: str) -> int | None:
    if not _STAMP.fullmatch(stamp):
        return None
    try:
        moment = datetime(
            int(stamp[:4]),
            int(stamp[4:6]),
            int(stamp[6:8]),
            int(stamp[9:11]),
            int(stamp[11:13]),
            int(stamp[13:15]),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return int(moment.timestamp())


def stamp(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y%m%dT%H%M%SZ")
