"""The one question of AWS STS that tools ask before they begin: GetCallerIdentity, whose keys these are.

Who sets the general AWS_ENDPOINT_URL sends it here. Everything else of STS, and every other service that
speaks the query protocol, hears that it is not here, in that protocol's own words.
"""

import logging
import re
from collections.abc import Callable

from wireroom.edge.callers import Callers
from wireroom.edge.request import Request
from wireroom.ops._op import Caller
from wireroom.wire import query
from wireroom.wire.framework import FrameworkError

log = logging.getLogger(__name__)

SERVICE = "sts"
ACTION = "GetCallerIdentity"
NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"

_USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_ACTION_NAME = re.compile(r"[A-Za-z0-9]{1,64}")


class Sts:
    """Answers requests of the query protocol: a form that was posted, or a query string."""

    def __init__(self, callers: Callers, new_request_id: Callable[[], str]) -> None:
        self._callers = callers
        self._new_request_id = new_request_id

    async def answer(self, request: Request) -> query.Answer:
        """In XML, whatever happens."""
        request_id = self._new_request_id()
        try:
            _check_action(query.parameters(request.body if request.method == "POST" else request.query))
            caller = await self._callers.of(request, SERVICE)
        except FrameworkError as error:
            if error.detail is not None:
                log.debug("%s: %s", request_id, error.detail)
            return query.error_answer(NAMESPACE, error, request_id)
        except Exception:  # the last resort: no stack trace leaves the house
            log.exception("request %s met a bug", request_id)
            return query.error_answer(NAMESPACE, FrameworkError("InternalFailure"), request_id)
        return query.answer(NAMESPACE, ACTION, _identity(caller), request_id)


def _check_action(parameters: dict[str, str]) -> None:
    action = parameters.get("Action", "")
    if not action:
        raise FrameworkError("MissingAction", "The request is missing an action or a required parameter.")
    if action != ACTION:
        named = action if _ACTION_NAME.fullmatch(action) else "operation"
        said = f"Could not find {named}: of the query services Wireroom answers {ACTION} of STS alone."
        raise FrameworkError("InvalidAction", said)


def _identity(caller: Caller) -> dict[str, str]:
    """A user named as the access key; the account itself where the key is the account's number or is none."""
    account, name = caller.account_id, caller.access_key_id
    if name == account or not _USER_NAME.fullmatch(name):
        return {"Arn": f"arn:aws:iam::{account}:root", "UserId": account, "Account": account}
    return {"Arn": f"arn:aws:iam::{account}:user/{name}", "UserId": name, "Account": account}
