"""AWS's framework errors (data-plane §10.3): what the front door says before an operation is reached.

Only `wire` and `edge` raise these. The statuses are those of live awsJson1_0 services (400), not of the
documentation page (403, 404), which no SDK depends on.
"""

from typing import Literal


class FrameworkError(Exception):
    """`name` without namespace, e.g. `SerializationException`; some carry a message, some have none.

    `detail` is for the debug log alone and never reaches the caller.
    """

    def __init__(
        self,
        name: str,
        message: str | None = None,
        *,
        status: int = 400,
        key: Literal["message", "Message"] = "message",
        detail: str | None = None,
    ) -> None:
        super().__init__(name if message is None else f"{name}: {message}")
        self.name = name
        self.message = message
        self.status = status
        self.key = key
        self.detail = detail
