"""Dialogues written down by hand: what a peer sends, what a session writes and tells its owner.

The first line of a file says what it shows, the second who we are and with which limits. Then `>` is what the
peer sends and `<` what we write (command_id, sequence and status in hex, then the body; its length is added),
`raw` is octets as they are, `=` an event, `at` the time, `do` what the owner does.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, convert, structs

from tests.carriers.smpp.frames import frame
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp.events import Asked, Event, Unreadable
from wireroom.carriers.smpp.rules import Limits, Role
from wireroom.carriers.smpp.session import Session

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))
BINDS = {"transmitter": p.BindTransmitter, "receiver": p.BindReceiver, "transceiver": p.BindTransceiver}
HANDSET, SHOP = "447700900123", "SHOP"

Split = Callable[[bytes], Iterator[bytes]]


def together(octets: bytes) -> Iterator[bytes]:
    yield octets


def one_by_one(octets: bytes) -> Iterator[bytes]:
    for at in range(len(octets)):
        yield octets[at : at + 1]


def frame_of(line: str) -> bytes:
    command_id, sequence, status, *body = line.split(" ", 3)
    return frame(int(command_id, 16), "".join(body), int(sequence, 16), int(status, 16))


def frames_in(octets: bytes) -> list[bytes]:
    found = []
    while octets:
        length = int.from_bytes(octets[:4], "big")
        found.append(octets[:length])
        octets = octets[length:]
    return found


def shown(value: object) -> str:
    match value:
        case p.Pdu():
            return type(value).__name__
        case tuple():
            return f"[{' '.join(map(shown, value))}]"
        case str():
            return value.replace(" ", "-")
    return str(value)


def event_shown(event: Event) -> str:
    if isinstance(event, Unreadable):  # its words are for people
        return f"Unreadable {event.command_id} ..."
    return " ".join([type(event).__name__, *map(shown, structs.astuple(event))])


class Player:
    """Plays a dialogue; all that the peer says in a row comes in one read, cut up by `split`."""

    def __init__(self, first: str, split: Split) -> None:
        role, *limits = first.split()
        numbers = {name: int(number) for name, _, number in (each.partition("=") for each in limits)}
        self.now = 0
        self.session = Session(Role(role), 0, convert(numbers, Limits))
        self.split = split
        self.said = b""
        self.written: list[bytes] = []
        self.told: list[str] = []
        self.asked: list[p.Request] = []

    def play(self, line: str) -> None:
        mark, _, rest = line.partition(" ")
        if mark == ">":
            self.said += frame_of(rest)
            return
        if mark == "raw":
            self.said += bytes.fromhex(rest)
            return
        for piece in self.split(self.said):
            self.hear(self.session.receive(piece, self.now))
        self.said = b""
        match mark:
            case "at":
                self.now = int(rest)
            case "do":
                self.do(*rest.split())
            case "<":
                assert self.written, f"nothing written where {line} was expected"
                assert self.written.pop(0).hex(" ") == frame_of(rest).hex(" ")
            case "=":
                assert self.told, f"nothing told where {line} was expected"
                assert self.told.pop(0) == rest
            case _:
                raise AssertionError(f"what is {line!r}?")
        self.written += frames_in(self.session.take())

    def hear(self, events: list[Event]) -> None:
        self.told += map(event_shown, events)
        self.asked += [event.request for event in events if isinstance(event, Asked)]
        self.written += frames_in(self.session.take())

    def do(self, what: str, *given: str) -> None:
        session, now = self.session, self.now
        match what:
            case "bind":
                session.bind(BINDS[given[0]](0, "wireroom", "secret", "VMA"), now)
            case "admit":
                self.hear([session.admit(given[0])])
            case "refuse":
                session.refuse(int(given[0], 16))
            case "send":
                session.send([(tag, self.text(tag)) for tag in given], now)
            case "deliver":
                session.send([(tag, self.receipt(tag)) for tag in given], now)
            case "answer":
                request = self.asked.pop(0)
                assert request.response is not None
                assert session.answer(request, request.response(0, 0, *given))
            case "stop":
                self.hear(session.stop(now))
            case "tick":
                self.hear(session.tick(now))
            case _:
                raise AssertionError(f"do what? {what}")

    @staticmethod
    def text(words: str) -> p.SubmitSm:
        return p.SubmitSm(
            source_addr=SHOP,
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr=HANDSET,
            registered_delivery=1,
            short_message=words.encode(),
        )

    @staticmethod
    def receipt(words: str) -> p.DeliverSm:
        return p.DeliverSm(
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr=HANDSET,
            destination_addr=SHOP,
            esm_class=4,
            short_message=words.encode(),
        )


@pytest.mark.parametrize("split", [together, one_by_one])
@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_a_dialogue_goes_as_it_is_written_down(path: Path, split: Split) -> None:
    _, first, *lines = path.read_text("utf-8").splitlines()
    player = Player(first, split)
    for line in lines:
        if not line.startswith("#"):
            player.play(line)
    assert (player.said, player.written, player.told) == (b"", [], [])


class Heard(Struct):
    events: list[Event]
    written: bytes


def heard(pieces: list[bytes]) -> Heard:
    session = Session(Role.SMSC, 0)
    session.receive(frame(9, '"wireroom" 00 00 00 34 00 00 00'), 0)
    session.admit("SMSC")
    events = [event for piece in pieces for event in session.receive(piece, 0)]
    return Heard(events, session.take())


STREAM = b"".join(
    frame_of(line[2:])
    for path in DIALOGUES
    for line in path.read_text("utf-8").splitlines()
    if line.startswith(">") and "00000006" not in line
)


def test_a_stream_cut_at_any_one_place_is_heard_the_same() -> None:
    whole = heard([STREAM])
    assert len(whole.events) > 5
    for at in range(len(STREAM)):
        assert heard([STREAM[:at], STREAM[at:]]) == whole


@settings(max_examples=200)
@given(st.lists(st.integers(0, len(STREAM)), max_size=60))
def test_a_stream_cut_anywhere_is_heard_the_same(places: list[int]) -> None:
    cuts = [0, *sorted(places), len(STREAM)]
    assert heard([STREAM[a:b] for a, b in pairwise(cuts)]) == heard([STREAM])
