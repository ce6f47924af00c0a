"""Texts handed over and their receipts heard a second, over one bind, the SMSC in a process of its own.

The floor speaks to the same SMSC with `struct` and slices: PDUs written beforehand, no session, no meaning.
What is measured is the whole carrier as the line uses it: batches of 64 segments, two at a time.
"""

import asyncio
import gc
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any, cast

import uvloop

from benchmarks.report import Line
from benchmarks.smsc import HEADER
from wireroom.app import GC_THRESHOLDS
from wireroom.carrier_settings import CarrierSettings
from wireroom.carriers.port import Handed, Receipt, Segment
from wireroom.carriers.smpp import codec
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.carrier import SmppCarrier
from wireroom.observe import Counters, MachineClock, SystemClock

SECONDS = 3.0
BATCH, PASSES = 64, 2
"""As the line has them."""
TEXT = "Your code is 123456. It is valid for ten minutes. Thank you."


@contextmanager
def smsc() -> Any:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.smsc"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline().split()[-1])
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


async def carrier_rate(port: int, window: int) -> float:
    """Texts a second that were handed over and whose receipts were heard and acknowledged."""
    settings = CarrierSettings(
        hosts=(f"127.0.0.1:{port}",), system_id="bench", window=window, ids="plain", response="30s"
    )
    carrier = SmppCarrier("bench", settings, SystemClock(), MachineClock(), Counters())
    heard = handed = 0

    async def hear(receipts: Sequence[Receipt]) -> None:
        nonlocal heard
        heard += len(receipts)

    until = SystemClock().now() + 86_400_000

    async def keep_offering(end: float, name: int) -> None:
        nonlocal handed
        number = 0
        while time.monotonic() < end:
            number += BATCH
            batch = [
                Segment(
                    f"{name}-{number + each}",
                    *(1, 1, "WIREROOM", "+447700900123", "GB", TEXT, "GSM"),
                    receipt_wanted=True,
                    validity_until=until,
                    body=TEXT,
                )
                for each in range(BATCH)
            ]
            outcomes = await carrier.submit(batch)  # before `handed` is read
            handed += sum(isinstance(outcome, Handed) for outcome in outcomes)

    await carrier.start(hear)
    await keep_offering(time.monotonic() + 0.2, 0)
    heard = handed = 0
    began = time.monotonic()
    await asyncio.gather(*(keep_offering(began + SECONDS, name) for name in range(1, PASSES + 1)))
    spent = time.monotonic() - began
    await carrier.close()
    return min(heard, handed) / spent


class _Bare(asyncio.Protocol):
    """Keeps `window` texts in flight, and answers receipts."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.rest = b""
        self.sequence = 1
        self.receipts = 0
        self.text = codec.encode(
            p.SubmitSm(
                source_addr_ton=5,
                source_addr="WIREROOM",
                dest_addr_ton=1,
                dest_addr_npi=1,
                destination_addr="447700900123",
                validity_period="000001000000000R",
                registered_delivery=1,
                short_message=TEXT.encode(),
            ),
            0,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(codec.encode(p.BindTransceiver(1, "bench")))

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        at, free, out = 0, 0, []
        while len(data) - at >= 16:
            length, command, _, sequence = HEADER.unpack_from(data, at)
            if len(data) - at < length:
                break
            if command == 0x80000004:
                free += 1
            elif command == 5:
                self.receipts += 1
                out.append(HEADER.pack(17, 0x80000005, 0, sequence) + b"\0")
            elif command == 0x80000009:
                free = self.window
            at += length
        self.rest = data[at:]
        for _ in range(free):
            self.sequence += 1
            out += [self.text[:12], struct.pack("!I", self.sequence), self.text[16:]]
        self.transport.write(b"".join(out))


async def floor_rate(port: int, window: int) -> float:
    loop = asyncio.get_running_loop()
    transport, bare = await loop.create_connection(lambda: _Bare(window), "127.0.0.1", port)
    await asyncio.sleep(0.2)
    before, began = bare.receipts, time.monotonic()
    await asyncio.sleep(SECONDS)
    rate = (bare.receipts - before) / (time.monotonic() - began)
    transport.close()
    return rate


def measure(rounds: int) -> list[Line]:
    found: list[Line] = []
    gc.set_threshold(*GC_THRESHOLDS)
    with smsc() as port:
        for window in (10, 100):
            pairs = [
                (uvloop.run(carrier_rate(port, window)), uvloop.run(floor_rate(port, window)))
                for _ in range(rounds)
            ]
            found.append(
                Line(
                    f"texts and receipts a second over one bind, window {window}",
                    [ours for ours, _ in pairs],
                    floor=[bare for _, bare in pairs],
                    ratios=[ours / bare for ours, bare in pairs],
                )
            )
    return found
