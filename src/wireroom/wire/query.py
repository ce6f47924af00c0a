"""AWS's query protocol: a form's parameters to a dict, an answer or an error to XML.

Knows no service and no transport: headers are pairs of bytes with lower-case names. Our own service speaks
JSON (`wire.json10`); this is for the neighbour that tools ask before it, `edge.sts`.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from wireroom.wire.framework import FrameworkError

CONTENT_TYPE = b"application/x-www-form-urlencoded"
MOST_PARAMETERS = 100

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers and body."""

# The query services' own names for what `wire.framework` calls as AWS JSON does.
_NAMES = {
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InternalFailure": ("InternalFailure", 500),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
}


# XML has no way to say most control characters; html.escape and xml.sax would cost more than this to import.
_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        **{chr(code): "?" for code in range(32) if code not in b"\t\n\r"},
    }
)


def parameters(form: bytes) -> dict[str, str]:
    """A form's fields, as a body or a query string has them; of a repeated one the last.

    Raises FrameworkError (MalformedQueryString) when there are more than MOST_PARAMETERS.
    """
    try:
        return dict(parse_qsl(form.decode("utf-8", "replace"), max_num_fields=MOST_PARAMETERS))
    except ValueError:
        said = f"A request has at most {MOST_PARAMETERS} parameters."
        raise FrameworkError("MalformedQueryString", said) from None


def answer(namespace: str, action: str, members: Mapping[str, str], request_id: str) -> Answer:
    """The result of an action that has flat members only."""
    inner = "".join(_element(name, value) for name, value in members.items())
    return _answer(
        200,
        f'<{action}Response xmlns="{namespace}"><{action}Result>{inner}</{action}Result>'
        f"<ResponseMetadata>{_element('RequestId', request_id)}</ResponseMetadata></{action}Response>",
        request_id,
    )


def error_answer(namespace: str, error: FrameworkError, request_id: str) -> Answer:
    """An error under the name and the status that query services give it."""
    code, status = _NAMES.get(error.name, (error.name, error.status))
    inner = _element("Type", "Receiver" if status >= 500 else "Sender") + _element("Code", code)
    inner += _element("Message", error.message or code)
    return _answer(
        status,
        f'<ErrorResponse xmlns="{namespace}"><Error>{inner}</Error>'
        f"{_element('RequestId', request_id)}</ErrorResponse>",
        request_id,
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{text.translate(_ESCAPES)}</{name}>"


def _answer(status: int, xml: str, request_id: str) -> Answer:
    body = xml.encode()
    headers = [
        (b"content-type", b"text/xml"),
        (b"content-length", b"%d" % len(body)),
        (b"x-amzn-requestid", request_id.encode()),
    ]
    return status, headers, body
