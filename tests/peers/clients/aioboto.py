"""aioboto3, which reads all it needs from its environment."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import aioboto3
from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from tests.peers.clients import lines


def main() -> None:
    session, stack = aioboto3.Session(), AsyncExitStack()
    clients: dict[str, Any] = {}

    async def open_all() -> None:
        for name in lines.SERVICES:
            clients[name] = await stack.enter_async_context(session.client(name))

    async def call(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        method = getattr(clients[service], xform_name(operation), None)
        if method is None:
            return {"unknown": operation}
        try:
            return lines.output(await method(**parameters))
        except ParamValidationError as error:
            return {"invalid": str(error)}
        except ClientError as error:
            return lines.error(error.response)

    with asyncio.Runner() as runner:
        runner.run(open_all())
        lines.serve(lambda *said: runner.run(call(*said)))
        runner.run(stack.aclose())


main()
