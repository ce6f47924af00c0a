"""One AWS request, in order: target → operation · SigV4 · rate · decode · perform · encode.

`answer` is for requests from the network; `invoke` is for callers inside, who have no signature. Whatever
happens, both come back with an answer: an error is one of the seven that the service models, or one of AWS's
framework errors; anything else is a bug, logged under the request id and answered without a word about it.
The order of errors is that of live services (data-plane §10.2).
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from wireroom.api.enums import ValidationExceptionReason
from wireroom.api.operations import OPERATIONS, Operation
from wireroom.config import Settings
from wireroom.edge.callers import Callers
from wireroom.edge.rates import PartRates, Rates
from wireroom.edge.request import Request
from wireroom.errors import InternalServer, ServiceError, Throttling, Validation
from wireroom.observe import BusinessClock, Counters, MachineClock
from wireroom.ops._around import NoPlace, look, perform, settle_place
from wireroom.ops._op import WRITTEN, Call, Caller, Written
from wireroom.sending.accept import NewId
from wireroom.store.engine import Busy, Engine, StoreError
from wireroom.store.tx import Duplicate, Tx
from wireroom.wire import json10
from wireroom.wire.framework import FrameworkError

log = logging.getLogger(__name__)

ASK_SECONDS = 5.0
"""How long an operation may wait for an answer from outside, before its transaction."""

Answer = tuple[int, json10.Headers, bytes]
"""Status, headers and body."""


INVOCATION, ATTEMPT = b"amz-sdk-invocation-id", b"amz-sdk-request"


class Attempt(Struct, frozen=True, gc=False):
    """What an SDK says of its call: a name that all its retries carry, and `attempt=1; max=3` or the like."""

    invocation: bytes | None = None
    number: bytes = b""


UNNAMED = Attempt()


class Chain:
    """Everything between a request and an operation."""

    def __init__(
        self,
        *,
        engine: Engine,
        settings: Settings,
        callers: Callers,
        clock: BusinessClock,
        machine: MachineClock,
        new_id: NewId,
        page_key: bytes,
        backlog: Callable[[], int],
        disk_low: Callable[[], bool],
        counters: Counters,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._callers = callers
        self._clock = clock
        self._machine = machine
        self._new_id = new_id
        self._page_key = page_key
        self._backlog = backlog
        self._disk_low = disk_low
        self._counters = counters
        strict = settings.simulate.rates == "aws"
        self._rates = Rates(machine) if strict else None
        self._pace = PartRates(machine) if strict else None

    def new_request_id(self) -> str:
        """What `x-amzn-RequestId` says of one answer, and the log with it."""
        return self._new_id("request")

    async def answer(self, request: Request) -> Answer:
        """A request from the network, whose size and time the server has bounded already."""
        request_id = self.new_request_id()
        try:
            operation = _operation(request.named.get(b"x-amz-target"))
            caller = await self._callers.of(request)
        except FrameworkError as error:
            if error.detail is not None:
                log.debug("%s: %s", request_id, error.detail)
            return self._refuse(_sooner(request.body, error), request_id)
        except Exception as bug:  # noqa: BLE001 -- the last resort: no stack trace leaves the house
            return self._refuse(_failure(bug, request_id), request_id)
        attempt = Attempt(request.named.get(INVOCATION), request.named.get(ATTEMPT, b""))
        return await self.invoke(caller, operation, request.body, request_id, attempt)

    async def invoke(
        self,
        caller: Caller,
        operation: Operation,
        body: bytes,
        request_id: str | None = None,
        attempt: Attempt = UNNAMED,
    ) -> Answer:
        """A request of somebody who is known."""
        request_id = request_id or self.new_request_id()
        try:
            written = _written(operation)
            if self._rates is not None:
                self._rates.take(caller, operation.name)
            found = json10.decode(operation, body)
            retry_of = None
            if attempt.invocation is not None and written.sends:
                retry_of = _digest(caller, operation, attempt.invocation, body)
            first = retry_of is not None and attempt.number.partition(b";")[0] == b"attempt=1"
            result = await self._perform(written, caller, found, request_id, retry_of, first)
            encoded = json10.encode(result)
        except (ServiceError, FrameworkError) as error:
            return self._refuse(error, request_id)
        except Exception as bug:  # noqa: BLE001 -- the last resort: no stack trace leaves the house
            return self._refuse(_failure(bug, request_id), request_id)
        self._counters.add("api.answers")
        return 200, json10.answer_headers(request_id, len(encoded)), encoded

    async def _perform(
        self,
        written: Written,
        caller: Caller,
        found: Struct,
        request_id: str,
        retry_of: str | None,
        first_attempt: bool,
    ) -> Struct:
        facts: Any = None
        if written.ask is not None:
            async with asyncio.timeout(ASK_SECONDS):
                facts = await written.ask(caller, found)
        now, machine_now = self._clock.now(), self._machine.now()

        def call(tx: Tx, *, first_attempt: bool = False) -> Call:
            return Call(
                tx,
                caller,
                self._settings,
                now,
                machine_now,
                self._new_id,
                request_id,
                self._engine.owner,
                self._page_key,
                retry_of,
                first_attempt,
                self._backlog(),
                self._disk_low(),
                self._pace,
                None,
                facts,
            )

        name = written.model.name
        if written.model.reads:
            try:
                return await self._engine.read(lambda tx: look(written, call(tx), found), name)
            except NoPlace:
                await self._engine.run(lambda tx: settle_place(call(tx)), "settle_place")
                return await self._engine.read(lambda tx: look(written, call(tx), found), name)
        try:
            return await self._engine.run(
                lambda tx: perform(written, call(tx, first_attempt=first_attempt), found), name
            )
        except Duplicate:  # somebody else wrote the same first: now his row is there to be seen
            return await self._engine.run(lambda tx: perform(written, call(tx), found), name)

    def _refuse(self, error: ServiceError | FrameworkError, request_id: str) -> Answer:
        self._counters.add("api.errors")
        return json10.error_answer(error, request_id)


def _digest(caller: Caller, operation: Operation, invocation: bytes, body: bytes) -> str:
    """The same for all attempts of one SDK call, and for no other (DESIGN §4)."""
    of = "\0".join((caller.access_key_id, caller.account_id, caller.region, operation.name))
    return hashlib.blake2b(b"\0".join((of.encode(), invocation, body)), digest_size=16).hexdigest()


def _operation(target: bytes | None) -> Operation:
    name = None if target is None else json10.target(target)
    if name is None:
        raise FrameworkError("UnknownOperationException")
    return OPERATIONS[name]


def _written(operation: Operation) -> Written:
    written = WRITTEN.get(operation.name)
    if written is None:
        raise Validation(
            ValidationExceptionReason.UNKNOWN_OPERATION,
            f"Wireroom does not have {operation.name} yet. Its docs, in operations.md, list those it has.",
        )
    return written


def _sooner(body: bytes, error: FrameworkError) -> FrameworkError:
    """Broken JSON is said before anything about target and signature, as live services do."""
    try:
        msgspec.json.decode(body or b"{}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return FrameworkError("SerializationException")
    return error


def _failure(cause: Exception, request_id: str) -> InternalServer | Throttling:
    """The store cannot, somebody outside is silent, or a bug: SDKs try again, the log has the rest."""
    match cause:
        case Busy():
            log.warning("request %s: %s", request_id, cause)
            return Throttling("The store has more to do than it can. Try again later.")
        case StoreError() | TimeoutError():
            log.error("request %s: %s", request_id, cause)
        case _:
            log.error("request %s met a bug", request_id, exc_info=cause)
    return InternalServer(request_id)
