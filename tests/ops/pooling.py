"""How the tests of pools put identities in, take them out and list them."""

from typing import Any

from tests.ops.given import plain


def associate(sms: Any, pool: dict[str, Any], number: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = {"PoolId": pool["PoolId"], "OriginationIdentity": number["PhoneNumberId"]}
    return plain(sms.associate_origination_identity(**named, **more))


def disassociate(sms: Any, pool: dict[str, Any], number: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = {"PoolId": pool["PoolId"], "OriginationIdentity": number["PhoneNumberId"]}
    return plain(sms.disassociate_origination_identity(**named, **more))


def members(sms: Any, pool: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sms.list_pool_origination_identities(PoolId=pool["PoolId"], **more)[
        "OriginationIdentities"
    ]
    return found
