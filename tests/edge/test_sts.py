"""STS beside the service: with AWS_ENDPOINT_URL set for everything, tools ask here who they are."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.edge.talk import Answer, ask, get, post
from wireroom.config import AuthMode, Settings
from wireroom.edge.keys import NewKey
from wireroom.testing import ACCOUNT, REGION, Server

FORM = "application/x-www-form-urlencoded"
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"
NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"
ALONE = "of the query services Wireroom answers GetCallerIdentity of STS alone."


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    with Server(Settings(auth=AuthMode.KEYS)) as running:
        yield running


@pytest.fixture(scope="module")
def key(locked: Server) -> NewKey:
    return locked.run(locked.app.keys.create(ACCOUNT, admin=False))


def client(server: Server, access_key: str, secret: str = "any", service: str = "sts") -> Any:
    return boto3.session.Session().client(
        service,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        endpoint_url=server.url,
        region_name=REGION,
        config=Config(proxies={}),
    )


def identity(sts: Any) -> dict[str, str]:
    found = sts.get_caller_identity()
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(found["ResponseMetadata"]["RequestId"]) == 36
    return {name: found[name] for name in ("Account", "Arn", "UserId")}


def refusal(sts: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        sts.get_caller_identity()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def xml_error(answer: Answer) -> tuple[int, str, str]:
    """Status, code and message; that it is STS's XML is looked at here."""
    assert answer.headers["content-type"] == "text/xml"
    root = ET.fromstring(answer.body)
    assert root.tag == f"{NAMESPACE}ErrorResponse"
    assert root.findtext(f"{NAMESPACE}RequestId") == answer.headers["x-amzn-requestid"]
    error = root.find(f"{NAMESPACE}Error")
    assert error is not None
    code, message = (error.findtext(f"{NAMESPACE}{name}") or "" for name in ("Code", "Message"))
    return answer.status, code, message


def test_an_account_number_as_access_key_is_that_account(server: Server) -> None:
    assert identity(client(server, ACCOUNT)) == {
        "Account": ACCOUNT,
        "Arn": f"arn:aws:iam::{ACCOUNT}:root",
        "UserId": ACCOUNT,
    }


def test_any_other_access_key_is_a_user_of_the_account_that_the_service_sees(server: Server) -> None:
    found = identity(client(server, "wireroom"))
    assert found == {
        "Account": "000000000000",
        "Arn": "arn:aws:iam::000000000000:user/wireroom",
        "UserId": "wireroom",
    }
    sms = client(server, "wireroom", service="pinpoint-sms-voice-v2")
    made = sms.create_opt_out_list(OptOutListName="mine")
    assert f":{found['Account']}:" in made["OptOutListArn"]


def test_an_access_key_that_no_user_could_be_named_is_the_account_itself(server: Server) -> None:
    assert identity(client(server, "<b>&amp;</b>"))["Arn"] == "arn:aws:iam::000000000000:root"


def test_an_unsigned_question_is_believed_in_open_mode(server: Server) -> None:
    answer = ask(server.url, post(WHO, target=None, content_type=f"{FORM}; charset=utf-8"))
    assert answer.status == 200
    root = ET.fromstring(answer.body)
    assert root.tag == f"{NAMESPACE}GetCallerIdentityResponse"
    assert root.findtext(f"{NAMESPACE}GetCallerIdentityResult/{NAMESPACE}Account") == "000000000000"


def test_a_key_of_ours_is_a_user_of_its_account(locked: Server, key: NewKey) -> None:
    found = identity(client(locked, key.row.access_key_id, key.secret))
    assert found == {
        "Account": ACCOUNT,
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/{key.row.access_key_id}",
        "UserId": key.row.access_key_id,
    }


def test_a_wrong_secret_does_not_match(locked: Server, key: NewKey) -> None:
    assert refusal(client(locked, key.row.access_key_id, "wrong")) == ("SignatureDoesNotMatch", 403)


def test_an_unknown_key_is_an_invalid_token(locked: Server) -> None:
    assert refusal(client(locked, "WRKAUNKNOWN")) == ("InvalidClientTokenId", 403)


def test_an_unsigned_question_lacks_a_token_in_keys_mode(locked: Server) -> None:
    status, code, _ = xml_error(ask(locked.url, post(WHO, target=None, content_type=FORM)))
    assert (status, code) == (403, "MissingAuthenticationToken")


def test_a_signature_for_the_service_itself_is_none_for_sts(locked: Server, key: NewKey) -> None:
    signed: list[str] = []
    sms = client(locked, key.row.access_key_id, key.secret, "pinpoint-sms-voice-v2")
    sms.meta.events.register(
        "before-send", lambda request, **_: signed.extend(map(str, request.headers.items()))
    )
    sms.describe_pools()
    lines = tuple(": ".join(part.strip(" ()b'") for part in line.split(", ", 1)) for line in signed)
    kept = tuple(line for line in lines if line.lower().startswith(("authorization", "x-amz-")))
    host = locked.url.removeprefix("http://")
    status, code, said = xml_error(
        ask(locked.url, post(WHO, target=None, content_type=FORM, host=host, more=kept))
    )
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert "correct service: 'sts'" in said


@pytest.mark.parametrize("right", [True, False])
def test_a_presigned_question_is_answered_as_token_checkers_ask_it(
    locked: Server, key: NewKey, right: bool
) -> None:
    secret = key.secret if right else "wrong"
    sts = client(locked, key.row.access_key_id, secret)
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    path = url.removeprefix(locked.url)
    answer = ask(locked.url, get(path, "Accept: text/html", host=locked.url.removeprefix("http://")))
    assert answer.status == (200 if right else 403)
    assert (b"<Account>123456789012</Account>" in answer.body) is right


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"Action=AssumeRole&Version=2011-06-15", "InvalidAction", f"Could not find AssumeRole: {ALONE}"),
        (b"Action=%3Cb%3E%00", "InvalidAction", f"Could not find operation: {ALONE}"),
        (b"", "MissingAction", "The request is missing an action or a required parameter."),
        (b"\xff\xfe%zz==&&", "MissingAction", "The request is missing an action or a required parameter."),
        (b"a=1&" * 101, "MalformedQueryString", "A request has at most 100 parameters."),
    ],
    ids=["another", "markup", "none", "noise", "many"],
)
def test_everything_else_of_sts_is_refused_in_its_own_xml(
    server: Server, body: bytes, code: str, message: str
) -> None:
    answer = ask(server.url, post(body, target=None, content_type=FORM))
    assert xml_error(answer) == (400, code, message)


def test_what_is_quoted_from_a_request_is_still_xml(locked: Server) -> None:
    claim = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=host"
    answer = ask(locked.url, get(f"/?{WHO.decode()}&{claim}&X-Amz-Date=%00%3Cb%3E%26"))
    status, code, said = xml_error(answer)
    assert (status, code) == (400, "IncompleteSignature")
    assert said.endswith("Got '?<b>&'.")


def test_another_query_service_hears_that_it_is_not_here(server: Server) -> None:
    with pytest.raises(ClientError) as caught:
        client(server, ACCOUNT, service="sns").publish(PhoneNumber="+14255550100", Message="hello")
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "InvalidAction",
        "Message": f"Could not find Publish: {ALONE}",
    }


def test_a_foreign_page_cannot_ask_in_open_mode(server: Server) -> None:
    more = ("Origin: https://evil.example",)
    assert ask(server.url, post(WHO, target=None, content_type=FORM, more=more)).status == 403
    assert ask(server.url, post(WHO, target=None, content_type=FORM, host="evil.example")).status == 421


def test_a_store_that_breaks_is_an_internal_failure_without_a_word_about_it(
    locked: Server, key: NewKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wireroom.edge.callers.Verified.of", lambda *_: 1 / 0)
    answer = ask(locked.url, post(WHO, target=None, content_type=FORM))
    assert xml_error(answer) == (500, "InternalFailure", "InternalFailure")
