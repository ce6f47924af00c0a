"""One bind kept up, on a time of its own: duties 2 to 5, 13, 14 and 30 of carrier-side §2."""

import asyncio
import hashlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.carriers.smpp.smsc import LONGEST_WAIT, ManualTiming, Smsc, until
from tests.carriers.smpp.test_session import TEXT
from wireroom.carrier_settings import CarrierSettings
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.client import Bind, Standing
from wireroom.carriers.smpp.events import Answered, Ended, Event, Mode, PeerUnbinds, Reason
from wireroom.carriers.smpp.pace import Bucket, Patience, Reconnects, Turns
from wireroom.carriers.smpp.rules import Limits
from wireroom.carriers.smpp.ways import BadFile, Way, over_socket, ways_of

LIMITS = Limits(enquire_link=30_000, enquire_answer=10_000)


class Owner:
    """Notes what happens."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def happened(self, bind: Bind, events: Sequence[Event]) -> None:
        self.events += events

    @property
    def ends(self) -> list[Reason]:
        return [event.reason for event in self.events if isinstance(event, Ended)]


class Stage:
    def __init__(self, *ways: Way, limits: Limits = LIMITS, request: p.Bind | None = None) -> None:
        self.smsc = Smsc()
        self.timing = ManualTiming()
        self.owner = Owner()
        self.chances = [1.0]
        """The last one stays."""
        self.reconnects = Reconnects(1_000, 60_000, 60_000, self._chance)
        self.bind = Bind(
            "east 1",
            list(ways) or [self.smsc.way()],
            request or p.BindTransceiver(system_id="wireroom", password="secret"),
            limits,
            self.owner,
            self.timing,
            self.reconnects,
            stable=30_000,
        )

    def _chance(self) -> float:
        return self.chances.pop(0) if len(self.chances) > 1 else self.chances[0]

    async def is_(self, standing: Standing) -> None:
        await until(lambda: self.bind.standing is standing)

    async def start(self) -> None:
        self.bind.start()
        self.timing.turn(0)
        await self.is_(Standing.BOUND)

    async def close(self) -> None:
        closing = asyncio.create_task(self.bind.close())
        while not closing.done():
            self.timing.turn(100)
            await asyncio.wait([closing], timeout=0.002)
        await closing
        await self.smsc.close()


def play(story: Callable[[Stage], Awaitable[None]], stage: Callable[[], Stage] = Stage) -> None:
    async def run() -> None:
        there = stage()
        async with asyncio.timeout(2 * LONGEST_WAIT):
            try:
                await story(there)
            finally:
                await there.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("request_", "mode"),
    [
        (p.BindTransmitter(), Mode.TRANSMITTER),
        (p.BindReceiver(), Mode.RECEIVER),
        (p.BindTransceiver(), Mode.TRANSCEIVER),
    ],
)
def test_duty_2_every_kind_of_bind_says_which_version_it_speaks(request_: p.Bind, mode: Mode) -> None:
    async def story(stage: Stage) -> None:
        await stage.start()
        assert stage.smsc.bound[0].session.mode is mode
        assert stage.smsc.binds[0].interface_version == 0x34
        assert stage.bind.room == (0 if mode is Mode.RECEIVER else 10)

    play(story, lambda: Stage(request=request_))


def test_duty_3_a_bind_without_an_answer_is_given_up_and_tried_again() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.silent = True
        stage.bind.start()
        stage.timing.turn(0)
        await until(lambda: stage.smsc.links and stage.smsc.links[0].reads)
        stage.timing.turn(10_000)
        assert stage.owner.ends == [Reason.TOO_LATE]
        assert stage.bind.standing is Standing.WAITING
        stage.smsc.silent = False
        stage.timing.turn(1_000)
        await stage.is_(Standing.BOUND)

    play(story)


@pytest.mark.parametrize("status", [st.RBINDFAIL, st.RINVPASWD, st.RINVSYSID, st.RINVSYSTYP])
def test_duty_3_a_refused_bind_is_tried_again_slowly_and_is_an_alarm(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.bind_statuses.append(status)
        stage.bind.start()
        stage.timing.turn(0)
        await stage.is_(Standing.REFUSED)
        assert stage.timing.next == 75_000  # a minute, a quarter more or less
        stage.timing.turn(75_000)
        await stage.is_(Standing.BOUND)

    play(story)
    (alarm,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert f"0x{status:02X}" in alarm.getMessage()
    assert "secret" not in caplog.text


def test_a_bind_refused_for_a_while_is_tried_again_soon() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.bind_statuses.append(st.RALYBND)
        stage.bind.start()
        stage.timing.turn(0)
        await stage.is_(Standing.WAITING)
        stage.timing.turn(1_000)
        await stage.is_(Standing.BOUND)

    play(story)


def test_duty_4_a_peer_that_does_not_answer_enquire_link_is_left() -> None:
    async def story(stage: Stage) -> None:
        await stage.start()
        stage.smsc.silent = True
        stage.timing.turn(30_000)
        assert stage.owner.ends == []
        stage.timing.turn(9_999)
        assert stage.owner.ends == []
        stage.timing.turn(1)
        assert stage.owner.ends == [Reason.SILENT]
        await until(lambda: stage.smsc.links[0].gone)

    play(story)


def test_duty_4_a_peer_that_answers_enquire_link_is_kept() -> None:
    async def story(stage: Stage) -> None:
        await stage.start()
        for count in (2, 3, 4):
            stage.timing.turn(30_000)
            await until(lambda count=count: len(stage.smsc.links[0].reads) == count)  # type: ignore[misc]
            link = stage.bind._link
            assert link is not None
            await until(lambda link=link: link.session._enquired is None)  # type: ignore[misc]
        assert stage.bind.standing is Standing.BOUND

    play(story)


def test_duty_5_a_link_without_any_pdu_is_unbound() -> None:
    async def story(stage: Stage) -> None:
        await stage.start()
        stage.timing.turn(60_000)
        stage.timing.turn(0)
        await until(lambda: stage.owner.ends == [Reason.INACTIVE])

    play(story, lambda: Stage(limits=Limits(enquire_link=0, inactivity=60_000)))


def test_duty_13_pauses_double_with_full_jitter_up_to_a_minute_and_begin_anew_once_stable() -> None:
    async def story(stage: Stage) -> None:
        await stage.start()
        pauses = []
        for _ in range(8):
            stage.smsc.bound[0].cut()
            await stage.is_(Standing.WAITING)
            assert stage.timing.next is not None
            pauses.append(stage.timing.next)
            stage.timing.turn(stage.timing.next)
            await stage.is_(Standing.BOUND)
        assert pauses == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
        stage.timing.turn(29_000)
        await until(lambda: len(stage.smsc.bound) == 1)
        stage.timing.turn(1_000)
        stage.chances[:] = [0.25]
        stage.smsc.bound[0].cut()
        await stage.is_(Standing.WAITING)
        assert stage.timing.next == 250

    play(story, lambda: Stage(limits=Limits(enquire_link=0)))


def test_duty_14_the_peers_unbind_is_answered_and_the_bind_comes_back() -> None:
    async def story(stage: Stage) -> None:
        await stage.start()
        stage.bind.send([("a", TEXT)])
        await stage.smsc.has_taken(1)
        stage.smsc.bound[0].stop()
        await until(lambda: PeerUnbinds() in stage.owner.events)
        stage.timing.turn(0)
        await until(lambda: stage.smsc.links[0].gone)
        assert stage.owner.ends == [Reason.PEER_UNBOUND]
        stage.timing.turn(1_000)
        await stage.is_(Standing.BOUND)

    play(story)


def test_closing_while_it_connects_or_waits_ends_at_once() -> None:
    async def story(stage: Stage) -> None:
        stage.bind.start()
        stage.timing.turn(0)
        standings = [stage.bind.standing]
        await stage.close()
        standings.append(stage.bind.standing)
        stage.timing.turn(100_000)
        standings.append(stage.bind.standing)
        assert standings == [Standing.CONNECTING, Standing.CLOSED, Standing.CLOSED]

    play(story)


def test_duty_30_the_next_host_is_tried_when_one_fails_and_the_first_again_after_a_good_time() -> None:
    async def story(stage: Stage) -> None:
        for refused in (True, False):
            stage.smsc.bind_statuses.extend([st.RINVPASWD] if refused else [])
        stage.bind.start()
        stage.timing.turn(0)
        await stage.is_(Standing.REFUSED)
        stage.timing.turn(1_000)  # not a minute: there is another host
        await stage.is_(Standing.BOUND)
        assert stage.bind._which == 1
        stage.timing.turn(30_000)
        await until(lambda: len(stage.smsc.bound) == 1)
        stage.smsc.bound[0].cut()
        await stage.is_(Standing.WAITING)
        assert stage.bind._which == 0

    def stage() -> Stage:
        smsc = Smsc()
        there = Stage(smsc.way(), smsc.way(), limits=Limits(enquire_link=0))
        there.smsc = smsc
        return there

    play(story, stage)


def test_a_host_that_cannot_be_reached_is_tried_again() -> None:
    async def story(stage: Stage) -> None:
        stage.bind.start()
        stage.timing.turn(0)
        await stage.is_(Standing.WAITING)
        assert stage.timing.next == 1_000

    def nobody() -> socket.socket:
        raise ConnectionRefusedError("nobody is there")

    play(story, lambda: Stage(over_socket("nowhere", nobody)))


def test_all_answers_to_one_read_are_one_write() -> None:
    async def story(stage: Stage) -> None:
        await stage.start()
        (link,) = stage.smsc.bound
        reads = len(link.reads)
        link.transport.write(
            b"".join(bytes.fromhex("00000010 00000015 00000000") + bytes((0, 0, 1, n)) for n in range(100))
        )
        await until(lambda: len(link.reads) > reads)
        assert link.reads[reads:] == [1_600]

    play(story)


def test_while_the_peer_does_not_read_we_neither_send_nor_read() -> None:
    async def story(stage: Stage) -> None:
        await stage.start()
        (theirs,) = stage.smsc.bound
        theirs.transport.pause_reading()
        link = stage.bind._link
        assert link is not None
        text = p.SubmitSm(short_message=b"x" * 254)
        count = 0
        while stage.bind.room:
            count += stage.bind.send([(count, text)])
        assert count < 100_000
        assert link._full
        assert not link.transport.is_reading()
        theirs.transport.resume_reading()
        await until(lambda: len(stage.smsc.taken) == count)
        await until(lambda: stage.bind.waiting == 0)
        assert link.transport.is_reading()

    play(story, lambda: Stage(limits=Limits(window=100_000, enquire_link=0)))


# TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> "Certificates":
    return Certificates(tmp_path_factory.mktemp("tls"))


class Certificates:
    """A server's and a client's, both signed by themselves."""

    def __init__(self, directory: Path) -> None:
        self.server = make_certificate(directory, "smsc.test")
        self.client = make_certificate(directory, "wireroom.test")

    def context(self, *, ask: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server)
        if ask:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.client[0])
        return context

    @property
    def pin(self) -> str:
        der = ssl.PEM_cert_to_DER_cert(Path(self.server[0]).read_text())
        return hashlib.sha256(der).hexdigest()


def make_certificate(directory: Path, name: str) -> tuple[str, str]:
    """Signed by itself: the files of the certificate and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = directory / f"{name}.pem", directory / f"{name}.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(certificate_file), str(key_file)


def tls(certificates: Certificates, standing: Standing, *, ask: bool = False, **settings: str) -> list[str]:
    """Bind over TLS; answers the SNI names that the SMSC was called by."""
    names: list[str] = []

    async def run() -> None:
        smsc = Smsc()
        context = certificates.context(ask=ask)
        context.sni_callback = lambda _, name, __: names.append(name)
        port = await smsc.listen(context)
        carrier = CarrierSettings(hosts=(f"127.0.0.1:{port}",), system_id="x", tls=True, **settings)  # type: ignore[arg-type]
        stage = Stage(*ways_of(carrier))
        stage.smsc = smsc
        stage.bind.start()
        stage.timing.turn(0)
        try:
            await stage.is_(standing)
            if standing is Standing.BOUND:
                stage.bind.send([("a", TEXT)])
                await until(lambda: any(isinstance(event, Answered) for event in stage.owner.events))
            else:
                assert smsc.binds == []  # nobody was told the password
        finally:
            await stage.close()

    asyncio.run(run())
    return names


def test_duty_30_a_certificate_of_a_known_authority_is_spoken_to_by_its_name(
    certificates: Certificates,
) -> None:
    names = tls(certificates, Standing.BOUND, ca=certificates.server[0], server_name="smsc.test")
    assert names == ["smsc.test"]


def test_duty_30_an_unknown_certificate_is_refused(certificates: Certificates) -> None:
    tls(certificates, Standing.REFUSED, server_name="smsc.test")


def test_duty_30_a_certificate_for_another_name_is_refused(certificates: Certificates) -> None:
    tls(certificates, Standing.REFUSED, ca=certificates.server[0], server_name="other.test")


def test_duty_30_a_pinned_certificate_needs_no_authority(certificates: Certificates) -> None:
    pin = ":".join(certificates.pin[at : at + 2].upper() for at in range(0, 64, 2))
    tls(certificates, Standing.BOUND, pin=pin)


def test_duty_30_another_certificate_than_the_pinned_one_is_refused(certificates: Certificates) -> None:
    tls(certificates, Standing.REFUSED, pin="0" * 64)
    both: dict[str, Any] = {"ca": certificates.server[0], "server_name": "smsc.test"}
    tls(certificates, Standing.REFUSED, pin="0" * 64, **both)


def test_duty_30_we_show_our_own_certificate_where_it_is_asked_for(certificates: Certificates) -> None:
    certificate, key = certificates.client
    tls(certificates, Standing.BOUND, ask=True, pin=certificates.pin, cert=certificate, key=key)


def test_a_certificate_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be used"):
        ways_of(CarrierSettings(hosts=("a:1",), system_id="x", tls=True, ca=str(tmp_path / "none.pem")))


def test_duty_30_it_speaks_from_the_address_that_it_is_told() -> None:
    async def run() -> None:
        smsc = Smsc()
        port = await smsc.listen()
        carrier = CarrierSettings(hosts=(f"127.0.0.1:{port}",), system_id="x", source="127.0.0.2")
        stage = Stage(*ways_of(carrier))
        stage.smsc = smsc
        try:
            await stage.start()
            (link,) = smsc.bound
            assert link.transport.get_extra_info("peername")[0] == "127.0.0.2"
            ours = stage.bind._link
            assert ours is not None
            sock = ours.transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        finally:
            await stage.close()

    asyncio.run(run())


# Pace


def test_a_bucket_gives_its_rate_and_a_tenth_of_a_second_at_once() -> None:
    bucket = Bucket(50, 0)
    assert bucket.take(100, 0) == 5
    assert bucket.take(100, 10) == 0
    assert bucket.next(10) == 20
    assert sum(bucket.take(100, now) for now in range(20, 1_001, 20)) == 50
    assert Bucket(0, 0).take(1_000, 0) == 1_000


def test_a_slow_bucket_gives_one_at_a_time() -> None:
    bucket = Bucket(0.5, 0)
    assert bucket.take(3, 0) == 1
    assert bucket.next(0) == 2_000
    assert [bucket.take(3, now) for now in (1_999, 2_000)] == [0, 1]


def test_the_same_trouble_is_one_trouble() -> None:
    patience = Patience(1_000, 4_000)
    assert [patience.trouble(now) for now in (0, 0, 400)] == [1_000, 1_000, 1_000]
    assert [patience.trouble(now) for now in (1_000, 3_000, 7_000)] == [2_000, 4_000, 4_000]
    patience.fine()
    assert patience.trouble(7_001) == 1_000


def test_binds_begin_one_after_the_other() -> None:
    turns = Turns(200)
    assert [turns.at(1_000), turns.at(1_000), turns.at(1_000), turns.at(5_000)] == [
        1_000,
        1_200,
        1_400,
        5_000,
    ]
