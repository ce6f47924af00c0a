"""The AWS Signature Version 4 Test Suite: `tests/conformance/sigv4`, whose README says what the files are."""

from pathlib import Path
from typing import NamedTuple

import pytest

from wireroom.wire import canonical, sigv4
from wireroom.wire.framework import FrameworkError

SUITE = Path(__file__).parent.parent / "conformance" / "sigv4"
CASES = sorted(path.parent for path in SUITE.rglob("*.req"))
KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
STAMP = "20150830T123600Z"
SCOPE = b"20150830/us-east-1/service/aws4_request"


class Request(NamedTuple):
    method: str
    path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


def read(path: Path) -> Request:
    head, _, body = path.read_bytes().partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, rest = first.split(b" ", 1)
    target = rest.removesuffix(b" HTTP/1.1")  # one case has a space in its path
    headers: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line.startswith(b" "):  # a folded value, which HTTP servers unfold
            name, value = headers.pop()
            headers.append((name, value + b" " + line.strip()))
        elif line:
            name, value = line.split(b":", 1)
            headers.append((name.lower(), value))
    path_, _, query = target.partition(b"?")
    return Request(method.decode(), path_, query, headers, body)


def expected(case: Path, kind: str) -> bytes:
    return (case / f"{case.name}.{kind}").read_bytes()


def signed_request(case: Path) -> Request:
    """The `.sreq`, with the header of `.authz`: one case's `.sreq` holds the signature of another case."""
    request = read(case / f"{case.name}.sreq")
    headers = [(name, value) for name, value in request.headers if name != b"authorization"]
    return request._replace(headers=[*headers, (b"authorization", expected(case, "authz"))])


def test_the_suite_is_all_here() -> None:
    assert len(CASES) == 34


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_canonical_request_and_the_string_to_sign_are_the_suites(case: Path) -> None:
    request = signed_request(case)
    claimed = sigv4.credential(request.headers, request.query)
    found = canonical.request(
        request.method, request.path, request.query, claimed.headers, claimed.claim.signed, request.body
    )
    assert found == expected(case, "creq")
    assert canonical.string_to_sign(STAMP, SCOPE, found) == expected(case, "sts")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_suites_signed_request_is_accepted(case: Path) -> None:
    request = signed_request(case)
    claimed = sigv4.credential(request.headers, request.query)
    key = sigv4.Key(SECRET, claimed.token)
    now_s = canonical.epoch(STAMP)
    assert now_s is not None
    verified = sigv4.verify(
        claimed, request.method, request.path, request.query, request.body, key, now_s, service="service"
    )
    assert verified.access_key_id == KEY_ID
    assert verified.region == "us-east-1"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_suites_signed_request_is_refused_with_another_body(case: Path) -> None:
    request = signed_request(case)
    claimed = sigv4.credential(request.headers, request.query)
    key = sigv4.Key(SECRET, claimed.token)
    now_s = canonical.epoch(STAMP)
    assert now_s is not None
    with pytest.raises(FrameworkError, match="does not match"):
        sigv4.verify(
            claimed, request.method, request.path, request.query, b"other", key, now_s, service="service"
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_own_canonical_request_is_signed_as_the_suite_signs_it(case: Path) -> None:
    signing_key = canonical.signing_key(SECRET, "20150830", "us-east-1", "service")
    signature = canonical.signature(signing_key, expected(case, "sts"))
    assert expected(case, "authz").endswith(b"Signature=" + signature)
