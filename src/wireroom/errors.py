"""The seven exceptions that the service models, as Python exceptions (data-plane §10.1).

An operation raises one of these and nothing else. A reason is a generated enum member, so one that AWS
does not have cannot be spelled. Knows nothing of HTTP or JSON: `wire.json10` turns an error into an answer.
"""

from typing import ClassVar, assert_never

from wireroom.api.enums import (
    AccessDeniedExceptionReason,
    ConflictExceptionReason,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
    ValidationExceptionReason,
)
from wireroom.core.gates import Refused


class ServiceError(Exception):
    """What a caller did wrong or cannot have. `said` is our own sentence and says what to do next."""

    code: ClassVar[str]

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said

    def members(self) -> dict[str, object]:
        """The modelled members beside Message, wire names, absent ones left out."""
        return {}


class AccessDenied(ServiceError):
    code = "AccessDeniedException"

    def __init__(self, said: str, reason: AccessDeniedExceptionReason | None = None) -> None:
        super().__init__(said)
        self.reason = reason

    def members(self) -> dict[str, object]:
        return {"Reason": self.reason} if self.reason else {}


class Conflict(ServiceError):
    """The request and the state of a resource exclude each other. `resource_id` is as the caller gave it."""

    code = "ConflictException"

    def __init__(
        self,
        reason: ConflictExceptionReason,
        said: str,
        resource_type: ResourceType | None = None,
        resource_id: str | None = None,
    ) -> None:
        super().__init__(said)
        self.reason = reason
        self.resource_type = resource_type
        self.resource_id = resource_id

    def members(self) -> dict[str, object]:
        found: dict[str, object] = {"Reason": self.reason}
        if self.resource_type:
            found["ResourceType"] = self.resource_type
        if self.resource_id:
            found["ResourceId"] = self.resource_id
        return found


class NotFound(ServiceError):
    code = "ResourceNotFoundException"

    def __init__(self, resource_type: ResourceType, resource_id: str | None, said: str | None = None) -> None:
        super().__init__(said or f"The {resource_type} does not exist in this account and Region.")
        self.resource_type = resource_type
        self.resource_id = resource_id

    def members(self) -> dict[str, object]:
        found: dict[str, object] = {"ResourceType": self.resource_type}
        if self.resource_id:
            found["ResourceId"] = self.resource_id
        return found


class QuotaExceeded(ServiceError):
    code = "ServiceQuotaExceededException"

    def __init__(self, reason: ServiceQuotaExceededExceptionReason, said: str) -> None:
        super().__init__(said)
        self.reason = reason

    def members(self) -> dict[str, object]:
        return {"Reason": self.reason}


class Throttling(ServiceError):
    """Try again later; SDKs do so by themselves."""

    code = "ThrottlingException"

    def __init__(self, said: str = "Rate exceeded") -> None:
        super().__init__(said)


class Validation(ServiceError):
    """The request cannot be right as it stands. `fields` are (wire name, what is wrong with it)."""

    code = "ValidationException"

    def __init__(self, reason: ValidationExceptionReason, said: str, *fields: tuple[str, str]) -> None:
        super().__init__(said)
        self.reason = reason
        self.fields = fields

    def members(self) -> dict[str, object]:
        found: dict[str, object] = {"Reason": self.reason}
        if self.fields:
            found["Fields"] = [{"Name": name, "Message": message} for name, message in self.fields]
        return found


class InternalServer(ServiceError):
    """Our fault or the store's; SDKs retry it. The request id leads to the log line that says more."""

    code = "InternalServerException"

    def __init__(self, request_id: str, said: str = "Wireroom could not finish this request.") -> None:
        super().__init__(said)
        self.request_id = request_id

    def members(self) -> dict[str, object]:
        return {"RequestId": self.request_id}


def refusal(refused: Refused) -> ServiceError:
    """A refusal of `core` as the exception that it names."""
    reason = refused.reason or ""
    match refused.error:
        case "ConflictException":
            return Conflict(
                ConflictExceptionReason(reason),
                refused.said,
                refused.resource_type,
                refused.resource_id,
            )
        case "ValidationException":
            return Validation(ValidationExceptionReason(reason), refused.said, *refused.fields)
        case "ServiceQuotaExceededException":
            return QuotaExceeded(ServiceQuotaExceededExceptionReason(reason), refused.said)
        case "ResourceNotFoundException":
            return NotFound(ResourceType(refused.resource_type or ""), refused.resource_id, refused.said)
        case "AccessDeniedException":
            return AccessDenied(refused.said, AccessDeniedExceptionReason(reason) if reason else None)
        case "ThrottlingException":
            return Throttling(refused.said)
    assert_never(refused.error)
