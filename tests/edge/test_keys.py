"""Keys mode: signatures are verified, an account key sees its account, an admin key sees all (DESIGN §7)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.edge.talk import Answer, ask, get, post
from wireroom.config import AuthMode, Settings
from wireroom.edge.data_dir import OPERATOR
from wireroom.edge.keys import NewKey
from wireroom.observe import MachineClock
from wireroom.testing import Server

ONE, OTHER = "111111111111", "222222222222"


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    with Server(Settings(auth=AuthMode.KEYS)) as running:
        yield running


def new_key(server: Server, account: str = ONE, *, admin: bool = False) -> NewKey:
    return server.run(server.app.keys.create(account, admin))


def client(server: Server, key: NewKey, **options: Any) -> Any:
    return server.client(aws_access_key_id=key.row.access_key_id, aws_secret_access_key=key.secret, **options)


def code(server: Server, **options: Any) -> str:
    with pytest.raises(ClientError) as refused:
        server.client(**options).describe_pools()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    found: str = refused.value.response["Error"]["Code"]
    return found


def signed(server: Server, path: str, key: NewKey, method: str = "GET", body: bytes = b"") -> Answer:
    """A request under /_wireroom with a signed header."""
    request = AWSRequest(method, server.url + path, {"Content-Type": "application/json"}, body)
    SigV4Auth(Credentials(key.row.access_key_id, key.secret), "sms-voice", "us-east-1").add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    host = server.url.removeprefix("http://")
    return ask(server.url, get(path, *lines, f"Content-Length: {len(body)}", host=host, method=method) + body)


def test_a_key_answers_for_its_account(locked: Server) -> None:
    made = client(locked, new_key(locked)).create_opt_out_list(OptOutListName="mine")
    assert f":{ONE}:" in made["OptOutListArn"]


def test_a_wrong_secret_is_an_invalid_signature(locked: Server) -> None:
    key = new_key(locked).row.access_key_id
    assert code(locked, aws_access_key_id=key) == "InvalidSignatureException"


def test_an_unknown_key_is_an_unrecognized_client(locked: Server) -> None:
    assert code(locked, aws_access_key_id="WRKAUNKNOWN") == "UnrecognizedClientException"


def test_an_account_number_is_no_key_any_more(locked: Server) -> None:
    assert code(locked, account=ONE) == "UnrecognizedClientException"


def test_a_signature_for_another_service_is_refused(locked: Server) -> None:
    key = new_key(locked)
    request = AWSRequest("POST", locked.url, {"X-Amz-Target": "PinpointSMSVoiceV2.DescribePools"}, b"{}")
    SigV4Auth(Credentials(key.row.access_key_id, key.secret), "sns", "us-east-1").add_auth(request)
    lines = tuple(f"{name}: {value}" for name, value in request.headers.items() if name != "X-Amz-Target")
    answer = ask(locked.url, post(host=locked.url.removeprefix("http://"), more=lines))
    assert answer.json["__type"].endswith("#InvalidSignatureException")
    assert "sms-voice" in answer.json["message"]


def test_no_signature_is_a_missing_token(locked: Server) -> None:
    answer = ask(locked.url, post())
    assert answer.status == 400
    assert answer.json == {
        "__type": "com.amazon.coral.service#MissingAuthenticationTokenException",
        "message": "Request is missing Authentication Token",
    }


def test_broken_json_is_said_before_a_missing_signature(locked: Server) -> None:
    assert ask(locked.url, post(b"{")).json["__type"].endswith("#SerializationException")


def test_an_unknown_target_is_said_before_a_missing_signature(locked: Server) -> None:
    answer = ask(locked.url, post(target="PinpointSMSVoiceV2.Nonsense"))
    assert answer.json["__type"].endswith("#UnknownOperationException")


def test_a_missing_signature_is_said_before_a_wrong_type(locked: Server) -> None:
    answer = ask(locked.url, post(b'{"PoolIds": 5}'))
    assert answer.json["__type"].endswith("#MissingAuthenticationTokenException")


def test_a_changed_body_is_an_invalid_signature(locked: Server) -> None:
    key = new_key(locked)
    sms = client(locked, key)

    def change(request: Any, **_: Any) -> None:
        request.body = b'{"MaxResults": 1}'
        request.headers["Content-Length"] = str(len(request.body))

    sms.meta.events.register("before-send.pinpoint-sms-voice-v2.DescribePools", change)
    with pytest.raises(ClientError) as refused:
        sms.describe_pools()
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_a_deleted_key_is_refused_at_once(locked: Server) -> None:
    key = new_key(locked)
    sms = client(locked, key)
    sms.describe_pools()
    locked.run(locked.app.keys.delete(key.row.access_key_id))
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        sms.describe_pools()


def test_a_presigned_url_opens_what_a_header_does(locked: Server) -> None:
    key = new_key(locked)
    url = f"{locked.url}/_wireroom/messages?status=SENT"
    request = AWSRequest("GET", url)
    credentials = Credentials(key.row.access_key_id, key.secret)
    SigV4QueryAuth(credentials, "sms-voice", "us-east-1", expires=60).add_auth(request)
    path = request.url.removeprefix(locked.url)
    host = locked.url.removeprefix("http://")
    assert ask(locked.url, get(path, host=host)).json == {"messages": [], "nextToken": None}
    assert ask(locked.url, get(path.replace("SENT", "FAILED"), host=host)).status == 403


def test_a_clock_that_is_off_is_told_the_time(locked: Server) -> None:
    key = new_key(locked)
    request = AWSRequest("POST", locked.url, {"X-Amz-Target": "PinpointSMSVoiceV2.DescribePools"}, b"{}")
    auth = SigV4Auth(Credentials(key.row.access_key_id, key.secret), "sms-voice", "us-east-1")
    seconds = MachineClock().now() // 1000 - 16 * 60
    early = datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = early
    request.headers["X-Amz-Date"] = early
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    names = auth.signed_headers(auth.headers_to_sign(request))
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names}, Signature={signature}"
    )
    more = (f"X-Amz-Date: {early}", f"Authorization: {authorization}")
    answer = ask(locked.url, post(host=locked.url.removeprefix("http://"), more=more))
    assert answer.json["__type"].endswith("#InvalidSignatureException")
    assert answer.json["message"].startswith(f"Signature expired: {early}")
    assert answer.headers["date"]


def test_health_and_ready_need_no_key(locked: Server) -> None:
    assert ask(locked.url, get("/_wireroom/health")).status == 200
    assert ask(locked.url, get("/_wireroom/ready")).status == 200


@pytest.mark.parametrize("path", ["/_wireroom/", "/_wireroom/messages", "/_wireroom/keys"])
def test_everything_else_needs_a_key(locked: Server, path: str) -> None:
    answer = ask(locked.url, get(path))
    assert answer.status == 401
    assert answer.json["error"] == "Request is missing Authentication Token"


def test_an_account_key_sees_its_own_texts_only(locked: Server) -> None:
    key, other = new_key(locked, ONE), new_key(locked, OTHER)
    admin = new_key(locked, admin=True)
    message_id = send(client(locked, key))
    path = f"/_wireroom/messages/{message_id}"
    assert signed(locked, path, key).json["messageId"] == message_id
    assert signed(locked, path, admin).json["messageId"] == message_id
    assert signed(locked, path, other).status == 404
    assert signed(locked, "/_wireroom/messages", other).json["messages"] == []
    assert signed(locked, f"/_wireroom/messages?account={ONE}", other).status == 403


def test_reset_and_keys_need_an_admin(locked: Server) -> None:
    key, admin = new_key(locked, ONE), new_key(locked, admin=True)
    assert signed(locked, "/_wireroom/reset", key, "POST", b"{}").status == 403
    assert signed(locked, "/_wireroom/keys", key).status == 403
    assert signed(locked, "/_wireroom/keys", admin).status == 200
    answer = signed(locked, "/_wireroom/reset", admin, "POST", b'{"account": "333333333333"}')
    assert answer.json == {"reset": ["333333333333"]}


def test_a_secret_survives_a_restart_and_is_not_in_the_data(tmp_path: Any) -> None:
    settings = Settings(auth=AuthMode.KEYS, data_dir=str(tmp_path))
    with Server(settings) as server:
        key = new_key(server)
    with Server(settings) as server:
        assert client(server, key).describe_pools()["Pools"] == []
    for file in tmp_path.iterdir():
        assert key.secret.encode() not in file.read_bytes()
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_key_sealed_with_another_secret_is_refused(tmp_path: Any) -> None:
    with Server(Settings(auth=AuthMode.KEYS, data_dir=str(tmp_path), secret_key="one")) as server:
        key = new_key(server)
    other = Settings(auth=AuthMode.KEYS, data_dir=str(tmp_path), secret_key="two")
    with Server(other) as server, pytest.raises(ClientError, match="UnrecognizedClientException"):
        client(server, key).describe_pools()


def test_the_operators_credential_is_an_admin(locked: Server) -> None:
    sms = boto3.client(
        "pinpoint-sms-voice-v2",
        endpoint_url=locked.url,
        region_name="us-east-1",
        aws_access_key_id=OPERATOR,
        aws_secret_access_key=locked.app.seal.operator_secret(),
    )
    assert sms.describe_pools()["Pools"] == []


def send(sms: Any) -> str:
    """A text from a new number."""
    number = sms.request_phone_number(
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS"],
        NumberType="LONG_CODE",
    )
    sent = sms.send_text_message(
        DestinationPhoneNumber="+14255550100", MessageBody="hi", OriginationIdentity=number["PhoneNumberId"]
    )
    message_id: str = sent["MessageId"]
    return message_id
