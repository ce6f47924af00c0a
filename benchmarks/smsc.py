"""The barest SMSC: takes every text, names it, and gives its receipt. `python -m benchmarks.smsc` serves it.

Its answers are slices and `struct`: it must not be what is measured.
"""

import asyncio
import itertools
import struct
import sys
from typing import cast

import uvloop

HEADER = struct.Struct("!4I")
_serial = itertools.count(1 << 40)
_RECEIPT = (
    b"\0\1\1447700900123\0\5\0WIREROOM\0\4\0\0\0\0\0\0\0\0",
    b"id:%x sub:001 dlvrd:001 submit date:2611230930 done date:2611230931 stat:DELIVRD err:000 text:",
)


class Smsc(asyncio.Protocol):
    def __init__(self) -> None:
        self.rest = b""
        self.sequence = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        at, out = 0, []
        while len(data) - at >= 16:
            length, command, _, sequence = HEADER.unpack_from(data, at)
            if len(data) - at < length:
                break
            at += length
            if command == 4:
                serial = next(_serial)
                name = b"%x\0" % serial
                out += [HEADER.pack(16 + len(name), 0x80000004, 0, sequence), name]
                out += self._receipt(serial)
            elif command < 0x80000000:  # a bind, enquire_link, unbind
                body = b"SMSC\0\x02\x10\0\1\x34" if command in (1, 2, 9) else b""
                out += [HEADER.pack(16 + len(body), command | 0x80000000, 0, sequence), body]
        self.rest = data[at:]
        self.transport.write(b"".join(out))

    def _receipt(self, serial: int) -> list[bytes]:
        self.sequence += 1
        head, text = _RECEIPT
        text %= serial
        return [
            HEADER.pack(16 + len(head) + 1 + len(text), 5, 0, self.sequence),
            *(head, bytes((len(text),)), text),
        ]


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Smsc, "127.0.0.1", 0)
    sys.stdout.write(f"smsc ready on {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
