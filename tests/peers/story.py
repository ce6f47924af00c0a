"""One story for every client: it makes resources, sends, is refused, and tidies up.

What a client must have seen is said here once. `tell` also writes down all that it was answered, with what is
different for each of them taken out, so that one client can be held against another.
"""

import re
from datetime import UTC, datetime
from typing import Any

from tests.peers.client import Client
from wireroom.testing import REGION, Server

HANDSET, OPTED_OUT = "+14255550101", "+14255550102"
BODY = "Grüße an 你好 👋, your code is 482913"
NOWHERE = "pool-" + "0" * 32

Told = dict[str, Any]
"""What each call was answered, by its place in the story and its name."""

_ALIKE = (
    (re.compile(r"\b(phone|pool)-[0-9a-f]{32}"), r"\1-…"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "an id"),
    (re.compile(r"\+(?!1425555)[0-9]+"), "a number"),
)


class Teller:
    """Makes the calls and remembers the answers."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.told: Told = {}

    def __call__(self, operation: str, **parameters: Any) -> Any:
        return self._remember(operation, self.client(operation, **parameters))

    def refused(self, operation: str, **parameters: Any) -> Any:
        return self._remember(operation, self.client.refused(operation, **parameters))

    def _remember(self, operation: str, answer: Any) -> Any:
        self.told[f"{len(self.told):02} {operation}"] = _alike(answer, self.client.account)
        return answer


def tell(client: Client, server: Server) -> Told:
    """The whole story, in the client's own account."""
    does = Teller(client)
    _ask_who_one_is(client)
    pool, numbers = _make_a_pool(does)
    _say_how_a_pool_speaks(does, pool)
    _send(does, pool, server)
    _be_refused(does, pool)
    _turn_pages(does)
    _tidy_up(does, pool, numbers)
    if client.kind.knows_sender_ids:
        _have_a_sender_id(does, server)
    return does.told


def _ask_who_one_is(client: Client) -> None:
    said = client.ask("sts", "GetCallerIdentity", {})
    found = {name: said["output"][name] for name in ("Account", "Arn", "UserId")}
    arn = f"arn:aws:iam::{client.account}:root"
    assert found == {"Account": client.account, "Arn": arn, "UserId": client.account}


def _make_a_pool(does: Teller) -> tuple[str, list[str]]:
    wanted = {
        "IsoCountryCode": "US",
        "MessageType": "TRANSACTIONAL",
        "NumberCapabilities": ["SMS"],
        "NumberType": "TOLL_FREE",
    }
    tags = [{"Key": "team", "Value": "växel ☎"}]
    first, second = (does("RequestPhoneNumber", **wanted, Tags=tags) for _ in range(2))
    assert {name: first[name] for name in wanted} == wanted
    assert first["Tags"] == tags
    (described,) = does("DescribePhoneNumbers", PhoneNumberIds=[first["PhoneNumberId"]])["PhoneNumbers"]
    assert (described["PhoneNumber"], described["Status"]) == (first["PhoneNumber"], "ACTIVE")

    create = {
        "OriginationIdentity": first["PhoneNumberId"],
        "IsoCountryCode": "US",
        "MessageType": "TRANSACTIONAL",
        "ClientToken": "once",
    }
    pool, again = does("CreatePool", **create), does("CreatePool", **create)
    assert pool["PoolArn"] == f"arn:aws:sms-voice:{REGION}:{does.client.account}:pool/{pool['PoolId']}"
    assert again["PoolId"] == pool["PoolId"]
    join = {"PoolId": pool["PoolId"], "OriginationIdentity": second["PhoneNumberArn"], "IsoCountryCode": "US"}
    assert does("AssociateOriginationIdentity", **join)["PoolId"] == pool["PoolId"]
    members = does("ListPoolOriginationIdentities", PoolId=pool["PoolId"])["OriginationIdentities"]
    numbers = [first["PhoneNumberId"], second["PhoneNumberId"]]
    assert sorted(each["OriginationIdentity"] for each in members) == sorted(numbers)
    assert does("ListTagsForResource", ResourceArn=first["PhoneNumberArn"])["Tags"] == tags
    return pool["PoolId"], numbers


def _say_how_a_pool_speaks(does: Teller, pool: str) -> None:
    keyword = {"Keyword": "INFO", "KeywordMessage": "Öppet 9–17", "KeywordAction": "AUTOMATIC_RESPONSE"}
    assert does("PutKeyword", OriginationIdentity=pool, **keyword)["Keyword"] == "INFO"
    found = does("DescribeKeywords", OriginationIdentity=pool, Keywords=["INFO"])["Keywords"]
    assert found == [keyword]

    assert does("CreateConfigurationSet", ConfigurationSetName="codes")["ConfigurationSetName"] == "codes"
    does("SetDefaultMessageType", ConfigurationSetName="codes", MessageType="TRANSACTIONAL")
    does("SetDefaultSenderId", ConfigurationSetName="codes", SenderId="Wireroom")
    (codes,) = does("DescribeConfigurationSets", ConfigurationSetNames=["codes"])["ConfigurationSets"]
    assert codes["DefaultMessageType"] == "TRANSACTIONAL"
    assert codes["DefaultSenderId"] == "Wireroom"

    assert does("SetTextMessageSpendLimitOverride", MonthlyLimit=500)["MonthlyLimit"] == 500
    limits = {limit["Name"]: limit for limit in does("DescribeSpendLimits")["SpendLimits"]}
    limit = limits["TEXT_MESSAGE_MONTHLY_SPEND_LIMIT"]
    assert (limit["EnforcedLimit"], limit["Overridden"]) == (500, True)


def _send(does: Teller, pool: str, server: Server) -> None:
    text = {"DestinationPhoneNumber": HANDSET, "OriginationIdentity": pool, "MessageBody": BODY}
    context = {"order": "42", "für": "Åsa"}
    sent = does("SendTextMessage", **text, Context=context, ConfigurationSetName="codes")
    found = _arrived(server, does.client.account)
    assert found["messageId"] == sent["MessageId"]
    assert (found["messageBody"], found["context"], found["poolId"]) == (BODY, context, pool)
    assert does("SendTextMessage", **text, DryRun=True)["MessageId"] != sent["MessageId"]


def _be_refused(does: Teller, pool: str) -> None:
    does("PutOptedOutNumber", OptOutListName="Default", OptedOutNumber=OPTED_OUT)
    text = {"DestinationPhoneNumber": OPTED_OUT, "OriginationIdentity": pool, "MessageBody": "?"}
    conflict = does.refused("SendTextMessage", **text)
    assert conflict["Code"] == "ConflictException"
    assert conflict["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    assert 'Reason="DESTINATION_PHONE_NUMBER_OPTED_OUT"' in conflict["Message"]

    missing = does.refused("DescribePools", PoolIds=[NOWHERE])
    assert missing["Code"] == "ResourceNotFoundException"
    assert (missing["ResourceType"], missing["ResourceId"]) == ("pool", NOWHERE)

    wanted = {"NumberCapabilities": ["SMS"], "NumberType": "TOLL_FREE"}
    invalid = does.refused("RequestPhoneNumber", IsoCountryCode="usa", MessageType="NONSENSE", **wanted)
    assert (invalid["Code"], invalid["Reason"]) == ("ValidationException", "FIELD_VALIDATION_FAILED")
    assert sorted(field["Name"] for field in invalid["Fields"]) == ["IsoCountryCode", "MessageType"]

    does("CreateOptOutList", OptOutListName="news")
    quota = does.refused("CreateOptOutList", OptOutListName="more")
    assert quota["Code"] == "ServiceQuotaExceededException"
    assert quota["Reason"] == "OPT_OUT_LISTS_PER_ACCOUNT"


def _turn_pages(does: Teller) -> None:
    numbers = [f"+1425555020{digit}" for digit in range(3)]
    for number in numbers:
        does("PutOptedOutNumber", OptOutListName="news", OptedOutNumber=number)
    seen: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = does("DescribeOptedOutNumbers", OptOutListName="news", MaxResults=2, **more)
        seen += [each["OptedOutNumber"] for each in page["OptedOutNumbers"]]
        if not page.get("NextToken"):
            break
        more = {"NextToken": page["NextToken"]}
    assert sorted(seen) == numbers


def _tidy_up(does: Teller, pool: str, numbers: list[str]) -> None:
    does("DeleteConfigurationSet", ConfigurationSetName="codes")
    does("DeleteTextMessageSpendLimitOverride")
    assert does("DeletePool", PoolId=pool)["PoolId"] == pool
    for number in numbers:
        assert does("ReleasePhoneNumber", PhoneNumberId=number)["PhoneNumberId"] == number


def _have_a_sender_id(does: Teller, server: Server) -> None:
    mine = {"SenderId": "Wireroom", "IsoCountryCode": "AF"}
    made = does("RequestSenderId", **mine, MessageTypes=["TRANSACTIONAL"])
    assert {name: made[name] for name in mine} == mine
    (found,) = does("DescribeSenderIds", SenderIds=[mine])["SenderIds"]
    assert found["SenderIdArn"] == made["SenderIdArn"]
    to = {"DestinationPhoneNumber": "+93701234567", "MessageType": "TRANSACTIONAL"}
    sent = does("SendTextMessage", **to, OriginationIdentity=made["SenderIdArn"], MessageBody="hello")
    assert _arrived(server, does.client.account, "&origination=Wireroom")["messageId"] == sent["MessageId"]
    assert does("ReleaseSenderId", **mine)["SenderId"] == "Wireroom"


def _arrived(server: Server, account: str, more: str = "") -> Any:
    """The one text of the account that got to its handset, or to a carrier that says no more."""
    return server.call(f"/messages/wait?account={account}&final=true{more}")


# What differs


def _alike(value: Any, account: str, name: str = "") -> Any:
    """An answer without what is another for each client: ids, numbers, times, its account."""
    match value:
        case dict():
            return {key: _alike(each, account, key) for key, each in value.items()}
        case list():
            return [_alike(each, account) for each in value]
        case _ if name.endswith("Timestamp"):
            return _a_time(value)
        case str() if name == "NextToken":
            return "a token"
        case str():
            said = value.replace(account, "the account")
            for pattern, same in _ALIKE:
                said = pattern.sub(same, said)
            return said
    return value


def _a_time(value: Any) -> str:
    """botocore gives seconds, AWS CLI 2 and JavaScript ISO 8601."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
    assert moment.year >= 2026
    return "a time"
