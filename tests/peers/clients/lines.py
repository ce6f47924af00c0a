"""What the Python clients have in common: each line in is a call, each line out is what came of it.

Runs in the clients' own environments, on nothing but the standard library.
"""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

SERVICES = ("pinpoint-sms-voice-v2", "sts")
_MEMBERS = ("Reason", "ResourceType", "ResourceId", "Fields")


def serve(call: Callable[[str, str, dict[str, Any]], dict[str, Any]]) -> None:
    """`call` takes service, operation and parameters, and gives one of output, error, invalid, unknown."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(call(*json.loads(line)), default=_seconds) + "\n")
        sys.stdout.flush()


def output(response: Mapping[str, Any]) -> dict[str, Any]:
    """An answer of botocore's."""
    return {"output": {name: value for name, value in response.items() if name != "ResponseMetadata"}}


def error(response: Mapping[str, Any]) -> dict[str, Any]:
    """An error of botocore's."""
    members = {name: response[name] for name in _MEMBERS if name in response}
    return {"error": {"Code": response["Error"]["Code"], "Message": response["Error"]["Message"], **members}}


def _seconds(value: object) -> float:
    assert isinstance(value, datetime), value
    return value.timestamp()
