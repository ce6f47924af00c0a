"""Bytes that are no request, or that lie about where one ends."""

from random import Random

from tests.hostile.requests import AWS_TYPE, Sent


def broken(rng: Random, whole: Sent) -> bytes:
    """`whole` with its framing broken in one way, or something that was never HTTP."""
    head, _, body = whole.data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    match rng.randrange(8):
        case 0:
            flipped = bytearray(whole.data)
            for _ in range(rng.randint(1, 6)):
                flipped[rng.randrange(min(len(flipped), 600))] = rng.choice(b"\0\r\n :;,\x80\xffaA0{")
            return bytes(flipped)
        case 1:
            return whole.data[: rng.randrange(len(whole.data) + 1)]
        case 2:
            lines.insert(rng.randrange(1, len(lines) + 1), rng.choice(_BAD_LINES))
            return b"\r\n".join(lines) + b"\r\n\r\n" + body
        case 3:
            return rng.choice(_LIES)
        case 4:
            return rng.choice(_CHUNKS)
        case 5:
            return rng.choice(_NO_HTTP)
        case 6:
            return whole.data.replace(
                b"\r\n", rng.choice((b"\n", b"\r", b"\r\r\n", b"\n\r")), rng.choice((1, 3, -1))
            )
        case _:
            lines[0] = rng.choice(_START_LINES)
            return b"\r\n".join(lines) + b"\r\n\r\n" + body


_BAD_LINES = (
    *(
        b" folded: onto the line before",
        b"\tfolded",
        b": no name",
        b"no colon",
        b"Name : blank before",
        b"N\xc3\xa9: x",
    ),
    *(
        b"X-A: a\0b",
        b"X-A: a\rb",
        b"X-A: a\x7fb",
        b"X-A: a\x08b",
        b"X A: b",
        b"X(A): b",
        b"\0: x",
        b"X-A\r\n\r\nGET / HTTP",
    ),
    *(
        b"Content-Length: -1",
        b"Content-Length: +2",
        b"Content-Length: 0x2",
        b"Content-Length: 2, 2",
        b"Content-Length: ",
    ),
    *(
        b"Content-Length: 99999999999999999999",
        b"Content-Length: 1e3",
        b"Content-Length: 2\xa0",
        b"Content-Length: 1048577",
    ),
    *(
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Content_Length: 2",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2",
    ),
    *(
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: chunked, gzip",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding:",
    ),
    *(
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding\x0b: chunked",
        b"X: " + b"a" * 70_000,
    ),
    b"\r\n".join(b"X-%d: y" % n for n in range(9000)),
)
_START_LINES = (
    *(
        b"",
        b"POST",
        b"POST /",
        b"POST  / HTTP/1.1",
        b"POST / HTTP/1.2",
        b"POST / HTTP/9.9",
        b"POST / http/1.1",
    ),
    *(
        b"POST / HTTP/1.1 x",
        b"post / HTTP/1.1",
        b"P\0ST / HTTP/1.1",
        b"NONSENSE / HTTP/1.1",
        b"POST /\xff HTTP/1.1",
    ),
    *(
        b"POST /\0 HTTP/1.1",
        b"POST http://[::1/ HTTP/1.1",
        b"POST http:///x HTTP/1.1",
        b"POST localhost HTTP/1.1",
    ),
    *(
        b"CONNECT localhost:80 HTTP/1.1",
        b"CONNECT / HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"TRACE / HTTP/1.1",
        b"PRI * HTTP/2.0",
    ),
    *(
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1",
        b"\xef\xbb\xbfPOST / HTTP/1.1",
        b"POST\t/\tHTTP/1.1",
        b"POST / ICE/1.0",
    ),
)
_HEAD = (
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: PinpointSMSVoiceV2.DescribePools\r\n"
    b"Content-Type: " + AWS_TYPE.encode() + b"\r\n"
)
_LIES = (
    *(
        _HEAD + b"Content-Length: 1\r\n\r\n{}",
        _HEAD + b"Content-Length: 3\r\n\r\n{}",
        _HEAD + b"Content-Length: 0\r\n\r\n{}",
    ),
    *(
        _HEAD + b"\r\n{}",
        _HEAD + b"Content-Length: 500\r\n\r\n{}",
        _HEAD + b"Content-Length: 2000000\r\n\r\n{}",
    ),
    _HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    _HEAD + b"Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n",
    _HEAD + b"Content-Length: 4\r\n\r\n{}\r\n" + _HEAD + b"Content-Length: 2\r\n\r\n{}",
)
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_CHUNKS = tuple(
    _CHUNKED + chunks
    for chunks in (
        *(
            b"2\r\n{}",
            b"2\r\n{}X\r\n0\r\n\r\n",
            b"g\r\n{}\r\n0\r\n\r\n",
            b"-2\r\n{}\r\n0\r\n\r\n",
            b"\r\n{}\r\n0\r\n\r\n",
        ),
        *(
            b"0x2\r\n{}\r\n0\r\n\r\n",
            b"2 \r\n{}\r\n0\r\n\r\n",
            b"2\n{}\n0\n\n",
            b"FFFFFFFFFFFFFFFF\r\n{}",
            b"1" * 40 + b"\r\n{}",
        ),
        *(
            b"2;" + b"a" * 70_000 + b"\r\n{}\r\n0\r\n\r\n",
            b'2;a="\0"\r\n{}\r\n0\r\n\r\n',
            b"2\r\n{}\r\n0\r\nbroken trailer\r\n\r\n",
        ),
        *(
            b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
            b"1\r\n{\r\n1\r\n}\r\n0",
            b"1\r\n \r\n" * 3000 + b"2\r\n{}\r\n0\r\n\r\n",
        ),
    )
)
_NO_HTTP = (
    *(
        b"\0" * 100,
        b"\r\n" * 100,
        b"\n",
        b" ",
        b"GET",
        b"EHLO example.com\r\n",
        b"\xff\xfe\x00\x00",
        b"{}" * 50,
    ),
    *(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200, b"SSH-2.0-OpenSSH_9\r\n", b"a" * 100_000),
    *(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"GET /\r\n\r\n",
    ),
)
