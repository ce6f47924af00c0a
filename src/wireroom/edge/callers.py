"""Who calls. In `open` mode a request is believed; in `keys` mode its signature is verified (DESIGN §7).

Open: a 12-digit access key id is the account, any other (or none) is account 000000000000; the Region is the
credential scope's. Keys: the account is the key's, and an unknown key or a wrong signature is refused.
"""

import re
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from wireroom.edge.keys import Keyring
from wireroom.edge.request import Request
from wireroom.observe import MachineClock
from wireroom.ops._op import Caller
from wireroom.wire import sigv4
from wireroom.wire.framework import FrameworkError

NOBODY = "000000000000"
DEFAULT_REGION = "us-east-1"

_CLAIM = re.compile(rb"Credential=([^/,\s&%]+)/\d{8}/([a-z0-9-]{1,32})/")
_PRESIGNED_CLAIM = re.compile(
    rb"X-Amz-Credential=([^/&%]+)(?:/|%2[Ff])\d{8}(?:/|%2[Ff])([a-z0-9-]{1,32})(?:/|%2[Ff])"
)
_LONGEST = 2048
"""Bytes of a claim that are read, for what is read is remembered."""
_ACCOUNT = re.compile(r"[0-9]{12}")


class Visitor(Struct, frozen=True):
    """A caller as the console sees one. An admin sees all accounts."""

    caller: Caller
    admin: bool


class Callers(Protocol):
    """A way to tell who calls."""

    async def of(self, request: Request, service: str = sigv4.SERVICE) -> Caller:
        """`service`: whose signature it has to be. Raises FrameworkError when it cannot be believed."""
        ...

    async def visitor(self, request: Request) -> Visitor:
        """The same for what is under /_wireroom/."""
        ...


class Believed:
    """Open mode: the credential is what the caller says it is."""

    async def of(self, request: Request, service: str = sigv4.SERVICE) -> Caller:
        authorization = request.named.get(b"authorization")
        if authorization is not None:
            return _claimed(authorization.partition(b"Signature=")[0][:_LONGEST], _CLAIM)
        return _claimed(request.query.partition(b"X-Amz-Signature=")[0][:_LONGEST], _PRESIGNED_CLAIM)

    async def visitor(self, request: Request) -> Visitor:
        return Visitor(await self.of(request), admin=True)


class Verified:
    """Keys mode: the signature is computed again, with the secret of the key that it names."""

    def __init__(self, keyring: Keyring, machine: MachineClock, skew_seconds: int) -> None:
        self._keyring = keyring
        self._machine = machine
        self._skew_seconds = skew_seconds

    async def of(self, request: Request, service: str = sigv4.SERVICE) -> Caller:
        return (await self._proven(request, service)).caller

    async def visitor(self, request: Request) -> Visitor:
        return await self._proven(request, sigv4.SERVICE)

    async def _proven(self, request: Request, service: str) -> Visitor:
        # Where no header is repeated, and mostly none is, they need not be merged again.
        repeated = len(request.named) != len(request.headers)
        claimed = sigv4.credential(request.headers if repeated else request.named, request.query)
        holder = self._keyring.known(claimed.access_key_id) or await self._keyring.find(claimed.access_key_id)
        proven = sigv4.verify(
            claimed,
            request.method,
            request.path,
            request.query,
            request.body,
            None if holder is None else holder.key,
            self._machine.now() / 1000,
            service=service,
            skew_s=self._skew_seconds,
        )
        if holder is None:  # verify has raised; this is for the type checker and for the day it does not
            raise FrameworkError("UnrecognizedClientException")
        return Visitor(Caller(holder.account_id, proven.region, proven.access_key_id), holder.admin)


@lru_cache(maxsize=1024)
def _claimed(text: bytes, pattern: re.Pattern[bytes]) -> Caller:
    claim = pattern.search(text)
    if claim is None:
        return Caller(NOBODY, DEFAULT_REGION, "")
    access_key_id = claim[1].decode("latin-1")
    account_id = access_key_id if _ACCOUNT.fullmatch(access_key_id) else NOBODY
    return Caller(account_id, claim[2].decode(), access_key_id)
