"""The AWS CLI, version 1 or 2, in a process that stays: starting one takes most of a second.

Argument: the endpoint, where AWS_ENDPOINT_URL is not known yet. What the CLI says of an error is a sentence:
the members beside the message are read out of it, as scripts do.
"""

import io
import json
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from awscli.clidriver import create_clidriver

from tests.peers.clients import lines

_ERROR = re.compile(r"An error occurred \((\w+)\) when calling the \w+ operation[^:]*: ([^\n]*)")
_MEMBER = re.compile(r'\b(Reason|ResourceType|ResourceId|Fields)="([^"]*)"')


def main(endpoint: str | None = None) -> None:
    driver = create_clidriver()

    def call(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        command = re.sub(r"(?<!^)(?=[A-Z])", "-", operation).lower()
        arguments = [service, command, "--output", "json", "--cli-input-json", json.dumps(parameters)]
        arguments += ["--no-paginate"]  # a call is a request, as with the others
        arguments += ["--endpoint-url", endpoint] if endpoint else []
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            try:
                status = driver.main(arguments)
            except SystemExit as end:  # of the arguments' parser
                status = end.code
        if status == 0:
            return {"output": json.loads(out.getvalue() or "{}")}
        return _failure(operation, err.getvalue())

    lines.serve(call)


def _failure(operation: str, said: str) -> dict[str, Any]:
    found = _ERROR.search(said)
    if found is None:
        return {"unknown": operation} if "Invalid choice" in said else {"invalid": said}
    members: dict[str, Any] = dict(_MEMBER.findall(found[2]))
    if "Fields" in members:
        members["Fields"] = [{"Name": name} for name in members["Fields"].split(",")]
    return {"error": {"Code": found[1], "Message": found[2], **members}}


main(*sys.argv[1:])
