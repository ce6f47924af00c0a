"""What may be spent in a month: AWS's limit, and the one that an owner sets below it (data-plane §7.4).

The owner's limit changes rarely and is asked for with every send, so it is remembered under the place's
revision, as `choose` remembers candidates (docs/adr/0006). Knows nothing of what was spent.
"""

from wireroom.api.enums import SpendLimitName
from wireroom.config import Settings
from wireroom.core.pricing import MICROS
from wireroom.core.tables.quotas import SPEND_LIMITS_USD
from wireroom.sending.remembered import Remembered
from wireroom.store.rows import SpendLimit
from wireroom.store.tx import Tx

CHANNELS = {
    SpendLimitName.TEXT_MESSAGE_MONTHLY_SPEND_LIMIT: "SMS",
    SpendLimitName.VOICE_MESSAGE_MONTHLY_SPEND_LIMIT: "VOICE",
    SpendLimitName.MEDIA_MESSAGE_MONTHLY_SPEND_LIMIT: "MMS",
    SpendLimitName.NOTIFY_MESSAGE_MONTHLY_SPEND_LIMIT: "NOTIFY",
    SpendLimitName.RCS_MESSAGE_MONTHLY_SPEND_LIMIT: "RCS",
}
"""The channel of rows that each limit is for."""
TEXT = SpendLimitName.TEXT_MESSAGE_MONTHLY_SPEND_LIMIT
UNLIMITED_DOLLARS = 1_000_000

_MOST_REMEMBERED = 10_000
_remembered: Remembered[str, tuple[SpendLimit | None]] = Remembered(_MOST_REMEMBERED)


def max_dollars(settings: Settings, name: SpendLimitName) -> int:
    """MaxLimit: what AWS would let an account like this one spend on a channel in a month."""
    if settings.simulate.spend == "aws" or settings.simulate.tier == "sandbox":
        return SPEND_LIMITS_USD[name.removesuffix("_MESSAGE_MONTHLY_SPEND_LIMIT")]
    return UNLIMITED_DOLLARS


def override(tx: Tx, account_id: str, region: str, name: SpendLimitName) -> SpendLimit | None:
    """The owner's own limit, where one was set."""
    return tx.get(SpendLimit, account_id, region, CHANNELS[name])


def enforced_dollars(settings: Settings, name: SpendLimitName, own: SpendLimit | None) -> int:
    """EnforcedLimit. An override stays where it was when MaxLimit moves, and never passes it."""
    most = max_dollars(settings, name)
    return most if own is None else min(most, own.dollars)


def text_limit_micros(tx: Tx, settings: Settings, account_id: str, region: str, revision: str | None) -> int:
    """The month's limit for texts, micro-dollars.

    `revision` is that of the account's place in this transaction; without one, the override is read.
    """
    known = None if revision is None else _remembered.get(revision)
    if known is None:
        known = (override(tx, account_id, region, TEXT),)
        if revision is not None:
            _remembered.put(revision, known)
    return enforced_dollars(settings, TEXT, known[0]) * MICROS


def foresee(tx: Tx, account_id: str, region: str, revision: str | None) -> None:
    """What `text_limit_micros` reads where nothing is remembered."""
    if revision is None or _remembered.get(revision) is None:
        tx.foresee(lambda: [(SpendLimit, (account_id, region, CHANNELS[TEXT]))])
