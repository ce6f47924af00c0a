"""kill -9 at any moment: what was acknowledged arrives, and nothing arrives twice unmarked (DESIGN §8)."""

import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
from typing import Any

from tests.line.house import Home
from wireroom.config import Settings, Simulator
from wireroom.core.message import FINAL
from wireroom.store.rows import Event, Message, Part
from wireroom.store.tx import Tx
from wireroom.testing import Server

LIVES = 4
SENDERS = 8


class Life:
    """A server in a process of its own, from its ready line to kill -9."""

    def __init__(self, home: Home) -> None:
        serve = [sys.executable, "-m", "wireroom", "serve", "--port", "0", "--data-dir", str(home.directory)]
        database = {} if home.database is None else {"WIREROOM_DATABASE": home.database}
        self._process = subprocess.Popen(
            serve, stdout=subprocess.PIPE, text=True, env={**os.environ, **QUICK, **database}
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().rpartition(":")[2])

    def kill(self) -> None:
        if self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


QUICK = {"WIREROOM_SIMULATOR": '{ latency = "5ms" }'}


def ask(connection: http.client.HTTPConnection, operation: str, **request: Any) -> Any:
    headers = {
        "X-Amz-Target": f"PinpointSMSVoiceV2.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
    }
    connection.request("POST", "/", json.dumps(request), headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    assert answer.status == 200, body
    return body


def send_until_killed(life: Life, pool_id: str, acknowledged: list[str], enough: int) -> None:
    """Several senders at once; the server is killed while they send, after `enough` more answers."""
    reached = threading.Event()
    until = len(acknowledged) + enough
    handsets = itertools.count()

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", life.port)
        try:
            while True:
                sent = ask(
                    connection,
                    "SendTextMessage",
                    DestinationPhoneNumber=f"+1425555{next(handsets) % 10_000:04}",
                    OriginationIdentity=pool_id,
                    MessageBody="x" * random.choice((20, 400)),
                )
                acknowledged.append(sent["MessageId"])
                if len(acknowledged) >= until:
                    reached.set()
        except (OSError, http.client.HTTPException):
            pass  # killed in mid-request: this one was not acknowledged
        finally:
            connection.close()

    senders = [threading.Thread(target=send) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    assert reached.wait(60)
    life.kill()
    for sender in senders:
        sender.join()


def test_what_was_acknowledged_arrives_once_or_is_marked_as_doubtful(home: Home) -> None:
    acknowledged: list[str] = []
    life = Life(home)
    connection = http.client.HTTPConnection("127.0.0.1", life.port)
    number = ask(
        connection,
        "RequestPhoneNumber",
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS"],
        NumberType="TEN_DLC",
    )
    pool = ask(
        connection, "CreatePool", OriginationIdentity=number["PhoneNumberId"], MessageType="TRANSACTIONAL"
    )
    connection.close()
    for _ in range(LIVES):
        send_until_killed(life, pool["PoolId"], acknowledged, random.randint(30, 300))
        life = Life(home)
    life.kill()  # while it takes up what was left
    settings = Settings(
        data_dir=str(home.directory), database=home.database, simulator=Simulator(latency="5ms")
    )
    with Server(settings) as server:
        messages = server.run(ended(server))
        assert set(acknowledged) <= messages.keys()
        for message in messages.values():
            events: list[Event] = read(server, Event, message.message_id)
            assert [event.is_final for event in events].count(True) == 1
            parts: list[Part] = read(server, Part, message.message_id)
            assert len(parts) == message.part_count
            for part, seen in zip(parts, server.app.simulator.audit(message.message_id), strict=True):
                assert seen.number == part.number
                assert seen.accepted == 1 or part.doubt


async def ended(server: Server) -> dict[str, Message]:
    """All messages, once each of them has come to its end."""
    follower = server.app.bus.follow("feed")

    def look(tx: Tx) -> list[Message]:
        return tx.page(Message, {}, None, 100_000)

    while True:
        messages = await server.app.engine.read(look, "messages")
        if all(message.status in FINAL for message in messages):
            return {message.message_id: message for message in messages}
        await anext(follower)


def read(server: Server, kind: type[Any], message_id: str) -> list[Any]:
    return server.run(
        server.app.engine.read(lambda tx: tx.page(kind, {"message_id": message_id}, None, 100), "rows")
    )
