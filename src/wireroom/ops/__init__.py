"""The operations by noun; importing this package fills `_op.WRITTEN` with those that are written."""

from wireroom.ops import (
    account,
    configuration_sets,
    keywords,
    opt_outs,
    phone_numbers,
    pools,
    send,
    sender_ids,
    spend_limits,
    tags,
)

__all__ = (
    "account",
    "configuration_sets",
    "keywords",
    "opt_outs",
    "phone_numbers",
    "pools",
    "send",
    "sender_ids",
    "spend_limits",
    "tags",
)
