"""Composition: the only place that names engines, carriers and the bus.

`App` makes the parts and joins them; nothing below knows who its neighbours are. `start` takes up the line
and listens; `stop` ends what was begun, in the opposite order.
"""

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path

from wireroom.bus.embedded import EmbeddedBus
from wireroom.carriers.port import Carrier
from wireroom.carriers.simulator.ledger import FILE as LEDGER
from wireroom.carriers.simulator.ledger import Ledger
from wireroom.carriers.simulator.network import SimulatedNetwork
from wireroom.config import AuthMode, ConfigError, Settings, milliseconds
from wireroom.console.parts import Books
from wireroom.core import pricing
from wireroom.delivery.line import Line
from wireroom.delivery.retention import Retention
from wireroom.delivery.route import ROUTE
from wireroom.edge import data_dir
from wireroom.edge.asgi import make_door
from wireroom.edge.callers import NOBODY, Believed, Callers, Verified
from wireroom.edge.chain import Chain
from wireroom.edge.disk import Disk
from wireroom.edge.guards import is_loopback
from wireroom.edge.ids import Ids
from wireroom.edge.keys import Keyring, KeyStore
from wireroom.edge.seed import sow
from wireroom.edge.server import Door, HttpServer, Limits, bind
from wireroom.edge.sts import Sts
from wireroom.observe import BusinessClock, Counters, MachineClock, SystemClock
from wireroom.sending import spend, stories
from wireroom.store.engine import Engine, StoreError
from wireroom.store.lock import DataDirLock
from wireroom.store.moving import is_half_moved
from wireroom.store.sqlite import SqliteEngine
from wireroom.store.tx import HandOver

log = logging.getLogger(__name__)

KEY_SECONDS = 10.0
"""How long an access key that another process has deleted may still be believed here."""
IDLE_SECONDS = 75
"""How long an unused connection is kept: longer than SDKs keep theirs."""
SPARE_FILES = 256
"""Files that are no connection of a client's."""
GC_THRESHOLDS = (20_000, 20, 50)
"""The default's first (700) makes the collector run several times in each batch of sends."""
SWITCH_SECONDS = 0.001
"""A commit that is done has to wait for the busy loop so long, not 5 ms, before it can say so."""
GRACE_SECONDS = 5.0
"""How long requests may take to end when the server stops."""


class CannotListen(Exception):
    """The address cannot be had; the message is for the operator."""


class App:
    """One server: everything of it, joined, from the data directory to the socket."""

    def __init__(self, settings: Settings, clock: BusinessClock | None = None) -> None:
        """Open the data. Raises ConfigError, or StoreError (DataDirInUse, DataTooNew)."""
        _check(settings)
        self.settings = settings
        self.clock = clock or SystemClock()
        self.machine = MachineClock()
        self.counters = Counters()
        self.stopping = asyncio.Event()
        self._cleanup = contextlib.ExitStack()
        self.directory = self._data_dir()
        self.seal = data_dir.seal(self.directory, settings.secret_key)
        self.bus = EmbeddedBus()
        self.simulator = SimulatedNetwork(self.directory, settings, self.clock, self.machine)
        self._tls = _tls(settings)
        self.disk = Disk(self.directory, settings.disk)
        self._watching: list[asyncio.Task[None]] = []
        self.engine = self._open_data()
        data_dir.forget_served(self.directory)  # by one that was killed
        self.carriers = self._make_carriers()
        self.retention = Retention(self.engine, self.clock, settings, self.simulator.forget)
        self.line = Line(
            self.engine,
            self.bus,
            self.carriers,
            self.clock,
            self.machine,
            self.counters,
            stickiness=milliseconds(settings.retention.stickiness),
            retention=self.retention,
        )
        self.engine.on_commit(self.line.handed_over)
        self.engine.on_commit(self._announce)
        stories.forget()
        spend.forget()
        self.engine.on_commit(stories.note_kept)
        self.new_id = Ids(self.machine)
        self._keyring = keyring = Keyring(self.engine, self.seal, NOBODY)
        self.keys = KeyStore(self.engine, self.seal, self.clock, keyring.forget)
        self.callers: Callers = Believed()
        if settings.auth is AuthMode.KEYS:
            self.callers = Verified(keyring, self.machine, milliseconds(settings.clock_skew) // 1000)
        self.chain = Chain(
            engine=self.engine,
            settings=settings,
            callers=self.callers,
            clock=self.clock,
            machine=self.machine,
            new_id=self.new_id,
            page_key=self.seal.derive("page tokens"),
            backlog=lambda: self.line.backlog,
            disk_low=lambda: self.disk.low,
            counters=self.counters,
        )
        limits = Limits(milliseconds(settings.request_timeout) / 1000, IDLE_SECONDS, settings.max_connections)
        sts = Sts(self.callers, self.chain.new_request_id)
        door = make_door(self.chain, sts, settings, self._console)
        self._http = HttpServer(door, limits, self.machine, self._tls)
        self._console_door: Door | None = None
        self._started = False
        self.url = ""

    async def start(self) -> None:
        """Take up what was left, listen, and answer. Raises CannotListen, and ConfigError of a bad seed."""
        settings = self.settings
        try:
            sock = bind(settings.host, settings.port)
        except OSError as error:
            raise _cannot_listen(settings, error) from error
        with contextlib.ExitStack() as unless_listening:
            unless_listening.callback(sock.close)
            self._started = True
            if await is_half_moved(self.engine):
                raise StoreError("a move into these data was broken off: run wireroom migrate again")
            self._watching.append(asyncio.create_task(self.disk.watch(), name="disk"))
            if not self.engine.sole:
                self._watching.append(asyncio.create_task(self._forget_keys(), name="keys"))
            await self.line.start()
            if settings.seed is not None:
                await sow(self.chain, self.engine, Path(settings.seed))
            try:
                await self._http.start(sock)
            except OSError as error:
                raise _cannot_listen(settings, error) from error
            unless_listening.pop_all()
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.url = f"{'https' if self._tls else 'http'}://{host}:{sock.getsockname()[1]}"
        data_dir.note_served(self.directory, self.url, settings.tls_cert)

    async def stop(self) -> None:
        """No new work; what was begun ends; the data are closed. Harmless where `start` failed."""
        self.stopping.set()
        await self._http.stop(GRACE_SECONDS)
        for task in self._watching:
            task.cancel()
        if self._started:
            await self.line.stop()
        await self.engine.close()
        data_dir.forget_served(self.directory)
        self._cleanup.close()

    async def _forget_keys(self) -> None:
        """Another process may have deleted one."""
        while True:
            await asyncio.sleep(KEY_SECONDS)
            self._keyring.forget()

    def _open_data(self) -> Engine:
        if self.settings.database is None:
            return SqliteEngine.open(self.directory, self.machine, self.counters)
        lock = DataDirLock(self.directory)  # the simulator's ledger is in there
        self._cleanup.callback(lock.release)
        try:
            return _postgres(self.settings, self.counters)
        except BaseException:
            self._cleanup.close()
            raise

    def _make_carriers(self) -> dict[str, Carrier]:
        """Those of the settings, in their order, then the simulated network. Texts go to the first."""
        carriers: dict[str, Carrier] = {}
        if self.settings.carriers:  # else SMPP need not be loaded
            from wireroom.carriers.smpp.carrier import SmppCarrier

            for name, carrier in self.settings.carriers.items():
                carriers[name] = SmppCarrier(name, carrier, self.clock, self.machine, self.counters)
        carriers[self.simulator.name] = self.simulator
        return carriers

    def _data_dir(self) -> Path:
        if self.settings.data_dir is None:
            return Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="wireroom-")))
        return _made(Path(self.settings.data_dir))

    def _console(self) -> Door:
        """Made at the first request under /_wireroom/, for the web framework costs 80 ms."""
        if self._console_door is None:
            from wireroom.console.parts import Parts
            from wireroom.console.web import make_console

            self._console_door = make_console(
                Parts(
                    self.engine,
                    self.bus,
                    self.callers,
                    self.keys,
                    self.stopping,
                    self.disk,
                    Books(
                        self._make_carriers_forget,
                        self.simulator.erase,
                        self._make_carriers_forget_all,
                        partial(_empty_logs, self.engine, self.simulator),
                        sole=self.engine.sole,
                    ),
                    self.counters,
                    lambda: {name: carrier.binds() for name, carrier in self.carriers.items()},
                )
            )
        return self._console_door

    async def _make_carriers_forget(self, message_ids: Sequence[str]) -> None:
        await self.simulator.forget(message_ids)
        self.retention.recount()
        await self.line.recount()

    async def _make_carriers_forget_all(self) -> None:
        await self.simulator.clear()
        self.retention.recount()
        await self.line.recount()

    def _announce(self, items: Sequence[HandOver]) -> None:
        """The live feed hears of a text when it is accepted; of its moves, `delivery` tells it."""
        for handed in items:
            if handed.to == ROUTE:
                self.bus.publish("feed", handed.item.message)


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called with the URL once requests are answered.

    Raises ConfigError, StoreError, CannotListen.
    """
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(settings, ready))


async def _serve(settings: Settings, ready: Callable[[str], None]) -> None:
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(name, told_to_stop.set)
        except NotImplementedError:  # Windows
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(told_to_stop.set))
    _allow_files(settings.max_connections + SPARE_FILES)
    app = App(settings)
    try:
        await app.start()
        # What was made until now stays: a collection need not look at it, and texts in hand make few cycles.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        sys.setswitchinterval(SWITCH_SECONDS)
        ready(app.url)
        await told_to_stop.wait()
    finally:
        await app.stop()


def _postgres(settings: Settings, counters: Counters) -> Engine:
    """Loaded only where it is chosen: the driver costs 100 ms. Raises ConfigError, StoreError."""
    try:
        from wireroom.store.postgres import PostgresEngine
    except ImportError as error:
        raise ConfigError(
            "a PostgreSQL database needs what the extra brings: pip install 'wireroom[postgres]'"
        ) from error
    assert settings.database is not None
    return PostgresEngine.open(settings.database, settings.database_connections, counters)


@contextlib.asynccontextmanager
async def opened(directory: Path, settings: Settings | None = None) -> AsyncIterator[Engine]:
    """The data of a directory that nobody serves, or of the database that `settings` name, brought up to this
    release. Raises ConfigError, StoreError."""
    engine: Engine
    if settings is not None and settings.database is not None:
        engine = _postgres(settings, Counters())
    else:
        engine = SqliteEngine.open(directory, MachineClock(), Counters())
    try:
        yield engine
    finally:
        await engine.close()


@contextlib.asynccontextmanager
async def opened_with_books(directory: Path, settings: Settings) -> AsyncIterator[tuple[Engine, Books]]:
    """As `opened`, and what is kept beside the data. Raises ConfigError, StoreError."""
    async with opened(directory, settings) as engine:
        ledger = Ledger(directory / LEDGER, MachineClock().now())
        try:
            emptied = partial(_empty_logs, engine, ledger)
            yield engine, Books(ledger.forget, ledger.erase, ledger.clear, emptied, sole=engine.sole)
        finally:
            await ledger.close()


async def _empty_logs(engine: Engine, book: SimulatedNetwork | Ledger) -> bool:
    return await book.empty_log() and await engine.empty_log()


@contextlib.asynccontextmanager
async def opened_keys(settings: Settings) -> AsyncIterator[KeyStore]:
    """The access keys of a data directory that nobody serves. Raises ConfigError, StoreError."""
    assert settings.data_dir is not None
    directory = _made(Path(settings.data_dir))
    async with opened(directory, settings) as engine:
        yield KeyStore(engine, data_dir.seal(directory, settings.secret_key), SystemClock())


def _made(directory: Path) -> Path:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the data directory {directory} cannot be made: {error.strerror}") from error
    return directory


def _allow_files(wanted: int) -> None:
    """Raise the number of files that this process may open, as far as that needs no rights."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def new_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop that there is here."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def _check(settings: Settings) -> None:
    pricing.table_with(settings.prices)  # names a country or kind that there is not
    if settings.auth is AuthMode.OPEN and not is_loopback(settings.host) and not settings.insecure_open:
        raise ConfigError(
            f"host {settings.host} can be reached by others, and in open mode anybody who reaches it is "
            "believed: serve with --auth keys, or with --insecure-open if that is what you want"
        )
    if settings.carriers and settings.data_dir is None and settings.database is None:
        raise ConfigError("a real carrier needs data that outlive the server: serve with --data-dir")
    if settings.carriers and settings.auth is AuthMode.OPEN and not settings.insecure_open:
        raise ConfigError(
            "in open mode anybody on this machine can send texts over a real carrier, and they cost money: "
            "serve with --auth keys, or with --insecure-open if that is what you want"
        )


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"tls_cert and tls_key cannot be used: {error}") from error
    return context


def _cannot_listen(settings: Settings, error: OSError) -> CannotListen:
    where = f"{settings.host} port {settings.port}"
    if error.errno == errno.EADDRINUSE:
        return CannotListen(f"{where} is taken by another program: stop it, or give another --port (0: any)")
    return CannotListen(f"{where} cannot be listened on: {error.strerror or error}")
