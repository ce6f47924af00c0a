"""The operations by noun; importing this package fills `_op.WRITTEN` with those that are written."""

from wireroom.ops import account, opt_outs, phone_numbers, pools, send, tags

__all__ = ("account", "opt_outs", "phone_numbers", "pools", "send", "tags")
