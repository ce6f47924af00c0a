"""Access keys over HTTP, for `wireroom keys` and for admins: a secret is shown once, when its key is made."""

import re

from msgspec import Struct

from wireroom.console.messages import iso
from wireroom.console.parts import Parts, Problem
from wireroom.edge.callers import NOBODY
from wireroom.store.rows import AccessKey

_ACCOUNT = re.compile(r"[0-9]{12}")


class KeyView(Struct, frozen=True, rename="camel"):
    access_key_id: str
    account: str
    admin: bool
    created_at: str


class NewKeyView(KeyView, frozen=True, rename="camel"):
    secret_access_key: str


class KeysView(Struct, frozen=True):
    keys: list[KeyView]


class NewKeyRequest(Struct, frozen=True, forbid_unknown_fields=True):
    account: str = NOBODY
    admin: bool = False


def account_id(text: str) -> str:
    """Raises Problem."""
    if not _ACCOUNT.fullmatch(text):
        raise Problem(400, "An account is twelve digits.")
    return text


async def list_keys(parts: Parts) -> KeysView:
    return KeysView([_show(row) for row in await parts.keys.all()])


async def create_key(parts: Parts, wanted: NewKeyRequest) -> NewKeyView:
    account = account_id(wanted.account)
    made = await parts.keys.create(account, wanted.admin)
    row = made.row
    return NewKeyView(row.access_key_id, row.account_id, row.admin, iso(row.created_at), made.secret)


async def delete_key(parts: Parts, access_key_id: str) -> KeyView:
    """Its signatures are refused from now on. Raises Problem where there is none."""
    row = await parts.keys.delete(access_key_id)
    if row is None:
        raise Problem(404, "There is no access key of this id.")
    return _show(row)


def _show(row: AccessKey) -> KeyView:
    return KeyView(row.access_key_id, row.account_id, row.admin, iso(row.created_at))
