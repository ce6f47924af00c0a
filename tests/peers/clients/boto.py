"""boto3 of any age. Argument: the endpoint, where AWS_ENDPOINT_URL is not known yet."""

import sys
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from tests.peers.clients import lines


def main(endpoint: str | None = None) -> None:
    clients = {name: boto3.client(name, endpoint_url=endpoint) for name in lines.SERVICES}

    def call(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        method = getattr(clients[service], xform_name(operation), None)
        if method is None:
            return {"unknown": operation}
        try:
            return lines.output(method(**parameters))
        except ParamValidationError as error:
            return {"invalid": str(error)}
        except ClientError as error:
            return lines.error(error.response)

    lines.serve(call)


main(*sys.argv[1:])
