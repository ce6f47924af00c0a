"""AWS JSON 1.0: bytes to structures, structures and errors to bytes (data-plane §10.1).

Knows shapes and operations, no resource and no transport: headers are pairs of bytes with lower-case names.
"""

import logging

import msgspec
from msgspec import Struct

from wireroom.api.operations import OPERATIONS, Operation
from wireroom.errors import InternalServer, ServiceError, Validation
from wireroom.wire.explain import explain
from wireroom.wire.framework import FrameworkError

log = logging.getLogger(__name__)

CONTENT_TYPE = b"application/x-amz-json-1.0"
SERVICE_NAMESPACE = "com.amazonaws.pinpointsmsvoicev2"
FRAMEWORK_NAMESPACE = "com.amazon.coral.service"

Headers = list[tuple[bytes, bytes]]

_TARGETS = {f"PinpointSMSVoiceV2.{name}".encode(): name for name in OPERATIONS}

_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[Struct]] = {}


def target(value: bytes | str) -> str | None:
    """The operation that an `X-Amz-Target` names, or None when the service has none of that name."""
    return _TARGETS.get(value.encode("utf-8", "replace") if isinstance(value, str) else value)


def decode(operation: Operation, body: bytes) -> Struct:
    """The operation's input. An empty body is `{}`, unknown members are ignored, null members are absent.

    Raises FrameworkError (SerializationException) or Validation that names every bad field.
    """
    decoder = _decoders.get(operation.name) or _new_decoder(operation)
    try:
        found = decoder.decode(body or b"{}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        explain(operation.input, body)
        # A bug, which tests/wire/test_explain.py hunts: the fast decode and the walk must agree.
        log.exception("%s: the fast decode refused a body in which nothing wrong was found", operation.name)
        raise FrameworkError("SerializationException") from None
    if b"\\u0000" in body:  # perhaps NUL, which PostgreSQL cannot keep; perhaps an escaped backslash
        explain(operation.input, body)
    return found


def _new_decoder(operation: Operation) -> msgspec.json.Decoder[Struct]:
    # Made at the first use: all 110 would cost 20 ms of the start.
    decoder = _decoders[operation.name] = msgspec.json.Decoder(operation.input)
    return decoder


def encode(result: Struct) -> bytes:
    """The answer's body; absent members are left out, an empty answer is `{}`."""
    return _encoder.encode(result)


def answer_headers(request_id: str, length: int, error: str | None = None) -> Headers:
    """What stands on every answer of the AWS route. `length` in bytes; `error` is the bare name of one."""
    headers = [
        (b"content-type", CONTENT_TYPE),
        (b"content-length", b"%d" % length),
        (b"x-amzn-requestid", request_id.encode()),
    ]
    if error is not None:
        headers.append((b"x-amzn-errortype", error.encode()))
    return headers


def error_answer(error: ServiceError | FrameworkError, request_id: str) -> tuple[int, Headers, bytes]:
    """Status, headers and body of an error.

    Both `__type` (full shape id, which botocore needs) and `x-amzn-errortype` (bare name, which JavaScript
    SDKs read first) are sent. A service error has `Message` alone, a framework error whichever key it names.
    """
    if isinstance(error, ServiceError):
        name = error.code
        status = 500 if isinstance(error, InternalServer) else 400
        body = {"__type": f"{SERVICE_NAMESPACE}#{name}", "Message": _message(error), **error.members()}
    else:
        name = error.name
        status = error.status
        body = {"__type": f"{FRAMEWORK_NAMESPACE}#{name}"}
        if error.message is not None:
            body[error.key] = error.message
    encoded = _encoder.encode(body)
    return status, answer_headers(request_id, len(encoded), name), encoded


_LEADS = {
    "AccessDeniedException": "Access Denied",
    "ConflictException": "Conflict Occurred",
    "InternalServerException": "Internal Error",
    "ResourceNotFoundException": "Resource Not Found",
    "ServiceQuotaExceededException": "Quota Exceeded",
    "ValidationException": "Validation Failed",
}


def _message(error: ServiceError) -> str:
    """`Conflict Occurred - Reason="…" ResourceType="…" ResourceId="…": sentence`.

    Clients of older SDKs, which drop the extra members, parse them out of the text (control-plane §0.1).
    """
    members = error.members()
    if not members:
        return error.said
    if isinstance(error, Validation) and error.fields:
        members["Fields"] = ",".join(name for name, _ in error.fields)
    repeated = " ".join(f'{name}="{value}"' for name, value in members.items())
    return f"{_LEADS[error.code]} - {repeated}: {error.said}"
