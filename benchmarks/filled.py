"""Data directories with a past: rows put straight into the store, before a server opens it.

Everything goes through the engine, the row types and the carrier's ledger, so it is what a server would have
written; only nobody had to send it.
"""

import asyncio
import itertools
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from benchmarks.processes import ACCOUNT
from benchmarks.signed import BODY, REGION
from wireroom.api.enums import EventType, MessageType, NumberCapability, NumberType
from wireroom.carriers.simulator.ledger import FILE, Entry, Ledger
from wireroom.core.ids import resource_id, uuid7
from wireroom.core.message import MessageStatus, PartStatus
from wireroom.core.numbers import IdentityKind
from wireroom.observe import Counters, MachineClock
from wireroom.sending.choose import DEFAULT_LIST
from wireroom.store import rows
from wireroom.store.sqlite import SqliteEngine

AT_ONCE = 5_000
"""Rows of one transaction."""
IDENTITIES = 100
HANDSET = "+1425{:07d}".format
"""Numbers to which benchmarks send, in the order of their sending: 2,000,000 and on."""
PAST = 10
"""Milliseconds between two texts of the past."""


def crowd(directory: Path, size: int) -> str:
    """A pool of 100 numbers; `size` opted-out numbers on its list; `size` handsets that one of its numbers
    delivered to an hour ago, those that benchmarks send to first. Answers the pool's id."""
    now = MachineClock().now()
    pool_id = resource_id("pool", os.urandom(16))
    numbers = [f"+1206{5_550_000 + serial}" for serial in range(IDENTITIES)]
    _fill(directory, _pool(pool_id, numbers, now - 86_400_000))
    _fill(
        directory,
        (
            rows.OptedOutNumber(
                ACCOUNT,
                REGION,
                DEFAULT_LIST,
                f"+1303{2_000_000 + n}",
                now - size + n,
                end_user_opted_out=True,
            )
            for n in range(size)
        ),
    )
    _fill(
        directory,
        (
            rows.Sticky(ACCOUNT, REGION, HANDSET(2_000_000 + n), numbers[n % IDENTITIES], now - 3_600_000)
            for n in range(size)
        ),
    )
    return pool_id


def _pool(pool_id: str, numbers: list[str], made_at: int) -> Iterator[Struct]:
    yield rows.Pool(
        account_id=ACCOUNT,
        region=REGION,
        pool_id=pool_id,
        message_type=MessageType.TRANSACTIONAL,
        two_way_enabled=False,
        two_way_channel_arn=None,
        two_way_channel_role=None,
        self_managed_opt_outs=False,
        opt_out_list=DEFAULT_LIST,
        shared_routes=False,
        deletion_protection=False,
        created_at=made_at,
    )
    for serial, number in enumerate(numbers):
        number_id = resource_id("phone", os.urandom(16))
        yield rows.PhoneNumber(
            account_id=ACCOUNT,
            region=REGION,
            phone_number_id=number_id,
            phone_number=number,
            active_at=made_at,
            country="US",
            message_type=MessageType.TRANSACTIONAL,
            capabilities=(NumberCapability.SMS,),
            number_type=NumberType.TEN_DLC,
            monthly_price="1.00",
            two_way_enabled=False,
            two_way_channel_arn=None,
            two_way_channel_role=None,
            self_managed_opt_outs=False,
            opt_out_list=DEFAULT_LIST,
            international_sending=False,
            deletion_protection=False,
            pool_id=pool_id,
            registration_id=None,
            created_at=made_at + serial,
        )
        yield rows.PoolIdentity(
            ACCOUNT, REGION, pool_id, "phone-number", number_id, "US", joined_at=made_at + serial
        )


def messages(directory: Path, size: int) -> list[str]:
    """`size` delivered texts of one part, each with its final event and its segment at the carrier, the last
    of them just now. Answers their ids, oldest first."""
    now = MachineClock().now()
    texts = [(uuid7(at, os.urandom(10)), at) for at in range(now - size * PAST, now, PAST)]
    _fill(directory, (_message(n, *text) for n, text in enumerate(texts)))
    _fill(directory, (_part(n, text[0]) for n, text in enumerate(texts)))
    _fill(directory, (_event(n, *text) for n, text in enumerate(texts)))
    asyncio.run(_record(directory, (_segment(n, *text) for n, text in enumerate(texts))))
    return [message_id for message_id, _ in texts]


ORIGIN = "+12065550100"


def _message(serial: int, message_id: str, at: int) -> rows.Message:
    return rows.Message(
        message_id=message_id,
        account_id=ACCOUNT,
        region=REGION,
        channel="SMS",
        direction="OUTBOUND",
        status=MessageStatus.DELIVERED,
        created_at=at,
        origination=ORIGIN,
        origination_kind=IdentityKind.TEN_DLC,
        destination=HANDSET(serial),
        country="US",
        international=False,
        body=BODY.format(code=f"{serial:07d}"),
        encoding="GSM",
        part_count=1,
        message_type=MessageType.TRANSACTIONAL,
        pool_id="pool-" + "0" * 32,
        configuration_set=None,
        context={"order": str(serial)},
        parameters=None,
        feedback=False,
        price_micros=5_810,
        fee_micros=3_000,
        expires_at=at + 259_200_000,
        why="chosen: the only one",
    )


def _part(serial: int, message_id: str) -> rows.Part:
    return rows.Part(message_id, 1, PartStatus.DELIVERED, "simulator", str(serial + 1), None, doubt=False)


def _event(serial: int, message_id: str, at: int) -> rows.Event:
    """As long as AWS's own."""
    said = (
        f'{{"eventType":"TEXT_DELIVERED","eventVersion":"1.0","eventTimestamp":{at + 200},"isFinal":true,'
        f'"originationPhoneNumber":"{ORIGIN}","destinationPhoneNumber":"{HANDSET(serial)}",'
        f'"isoCountryCode":"US","mcc":"310","mnc":"800","messageId":"{message_id}",'
        f'"messageRequestTimestamp":{at},"messageEncoding":"GSM","messageType":"TRANSACTIONAL",'
        '"messageStatus":"DELIVERED","messageStatusDescription":"Message has been accepted by phone",'
        f'"context":{{"order":"{serial}"}},"totalMessageParts":1,"totalMessagePrice":0.00581,'
        '"totalCarrierFee":0.003}'
    )
    return rows.Event(message_id, EventType.TEXT_DELIVERED, at + 200, is_final=True, body=said)


def _segment(serial: int, message_id: str, at: int) -> Entry:
    text = BODY.format(code=f"{serial:07d}")
    outcome = EventType.TEXT_DELIVERED
    return Entry(serial + 1, message_id, 1, 1, ORIGIN, HANDSET(serial), text, at, at + 200, outcome, None)


def _fill(directory: Path, new: Iterable[Struct]) -> None:
    asyncio.run(_insert(directory, iter(new)))


async def _insert(directory: Path, new: Iterator[Struct]) -> None:
    logging.getLogger("wireroom.store").setLevel(logging.ERROR)  # nobody waits while a batch keeps the loop
    engine = SqliteEngine.open(directory, MachineClock(), Counters())
    try:
        while some := list(itertools.islice(new, AT_ONCE)):
            await engine.run(_inserting(some), "fill")
    finally:
        await engine.close()


def _inserting(some: list[Struct]) -> Callable[..., None]:
    return lambda tx: tx.insert(*some)


async def _record(directory: Path, segments: Iterator[Entry]) -> None:
    ledger = Ledger(directory / FILE, MachineClock().now())
    try:
        while some := list(itertools.islice(segments, AT_ONCE)):
            await ledger.record(some)
    finally:
        await ledger.close()
