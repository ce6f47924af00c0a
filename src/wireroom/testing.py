"""A Wireroom of its own for a test: a real server, on a free port, in a thread.

with Server() as wireroom:
    sms = wireroom.client()
    sms.send_text_message(DestinationPhoneNumber="+14255550100", ...)
    wireroom.settled()
"""

import asyncio
import http.client
import json
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import msgspec

from wireroom.app import App, new_loop
from wireroom.config import Settings
from wireroom.observe import BusinessClock, ManualClock

T = TypeVar("T")

ACCOUNT = "123456789012"
REGION = "us-east-1"
LONGEST_WAIT = 30.0
"""Seconds after which something that should settle has failed."""


class CallFailed(Exception):
    """An answer under /_wireroom/ that is no success."""

    def __init__(self, status: int, answer: Any) -> None:
        super().__init__(f"{status}: {answer}")
        self.status = status
        self.answer = answer


class Server:
    """Runs from `with` to its end; the data go with it unless `settings` name a data_dir."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: BusinessClock | None = None,
        data_dir: str | None = None,
    ) -> None:
        settings = msgspec.structs.replace(settings or Settings(), port=0)
        if data_dir is not None:
            settings = msgspec.structs.replace(settings, data_dir=data_dir)
        self._settings = settings
        self._clock = clock
        self._loop = new_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wireroom", daemon=True)
        self.app: App

    @property
    def url(self) -> str:
        return self.app.url

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._do(self._start())
        except BaseException:
            self._end_loop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        try:
            self._do(self.app.stop())
        finally:
            self._end_loop()

    def client(self, account: str = ACCOUNT, region: str = REGION, **options: Any) -> Any:
        """A boto3 client of this server; `options` go to `boto3.client` (and win)."""
        import boto3
        from botocore.config import Config

        options = {
            "aws_access_key_id": account,
            "aws_secret_access_key": "any",
            "endpoint_url": self.url,
            "region_name": region,
            "config": Config(proxies={}),  # no proxy stands before loopback
            **options,
        }
        return boto3.session.Session().client("pinpoint-sms-voice-v2", **options)

    def call(
        self, path: str, method: str = "GET", body: object = None, headers: dict[str, str] | None = None
    ) -> Any:
        """JSON from under /_wireroom, e.g. `call("/messages?status=SENT")`. Raises CallFailed."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=LONGEST_WAIT * 2)
        sent = None if body is None else json.dumps(body)
        try:
            connection.request(
                method, f"/_wireroom{path}", sent, {"Content-Type": "application/json", **(headers or {})}
            )
            answer = connection.getresponse()
            found = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status >= 300:
            raise CallFailed(answer.status, found)
        return found

    def turn(self, seconds: float) -> None:
        """Turn the manual clock forwards, and let what is due then happen."""
        clock = self._clock
        assert isinstance(clock, ManualClock), "turn() needs Server(clock=ManualClock(...))"

        async def turn() -> None:
            clock.turn(round(seconds * 1000))

        self._do(turn())

    def settled(self) -> None:
        """Come back when the line has nothing left to do at this time of its clock."""
        self._do(self.app.line.idle())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something on the server's own loop."""
        return self._do(coroutine)

    async def _start(self) -> None:
        self.app = App(self._settings, self._clock)
        try:
            await self.app.start()
        except BaseException:
            await self.app.stop()
            raise

    def _do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(LONGEST_WAIT)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
