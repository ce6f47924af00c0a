"""Ids and ARNs."""

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireroom.api.enums import ResourceType
from wireroom.core.ids import BadArn, Reference, arn, parse_reference, resource_id, uuid7

ten_bytes = st.binary(min_size=10, max_size=10)
times = st.integers(0, 2**48 - 1)
IDENTITIES = (ResourceType.PHONE_NUMBER, ResourceType.SENDER_ID, ResourceType.POOL, ResourceType.RCS_AGENT)


@given(times, ten_bytes)
def test_a_message_id_is_a_uuid_of_version_7_with_its_time_in_front(unix_ms: int, random: bytes) -> None:
    text = uuid7(unix_ms, random)
    value = uuid.UUID(text)
    assert str(value) == text
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == unix_ms


@given(times, times, ten_bytes, ten_bytes)
def test_message_ids_sort_by_time(first: int, second: int, one: bytes, other: bytes) -> None:
    if first < second:
        assert uuid7(first, one) < uuid7(second, other)


def test_every_random_byte_counts() -> None:
    ids = {uuid7(0, bytes(1 if n == place else 0 for n in range(10))) for place in range(10)}
    assert len(ids) == 10


def test_a_resource_id_is_its_prefix_and_32_hex_digits() -> None:
    assert re.fullmatch("pool-[0-9a-f]{32}", resource_id("pool", bytes(range(16))))


@given(
    st.sampled_from(["eu-west-1", "cn-north-1", "us-gov-west-1"]),
    st.text("0123456789", min_size=12, max_size=12),
    st.sampled_from(ResourceType),
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
)
def test_an_arn_reads_back_as_what_it_was_made_of(
    region: str, account: str, kind: ResourceType, name: str
) -> None:
    country = "GB" if kind is ResourceType.SENDER_ID else None
    text = arn(region, account, kind, f"{name}/GB" if country else name)
    assert parse_reference(text, [kind]) == Reference(kind, name, account, region, country)


def test_the_partition_follows_the_region() -> None:
    assert arn("us-east-1", "0" * 12, ResourceType.POOL, "p").startswith("arn:aws:sms-voice:us-east-1:")
    assert arn("cn-north-1", "0" * 12, ResourceType.POOL, "p").startswith("arn:aws-cn:")
    assert arn("us-gov-west-1", "0" * 12, ResourceType.POOL, "p").startswith("arn:aws-us-gov:")


@pytest.mark.parametrize(
    "text",
    [
        "arn:",
        "arn:aws:sns:us-east-1:000000000000:pool/pool-1",
        "arn:aws-cn:sms-voice:us-east-1:000000000000:pool/pool-1",
        "arn:aws:sms-voice:us-east-1:00000000000:pool/pool-1",
        "arn:aws:sms-voice::000000000000:pool/pool-1",
        "arn:aws:sms-voice:us-east-1:000000000000:pool/",
        "arn:aws:sms-voice:us-east-1:000000000000:pool",
        "arn:aws:sms-voice:us-east-1:000000000000:configuration-set/c",
        "arn:aws:sms-voice:us-east-1:000000000000:pool/pool-1/GB",
        "arn:aws:sms-voice:us-east-1:000000000000:sender-id/ACME",
        "arn:aws:sms-voice:us-east-1:000000000000:sender-id/ACME/gb",
        "arn:aws:sms-voice:us-east-1:000000000000:pool/pool-1\n",
    ],
)
def test_an_arn_that_cannot_be_meant_is_bad(text: str) -> None:
    assert isinstance(parse_reference(text, IDENTITIES), BadArn)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("pool-" + "0" * 32, ResourceType.POOL),
        ("phone-" + "0" * 32, ResourceType.PHONE_NUMBER),
        ("rcs-" + "0" * 32, ResourceType.RCS_AGENT),
        ("+12065550100", ResourceType.PHONE_NUMBER),
        ("12065550100", ResourceType.PHONE_NUMBER),
        ("24273", ResourceType.PHONE_NUMBER),
        ("ACME", ResourceType.SENDER_ID),
        ("pool-party", ResourceType.SENDER_ID),
        ("registration-" + "0" * 32, None),
        ("something-that-is-nothing", None),
    ],
)
def test_a_plain_id_tells_what_it_is_the_id_of(text: str, kind: ResourceType | None) -> None:
    assert parse_reference(text, IDENTITIES) == Reference(kind, text)


def test_where_one_kind_is_wanted_a_plain_text_is_that() -> None:
    assert parse_reference("anything", [ResourceType.OPT_OUT_LIST]) == Reference(
        ResourceType.OPT_OUT_LIST, "anything"
    )
