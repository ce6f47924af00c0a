"""What is wrong with a body, told completely."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.wire import bodies
from wireroom.api.enums import ValidationExceptionReason
from wireroom.api.operations import OPERATIONS, Operation
from wireroom.errors import Validation
from wireroom.wire import json10
from wireroom.wire.explain import MOST_FIELDS, explain
from wireroom.wire.framework import FrameworkError

NUMBER = "+14255550100"


def refused(operation: str, body: object) -> Validation:
    with pytest.raises(Validation) as caught:
        json10.decode(OPERATIONS[operation], json.dumps(body).encode())
    return caught.value


def unreadable(operation: str, body: bytes) -> FrameworkError:
    with pytest.raises(FrameworkError) as caught:
        json10.decode(OPERATIONS[operation], body)
    assert caught.value.name == "SerializationException"
    return caught.value


# -------- constraints


def test_reason_is_missing_parameter_when_every_bad_field_is_a_missing_one() -> None:
    error = refused("CreatePool", {"MessageType": None})
    assert error.reason is ValidationExceptionReason.MISSING_PARAMETER
    assert error.fields == (
        ("MessageType", "Member must not be null"),
        ("OriginationIdentity", "Member must not be null"),
    )


def test_reason_is_field_validation_failed_when_one_field_is_there_and_wrong() -> None:
    error = refused("CreatePool", {"IsoCountryCode": "us"})
    assert error.reason is ValidationExceptionReason.FIELD_VALIDATION_FAILED
    assert [name for name, _ in error.fields] == ["IsoCountryCode", "OriginationIdentity", "MessageType"]


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("MessageBody", "", "Member must have length greater than or equal to 1"),
        ("MessageBody", "x" * 1601, "Member must have length less than or equal to 1600"),
        ("MessageBody", " \n\t", "Member must not be blank"),
        ("MessageType", "SPAM", "Member must satisfy enum value set: [TRANSACTIONAL, PROMOTIONAL]"),
        ("MaxPrice", "1.", r"Member must satisfy regular expression pattern: [0-9]{0,2}\.[0-9]{1,5}"),
        ("MaxPrice", "1.5\n", r"Member must satisfy regular expression pattern: [0-9]{0,2}\.[0-9]{1,5}"),
        ("TimeToLive", 4, "Member must have value greater than or equal to 5"),
        ("TimeToLive", 10**30, "Member must have value less than or equal to 259200"),
        ("Context", dict.fromkeys("abcdef", "v"), "Member must have length less than or equal to 5"),
        (
            "Context",
            {"a b": "v"},
            r"Map keys must satisfy constraint: [Member must satisfy regular expression pattern: \S+]",
        ),
        ("Keyword", "a\0", "Member must not contain the character U+0000"),
    ],
)
def test_a_field_that_breaks_a_limit_is_named_with_it(member: str, value: object, said: str) -> None:
    error = refused("SendTextMessage", {"DestinationPhoneNumber": NUMBER, member: value})
    assert error.fields == ((member, said),)
    assert f"Value at '{member}' failed to satisfy constraint: {said}" in error.said


def test_fields_inside_of_lists_and_maps_are_named_by_the_way_to_them() -> None:
    error = refused(
        "SendTextMessage",
        {"DestinationPhoneNumber": NUMBER, "Context": {"good": None, "bad": " x"}},
    )
    assert [name for name, _ in error.fields] == ["Context.good", "Context.bad"]
    error = refused(
        "TagResource", {"ResourceArn": "a" * 20, "Tags": [{"Key": "k", "Value": "v"}, {"Key": ""}, None]}
    )
    assert [name for name, _ in error.fields] == ["ResourceArn", "Tags.1.Key", "Tags.1.Value", "Tags.2"]


def test_lengths_count_characters_and_not_bytes() -> None:
    body = {"DestinationPhoneNumber": NUMBER, "MessageBody": "\U0001f600" * 1600}
    assert json10.decode(OPERATIONS["SendTextMessage"], json.dumps(body).encode())


def test_every_one_of_several_bad_fields_is_named() -> None:
    error = refused("SendTextMessage", {"MessageBody": "", "TimeToLive": 1, "MessageType": "x"})
    assert {name for name, _ in error.fields} == {
        "MessageBody",
        "TimeToLive",
        "MessageType",
        "DestinationPhoneNumber",
    }
    assert error.said.startswith("4 validation errors detected: ")


def test_values_are_never_repeated() -> None:
    secret = "my secret text " * 200
    error = refused("SendTextMessage", {"DestinationPhoneNumber": secret, "Context": {secret: secret}})
    assert "secret" not in f"{error.said}{error.fields}"


def test_what_is_said_stays_short_however_much_is_wrong() -> None:
    error = refused("TagResource", {"ResourceArn": "arn:aws:x:y:1:z", "Tags": [{}] * 200})
    assert len(error.fields) == MOST_FIELDS
    assert len(error.said) < 2000


def test_a_list_that_is_too_long_is_walked_no_further_than_its_limit() -> None:
    error = refused("DescribePools", {"PoolIds": ["bad id"] * 6})
    assert [name for name, _ in error.fields] == ["PoolIds", *(f"PoolIds.{place}" for place in range(5))]


# -------- types and syntax


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1, "NUMBER_VALUE can not be converted to String at 'MessageBody'"),
        (1.5, "DECIMAL_VALUE can not be converted to String at 'MessageBody'"),
        (True, "TRUE_VALUE can not be converted to String at 'MessageBody'"),
        (False, "FALSE_VALUE can not be converted to String at 'MessageBody'"),
        ([], "START_ARRAY can not be converted to String at 'MessageBody'"),
        ({}, "START_OBJECT can not be converted to String at 'MessageBody'"),
    ],
)
def test_a_wrong_type_is_told_before_everything_else(value: object, said: str) -> None:
    error = unreadable("SendTextMessage", json.dumps({"TimeToLive": 1, "MessageBody": value}).encode())
    assert (error.message, error.key) == (said, "Message")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"TimeToLive":"60"}', "STRING_VALUE can not be converted to Integer at 'TimeToLive'"),
        (b'{"TimeToLive":60.0}', "DECIMAL_VALUE can not be converted to Integer at 'TimeToLive'"),
        (b'{"TimeToLive":true}', "TRUE_VALUE can not be converted to Integer at 'TimeToLive'"),
        (b'{"DryRun":"true"}', "STRING_VALUE can not be converted to Boolean at 'DryRun'"),
        (b'{"DryRun":1}', "NUMBER_VALUE can not be converted to Boolean at 'DryRun'"),
        (b'{"Context":[]}', "START_ARRAY can not be converted to Map at 'Context'"),
        (b'{"Context":{"a":1}}', "NUMBER_VALUE can not be converted to String at 'Context.a'"),
        (
            b'{"TimeToLive":"60","TimeToLive":60}',
            "STRING_VALUE can not be converted to Integer at 'TimeToLive'",
        ),
    ],
)
def test_wrong_types_are_told_with_the_way_to_them(body: bytes, said: str) -> None:
    assert unreadable("SendTextMessage", body).message == said


def test_a_list_is_no_map_and_a_scalar_is_no_list() -> None:
    assert "START_OBJECT can not be converted to List" in str(unreadable("TagResource", b'{"Tags":{}}'))
    assert "STRING_VALUE can not be converted to Structure" in str(
        unreadable("TagResource", b'{"Tags":["a"]}')
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 1_000_000, id="deep lists"),
        pytest.param(b'{"a":' * 200_000, id="deep objects"),
        pytest.param(b'{"MessageBody":' + b"[" * 1_000_000, id="deep lists in a member"),
        pytest.param(b'{"Unknown":' + b"[" * 500_000 + b"]" * 500_000 + b"}", id="deep lists, closed"),
        pytest.param(b'{"TimeToLive":' + b"9" * 1_000_000 + b"}", id="a million digits"),
        pytest.param(b'{"Context":{' + b'"a":"b",' * 100_000 + b'"a":1}}', id="a name repeated"),
        pytest.param(b'{"TimeToLive":1e999}', id="infinity"),
        pytest.param(b'{"TimeToLive":NaN}', id="NaN"),
        pytest.param(b'{"MessageBody":"\\ud800"}', id="lone surrogate"),
        pytest.param(b'{"MessageBody":"\\udc00\\ud800"}', id="surrogates in the wrong order"),
        pytest.param(b'{"Unknown":"\\ud800"}', id="lone surrogate in an unknown member"),
        pytest.param(b'{"MessageBody":"\xed\xa0\x80"}', id="encoded surrogate"),
        pytest.param(b'{"MessageBody":"\xff"}', id="no UTF-8"),
        pytest.param(b'{"MessageBody":"\x00"}', id="raw NUL"),
        pytest.param('{"MessageBody":"x"}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
        pytest.param(b"{} {}", id="two bodies"),
        pytest.param(b"{'MessageBody':1}", id="single quotes"),
        pytest.param(b" ", id="white space"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'"text"', id="text"),
        pytest.param(b"<xml/>", id="xml"),
    ],
)
def test_what_is_no_json_object_is_refused_without_a_message(body: bytes) -> None:
    assert unreadable("SendTextMessage", body).message is None


def test_a_blob_must_be_base64() -> None:
    error = unreadable("CreateRegistrationAttachment", b'{"AttachmentBody":"a-b"}')
    assert error.message == "Invalid base64 at 'AttachmentBody'"
    error_ = refused("CreateRegistrationAttachment", {"AttachmentBody": ""})
    assert error_.fields == (("AttachmentBody", "Member must have length greater than or equal to 1"),)


# -------- the fast decode and the walk agree


names = st.sampled_from(sorted(OPERATIONS))
SETTINGS = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def fast_refuses(operation: Operation, body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=operation.input)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return True
    return False


def walk_refuses(operation: Operation, body: bytes) -> bool:
    try:
        explain(operation.input, body)
    except (FrameworkError, Validation):
        return True
    return False


@SETTINGS
@given(data=st.data(), name=names)
def test_the_walk_finds_something_whenever_the_fast_decode_does(data: st.DataObject, name: str) -> None:
    operation = OPERATIONS[name]
    body = json.dumps(data.draw(bodies.doubtful(operation.input))).encode()
    if b"\\u0000" in body:  # which the fast decode lets through
        assert walk_refuses(operation, body) or not fast_refuses(operation, body)
    elif b"\\ud8" not in body:
        assert walk_refuses(operation, body) == fast_refuses(operation, body)


@SETTINGS
@given(data=st.data(), name=names)
def test_what_is_right_goes_in_and_comes_out_again(data: st.DataObject, name: str) -> None:
    operation = OPERATIONS[name]
    value = data.draw(bodies.right(operation.input))
    found = json10.decode(operation, json.dumps(value).encode())
    assert not walk_refuses(operation, json.dumps(value).encode())
    assert json.loads(json10.encode(found)) == without_nulls(value)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@SETTINGS
@given(data=st.data(), name=names)
def test_a_body_with_bytes_changed_is_read_or_refused_in_order(data: st.DataObject, name: str) -> None:
    operation = OPERATIONS[name]
    body = bytearray(json.dumps(data.draw(bodies.right(operation.input))).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body)))
        body[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    if fast_refuses(operation, bytes(body)):
        assert walk_refuses(operation, bytes(body))
