"""The kinds of fields that PDUs are made of, each with its length and the status that complains of it.

A kind reads its value from a frame at a place, and writes it. Over-long values are read and written as they
are: `pdu.overlong` names them for who wants to refuse them. Knows no PDU.
"""

from struct import Struct as Layout
from typing import Any, Protocol

from msgspec import Struct

from wireroom.carriers.smpp import status


class Truncated(Exception):
    """The frame ends before the field does; `status` is what to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Field(Protocol):
    """One kind of field. `bad` is the command_status for a value that cannot be taken."""

    @property
    def bad(self) -> int: ...

    def read(self, frame: bytes, at: int) -> tuple[Any, int]:
        """The value at `at` and where the next field begins. Raises Truncated."""
        ...

    def write(self, value: Any) -> bytes:
        """Raises ValueError for what would break the frame."""
        ...

    def fits(self, value: Any) -> bool: ...


class CString(Struct, frozen=True, gc=False):
    """A C-octet string: Latin-1 up to its NUL, which may miss at the frame's end; `longest` counts it."""

    longest: int
    bad: int = status.RINVCMDLEN

    def read(self, frame: bytes, at: int) -> tuple[str, int]:
        end = frame.find(0, at)
        if end >= 0:
            return frame[at:end].decode("latin-1"), end + 1
        if at >= len(frame):
            raise Truncated(status.RINVCMDLEN)
        return frame[at:].decode("latin-1"), len(frame)

    def write(self, value: str) -> bytes:
        if "\0" in value:
            raise ValueError("a C-octet string holds no NUL")
        return value.encode("latin-1") + b"\0"

    def fits(self, value: str) -> bool:
        return len(value) < self.longest


class Byte(Struct, frozen=True, gc=False):
    """One octet."""

    bad: int = status.RINVCMDLEN

    def read(self, frame: bytes, at: int) -> tuple[int, int]:
        if at >= len(frame):
            raise Truncated(status.RINVCMDLEN)
        return frame[at], at + 1

    def write(self, value: int) -> bytes:
        return bytes((value,))

    def fits(self, value: int) -> bool:
        return 0 <= value <= 0xFF


class Counted(Struct, frozen=True, gc=False):
    """sm_length and short_message: octets behind their number."""

    longest: int = 254
    bad: int = status.RINVMSGLEN

    def read(self, frame: bytes, at: int) -> tuple[bytes, int]:
        if at >= len(frame):
            raise Truncated(status.RINVCMDLEN)
        end = at + 1 + frame[at]
        if end > len(frame):
            raise Truncated(status.RINVMSGLEN)
        return frame[at + 1 : end], end

    def write(self, value: bytes) -> bytes:
        return bytes((len(value),)) + value

    def fits(self, value: bytes) -> bool:
        return len(value) <= self.longest


class Address(Struct, frozen=True, gc=False):
    """A handset that a submit_multi is for (dest_flag 1)."""

    ton: int
    npi: int
    text: str


class ListName(Struct, frozen=True, gc=False):
    """A distribution list of the carrier's (dest_flag 2)."""

    text: str


Destination = Address | ListName

_ADDRESS, _LIST_NAME = CString(21), CString(21)


class Destinations(Struct, frozen=True, gc=False):
    """number_of_dests and dest_address(es) of submit_multi."""

    bad: int = status.RINVNUMDESTS

    def read(self, frame: bytes, at: int) -> tuple[tuple[Destination, ...], int]:
        if at >= len(frame):
            raise Truncated(status.RINVCMDLEN)
        found: list[Destination] = []
        count, at = frame[at], at + 1
        for _ in range(count):
            if at + 1 > len(frame):
                raise Truncated(status.RINVNUMDESTS)
            match frame[at]:
                case 1:
                    if at + 3 > len(frame):
                        raise Truncated(status.RINVNUMDESTS)
                    ton, npi = frame[at + 1], frame[at + 2]
                    text, at = _ADDRESS.read(frame, at + 3)
                    found.append(Address(ton, npi, text))
                case 2:
                    text, at = _LIST_NAME.read(frame, at + 1)
                    found.append(ListName(text))
                case _:
                    raise Truncated(status.RINVDESTFLAG)
        return tuple(found), at

    def write(self, value: tuple[Destination, ...]) -> bytes:
        return bytes((len(value),)) + b"".join(map(_destination, value))

    def fits(self, value: tuple[Destination, ...]) -> bool:
        return 1 <= len(value) <= 254 and all(_ADDRESS.fits(each.text) for each in value)


def _destination(each: Destination) -> bytes:
    match each:
        case Address(ton, npi, text):
            return bytes((1, ton, npi)) + _ADDRESS.write(text)
        case ListName(text):
            return b"\x02" + _LIST_NAME.write(text)


class Unsuccessful(Struct, frozen=True, gc=False):
    """A handset that a submit_multi did not reach, and why (command_status)."""

    ton: int
    npi: int
    text: str
    status: int


_STATUS = Layout("!I")


class Unsuccessfuls(Struct, frozen=True, gc=False):
    """no_unsuccess and unsuccess_sme(s) of submit_multi_resp."""

    bad: int = status.RINVNUMDESTS

    def read(self, frame: bytes, at: int) -> tuple[tuple[Unsuccessful, ...], int]:
        if at >= len(frame):
            raise Truncated(status.RINVCMDLEN)
        found: list[Unsuccessful] = []
        count, at = frame[at], at + 1
        for _ in range(count):
            if at + 3 > len(frame):
                raise Truncated(status.RINVNUMDESTS)
            ton, npi = frame[at], frame[at + 1]
            text, at = _ADDRESS.read(frame, at + 2)
            if at + 4 > len(frame):
                raise Truncated(status.RINVNUMDESTS)
            found.append(Unsuccessful(ton, npi, text, *_STATUS.unpack_from(frame, at)))
            at += 4
        return tuple(found), at

    def write(self, value: tuple[Unsuccessful, ...]) -> bytes:
        each = [
            bytes((bad.ton, bad.npi)) + _ADDRESS.write(bad.text) + bad.status.to_bytes(4, "big")
            for bad in value
        ]
        return bytes((len(value),)) + b"".join(each)

    def fits(self, value: tuple[Unsuccessful, ...]) -> bool:
        return len(value) <= 0xFF and all(_ADDRESS.fits(each.text) for each in value)
