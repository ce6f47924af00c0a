"""Signed requests as boto3 makes them: six signed headers, an invocation id of its own in each."""

import http.client
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from wireroom.wire import sigv4

REGION = "us-east-1"
BODY = (
    "Your code is {code}. It is valid for ten minutes; we will never ask you for it. Reply STOP to opt out."
)


class Key(NamedTuple):
    access_key_id: str
    secret: str


class Refused(Exception):
    """A call was answered with something else than 200."""


def headers(url: str, operation: str, body: bytes, key: Key) -> dict[str, str]:
    """What goes with a call of `operation`, signed now."""
    return sigv4.sign(
        "POST",
        url,
        {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"PinpointSMSVoiceV2.{operation}",
            "amz-sdk-invocation-id": str(uuid.uuid4()),
            "amz-sdk-request": "attempt=1",
        },
        body,
        access_key_id=key.access_key_id,
        secret=key.secret,
        region=REGION,
        now_s=time.time(),
    )


def raw(url: str, operation: str, parameters: dict[str, Any], key: Key) -> bytes:
    """A whole HTTP request, ready to be written to a socket."""
    body = json.dumps(parameters).encode()
    lines = [f"{name}: {value}" for name, value in headers(url, operation, body, key).items()]
    head = "\r\n".join(["POST / HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""])
    return head.encode() + body


def sends(url: str, key: Key, pool_id: str, first: int, at: int = 0, step: int = 1) -> Iterator[bytes]:
    """Texts, each to another handset; the `first` keeps those of several runs apart, `at` and `step` those of
    several accounts."""
    for serial in range(first + at, 8_000_000, step):
        parameters = {
            "DestinationPhoneNumber": f"+1425{2_000_000 + serial}",
            "OriginationIdentity": pool_id,
            "MessageBody": BODY.format(code=f"{serial:07d}"),
            "MaxPrice": "0.05",
            "Context": {"order": str(serial)},
        }
        yield raw(url, "SendTextMessage", parameters, key)


def polls(url: str, key: Key) -> Iterator[bytes]:
    """What a dashboard asks, again and again."""
    while True:
        yield raw(url, "DescribePools", {"MaxResults": 5}, key)


def call(url: str, operation: str, parameters: dict[str, Any], key: Key) -> dict[str, Any]:
    """One call and its answer. Raises Refused."""
    place = urlsplit(url)
    body = json.dumps(parameters).encode()
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.request("POST", "/", body, headers(url, operation, body, key))
    response = connection.getresponse()
    answer: dict[str, Any] = json.loads(response.read())
    connection.close()
    if response.status != 200:
        raise Refused(f"{operation}: {response.status} {answer}")
    return answer


def get(url: str, path: str, key: Key) -> dict[str, Any]:
    """A page of JSON from under /_wireroom, on a connection of its own. Raises Refused."""
    return _ours(url, "GET", path, b"", key)


def post(url: str, path: str, parameters: dict[str, Any], key: Key) -> dict[str, Any]:
    """A change under /_wireroom. Raises Refused."""
    return _ours(url, "POST", path, json.dumps(parameters).encode(), key)


def _ours(url: str, method: str, path: str, body: bytes, key: Key) -> dict[str, Any]:
    place = urlsplit(url)
    signed = sigv4.sign(
        method,
        url + path,
        {"Content-Type": "application/json"} if body else {},
        body,
        access_key_id=key.access_key_id,
        secret=key.secret,
        region=REGION,
        now_s=time.time(),
    )
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.request(method, path, body or None, signed)
    response = connection.getresponse()
    answer: dict[str, Any] = json.loads(response.read())
    connection.close()
    if response.status >= 300:
        raise Refused(f"{path}: {response.status} {answer}")
    return answer
