"""Talking to a server process as strangers do, and judging each of its answers.

Nothing here sleeps: a server that neither answers nor hangs up within `PATIENCE` has failed.
"""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from random import Random
from urllib.parse import urlsplit

from msgspec import Struct

from tests.hostile.requests import Sent

PATIENCE = 30.0
SILENCE = 5.0
"""Seconds after which a connection may be one that simply waits for its next request."""
ERRORS = (
    *("AccessDenied", "Conflict", "ResourceNotFound", "ServiceQuotaExceeded", "Throttling", "Validation"),
    *("UnknownOperation", "Serialization", "MissingAuthenticationToken", "IncompleteSignature"),
    *("InvalidSignature", "UnrecognizedClient"),
)
"""Everything that the AWS route may answer beside 200, without `Exception`."""


class Answer(Struct, frozen=True):
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get(b"connection") == b"close"

    @property
    def error(self) -> str:
        """The bare name of an AWS error, or nothing."""
        return self.headers.get(b"x-amzn-errortype", b"").decode()


class Wrong(Exception):
    """An answer that no request may have, with what was sent."""

    def __init__(self, complaint: str, sent: bytes, heard: bytes | Answer) -> None:
        super().__init__(f"{complaint}\nsent: {sent[:1000]!r} … {sent[-1000:]!r}\nheard: {str(heard)[:2000]}")


def judge(answer: Answer, sent: bytes) -> None:
    """Raises Wrong for a 5xx, for HTML, for what is no JSON, and for an AWS error that is not told as one."""
    if not 200 <= answer.status < 500:
        raise Wrong(f"status {answer.status}", sent, answer)
    if answer.headers.get(b"content-type", b"").startswith(b"application/") and answer.body:
        content = json.loads(answer.body)
        if isinstance(content, dict) and "__type" in content:
            named = content["__type"].partition("#")[2]
            if named != answer.error or named.removesuffix("Exception") not in ERRORS:
                raise Wrong(f"error {named}", sent, answer)
            if len(answer.headers.get(b"x-amzn-requestid", b"")) != 36:
                raise Wrong("no request id", sent, answer)
        elif answer.status >= 400 and not (content.get("error") or content.get("message")):
            raise Wrong("an error without a word", sent, answer)
    elif answer.body and not _may_be_no_json(answer):
        raise Wrong("no JSON", sent, answer)


def _may_be_no_json(answer: Answer) -> bool:
    """The console's page and its style sheet; and STS, which speaks XML."""
    match answer.headers.get(b"content-type", b"").partition(b";")[0]:
        case b"text/html" | b"text/css":
            return answer.status == 200 and b"x-content-type-options" in answer.headers
        case b"text/xml":
            return answer.body.startswith((b"<ErrorResponse ", b"<GetCallerIdentityResponse "))
    return False


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def hear(self, method: str) -> Answer | None:
        """The next answer; None when the server has hung up instead."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError) as end:
            if isinstance(end, asyncio.IncompleteReadError) and end.partial:
                raise Wrong("half an answer", b"", end.partial) from end
            return None
        start, *lines = head[:-4].split(b"\r\n")
        status = int(start.split(b" ")[1])
        if status == 100:
            return await self.hear(method)
        headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
        length = 0 if method == "HEAD" else int(headers[b"content-length"])
        return Answer(status, headers, await self.reader.readexactly(length))

    def hang_up(self) -> None:
        self.writer.transport.abort()


async def connect(url: str) -> Line:
    place = urlsplit(url)
    return Line(*await asyncio.open_connection(place.hostname, place.port, limit=2**21))


async def pipeline(url: str, batch: Sequence[Sent], *, dribble: bool = False) -> list[Answer]:
    """Send requests in one packet (or byte by byte) and hear as many answers, in their order.

    When the server hangs up after an answer, as it says it will, the rest is sent again elsewhere.
    """
    answers: list[Answer] = []
    async with asyncio.timeout(PATIENCE):
        while len(answers) < len(batch):
            left = _until_last(batch[len(answers) :])
            line = await connect(url)
            talking = asyncio.ensure_future(_say(line, left, dribble))
            for sent in left:
                answer = await line.hear(sent.method)
                if answer is None:
                    raise Wrong("hung up on", sent.data, b"")
                judge(answer, sent.data)
                answers.append(answer)
                if answer.closes:
                    break
            talking.cancel()
            line.hang_up()
    return answers


def _until_last(batch: Sequence[Sent]) -> Sequence[Sent]:
    """What may stand in one packet: nothing behind a request that asks the server to hang up."""
    at = next((place for place, sent in enumerate(batch, 1) if sent.last), len(batch))
    return batch[:at]


async def _say(line: Line, batch: Sequence[Sent], dribble: bool) -> None:
    data = b"".join(sent.data for sent in batch)
    with contextlib.suppress(ConnectionError):
        if dribble:
            for at in range(len(data)):
                line.writer.write(data[at : at + 1])
                await _others_first()
        else:
            line.writer.write(data)
        await line.writer.drain()


async def _others_first() -> None:
    """Come back in the loop's next pass, so that what was written leaves by itself."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_soon(passed.set)
    await passed.wait()


async def outlast(url: str, data: bytes, *, then: bytes) -> list[Answer]:
    """Send what may be no request and, after it, a last one; hear what comes until the server hangs up."""
    line = await connect(url)
    line.writer.write(data + then)
    heard = b""
    try:
        for patience in (SILENCE, PATIENCE):
            try:
                async with asyncio.timeout(patience):
                    while more := await line.reader.read(65536):
                        heard += more
                break
            except TimeoutError:  # the last request may have been the very rest of a body that was promised
                line.writer.write(then)
        else:
            raise Wrong("neither answered nor hung up on", data, heard)
    except ConnectionError:  # after an answer that closes, what follows it is met with a reset
        return []
    finally:
        line.hang_up()
    answers = _answers(heard, data)
    for answer in answers:
        judge(answer, data)
    return answers


def _answers(heard: bytes, sent: bytes) -> list[Answer]:
    """Whole answers and nothing else."""
    found = []
    while heard:
        head, blank, heard = heard.partition(b"\r\n\r\n")
        if not blank or not head.startswith(b"HTTP/1.1 "):
            raise Wrong("no answer", sent, head)
        start, *lines = head.split(b"\r\n")
        if start.startswith(b"HTTP/1.1 100"):
            continue
        headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
        length = int(headers[b"content-length"])
        bodiless = heard.startswith(b"HTTP/1.1 ") or (not heard and headers.get(b"connection") == b"close")
        body = b"" if bodiless else heard[:length]  # of an answer to HEAD
        if len(body) != length and not bodiless:
            raise Wrong("half an answer", sent, head + blank + heard)
        heard = heard[len(body) :]
        found.append(Answer(int(start.split(b" ")[1]), headers, body))
    return found


async def leave_early(url: str, data: bytes, rng: Random) -> None:
    """Send some of it and go, with or without a word."""
    line = await connect(url)
    line.writer.write(data[: rng.randrange(1, len(data) + 1)])
    with contextlib.suppress(ConnectionError):
        await line.writer.drain()
    if rng.random() < 0.5:
        line.writer.close()
    else:
        line.hang_up()
