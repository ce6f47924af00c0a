"""Forget an account, or all of them: everything but access keys.

An account's corner of a Region, with its list `Default`, is made again when it is next seen. Texts go a few
hundred at a time, so that other accounts can go on sending meanwhile.
"""

from functools import partial

from wireroom.console.parts import Parts
from wireroom.store.rows import Place
from wireroom.store.tx import Tx

AT_ONCE = 200
MOST_PLACES = 1_000
"""Regions that an account was seen in."""


async def reset(parts: Parts, account_id: str | None) -> list[str]:
    """Reset one account, or (None) all that were ever seen; answers which."""
    if account_id is not None:
        await _reset_account(parts, account_id)
        return [account_id]
    accounts: list[str] = await parts.engine.read(lambda tx: tx.all("accounts_seen"), "reset")
    for each in accounts:
        await _reset_account(parts, each)
    await parts.engine.run(lambda tx: tx.write("reset_parked_receipts"), "reset")
    await parts.books.forget_all()
    return accounts


async def _reset_account(parts: Parts, account_id: str) -> None:
    await parts.engine.run(partial(_forget_resources, account_id), "reset")
    while message_ids := await parts.engine.run(partial(_forget_texts, account_id), "reset"):
        await parts.books.forget(message_ids)


def _forget_texts(account_id: str, tx: Tx) -> list[str]:
    message_ids: list[str] = tx.all("message_ids_of_account", account_id=account_id, most=AT_ONCE)
    tx.alone(*(f"text/{message_id}" for message_id in message_ids))
    keys = [{"message_id": message_id} for message_id in message_ids]
    tx.execute_many("reset_outbox", keys)
    tx.execute_many("reset_parts", keys)
    tx.execute_many("reset_events", keys)
    tx.execute_many("reset_messages", keys)
    return message_ids


def _forget_resources(account_id: str, tx: Tx) -> None:
    places = tx.page(Place, {"account_id": account_id}, None, MOST_PLACES)
    tx.alone(*(f"place/{account_id}/{place.region}" for place in places))
    tx.write("reset_places", account_id=account_id)
    tx.write("reset_counters", account_id=account_id)
    tx.write("reset_tokens", account_id=account_id)
    tx.write("reset_tags", account_id=account_id)
    tx.write("reset_opt_out_lists", account_id=account_id)
    tx.write("reset_opted_out_numbers", account_id=account_id)
    tx.write("reset_opt_ins", account_id=account_id)
    tx.write("reset_phone_numbers", account_id=account_id)
    tx.write("reset_sender_ids", account_id=account_id)
    tx.write("reset_pools", account_id=account_id)
    tx.write("reset_pool_identities", account_id=account_id)
    tx.write("reset_keywords", account_id=account_id)
    tx.write("reset_configuration_sets", account_id=account_id)
    tx.write("reset_sticky", account_id=account_id)
    tx.write("reset_troubles", account_id=account_id)
    tx.write("reset_degraded", account_id=account_id)
    tx.write("reset_whys", account_id=account_id)
    tx.write("reset_spend", account_id=account_id)
    tx.write("reset_spend_limits", account_id=account_id)
