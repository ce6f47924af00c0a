"""Access keys: made here, kept sealed in the store, and opened once into memory.

A secret is sealed with AES-GCM under a key derived from the installation's secret (`WIREROOM_SECRET_KEY` or
`DIR/secret.key`), bound to its access key id. The operator's credential, with which commands talk to the
server of their data directory, is derived from the same secret and kept nowhere.
"""

import base64
import logging
import secrets
import string
from collections.abc import Callable

from msgspec import Struct

from wireroom.edge.data_dir import OPERATOR, Seal
from wireroom.observe import BusinessClock
from wireroom.store.engine import Engine
from wireroom.store.rows import AccessKey
from wireroom.store.tx import Tx
from wireroom.wire import sigv4

log = logging.getLogger(__name__)

MOST_LISTED = 10_000
_PURPOSE = "access keys"
_ALPHABET = string.ascii_uppercase + "234567"


class Holder(Struct, frozen=True):
    """Whose key it is, and what its signatures are made with."""

    access_key_id: str
    account_id: str
    admin: bool
    key: sigv4.Key


class NewKey(Struct, frozen=True):
    """A key with its secret, which is shown this once."""

    row: AccessKey
    secret: str


def close_secret(seal: Seal, access_key_id: str, secret: str) -> str:
    """Sealed, base64."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    sealed = AESGCM(seal.derive(_PURPOSE)).encrypt(nonce, secret.encode(), access_key_id.encode())
    return base64.b64encode(nonce + sealed).decode()


def open_secret(seal: Seal, access_key_id: str, sealed: str) -> str | None:
    """The secret, or None when it was sealed by another installation."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = base64.b64decode(sealed)
    try:
        opened = AESGCM(seal.derive(_PURPOSE)).decrypt(raw[:12], raw[12:], access_key_id.encode())
    except InvalidTag:
        return None
    return opened.decode()


class KeyStore:
    """The keys as the store has them. `changed` is called when one was deleted."""

    def __init__(
        self, engine: Engine, seal: Seal, clock: BusinessClock, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._engine = engine
        self._seal = seal
        self._clock = clock
        self._changed = changed

    async def create(self, account_id: str, admin: bool) -> NewKey:
        """A new key, durable when this comes back."""
        access_key_id = "WRKA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
        secret = secrets.token_urlsafe(30)
        sealed = close_secret(self._seal, access_key_id, secret)
        row = AccessKey(access_key_id, account_id, admin, sealed, self._clock.now())
        await self._engine.run(lambda tx: tx.insert(row), "create_key")
        return NewKey(row, secret)

    async def all(self) -> list[AccessKey]:
        """Every key of the installation."""
        return await self._engine.read(lambda tx: tx.page(AccessKey, {}, None, MOST_LISTED), "list_keys")

    async def delete(self, access_key_id: str) -> AccessKey | None:
        """The key that is no more, or None where there was none."""

        def work(tx: Tx) -> AccessKey | None:
            row = tx.get(AccessKey, access_key_id)
            if row is not None:
                tx.delete(row)
            return row

        row = await self._engine.run(work, "delete_key")
        self._changed()
        return row


class Keyring:
    """The keys that have been asked for, opened; `forget` when one was deleted."""

    def __init__(self, engine: Engine, seal: Seal, operator_account: str) -> None:
        self._engine = engine
        self._seal = seal
        self._operator = Holder(OPERATOR, operator_account, admin=True, key=sigv4.Key(seal.operator_secret()))
        self._known: dict[str, Holder] = {}
        self.forget()

    def known(self, access_key_id: str) -> Holder | None:
        """At once, or None when it has to be looked for."""
        return self._known.get(access_key_id)

    async def find(self, access_key_id: str) -> Holder | None:
        """From the store; None when there is no such key."""
        row: AccessKey | None = await self._engine.read(_get(access_key_id), "access_key")
        if row is None:
            return None
        secret = open_secret(self._seal, access_key_id, row.sealed_secret)
        if secret is None:
            log.error(
                "access key %s was made with another secret key: delete it, or bring back "
                "WIREROOM_SECRET_KEY or the data directory's secret.key",
                access_key_id,
            )
            return None
        holder = Holder(access_key_id, row.account_id, row.admin, sigv4.Key(secret))
        self._known[access_key_id] = holder
        return holder

    def forget(self) -> None:
        self._known = {OPERATOR: self._operator}


def _get(access_key_id: str) -> Callable[[Tx], AccessKey | None]:
    return lambda tx: tx.get(AccessKey, access_key_id)
