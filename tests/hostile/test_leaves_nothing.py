"""A body that the model refuses leaves not a row behind, of whatever operation it is."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from random import Random

import apsw

from tests.hostile.bodies import hostile
from tests.hostile.requests import AWS_TYPE, Sent
from tests.hostile.talk import pipeline
from wireroom.api.operations import OPERATIONS, Operation
from wireroom.errors import Validation
from wireroom.testing import Server
from wireroom.wire import json10
from wireroom.wire.framework import FrameworkError

SEED, BODIES = 31, 30
"""So many bodies are tried for each operation."""


def is_refused(operation: Operation, body: bytes) -> bool:
    try:
        json10.decode(operation, body)
    except (FrameworkError, Validation):
        return True
    return False


def rows(store: apsw.Connection) -> Mapping[str, int]:
    tables = [name for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {name: store.execute(f"SELECT count(*) FROM {name}").get for name in tables}


def call(operation: Operation, body: bytes, account: str) -> Sent:
    head = (
        f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: {AWS_TYPE}\r\nContent-Length: {len(body)}\r\n"
        f"X-Amz-Target: PinpointSMSVoiceV2.{operation.name}\r\nAuthorization: AWS4-HMAC-SHA256 "
        f"Credential={account}/20261123/us-east-1/sms-voice/aws4_request\r\n\r\n"
    )
    return Sent(head.encode() + body, "POST")


def test_a_refused_body_leaves_nothing_behind(tmp_path: Path) -> None:
    rng = Random(SEED)
    known = {"DestinationPhoneNumber": ["+14255550100"], "OptOutListName": ["new"], "PoolId": ["pool-1"]}
    with Server(data_dir=str(tmp_path)) as server:
        store = apsw.Connection(str(tmp_path / "wireroom.db"), flags=apsw.SQLITE_OPEN_READONLY)
        before, tried = rows(store), 0
        for operation in OPERATIONS.values():
            bodies = [hostile(rng, operation, known) for _ in range(BODIES)]
            batch = [call(operation, body, "123456789012") for body in bodies if is_refused(operation, body)]
            answers = asyncio.run(pipeline(server.url, batch))
            assert {answer.error or answer.status for answer in answers} <= {
                413,
                "SerializationException",
                "ValidationException",
                "UnknownOperationException",
            }
            tried += len(batch)
        assert rows(store) == before
        assert tried > len(OPERATIONS) * BODIES / 3
        # The same account is not even known by then; a right request makes it so.
        right = call(OPERATIONS["CreateOptOutList"], b'{"OptOutListName":"new"}', "123456789012")
        (answer,) = asyncio.run(pipeline(server.url, [right]))
        assert answer.status == 200
        assert rows(store) != before
        store.close()
