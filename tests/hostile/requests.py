"""Requests that nobody should send, as bytes: heads, framing, and what is no HTTP at all."""

from collections.abc import Sequence
from random import Random

from msgspec import Struct

from tests.hostile.bodies import Known, hostile
from wireroom.api.operations import OPERATIONS

AWS_TYPE = "application/x-amz-json-1.0"
_OPERATIONS = tuple(OPERATIONS.values())


class Sent(Struct, frozen=True):
    """Bytes that are one request as HTTP has it. `last`: nothing after it need be answered."""

    data: bytes
    method: str
    last: bool = False


def request(rng: Random, known: Known, written: Sequence[str]) -> Sent:
    """One request, well framed. Operations in `written` come more often than those that only say so."""
    if rng.random() < 0.12:
        return _of_ours(rng)
    wanted = OPERATIONS[rng.choice(written)] if rng.random() < 0.85 else rng.choice(_OPERATIONS)
    body = hostile(rng, wanted, known)
    headers = {
        "Host": "127.0.0.1",
        "X-Amz-Target": f"PinpointSMSVoiceV2.{wanted.name}",
        "Content-Type": AWS_TYPE,
        "Authorization": _AUTHORIZATION.format("123456789012", "us-east-1"),
    }
    # Half of them have nothing wrong but the body, so that bodies get to where they do harm.
    return framed(rng, "POST", "/", body, headers, changes=rng.choice((0, 0, 0, 1, 2, 3)))


_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential={}/20261123/{}/sms-voice/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0" * 64
)

# -------- heads

_LONG = "a" * 9000
_VALUES: dict[str, tuple[str, ...]] = {
    "Host": (
        *(
            "localhost",
            "LOCALHOST:1",
            "[::1]",
            "[::1]:80",
            "[::1",
            "127.1",
            "0",
            "",
            "evil.example",
            "[",
            "]",
        ),
        *(
            "127.0.0.1:99999999",
            "user@127.0.0.1",
            "127.0.0.1/..",
            "a" * 300 + ".localhost",
            "ｌocalhost",
            "\xff",
        ),
        *("localhost.", "127.0.0.1, evil.example", "2130706433", "0x7f.1", "::1"),
    ),
    "X-Amz-Target": (
        *("", "PinpointSMSVoiceV2", "PinpointSMSVoiceV2.", ".CreatePool", "pinpointsmsvoicev2.CreatePool"),
        *(
            "PinpointSMSVoiceV2.createpool",
            "PinpointSMSVoiceV2.CreatePool.x",
            "SNS.Publish",
            "__init__",
            _LONG,
        ),
        *(
            "PinpointSMSVoiceV2.CreatePool, PinpointSMSVoiceV2.DeletePool",
            "\xff\xfe",
            "PinpointSMSVoiceV2.__class__",
        ),
    ),
    "Content-Type": (
        *("", "text/html", "text/plain", "application/json", "application/x-amz-json-1.1", ";", "/", _LONG),
        *(
            "APPLICATION/X-AMZ-JSON-1.0",
            f"{AWS_TYPE}; charset=utf-16",
            f"{AWS_TYPE}, text/html",
            "multipart/form-data",
        ),
        *("application/x-www-form-urlencoded", "application/cbor", "\xff"),
    ),
    "Authorization": (
        *(
            "",
            "Basic dTpw",
            "Bearer x",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=",
            "AWS4-ECDSA x",
            _LONG,
        ),
        *(
            "AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=;;;, Signature=",
            "AWS AKID:signature",
            "\xff" * 50,
        ),
        *(
            "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00",
            "Credential=x/20261123/us-east-1/",
        ),
        *(_AUTHORIZATION.format("000000000001", "x" * 40), _AUTHORIZATION.format("'; --", "us-east-1")),
        *(
            _AUTHORIZATION.format("123456789012", region)
            for region in ("", "cn-north-1", "US-EAST-1", "-", "é")
        ),
        _AUTHORIZATION.format("٠" * 12, "us-east-1"),
        _AUTHORIZATION.format("A" * 4000, "us-east-1"),
    ),
    "X-Amz-Date": (
        "20261123T101112Z",
        "99999999T999999Z",
        "",
        "now",
        "00000000T000000Z",
        _LONG,
        "２０２６1123T101112Z",
    ),
    "Date": (
        *(
            "Mon, 23 Nov 2026 10:11:12 GMT",
            "Mon, 23 Nov 2026 99999999999:11",
            "0",
            "Thu, 01 Jan 0001 00:00:00 -0000",
        ),
        *("Mon, 23 Nov 2026 10:11:12 +9999999999999", "Fri, 31 Dec 9999 23:59:59 -2359", "x" * 100),
    ),
    "X-Amz-Security-Token": ("", "token", _LONG, "\xff"),
    "amz-sdk-invocation-id": ("", "same", "0" * 36, _LONG, "\xff"),
    "amz-sdk-request": ("attempt=1; max=3", "attempt=2", "attempt=", ";;;", "\xff"),
    "Expect": ("100-continue", "100-Continue", "200-ok", ""),
    "Connection": ("keep-alive", "Upgrade", "upgrade, http2-settings", "x-amz-target", "Keep-Alive, foo"),
    "Upgrade": ("h2c", "websocket", "TLS/1.0", ""),
    "Sec-WebSocket-Key": ("dGhlIHNhbXBsZSBub25jZQ==",),
    "HTTP2-Settings": ("AAMAAABkAAQCAAAAAAIAAAAA",),
    "Origin": ("null", "https://evil.example", "http://127.0.0.1", "http://", "\xff", ""),
    "Sec-Fetch-Site": ("cross-site", "same-origin", "\xff"),
    "Accept": ("text/html", "*/*", "\xff", ""),
    "Accept-Encoding": ("gzip, deflate, br", "identity;q=0, *;q=0"),
    "Content-Encoding": ("gzip", "br", "aws-chunked", "x"),
    "X-Amz-Content-Sha256": ("UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0" * 64),
    "X-HTTP-Method-Override": ("DELETE", "GET"),
    "X-Forwarded-Host": ("evil.example", "a, b"),
    "X-Forwarded-For": ("1.2.3.4", "\xff"),
    "Cookie": ("a=b; c", _LONG),
    "Range": ("bytes=0-1", "bytes=-"),
    "If-None-Match": ("*", '"x"'),
    "TE": ("trailers", "x"),
    "!#$%&'*+-.^_`|~": ("a token",),
    "X-" + "n" * 3000: ("x",),
}
_NAMES = tuple(_VALUES)


def _changed(rng: Random, headers: dict[str, str], changes: int) -> list[tuple[str, str]]:
    """The headers with some of them missing, other, twice, in another case, or new."""
    found = list(headers.items())
    for _ in range(changes):
        at = rng.randrange(len(found)) if found else 0
        match rng.randrange(8):
            case 0 if found:
                del found[at]
            case 1 if found:
                found.append((found[at][0], rng.choice(_VALUES.get(found[at][0], ("", "x")))))
            case 2 if found:
                name, value = found[at]
                found[at] = (rng.choice((name.lower(), name.upper(), name.swapcase())), value)
            case 3 if found:
                name, value = found[at]
                found[at] = (name, rng.choice((f"\t {value} \t", value + "\xe9", value * 2)))
            case 4:
                found += [(f"X-Many-{n}", "x") for n in range(rng.choice((20, 400)))]
            case 5 if found:
                name, _ = found[at]
                found[at] = (name, rng.choice(_VALUES.get(name, ("", "x"))))
            case _:
                name = rng.choice(_NAMES)
                found.append((name, rng.choice(_VALUES[name])))
    rng.shuffle(found)
    return found


def framed(
    rng: Random, method: str, target: str, body: bytes, headers: dict[str, str], *, changes: int
) -> Sent:
    """A whole request whose length is told truly, by a number or in chunks."""
    lines = [f"{name}: {value}".encode("utf-8", "replace") for name, value in _changed(rng, headers, changes)]
    last = rng.random() < 0.01
    if last:
        lines.append(b"Connection: close")
    version = b"1.0" if last and rng.random() < 0.5 else b"1.1"
    if body and version == b"1.1" and rng.random() < 0.15:
        lines.append(rng.choice((b"Transfer-Encoding: chunked", b"transfer-encoding:  Chunked")))
        body = _in_chunks(rng, body)
    elif body or rng.random() < 0.5:
        lines.insert(rng.randrange(len(lines) + 1), b"Content-Length: %d" % len(body))
    start = b"%b %b HTTP/%b" % (method.encode(), target.encode("utf-8", "surrogateescape"), version)
    return Sent(b"\r\n".join([start, *lines, b"", body]), method, last)


def _in_chunks(rng: Random, body: bytes) -> bytes:
    """With sizes in odd spellings, extensions and trailers, all of which HTTP allows."""
    written = b""
    while body:
        size = rng.choice((1, 2, 7, 100, 5000, len(body)))
        chunk, body = body[:size], body[size:]
        spelling = rng.choice((b"%x", b"%X", b"000%x")) % len(chunk)
        written += spelling + rng.choice((b"", b"", b";a", b";a=b", b';a="b c"')) + b"\r\n" + chunk + b"\r\n"
        if len(written) > 20_000 and body:
            size = len(body)
            written += b"%x\r\n%b\r\n" % (size, body)
            body = b""
    return (
        written + b"0\r\n" + rng.choice((b"", b"", b"X-Trailer: x\r\n", b"Content-Length: 5\r\n")) + b"\r\n"
    )


# -------- what is under /_wireroom

_PATHS = (
    *("/", "/_wireroom", "/_wireroom/", "/_wireroom/health", "/_wireroom/ready", "/_wireroom/metrics"),
    *("/_wireroom/messages", "/_wireroom/messages", "/_wireroom/messages", "/_wireroom/messages/wait"),
    *(
        "/_wireroom/messages/00000000-0000-0000-0000-000000000000",
        "/_wireroom/messages/%00",
        "/_wireroom/reset",
    ),
    *(
        "/_wireroom/keys",
        "/_wireroom/keys/x",
        "/_wireroom/keys/%2e%2e%2f",
        "/_wireroom/clock",
        "/_wireroom/faults",
    ),
    *(
        "/_wireroom/static/wireroom.css",
        "/_wireroom/static/../page.html",
        "/_wireroom/static/%2e%2e/page.html",
    ),
    *(
        "/_wireroom/nonsense",
        "/_wireroomx",
        "/favicon.ico",
        "//",
        "/%",
        "/%zz",
        "/%ff%fe",
        "/a%0d%0aX: y",
        "/?",
    ),
    *(
        "/..",
        "/_wireroom/../",
        "/_wireroom//health",
        "/_wireroom/health/",
        "/" + "a" * 3000,
        "/é",
        "/;a=b",
        "/#x",
    ),
    *("/?Action=GetCallerIdentity&Version=2011-06-15", "/?Action=&X-Amz-Signature=x", "/?Action=Nonsense"),
)
_QUERIES = (
    *(
        "limit=0",
        "limit=201",
        "limit=nan",
        "limit=1e400",
        "limit=１",
        "limit=-1",
        "limit=",
        "limit=%00",
        "limit=1_0",
    ),
    *(
        "status=DELIVERED",
        "status=nonsense",
        "status=%ff",
        "account=1",
        "account=%27",
        "destination=+1425555",
    ),
    *("destination=%00", "origination=%ed%a0%80", "nextToken=x", "nextToken=" + "0" * 500, "nextToken=%00"),
    *("since=0", "since=999999999999999", "since=2026-11-23", "since=0001-01-01T00:00:00%2B23:59", "since=x"),
    *(
        "since=9999-12-31T23:59:59.999999-23:59",
        "since=2026-W01-1",
        "since=00000000-0000-0000-0000-000000000000",
    ),
    *(
        "&&&",
        "=",
        "%",
        "a" * 2000,
        "a=b&a=c",
        "limit=1&limit=x",
        "X-Amz-Signature=x",
        "X-Amz-Credential=%ff/%ff",
    ),
    "&".join(f"a{n}=b" for n in range(1500)),
)
_REFUSED_BODIES = (
    b"",
    b"[]",
    b"null",
    b"{",
    b'{"account":5}',
    b'{"account":"x"}',
    b'{"x":1}',
    b"\xff",
    b"[" * 3000,
)
"""None of these may forget an account or make a key: /_wireroom/ knows no safer request than a broken one."""
_NEVER_WAIT = "timeout=0"


def _of_ours(rng: Random) -> Sent:
    path, method = (
        rng.choice(_PATHS),
        rng.choice(("GET", "GET", "GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE")),
    )
    body = b"" if method in ("GET", "HEAD") and rng.random() < 0.9 else rng.choice(_REFUSED_BODIES[1:])
    if rng.random() < 0.7 and "?" not in path and "#" not in path:
        path += "?" + "&".join(rng.choice(_QUERIES) for _ in range(rng.randint(1, 3)))
    if path.startswith("/_wireroom/messages/wait"):
        path += f"{'&' if '?' in path else '?'}{_NEVER_WAIT}"
    headers = {"Host": "127.0.0.1", "Content-Type": rng.choice(("application/json", "text/plain", AWS_TYPE))}
    return framed(rng, method, path, body, headers, changes=rng.choice((0, 0, 1, 2)))
