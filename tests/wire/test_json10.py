"""AWS JSON 1.0: targets, bodies, answers and errors."""

import json
from typing import cast

import pytest

from tests.wire.transcripts import Transcript, all_transcripts
from wireroom.api import shapes
from wireroom.api.enums import (
    ConflictExceptionReason,
    MessageType,
    PhoneNumberType,
    PoolStatus,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
    ValidationExceptionReason,
)
from wireroom.api.operations import OPERATIONS
from wireroom.errors import (
    AccessDenied,
    Conflict,
    InternalServer,
    NotFound,
    QuotaExceeded,
    ServiceError,
    Throttling,
    Validation,
)
from wireroom.wire import json10
from wireroom.wire.framework import FrameworkError

SEND = OPERATIONS["SendTextMessage"]


def send(**members: object) -> shapes.SendTextMessageRequest:
    body = json.dumps({"DestinationPhoneNumber": "+14255550100", **members}).encode()
    return cast("shapes.SendTextMessageRequest", json10.decode(SEND, body))


# -------- in


def test_a_target_names_an_operation() -> None:
    assert json10.target(b"PinpointSMSVoiceV2.CreatePool") == "CreatePool"
    assert json10.target("PinpointSMSVoiceV2.CreatePool") == "CreatePool"


@pytest.mark.parametrize(
    "value", [b"", b"CreatePool", b"PinpointSMSVoiceV2.createPool", b"DynamoDB.CreatePool", "PinpointÄ\ud800"]
)
def test_any_other_target_names_none(value: bytes | str) -> None:
    assert json10.target(value) is None


def test_a_body_becomes_a_structure_with_python_names() -> None:
    request = send(MessageBody="hello", MessageType="PROMOTIONAL", TimeToLive=60, Context={"a": "b"})
    assert request.message_body == "hello"
    assert request.message_type is MessageType.PROMOTIONAL
    assert request.time_to_live == 60
    assert request.context == {"a": "b"}
    assert request.keyword is None


def test_an_empty_body_is_an_empty_object() -> None:
    operation = OPERATIONS["DescribePools"]
    assert json10.decode(operation, b"") == json10.decode(operation, b"{}") == shapes.DescribePoolsRequest()


def test_null_members_are_absent_and_unknown_members_are_ignored() -> None:
    assert send(MessageBody=None, Colour={"deep": [1, None]}) == send()


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert send(MessageBody="\\u0000").message_body == "\\u0000"


def test_a_nul_in_an_unknown_member_does_not_matter() -> None:
    assert send(Colour="\0") == send()


def test_times_are_epoch_seconds_and_blobs_base64() -> None:
    override = json10.decode(
        OPERATIONS["PutProtectConfigurationRuleSetNumberOverride"],
        b'{"ProtectConfigurationId":"p","DestinationPhoneNumber":"+14255550100","Action":"ALLOW",'
        b'"ExpirationTimestamp":1764000000.5}',
    )
    assert isinstance(override, shapes.PutProtectConfigurationRuleSetNumberOverrideRequest)
    assert override.expiration_timestamp == 1764000000.5
    attachment = json10.decode(OPERATIONS["CreateRegistrationAttachment"], b'{"AttachmentBody":"aGk="}')
    assert isinstance(attachment, shapes.CreateRegistrationAttachmentRequest)
    assert attachment.attachment_body == b"hi"


# -------- out


def test_an_answer_has_wire_names_and_leaves_absent_members_out() -> None:
    answer = shapes.CreatePoolResult(
        pool_id="pool-1", status=PoolStatus.ACTIVE, created_timestamp=1764000000.0
    )
    assert json10.encode(answer) == b'{"PoolId":"pool-1","Status":"ACTIVE","CreatedTimestamp":1764000000.0}'


def test_an_answer_keeps_false_zero_and_empty_lists() -> None:
    answer = shapes.CreatePoolResult(two_way_enabled=False, tags=[])
    assert json10.encode(answer) == b'{"TwoWayEnabled":false,"Tags":[]}'


def test_an_answer_without_members_is_an_empty_object() -> None:
    assert json10.encode(shapes.TagResourceResult()) == b"{}"


def test_names_in_capitals_keep_them() -> None:
    answer = shapes.CarrierLookupResult(
        e164_phone_number="+14255550100", phone_number_type=PhoneNumberType.MOBILE, mcc="310", mnc="012"
    )
    assert json.loads(json10.encode(answer)) == {
        "E164PhoneNumber": "+14255550100",
        "PhoneNumberType": "MOBILE",
        "MCC": "310",
        "MNC": "012",
    }


def test_headers_of_an_answer_carry_its_request_id() -> None:
    assert json10.answer_headers("r-1", 2) == [
        (b"content-type", b"application/x-amz-json-1.0"),
        (b"content-length", b"2"),
        (b"x-amzn-requestid", b"r-1"),
    ]


# -------- errors


def answered(error: ServiceError | FrameworkError) -> tuple[int, dict[bytes, bytes], dict[str, object]]:
    status, headers, body = json10.error_answer(error, "r-1")
    assert dict(headers)[b"content-length"] == str(len(body)).encode()
    return status, dict(headers), json.loads(body)


def test_a_conflict_repeats_its_members_in_the_message() -> None:
    status, headers, body = answered(
        Conflict(
            ConflictExceptionReason.PHONE_NUMBER_ASSOCIATED_TO_POOL,
            "Take it out of its pool first.",
            ResourceType.PHONE_NUMBER,
            "phone-1",
        )
    )
    assert status == 400
    assert headers[b"x-amzn-errortype"] == b"ConflictException"
    assert headers[b"x-amzn-requestid"] == b"r-1"
    assert body == {
        "__type": "com.amazonaws.pinpointsmsvoicev2#ConflictException",
        "Message": 'Conflict Occurred - Reason="PHONE_NUMBER_ASSOCIATED_TO_POOL" ResourceType="phone-number" '
        'ResourceId="phone-1": Take it out of its pool first.',
        "Reason": "PHONE_NUMBER_ASSOCIATED_TO_POOL",
        "ResourceType": "phone-number",
        "ResourceId": "phone-1",
    }


def test_a_validation_error_lists_its_fields_in_the_message() -> None:
    _, _, body = answered(
        Validation(ValidationExceptionReason.INVALID_ARN, "Said.", ("PoolId", "No ARN."), ("B", "Bad."))
    )
    assert body["Message"] == 'Validation Failed - Reason="INVALID_ARN" Fields="PoolId,B": Said.'
    assert body["Fields"] == [{"Name": "PoolId", "Message": "No ARN."}, {"Name": "B", "Message": "Bad."}]


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (
            NotFound(ResourceType.POOL, "pool-1", "No such pool."),
            400,
            'Resource Not Found - ResourceType="pool" ResourceId="pool-1": No such pool.',
        ),
        (
            QuotaExceeded(ServiceQuotaExceededExceptionReason.POOLS_PER_ACCOUNT, "Too many."),
            400,
            'Quota Exceeded - Reason="POOLS_PER_ACCOUNT": Too many.',
        ),
        (AccessDenied("Not yours."), 400, "Not yours."),
        (Throttling(), 400, "Rate exceeded"),
        (InternalServer("r-1", "Sorry."), 500, 'Internal Error - RequestId="r-1": Sorry.'),
    ],
)
def test_every_service_error_has_its_status_and_a_capital_message(
    error: ServiceError, status: int, message: str
) -> None:
    found, headers, body = answered(error)
    assert (found, body["Message"]) == (status, message)
    assert "message" not in body
    assert body["__type"] == f"com.amazonaws.pinpointsmsvoicev2#{headers[b'x-amzn-errortype'].decode()}"


def test_framework_errors_have_their_own_namespace_and_key() -> None:
    assert answered(FrameworkError("MissingAuthenticationTokenException", "Missing."))[2] == {
        "__type": "com.amazon.coral.service#MissingAuthenticationTokenException",
        "message": "Missing.",
    }
    assert answered(FrameworkError("SerializationException", "Type.", key="Message"))[2] == {
        "__type": "com.amazon.coral.service#SerializationException",
        "Message": "Type.",
    }
    assert answered(FrameworkError("UnknownOperationException", detail="hidden"))[2] == {
        "__type": "com.amazon.coral.service#UnknownOperationException"
    }


def test_transcripts_say_where_they_come_from() -> None:
    assert all_transcripts()
    assert all(len(transcript.origin) > 20 for transcript in all_transcripts())


def error_of(transcript: Transcript) -> ServiceError | FrameworkError:
    name = json10.target(transcript.headers["x-amz-target"])
    if name is None:
        return FrameworkError("UnknownOperationException")
    try:
        json10.decode(OPERATIONS[name], transcript.body)
    except (ServiceError, FrameworkError) as error:
        return error
    raise AssertionError("nothing is wrong with this transcript's body")


@pytest.mark.parametrize("transcript", all_transcripts(), ids=lambda transcript: transcript.name)
def test_the_wire_answers_as_written_in_the_transcript(transcript: Transcript) -> None:
    status, headers, body = json10.error_answer(error_of(transcript), "r-1")
    sent = {name.decode(): value.decode() for name, value in headers}
    assert status == transcript.status
    assert json.loads(body) == json.loads(transcript.answer)
    assert transcript.answer_headers.items() <= sent.items()
