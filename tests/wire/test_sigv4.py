"""Signatures: what botocore signs is accepted, what anybody changed is not, and each refusal says why."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from wireroom.wire import canonical, sigv4
from wireroom.wire.framework import FrameworkError

KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEY = sigv4.Key(SECRET)
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
NOW_S = NOW.timestamp()
URL = "http://127.0.0.1:8470/"
TARGET = "PinpointSMSVoiceV2.SendTextMessage"

Pairs = list[tuple[bytes, bytes]]


@pytest.fixture(autouse=True)
def _botocore_stands_at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "get_current_datetime", lambda remove_tzinfo=True: NOW.replace(tzinfo=None))


def botocore_signed(
    body: bytes = b"{}", *, token: str | None = None, headers: dict[str, str] | None = None, url: str = URL
) -> Pairs:
    given = (
        {"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.0"} if headers is None else headers
    )
    request = AWSRequest(method="POST", url=url, data=body, headers=given)
    auth.SigV4Auth(Credentials(KEY_ID, SECRET, token), "sms-voice", "us-east-1").add_auth(request)
    return as_received(request.prepare())


def as_received(request: Any) -> Pairs:
    received = {
        name.lower().encode(): value if isinstance(value, bytes) else value.encode()
        for name, value in request.headers.items()
    }
    received.setdefault(b"host", urlsplit(request.url).netloc.encode())
    return list(received.items())


def verify(
    headers: Pairs, body: bytes = b"{}", key: sigv4.Key | None = KEY, now_s: float = NOW_S, **more: Any
) -> sigv4.Verified:
    query = more.pop("query", b"")
    method, path = more.pop("method", "POST"), more.pop("path", b"/")
    return sigv4.verify(sigv4.credential(headers, query), method, path, query, body, key, now_s, **more)


def changed(headers: Pairs, name: bytes, old: bytes, new: bytes) -> Pairs:
    assert old in dict(headers)[name]
    return [(key, value.replace(old, new) if key == name else value) for key, value in headers]


def refusal(*args: Any, **more: Any) -> FrameworkError:
    with pytest.raises(FrameworkError) as caught:
        verify(*args, **more)
    assert caught.value.status == 400
    return caught.value


# -------- what is accepted


def test_what_botocore_signs_is_accepted() -> None:
    assert verify(botocore_signed()) == sigv4.Verified(KEY_ID, "20261123", "us-east-1", None)


def test_headers_may_come_as_a_dict() -> None:
    claimed = sigv4.credential(dict(botocore_signed()))
    assert sigv4.verify(claimed, "POST", b"/", b"", b"{}", KEY, NOW_S).access_key_id == KEY_ID


def test_a_session_token_must_be_the_one_of_its_key() -> None:
    headers = botocore_signed(token="session")
    assert verify(headers, key=sigv4.Key(SECRET, "session")).token == "session"
    for key in (KEY, sigv4.Key(SECRET, "other")):
        assert refusal(headers, key=key).name == "UnrecognizedClientException"
    assert refusal(botocore_signed(), key=sigv4.Key(SECRET, "session")).name == "UnrecognizedClientException"


HEADER_NAMES = st.from_regex(r"x-[a-z%]{1,8}", fullmatch=True)
HEADER_VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
REQUESTS = {
    "body": st.binary(max_size=200),
    "given": st.dictionaries(HEADER_NAMES, HEADER_VALUES, max_size=4),
    "path": st.lists(st.sampled_from(["a", "b.c", "%20", "~x", "", ".", ".."]), max_size=4).map("/".join),
    "query": st.lists(
        st.tuples(st.sampled_from(["a", "b", "A", "c-d"]), st.sampled_from(["", "1", "2", "%2F", "x~y"])),
        max_size=4,
    ).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)),
}


@settings(max_examples=200, deadline=None)
@given(**REQUESTS)
def test_any_request_that_botocore_signs_is_accepted(
    body: bytes, given: dict[str, str], path: str, query: str
) -> None:
    url = f"http://127.0.0.1:8470/{path}" + (f"?{query}" if query else "")
    headers = botocore_signed(body, headers=dict(given), url=url)
    where: dict[str, Any] = {"path": f"/{path}".encode(), "query": query.encode()}
    assert verify(headers, body, **where).access_key_id == KEY_ID
    assert refusal(headers, body + b" ", **where).name == "InvalidSignatureException"


def presigned(*, token: str | None = None, expires: int = 60, body: bytes = b"") -> tuple[Pairs, bytes]:
    request = AWSRequest(method="POST", url=URL, data=body, headers={"X-Amz-Target": TARGET})
    auth.SigV4QueryAuth(
        Credentials(KEY_ID, SECRET, token), "sms-voice", "us-east-1", expires=expires
    ).add_auth(request)
    prepared = request.prepare()
    return as_received(prepared), urlsplit(prepared.url).query.encode()


def test_what_botocore_presigns_is_accepted_until_it_expires() -> None:
    headers, query = presigned()
    assert verify(headers, b"", query=query).access_key_id == KEY_ID
    assert verify(headers, b"", query=query, now_s=NOW_S + 60).region == "us-east-1"
    late = refusal(headers, b"", query=query, now_s=NOW_S + 61)
    assert late.message == (
        "Signature expired: 20261123T120000Z is now earlier than 20261123T120001Z (20261123T120101Z - 1 min.)"
    )


def test_a_presigned_session_token_is_checked() -> None:
    headers, query = presigned(token="a/b+c")
    assert verify(headers, b"", query=query, key=sigv4.Key(SECRET, "a/b+c")).token == "a/b+c"
    assert refusal(headers, b"", query=query).name == "UnrecognizedClientException"


@pytest.mark.parametrize("expires", ["0", "-1", "604801", "x", "", "99999999999"])
def test_a_presigned_expiry_is_one_to_seven_days_worth_of_seconds(expires: str) -> None:
    headers, query = presigned()
    wrong = query.replace(b"X-Amz-Expires=60", f"X-Amz-Expires={expires}".encode())
    assert refusal(headers, b"", query=wrong).name == "IncompleteSignatureException"


def test_what_we_sign_is_accepted_by_ourselves_and_signed_alike_by_botocore() -> None:
    given = {"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.0"}
    ours = sigv4.sign(
        "POST", URL, given, b"{}", access_key_id=KEY_ID, secret=SECRET, region="us-east-1", now_s=NOW_S
    )
    received = [(name.lower().encode(), value.encode()) for name, value in ours.items()]
    assert verify(received).access_key_id == KEY_ID
    assert dict(received)[b"authorization"] == dict(botocore_signed())[b"authorization"]


def test_what_we_sign_carries_its_session_token_and_the_host_that_clients_send() -> None:
    ours = sigv4.sign(
        "POST",
        "https://user@example.com:443/a?b=c",
        {},
        b"",
        access_key_id=KEY_ID,
        secret=SECRET,
        region="eu-west-1",
        now_s=NOW_S,
        token="session",
    )
    assert ours["Host"] == "example.com"
    received = [(name.lower().encode(), value.encode()) for name, value in ours.items()]
    key = sigv4.Key(SECRET, "session")
    assert verify(received, b"", key, path=b"/a", query=b"b=c", region="eu-west-1").region == "eu-west-1"


# -------- what is refused


def test_a_request_without_a_signature_is_missing_one() -> None:
    for headers in ([], [(b"host", b"h")], [(b"authorization", b"")]):
        error = refusal(headers)
        assert (error.name, error.message) == (
            "MissingAuthenticationTokenException",
            "Request is missing Authentication Token",
        )


def test_two_signatures_are_one_too_many() -> None:
    _, query = presigned()
    assert refusal(botocore_signed(), query=query).name == "InvalidSignatureException"


def test_each_missing_piece_of_the_header_is_named() -> None:
    error = refusal([(b"authorization", b"AWS4-HMAC-SHA256 Nothing=1")])
    assert error.name == "IncompleteSignatureException"
    for name in ("'Credential'", "'Signature'", "'SignedHeaders'", "'X-Amz-Date'"):
        assert name in str(error.message)
    one = refusal(changed(botocore_signed(), b"authorization", b"SignedHeaders", b"Signed"))
    assert "'SignedHeaders'" in str(one.message)
    assert "'Credential'" not in str(one.message)


def test_each_missing_piece_of_the_query_is_named() -> None:
    error = refusal([(b"host", b"h")], query=b"X-Amz-Credential=a")
    assert error.name == "IncompleteSignatureException"
    for name in ("'X-Amz-Algorithm'", "'X-Amz-Signature'", "'X-Amz-SignedHeaders'", "'X-Amz-Date'"):
        assert name in str(error.message)


def test_an_authorization_of_another_kind_is_incomplete_and_not_repeated() -> None:
    error = refusal([(b"authorization", b"Bearer my-token"), (b"x-amz-date", b"20261123T120000Z")])
    assert error.name == "IncompleteSignatureException"
    assert "my-token" not in str(error.message)


@pytest.mark.parametrize(
    "stamp", [b"2026-11-23", b"20261123T120000", b"20261323T120000Z", b"\xff", b"20261123T120000Z\n"]
)
def test_a_date_must_be_in_the_basic_format(stamp: bytes) -> None:
    headers = [(n, stamp if n == b"x-amz-date" else v) for n, v in botocore_signed()]
    error = refusal(headers)
    assert error.name == "IncompleteSignatureException"
    assert "ISO-8601" in str(error.message)


def test_a_clock_may_be_wrong_by_fifteen_minutes_and_no_more() -> None:
    headers = botocore_signed()
    assert verify(headers, now_s=NOW_S + 900)
    assert verify(headers, now_s=NOW_S - 900)
    late, early = refusal(headers, now_s=NOW_S + 901), refusal(headers, now_s=NOW_S - 901)
    assert late.name == early.name == "InvalidSignatureException"
    assert str(late.message) == (
        "Signature expired: 20261123T120000Z is now earlier than 20261123T120001Z "
        "(20261123T121501Z - 15 min.)"
    )
    assert str(early.message) == (
        "Signature not yet current: 20261123T120000Z is still later than 20261123T115959Z "
        "(20261123T114459Z + 15 min.)"
    )


def test_a_date_header_serves_where_there_is_no_x_amz_date() -> None:
    headers = [(b"host", b"h"), (b"date", b"Mon, 23 Nov 2026 12:00:00 GMT")]
    request = canonical.request("POST", b"/", b"", dict(headers), (b"date", b"host"), b"{}")
    scope = b"20261123/us-east-1/sms-voice/aws4_request"
    key = canonical.signing_key(SECRET, "20261123", "us-east-1", "sms-voice")
    signature = canonical.signature(key, canonical.string_to_sign("20261123T120000Z", scope, request))
    claim = b"Credential=%b/%b, SignedHeaders=date;host, Signature=%b" % (KEY_ID.encode(), scope, signature)
    assert verify([*headers, (b"authorization", b"AWS4-HMAC-SHA256 " + claim)]).region == "us-east-1"


@pytest.mark.parametrize("name", [b"host", b"x-amz-date", b"x-amz-target"])
def test_what_a_signature_is_good_for_must_be_signed(name: bytes) -> None:
    headers = botocore_signed()
    signed = [b"content-type", b"host", b"x-amz-date", b"x-amz-target"]
    left = b";".join(each for each in signed if each != name)
    error = refusal(changed(headers, b"authorization", b";".join(signed), left))
    assert error.name == "InvalidSignatureException"
    assert "'SignedHeader'" in str(error.message)


def test_other_algorithms_are_unsupported() -> None:
    error = refusal(
        changed(botocore_signed(), b"authorization", b"AWS4-HMAC-SHA256", b"AWS4-ECDSA-P256-SHA256")
    )
    assert error.name == "IncompleteSignatureException"
    assert "algorithm" in str(error.message)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"/us-east-1/", b"/Us_East/", "valid region, not 'Us_East'"),
        (b"/us-east-1/", b"//", "valid region, not ''"),
        (b"/sms-voice/", b"/dynamodb/", "correct service: 'sms-voice'"),
        (b"/aws4_request", b"/aws5_request", "valid terminator: 'aws4_request'"),
        (b"/20261123/", b"/20261122/", "does not match the day"),
    ],
)
def test_a_credential_has_the_right_scope(old: bytes, new: bytes, said: str) -> None:
    error = refusal(changed(botocore_signed(), b"authorization", old, new))
    assert error.name == "InvalidSignatureException"
    assert said in str(error.message)


def test_a_credential_may_be_held_to_one_region() -> None:
    assert verify(botocore_signed(), region="us-east-1")
    assert "valid region, not 'us-east-1'" in str(refusal(botocore_signed(), region="eu-west-1").message)


def test_a_credential_has_five_parts() -> None:
    error = refusal(changed(botocore_signed(), b"authorization", b"/us-east-1", b""))
    assert error.name == "IncompleteSignatureException"
    assert "5 slash-delimited elements" in str(error.message)


def test_the_region_that_is_claimed_can_be_read_before_it_is_proven() -> None:
    assert sigv4.credential(botocore_signed()).region == "us-east-1"
    short = changed(botocore_signed(), b"authorization", b"/20261123/us-east-1/sms-voice/aws4_request", b"")
    assert sigv4.credential(short).region == ""
    assert sigv4.credential(short).access_key_id == KEY_ID


def test_an_unknown_key_is_told_after_everything_that_can_be_seen_without_it() -> None:
    assert refusal(botocore_signed(), key=None).name == "UnrecognizedClientException"
    assert refusal(botocore_signed(), key=None, now_s=NOW_S + 901).name == "InvalidSignatureException"


def test_another_secret_makes_another_signature_even_for_the_same_key_id() -> None:
    headers = botocore_signed()
    assert verify(headers)
    error = refusal(headers, key=sigv4.Key(SECRET + "x"))
    assert error.name == "InvalidSignatureException"
    assert "does not match the signature you provided" in str(error.message)


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("body", {"body": b"{ }"}),
        ("method", {"method": "GET"}),
        ("path", {"path": b"/x"}),
        ("query", {"query": b"a=b"}),
    ],
)
def test_nothing_signed_can_be_changed(what: str, more: dict[str, Any]) -> None:
    assert "does not match" in str(refusal(botocore_signed(), **more).message)


@pytest.mark.parametrize("name", [b"host", b"x-amz-target", b"content-type"])
def test_no_signed_header_can_be_changed_repeated_or_left_out(name: bytes) -> None:
    headers = botocore_signed()
    for tampered in (
        [(key, value + b"x" if key == name else value) for key, value in headers],
        [*headers, (name, b"again")],
        [(key, value) for key, value in headers if key != name],
    ):
        assert refusal(tampered).name == "InvalidSignatureException"


def test_no_bit_of_a_signature_can_be_changed() -> None:
    headers = botocore_signed()
    signature = dict(headers)[b"authorization"][-64:]
    for wrong in (
        signature.upper(),
        signature[:-1],
        signature + b"0",
        signature[::-1],
        b"0" * 64,
        b"\xff" * 64,
    ):
        assert (
            refusal(changed(headers, b"authorization", signature, wrong)).name == "InvalidSignatureException"
        )


def test_what_was_compared_is_for_the_log_alone_and_holds_no_token() -> None:
    error = refusal(botocore_signed(token="top/secret"), b"other", key=sigv4.Key(SECRET, "top/secret"))
    assert "x-amz-target:PinpointSMSVoiceV2.SendTextMessage" in str(error.detail)
    assert "x-amz-target" not in str(error.message)
    assert "top/secret" not in str(error.detail)


def test_a_very_long_authorization_header_is_read_and_not_remembered() -> None:
    headers = botocore_signed()
    before = sigv4._remembered_claim.cache_info().currsize
    padded = [
        (n, v.replace(b" Credential", b" Padding=" + b"x" * 5000 + b", Credential")) for n, v in headers
    ]
    assert verify(padded).access_key_id == KEY_ID
    assert sigv4._remembered_claim.cache_info().currsize == before


CLAIMS = st.lists(
    st.sampled_from(
        [
            b"AWS4-HMAC-SHA256",
            b" ",
            b",",
            b"=",
            b";",
            b"/",
            b"Credential=",
            b"SignedHeaders=",
            b"Signature=",
            b"host",
        ]
    )
    | st.binary(max_size=4),
    max_size=12,
).map(b"".join)
QUERIES = st.lists(
    st.sampled_from(
        [b"X-Amz-Algorithm", b"X-Amz-Credential", b"X-Amz-Signature", b"X-Amz-SignedHeaders", b"X-Amz-Date"]
    )
    | st.sampled_from([b"X-Amz-Expires", b"=", b"&", b"%", b"%ff", b"1", b"20261123T120000Z"]),
    max_size=20,
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(claim=CLAIMS, query=QUERIES, stamp=st.sampled_from([b"20261123T120000Z", b"Mon, 99 Nov", b"\xff"]))
def test_nonsense_is_a_framework_error_and_nothing_else(claim: bytes, query: bytes, stamp: bytes) -> None:
    for headers in ([(b"authorization", claim), (b"date", stamp)], [(b"x-amz-date", stamp)]):
        assert refusal(headers, query=query).name.endswith("Exception")
