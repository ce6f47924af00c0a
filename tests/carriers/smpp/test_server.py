"""A server whose texts leave over SMPP, from boto3 to the last event, while the carrier misbehaves."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.carriers.smpp.smsc import Link, Smsc, until
from wireroom import testing
from wireroom.carrier_settings import CarrierSettings
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.config import Settings
from wireroom.core.message import FINAL
from wireroom.store.rows import Event, Message, Part
from wireroom.store.tx import Tx
from wireroom.testing import Server

T = TypeVar("T")
VENDOR = 0x410


class Outside:
    """An SMSC on loopback, on a loop and in a thread of its own."""

    def __init__(self) -> None:
        self.smsc = Smsc()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smsc", daemon=True)
        self._thread.start()
        self.port = self.run(self.smsc.listen())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(testing.LONGEST_WAIT)

    def close(self) -> None:
        self.run(self.smsc.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def outside() -> Iterator[Outside]:
    there = Outside()
    try:
        yield there
    finally:
        there.close()


def settings(directory: Path, port: int, **carrier: Any) -> Settings:
    east = CarrierSettings(
        hosts=(f"127.0.0.1:{port}",),
        **{"system_id": "wireroom", "password": "secret", "reconnect": "20ms", **carrier},
    )
    return Settings(carriers={"east": east}, data_dir=str(directory), insecure_open=True)


def pool_of(server: Server) -> str:
    sms = server.client()
    number = sms.request_phone_number(
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS"],
        NumberType="LONG_CODE",
    )
    pool = sms.create_pool(
        OriginationIdentity=number["PhoneNumberId"], IsoCountryCode="US", MessageType="TRANSACTIONAL"
    )
    return str(pool["PoolId"])


def ended(server: Server, message_ids: list[str]) -> dict[str, list[Event]]:
    """Wait until these texts have ended; the final events of each."""
    engine = server.app.engine

    def are_final(tx: Tx) -> bool:
        found = [tx.get(Message, each) for each in message_ids]
        return all(message is not None and message.status in FINAL for message in found)

    async def wait() -> None:
        async with asyncio.timeout(testing.LONGEST_WAIT - 5):
            while not await engine.read(are_final, "are final"):
                turn = asyncio.get_running_loop().create_future()
                asyncio.get_running_loop().call_later(0.01, turn.set_result, None)
                await turn

    def finals(tx: Tx) -> dict[str, list[Event]]:
        return {
            each: [event for event in tx.page(Event, {"message_id": each}, None, 100) if event.is_final]
            for each in message_ids
        }

    server.run(wait())
    server.settled()
    return server.run(engine.read(finals, "finals"))


def parts_of(server: Server, message_id: str) -> list[Part]:
    found: list[Part] = server.run(
        server.app.engine.read(lambda tx: tx.all("parts_of_message", message_id=message_id), "parts")
    )
    return found


def receipt_at_once(link: Link, text: p.SubmitSm, message_id: str) -> None:
    link.smsc.send_receipt(message_id)


def test_a_text_leaves_over_smpp_and_ends_delivered_with_one_final_event(tmp_path: Path) -> None:
    with outside() as there:
        there.smsc.on_taken = receipt_at_once
        with Server(settings(tmp_path, there.port)) as server:
            pool = pool_of(server)
            sent = server.client().send_text_message(
                DestinationPhoneNumber="+12065550142", OriginationIdentity=pool, MessageBody="Hello " * 80
            )
            finals = ended(server, [sent["MessageId"]])
            (event,) = finals[sent["MessageId"]]
            assert event.event_type == "TEXT_DELIVERED"
            assert len(there.smsc.taken) == 4
            (bind,) = server.call("/ready")["binds"]
            assert (bind["carrier"], bind["name"], bind["state"]) == ("east", "east trx 1", "bound")
        assert there.smsc.binds[0].system_id == "wireroom"
        assert there.run(_gone(there.smsc))


async def _gone(smsc: Smsc) -> bool:
    """The server has unbound in good order."""
    await until(lambda: all(link.gone for link in smsc.links))
    return True


def test_texts_wait_while_the_carrier_is_away_and_the_server_is_ready(tmp_path: Path) -> None:
    with outside() as there:
        there.smsc.on_taken = receipt_at_once
        there.smsc.bind_statuses.extend([st.RALYBND] * 3)
        with Server(settings(tmp_path, there.port)) as server:
            assert server.call("/ready")["ready"]
            pool = pool_of(server)
            sent = server.client().send_text_message(
                DestinationPhoneNumber="+12065550142", OriginationIdentity=pool, MessageBody="Hello"
            )
            assert len(ended(server, [sent["MessageId"]])[sent["MessageId"]]) == 1


class Trouble:
    """A carrier on a bad day: cuts the link over unanswered texts, throttles, tells out of order."""

    def __init__(self, there: Outside, seed: int) -> None:
        self.smsc = there.smsc
        self.chance = random.Random(seed)
        self.unanswered: Counter[str] = Counter()
        """By handset, how often its text was taken and never answered."""
        self.answered: Counter[str] = Counter()
        self.cuts = 3
        self.unbinds = 2
        self.throttles = 5
        self.serial = 0

    def take(self, link: Link, text: p.SubmitSm) -> None:
        handset = text.destination_addr
        if handset.endswith("13"):
            link.session.answer(text, p.SubmitSmResp(0, VENDOR))
        elif self.throttles and self.chance.random() < 0.05:
            self.throttles -= 1
            link.session.answer(text, p.SubmitSmResp(0, st.RTHROTTLED))
        elif self.cuts and self.chance.random() < 0.1:
            self.unanswered[handset] += 1
            if sum(self.unanswered.values()) % 5 == 0:
                self.cuts -= 1
                link.cut()
        else:
            self.serial += 1
            self.answered[handset] += 1
            message_id = f"{self.serial:x}"
            if self.serial % 3 == 0:  # the receipt overtakes the answer
                self._tell(message_id)
            link.session.answer(text, p.SubmitSmResp(0, 0, message_id.zfill(8).upper()))
            if self.serial % 3:
                self._tell(message_id)
            if self.unbinds and self.serial % 70 == 0:
                self.unbinds -= 1
                asyncio.get_running_loop().call_soon(link.stop)

    def _tell(self, message_id: str) -> None:
        if not self.smsc.hearing:
            asyncio.get_running_loop().call_later(0.02, self._tell, message_id)
        elif self.serial % 2:
            self.smsc.send_receipt_by_data_sm(str(int(message_id, 16)))
        else:
            link = self.chance.choice(self.smsc.hearing)
            self.smsc.send_receipt(str(int(message_id, 16)), link=link)


def test_every_accepted_text_ends_exactly_once_whatever_the_carrier_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "LONGEST_WAIT", 120.0)  # each missing answer costs two seconds by itself
    with outside() as there:
        trouble = Trouble(there, seed=4)
        there.smsc.taker = trouble.take
        carrier = {"binds": 2, "window": 20, "response": "2s", "ids": "hex-decimal"}
        with Server(settings(tmp_path, there.port, **carrier)) as server:
            pool, sms = pool_of(server), server.client()
            sent = {
                sms.send_text_message(
                    DestinationPhoneNumber=f"+1206555{number:04}",
                    OriginationIdentity=pool,
                    MessageBody="Hello",
                )["MessageId"]: f"1206555{number:04}"
                for number in range(200)
            }
            finals = ended(server, list(sent))
            assert [len(events) for events in finals.values()] == [1] * len(sent)
            assert trouble.unanswered
            assert trouble.cuts == 0 or trouble.throttles == 0
            for message_id, handset in sent.items():
                vendor = handset.endswith("13")
                assert finals[message_id][0].event_type == ("TEXT_UNKNOWN" if vendor else "TEXT_DELIVERED")
                (part,) = parts_of(server, message_id)
                # Taken twice only where an answer was missing (or cut off with the link), and then marked.
                assert part.doubt or trouble.answered[handset] == (0 if vendor else 1)
                assert part.doubt or not trouble.unanswered[handset]
            counted = server.app.counters.snapshot()
            assert counted["carriers.east.in doubt"] > 0
            assert counted["carriers.east.unmapped status 0x410"] >= 2
