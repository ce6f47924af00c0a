"""Keys mode: signatures that are nearly right, dates that there are not, credentials of every form."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from tests.hostile.bodies import hostile
from tests.hostile.requests import AWS_TYPE, Sent
from tests.hostile.talk import Answer, pipeline
from wireroom.api.operations import OPERATIONS
from wireroom.config import AuthMode, Settings
from wireroom.edge.keys import NewKey
from wireroom.testing import ACCOUNT, Server
from wireroom.wire import sigv4

SEED, TOTAL, AT_ONCE = 47, 4_000, 20
_SIGNATURE_ERRORS = {
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "UnrecognizedClientException",
}
_DATES = (
    *(
        "Mon, 23 Nov 2026 10:11:12 GMT",
        "Mon, 23 Nov 2026 150:11512999901",
        "Mon, 23 Nov 2026 10:11+9999000000001",
    ),
    *(
        "Thu, 01 Jan 0001 00:00:00 -0000",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "0 Jan 0",
        "",
        "x" * 9000,
        "\xff",
    ),
    *(
        "20261123T101112Z",
        "20261323T101112Z",
        "99991231T235959Z",
        "00010101T000000Z",
        "20261123T101112",
        "1e9",
    ),
)
_SCOPES = (
    *(
        "",
        "/",
        "////",
        "x",
        "{key}",
        "{key}/{day}/us-east-1/sms-voice",
        "{key}/{day}/us-east-1/s3/aws4_request",
    ),
    *(
        "{key}/{day}//sms-voice/aws4_request",
        "{key}/x/us-east-1/sms-voice/aws4_request",
        "\xff/\xff/\xff/\xff/\xff",
    ),
    *(
        "nobody/{day}/us-east-1/sms-voice/aws4_request",
        "a" * 3000 + "/{day}/us-east-1/sms-voice/aws4_request",
    ),
    "{key}/{day}/us-east-1/sms-voice/aws4_request/more",
)
_NAMES = (
    "",
    ";",
    "host",
    "host;x-amz-date",
    "HOST;X-AMZ-DATE;X-AMZ-TARGET",
    "host;host;host",
    "\xff",
    "a;" * 2000,
)
_EXPIRIES = ("0", "-1", "604800", "604801", "1e3", "", "٣", "999999999999999999999", "60")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Settings(auth=AuthMode.KEYS)) as running:
        yield running


class Forger:
    """Makes signed requests, and spoils most of them."""

    def __init__(self, server: Server, key: NewKey, rng: Random) -> None:
        self._url = server.url
        self._key = key
        self._rng = rng
        self._now_s = server.app.machine.now() / 1000
        self._day = datetime.fromtimestamp(self._now_s, UTC).strftime("%Y%m%d")

    def request(self) -> tuple[Sent, bool]:
        """(a request, whether it is signed as it should be)."""
        rng = self._rng
        wanted = OPERATIONS[
            rng.choice(("DescribePools", "CreateOptOutList", "SendTextMessage", "CreatePool"))
        ]
        body = hostile(rng, wanted, {})[:50_000]
        target = rng.choice(("/", "/", "/", "/_wireroom/keys", "/_wireroom/reset?account=x"))
        if target != "/":
            body = b'{"account":5}'
        signed = sigv4.sign(
            "POST",
            self._url + target,
            {"Content-Type": AWS_TYPE if target == "/" else "application/json", **_target(wanted.name)},
            body,
            access_key_id=self._key.row.access_key_id,
            secret=self._key.secret,
            region="us-east-1",
            now_s=self._now_s,
        )
        if rng.random() < 0.25:
            return self._sent(target, signed, body), True
        target, signed, body = self._spoil(target, dict(signed), body)
        return self._sent(target, signed, body), False

    def _spoil(self, target: str, headers: dict[str, str], body: bytes) -> tuple[str, dict[str, str], bytes]:
        rng = self._rng
        scope = rng.choice(_SCOPES).format(key=self._key.row.access_key_id, day=self._day)
        match rng.randrange(9):
            case 0:
                body += b" "
            case 1:
                headers["X-Amz-Date"] = rng.choice(_DATES)
            case 2:
                del headers["X-Amz-Date"]
                headers["Date"] = rng.choice(_DATES)
            case 3:
                said = headers["Authorization"]
                at = rng.randrange(len(said) - 64, len(said))
                headers["Authorization"] = said[:at] + rng.choice("gz-, =\xe9") + said[at + 1 :]
            case 4:
                headers["Authorization"] = (
                    f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={rng.choice(_NAMES)}, "
                    f"Signature={'0' * rng.choice((0, 1, 64, 9000))}"
                )
            case 5:
                headers["Authorization"] = rng.choice(
                    ("", "Basic dTpw", "AWS4-HMAC-SHA256", ",=,=", "\xff" * 99)
                )
            case 6:
                headers["Authorization"] = headers["Authorization"].replace(
                    self._key.row.access_key_id, rng.choice(("nobody", "AKIA2222222222222222"))
                )
            case 7:
                headers["X-Amz-Security-Token"] = rng.choice(("x", "y" * 9000, "\xff"))
                headers["Authorization"] = headers["Authorization"].replace("AWS4-HMAC", "AWS4-ECDSA")
            case _:
                if rng.random() < 0.5:
                    del headers["Authorization"]
                date, expiry = rng.choice(_DATES[9:]), rng.choice(_EXPIRIES)
                target += ("&" if "?" in target else "?") + (
                    f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope.replace('/', '%2F')}"
                    f"&X-Amz-Date={date}&X-Amz-Expires={expiry}&X-Amz-SignedHeaders={rng.choice(_NAMES)}&X-Amz-Signature=00&%ff=%zz"
                )
        return target, headers, body

    def _sent(self, target: str, headers: dict[str, str], body: bytes) -> Sent:
        lines = [f"{name}: {value}".encode("latin-1", "replace") for name, value in headers.items()]
        start = b"POST %b HTTP/1.1" % target.encode("ascii", "replace")
        return Sent(b"\r\n".join([start, *lines, b"Content-Length: %d" % len(body), b"", body]), "POST")


def _target(operation: str) -> dict[str, str]:
    return {"X-Amz-Target": f"PinpointSMSVoiceV2.{operation}"}


def test_no_forged_signature_is_believed_or_breaks_anything(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    key = server.run(server.app.keys.create(ACCOUNT, admin=True))
    forger, heard = Forger(server, key, Random(SEED)), Counter[str]()
    for _ in range(TOTAL // AT_ONCE):
        batch = [forger.request() for _ in range(AT_ONCE)]
        answers = asyncio.run(pipeline(server.url, [sent for sent, _ in batch]))
        for (sent, right), answer in zip(batch, answers, strict=True):
            # Broken JSON is said before anything about signatures, as live services do.
            broken = answer.error == "SerializationException"
            assert broken or _is_believed(answer) == right, (sent, answer)
            heard[answer.error or str(answer.status)] += 1
    assert heard.keys() >= _SIGNATURE_ERRORS | {"200", "SerializationException", "401", "403"}, heard
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def _is_believed(answer: Answer) -> bool:
    """Did it get past its signature? What then became of it is another matter."""
    return answer.error not in _SIGNATURE_ERRORS and answer.status not in (401, 403)
