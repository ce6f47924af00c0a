"""What an operation is: a synchronous function of a call and a request, found by its name.

`CreatePool` is `def create_pool(call, req)` under `@operation` in one noun file. It touches nothing but the
call and its locals, so running it twice is harmless (an engine may do so).
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar, overload

from msgspec import Struct

from wireroom.api.operations import OPERATIONS as MODELLED
from wireroom.api.operations import Operation
from wireroom.config import Settings
from wireroom.sending.accept import NewId, Pace
from wireroom.store.tx import Read, Tx


class Caller(Struct, frozen=True):
    """Who calls, and where: rows are keyed by (account_id, region)."""

    account_id: str
    region: str
    access_key_id: str


class Call(Struct, frozen=True):
    """Everything that an operation may touch."""

    tx: Tx
    caller: Caller
    settings: Settings
    now: int
    """Business time, milliseconds."""
    machine_now: int
    """Machine time, milliseconds: for what a turned clock must not age, such as retry tokens."""
    new_id: NewId
    request_id: str
    owner: str
    """Whose leases the outbox rows of this call carry: this process."""
    page_key: bytes
    """The installation's secret that page tokens are signed with; the same after a restart."""
    retry_of: str | None = None
    """A digest that is the same for all attempts of one SDK call, and for no other call."""
    first_attempt: bool = False
    """The SDK says that it has not tried before, so there is no answer to look for."""
    backlog: int = 0
    """How many texts wait for a carrier now."""
    disk_low: bool = False
    """There is little room left: nothing new is taken."""
    pace: Pace | None = None
    """Counts parts a second, where AWS's limits of them are simulated."""
    revision: str | None = None
    """Of the caller's place, read in this transaction: what is remembered under it holds (docs/adr/0006)."""
    facts: Any = None
    """What `ask` found out before the transaction."""


Request = TypeVar("Request", bound=Struct)
Result = TypeVar("Result", bound=Struct)
Function = Callable[[Call, Request], Result]
Ask = Callable[[Caller, Any], Awaitable[Any]]
Foresee = Callable[[Call, Any], Iterable[Read]]


class Written(Struct, frozen=True):
    """A modelled operation that we have written."""

    model: Operation
    function: Callable[[Call, Any], Struct]
    ask: Ask | None
    tags: str | None
    """The result's member that holds the ARN which Tags on create belong to."""
    sends: bool
    """It makes a message and changes no resource; `sending.accept` knows an SDK's retries."""
    foresee: Foresee | None
    """What it will read, as far as the request tells."""


WRITTEN: dict[str, Written] = {}
_MODELLED_BY_FUNCTION = {model.function: model for model in MODELLED.values()}


@overload
def operation(function: Function[Request, Result], /) -> Function[Request, Result]: ...
@overload
def operation(
    *, ask: Ask | None = None, tags: str | None = None, sends: bool = False, foresee: Foresee | None = None
) -> Callable[[Function[Request, Result]], Function[Request, Result]]: ...
def operation(
    function: Any = None,
    /,
    *,
    ask: Ask | None = None,
    tags: str | None = None,
    sends: bool = False,
    foresee: Foresee | None = None,
) -> Any:
    """Enter a function in the table of operations under its modelled name."""

    def enter(function: Function[Request, Result]) -> Function[Request, Result]:
        model = _MODELLED_BY_FUNCTION[function.__name__]
        WRITTEN[model.name] = Written(model, function, ask, tags, sends, foresee)
        return function

    return enter if function is None else enter(function)
