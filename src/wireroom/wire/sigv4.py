"""AWS Signature Version 4: verifying requests and signing our own (data-plane §10.2, §10.3).

Pure: no I/O, no clock, no key store. The front door goes in three steps, in AWS's order of checks:

    credential = sigv4.credential(headers, query)            # what the caller claims
    key = ... look up credential.access_key_id ...           # a Key, or None when there is none
    sigv4.verify(credential, method, path, query, body, key, now_s)

Headers are pairs of bytes with lower-case names, as ASGI has them, or a dict of such. What is wrong is
raised as FrameworkError; the canonical request stands in its `detail`, for the debug log alone.

The parsed Authorization header, the signing key and the date are remembered in bounded caches: they are the
same for many requests. The signature is computed every time and compared in constant time.
"""

import hashlib
import hmac
import re
from binascii import b2a_base64
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

from msgspec import Struct

from wireroom.wire import canonical
from wireroom.wire.framework import FrameworkError

SERVICE = "sms-voice"
SKEW_S = 15 * 60
LONGEST_EXPIRY_S = 7 * 24 * 3600
LONGEST_REMEMBERED = 2048

Headers = list[tuple[bytes, bytes]] | dict[bytes, bytes]

_REGION = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)


class Key(Struct, frozen=True):
    """What the server knows of an access key. `token`: the session token that must come with it, if any."""

    secret: str
    token: str | None = None


class Verified(Struct, frozen=True):
    """Who signed, and for which day (yyyymmdd) and region."""

    access_key_id: str
    date: str
    region: str
    token: str | None


class _Claim(Struct, frozen=True, gc=False):
    """The part of an Authorization header (or of a presigned query) that does not change between requests."""

    algorithm: str
    scope: tuple[str, ...]  # access key id, date, region, service, terminator: five, when it is right
    scope_line: bytes  # the last four, joined with /
    signed: tuple[bytes, ...]  # the signed headers' names, lower-case


class Credential(Struct, frozen=True):
    """What a request says of itself; nothing of it is proven before `verify`."""

    claim: _Claim
    stamp: str  # X-Amz-Date: yyyymmddThhmmssZ
    signature: bytes
    token: str | None
    expires_s: int | None  # of a presigned query
    headers: dict[bytes, bytes]  # merged

    @property
    def access_key_id(self) -> str:
        return self.claim.scope[0]

    @property
    def region(self) -> str:
        """The region of the credential's scope; empty when there is none. Unchecked."""
        return self.claim.scope[2] if len(self.claim.scope) > 2 else ""


# ---------------------------------------------------------------- what the caller claims


def credential(headers: Headers, query: bytes = b"") -> Credential:
    """Reads the Authorization header or the presigned query.

    Raises MissingAuthenticationTokenException, IncompleteSignatureException that names each missing piece,
    and InvalidSignatureException when both a header and a query carry a signature.
    """
    merged = _merge(headers)
    authorization = merged.get(b"authorization")
    if b"X-Amz-" in query and (pairs := _presigned(query)):
        if authorization:
            raise _invalid(
                "The request is signed twice: in its query string and in its 'Authorization' header."
            )
        return _from_query(merged, pairs)
    if not authorization:
        raise FrameworkError("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    return _from_header(merged, authorization)


def _merge(headers: Headers) -> dict[bytes, bytes]:
    """One value for each name; the values of a repeated header are joined with commas, in their order."""
    if isinstance(headers, dict):
        return headers
    merged = dict(headers)
    if len(merged) == len(headers):
        return merged
    values: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value.strip())
    return {name: b",".join(each) for name, each in values.items()}


def _from_header(headers: dict[bytes, bytes], authorization: bytes) -> Credential:
    head, _, tail = authorization.partition(b"Signature=")
    signature, _, rest = tail.partition(b",")
    stamp = headers.get(b"x-amz-date") or _stamp_of_date(headers.get(b"date"))
    text = head + rest  # SDKs put the signature last: then this is the same for all requests of a day
    claim = _remembered_claim(text) if len(text) <= LONGEST_REMEMBERED else _parse_claim(text)
    if claim is None or not signature or not stamp:
        raise _incomplete_header(authorization, stamp)
    token = headers.get(b"x-amz-security-token")
    return Credential(
        claim=claim,
        stamp=stamp.decode("latin-1"),
        signature=signature.strip(),
        token=None if token is None else token.decode("latin-1"),
        expires_s=None,
        headers=headers,
    )


def _stamp_of_date(date: bytes | None) -> bytes | None:
    """A `Date` header may be an HTTP date; the string to sign holds the ISO form of it."""
    if date is None or canonical.epoch(date.decode("latin-1")) is not None:
        return date
    from email.utils import parsedate_to_datetime  # rare: no SDK signs an HTTP date by itself

    try:
        moment = parsedate_to_datetime(date.decode("latin-1"))
        return canonical.stamp(moment.timestamp()).encode()
    except (ValueError, OverflowError):  # OverflowError: of no year, hour or offset that there is
        return date


def _parse_claim(text: bytes) -> _Claim | None:
    """An Authorization header without its signature; None when a part is missing."""
    algorithm, parts = _parts(text)
    if not parts.get("Credential") or not parts.get("SignedHeaders"):
        return None
    return _claim(algorithm, parts["Credential"], parts["SignedHeaders"])


_remembered_claim = lru_cache(maxsize=1024)(_parse_claim)


def _parts(text: bytes) -> tuple[str, dict[str, str]]:
    algorithm, _, rest = text.decode("latin-1").strip().partition(" ")
    pairs = (part.partition("=") for part in rest.split(","))
    return algorithm, {name.strip(): value.strip() for name, _, value in pairs}


def _claim(algorithm: str, scope: str, signed: str) -> _Claim:
    parts = tuple(scope.split("/"))
    names = tuple(signed.lower().encode("latin-1").split(b";"))
    return _Claim(algorithm, parts, "/".join(parts[1:]).encode("latin-1"), names)


def _incomplete_header(authorization: bytes, stamp: bytes | None) -> FrameworkError:
    _, parts = _parts(authorization)
    said = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not parts.get(name)
    ]
    if not stamp:
        said.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    digest = b2a_base64(hashlib.sha256(authorization).digest(), newline=False).decode()
    said.append(f"(Hashed with SHA-256 and encoded with Base64) Authorization={digest}")
    return _incomplete(" ".join(said))


def _presigned(query: bytes) -> dict[str, str] | None:
    """The X-Amz-* parameters of a query that claims to be signed, or None."""
    found = {
        name.decode("latin-1"): unquote_to_bytes(value).decode("latin-1")
        for name, _, value in (pair.partition(b"=") for pair in query.split(b"&"))
        if name.startswith(b"X-Amz-")
    }
    signs = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature")
    return found if any(name in found for name in signs) else None


def _from_query(headers: dict[bytes, bytes], pairs: dict[str, str]) -> Credential:
    needed = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    missing = [name for name in needed if not pairs.get(name)]
    if missing:
        said = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        raise _incomplete(f"{said} Re-examine the query-string parameters.")
    expires = pairs.get("X-Amz-Expires")
    if expires is not None and not (_SECONDS.fullmatch(expires) and 0 < int(expires) <= LONGEST_EXPIRY_S):
        raise _incomplete(f"X-Amz-Expires must be a number of seconds between 1 and {LONGEST_EXPIRY_S}.")
    return Credential(
        claim=_claim(pairs["X-Amz-Algorithm"], pairs["X-Amz-Credential"], pairs["X-Amz-SignedHeaders"]),
        stamp=pairs["X-Amz-Date"],
        signature=pairs["X-Amz-Signature"].encode("latin-1"),
        token=pairs.get("X-Amz-Security-Token"),
        expires_s=None if expires is None else int(expires),
        headers=headers,
    )


# ---------------------------------------------------------------- whether it is true


def verify(
    claimed: Credential,
    method: str,
    path: bytes,
    query: bytes,
    body: bytes,
    key: Key | None,
    now_s: float,
    *,
    region: str | None = None,
    service: str = SERVICE,
    skew_s: int = SKEW_S,
) -> Verified:
    """Proves a credential, in the order of data-plane §10.2.

    `path` and `query` are as they stood in the request line, `now_s` is machine time in epoch seconds,
    `region` None takes any, `skew_s` is how far the signature's time may be off. Raises
    IncompleteSignatureException, InvalidSignatureException and, for an unknown key or a wrong session token,
    UnrecognizedClientException.
    """
    claim = claimed.claim
    _check_time(claimed, now_s, skew_s)
    _check_signed_headers(claimed)
    if claim.algorithm != canonical.ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': only {canonical.ALGORITHM} is accepted.")
    _check_scope(claimed, region, service)
    if key is None:
        raise _unrecognized()
    access_key_id, date, key_region, key_service, _ = claim.scope
    request = canonical.request(method, path, query, claimed.headers, claim.signed, body)
    to_sign = canonical.string_to_sign(claimed.stamp, claim.scope_line, request)
    secret = canonical.signing_key(key.secret, date, key_region, key_service)
    if not hmac.compare_digest(canonical.signature(secret, to_sign), claimed.signature):
        raise _mismatch(request, to_sign, claimed.token)
    if (claimed.token or key.token) and not _same(claimed.token, key.token):
        raise _unrecognized()
    return Verified(access_key_id, date, key_region, claimed.token)


def _same(token: str | None, expected: str | None) -> bool:
    return hmac.compare_digest((token or "").encode(), (expected or "").encode())


def _check_time(claimed: Credential, now_s: float, skew_s: int) -> None:
    signed_s = canonical.epoch(claimed.stamp)
    if signed_s is None:
        raise _incomplete(f"Date must be in ISO-8601 'basic format'. Got '{claimed.stamp[:40]}'.")
    window_s = skew_s if claimed.expires_s is None else claimed.expires_s
    if now_s - signed_s > window_s:
        early, now = canonical.stamp(now_s - window_s), canonical.stamp(now_s)
        said = f"Signature expired: {claimed.stamp} is now earlier than {early} ({now} - {_span(window_s)})"
        raise _invalid(said)
    if signed_s - now_s > skew_s:
        late, now = canonical.stamp(now_s + skew_s), canonical.stamp(now_s)
        said = (
            f"Signature not yet current: {claimed.stamp} is still later than {late} ({now} + {_span(skew_s)})"
        )
        raise _invalid(said)


def _span(seconds: int) -> str:
    return f"{seconds} s." if seconds % 60 else f"{seconds // 60} min."


def _check_signed_headers(claimed: Credential) -> None:
    """AWS names `host` alone. We ask for the two that would let a signature be used for something else."""
    signed = claimed.claim.signed
    if b"host" not in signed:
        raise _invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    for name in (b"x-amz-target", b"x-amz-date"):
        if name in claimed.headers and name not in signed:
            raise _invalid(f"'{name.decode()}' must be a 'SignedHeader' in the AWS Authorization.")


def _check_scope(claimed: Credential, region: str | None, service: str) -> None:
    scope = claimed.claim.scope
    if len(scope) != 5:
        raise _incomplete(
            "Credential must have exactly 5 slash-delimited elements, keyid/date/region/service/term, "
            f"got {len(scope)}."
        )
    faults = _scope_faults(scope, claimed.stamp[:8], region, service)
    if faults:
        raise _invalid(faults)


@lru_cache(maxsize=1024)
def _scope_faults(scope: tuple[str, ...], day: str, region: str | None, service: str) -> str:
    _, date, scope_region, scope_service, terminator = scope
    said = []
    if scope_region != region and (region is not None or not _REGION.fullmatch(scope_region)):
        said.append(f"Credential should be scoped to a valid region, not '{scope_region[:40]}'.")
    if scope_service != service:
        said.append(f"Credential should be scoped to correct service: '{service}'.")
    if terminator != canonical.TERMINATOR:
        said.append(f"Credential should be scoped with a valid terminator: '{canonical.TERMINATOR}'.")
    if date != day:
        said.append(f"Date in Credential scope does not match the day of the request's date: '{date[:8]}'.")
    return " ".join(said)


# ---------------------------------------------------------------- our own requests


def sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    access_key_id: str,
    secret: str,
    region: str,
    now_s: float,
    service: str = SERVICE,
    token: str | None = None,
) -> dict[str, str]:
    """The headers to send: those given, all of them signed, with Host, X-Amz-Date and Authorization."""
    parts = urlsplit(url)
    stamp = canonical.stamp(now_s)
    sent = {**headers, "Host": _host(parts), "X-Amz-Date": stamp}
    if token is not None:
        sent["X-Amz-Security-Token"] = token
    raw = {name.lower().encode(): value.encode() for name, value in sent.items()}
    signed = tuple(sorted(raw))
    path = parts.path.encode() or b"/"
    request = canonical.request(method, path, parts.query.encode(), raw, signed, body)
    scope = f"{stamp[:8]}/{region}/{service}/{canonical.TERMINATOR}"
    key = canonical.signing_key(secret, stamp[:8], region, service)
    signature = canonical.signature(key, canonical.string_to_sign(stamp, scope.encode(), request)).decode()
    names = b";".join(signed).decode()
    claim = f"Credential={access_key_id}/{scope}, SignedHeaders={names}"
    sent["Authorization"] = f"{canonical.ALGORITHM} {claim}, Signature={signature}"
    return sent


def _host(parts: SplitResult) -> str:
    """What HTTP clients send as Host: without user, and without the scheme's own port."""
    host = parts.netloc.rpartition("@")[2]
    return host.removesuffix(":443" if parts.scheme == "https" else ":80")


# ---------------------------------------------------------------- what is said


def _incomplete(said: str) -> FrameworkError:
    return FrameworkError("IncompleteSignatureException", said)


def _invalid(said: str) -> FrameworkError:
    return FrameworkError("InvalidSignatureException", said)


def _unrecognized() -> FrameworkError:
    return FrameworkError(
        "UnrecognizedClientException", "The security token included in the request is invalid."
    )


def _mismatch(request: bytes, to_sign: bytes, token: str | None) -> FrameworkError:
    seen = b"canonical request:\n%b\nstring to sign:\n%b" % (request, to_sign)
    detail = seen.decode("latin-1")
    for secret in (token, quote(token, safe="-_.~")) if token else ():
        detail = detail.replace(secret, "***")
    return FrameworkError(
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        detail=detail,
    )
