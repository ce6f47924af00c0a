"""What the front door says, in the order of live services (data-plane §10.2, §10.3). Bytes on a socket."""

import pytest

from tests.edge.talk import Line, ask, get, post
from wireroom.config import Settings
from wireroom.testing import CallFailed, Server

AWS = "com.amazon.coral.service#"
SERVICE = "com.amazonaws.pinpointsmsvoicev2#"


def test_an_answer_has_aws_headers_and_a_date(server: Server) -> None:
    answer = ask(server.url, post())
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    assert len(answer.headers["x-amzn-requestid"]) == 36
    assert answer.headers["date"].endswith(" GMT")
    assert "server" not in answer.headers
    assert answer.json == {"Pools": []}


def test_every_answer_has_a_request_id_of_its_own(server: Server) -> None:
    with Line(server.url) as line:
        line.say(post() + post())
        first, second = line.hear(), line.hear()
    assert first.headers["x-amzn-requestid"] != second.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    "request_", [get("/"), post(content_type="text/plain"), post(host="evil.example"), post(b"a" * 1_048_577)]
)
def test_an_answer_before_the_chain_has_a_request_id_too(server: Server, request_: bytes) -> None:
    assert len(ask(server.url, request_).headers["x-amzn-requestid"]) == 36


def test_an_empty_body_is_an_empty_structure(server: Server) -> None:
    assert ask(server.url, post(b"")).json == {"Pools": []}


@pytest.mark.parametrize("target", [None, "", "PinpointSMSVoiceV2.Nonsense", "DynamoDB_20120810.ListTables"])
def test_an_unknown_target_is_an_unknown_operation(server: Server, target: str | None) -> None:
    answer = ask(server.url, post(target=target))
    assert answer.status == 400
    assert answer.json == {"__type": f"{AWS}UnknownOperationException"}
    assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"


def test_an_operation_that_is_not_written_says_so_and_is_not_retried(server: Server) -> None:
    answer = ask(server.url, post(target="PinpointSMSVoiceV2.CreateRcsAgent"))
    assert answer.status == 400
    assert answer.json["__type"] == f"{SERVICE}ValidationException"
    assert answer.json["Reason"] == "UNKNOWN_OPERATION"
    assert "CreateRcsAgent" in answer.json["Message"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"nonsense", b"[]", b'"text"', b"\xff\xfe", b"[" * 1_000_000, b'{"a":"\\ud800"}', b"{}{}"],
    ids=["open", "word", "list", "string", "no UTF-8", "1 MB of [", "lone surrogate", "two"],
)
def test_broken_json_is_a_serialization_exception(server: Server, body: bytes) -> None:
    answer = ask(server.url, post(body))
    assert answer.status == 400
    assert answer.json == {"__type": f"{AWS}SerializationException"}


def test_broken_json_is_said_before_an_unknown_target(server: Server) -> None:
    answer = ask(server.url, post(b"{", target="PinpointSMSVoiceV2.Nonsense"))
    assert answer.json == {"__type": f"{AWS}SerializationException"}


def test_a_wrong_type_is_said_before_a_broken_constraint(server: Server) -> None:
    answer = ask(server.url, post(b'{"PoolIds": 5, "MaxResults": 0}'))
    assert answer.json["__type"] == f"{AWS}SerializationException"
    assert "Message" in answer.json


def test_every_bad_field_is_named(server: Server) -> None:
    body = b'{"MaxResults": 0, "NextToken": ""}'
    answer = ask(server.url, post(body))
    assert answer.json["Reason"] == "FIELD_VALIDATION_FAILED"
    assert {field["Name"] for field in answer.json["Fields"]} == {"MaxResults", "NextToken"}


def test_unknown_members_are_ignored(server: Server) -> None:
    assert ask(server.url, post(b'{"Nonsense": {"a": [1]}}')).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_not_found_in_json(server: Server, method: str) -> None:
    answer = ask(server.url, get("/", method=method))
    assert answer.status == 404
    assert answer.json["__type"] == f"{AWS}UnknownOperationException"
    assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"


def test_a_browser_is_sent_to_the_console(server: Server) -> None:
    answer = ask(server.url, get("/", "Accept: text/html,application/xhtml+xml"))
    assert answer.status == 307
    assert answer.headers["location"] == "/_wireroom/"


@pytest.mark.parametrize("content_type", [None, "text/plain", "multipart/form-data; boundary=x"])
def test_another_content_type_is_not_found(server: Server, content_type: str | None) -> None:
    answer = ask(server.url, post(content_type=content_type))
    assert answer.status == 404
    assert answer.json["__type"] == f"{AWS}UnknownOperationException"


@pytest.mark.parametrize("content_type", ["application/x-amz-json-1.1", "Application/JSON; charset=utf-8"])
def test_related_content_types_are_taken(server: Server, content_type: str) -> None:
    assert ask(server.url, post(content_type=content_type)).status == 200


@pytest.mark.parametrize("path", ["/nonsense", "/_wireroom/nonsense", "/_wireroomer", "/favicon.ico"])
def test_what_is_not_there_is_said_in_json(server: Server, path: str) -> None:
    answer = ask(server.url, get(path))
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["error"]


def test_another_method_under_our_paths_is_said_in_json(server: Server) -> None:
    answer = ask(server.url, get("/_wireroom/messages", method="DELETE"))
    assert answer.status == 405
    assert answer.json["error"]


def test_no_html_and_no_trace_in_a_bug(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret of this bug")

    monkeypatch.setattr("wireroom.wire.json10.encode", broken)
    answer = ask(server.url, post())
    assert answer.status == 500
    assert answer.json["__type"] == f"{SERVICE}InternalServerException"
    assert answer.json["RequestId"] == answer.headers["x-amzn-requestid"]
    assert b"secret" not in answer.body


def test_bad_input_leaves_no_row_behind() -> None:
    with Server() as server:
        for body in (b"[" * 1_000_000, b'{"PoolId":5}', b'{"Name":"a\\u0000b"}', b'{"NextToken":"forged"}'):
            ask(server.url, post(body, target="PinpointSMSVoiceV2.CreatePool"))
            ask(server.url, post(body, target="PinpointSMSVoiceV2.SendTextMessage"))
            ask(server.url, post(body, target="PinpointSMSVoiceV2.CreateOptOutList"))
        assert server.call("/reset", "POST", {})["reset"] == []


def test_aws_rates_throttle_when_they_are_switched_on() -> None:
    from wireroom.config import Simulate

    with Server(Settings(simulate=Simulate(rates="aws"))) as server:
        answers = [ask(server.url, post()) for _ in range(4)]
    assert [answer.status for answer in answers[:2]] == [200, 200]
    throttled = [answer for answer in answers if answer.status == 400]
    assert throttled
    assert throttled[0].json == {"__type": f"{SERVICE}ThrottlingException", "Message": "Rate exceeded"}


def test_a_region_is_read_from_the_credential_scope(server: Server) -> None:
    server.client(region="eu-west-1").create_opt_out_list(OptOutListName="there")
    assert "there" not in str(server.client(region="us-east-1").describe_opt_out_lists()["OptOutLists"])
    assert "there" in str(server.client(region="eu-west-1").describe_opt_out_lists()["OptOutLists"])


def test_a_key_id_that_is_no_account_is_the_account_of_zeros(server: Server) -> None:
    made = server.client(account="AKIAEXAMPLE").create_opt_out_list(OptOutListName="zeros")
    assert ":000000000000:" in made["OptOutListArn"]


def test_a_failed_call_under_our_paths_is_told(server: Server) -> None:
    with pytest.raises(CallFailed) as failed:
        server.call("/messages?status=NONSENSE")
    assert failed.value.status == 400
