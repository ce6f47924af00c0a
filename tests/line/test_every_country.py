"""Every country × kind of identity × message type: the choice, or the documented refusal.

The expectation is worked out here, from the table and from data-plane §1.2, not by the code under test. Real
rows, a real store and `accept`: what stands between a request and the choice is in it.
"""

import asyncio
import itertools
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import phonenumbers
import pytest
from msgspec.structs import replace

from tests.line.house import ACCOUNT, NOW, REGION, Home, House, house, number
from wireroom.api.enums import MessageType, NumberType
from wireroom.core.gates import Refused
from wireroom.sending.accept import Draft, accept
from wireroom.store.rows import SenderId
from wireroom.store.tx import Tx

TABLE = json.loads((Path(__file__).parents[2] / "data" / "countries.json").read_text(encoding="utf-8"))
COUNTRIES: dict[str, dict[str, Any]] = {row["iso"]: row for row in TABLE["countries"]}
NOT_SENDABLE = set(TABLE["not_sendable"]["iso"])
TERRITORIES = {"PR", "VI", "GU", "AS"}
TYPES = tuple(MessageType)


class Case(NamedTuple):
    kind: str
    home: str
    """The identity's own country; HERE is the destination's."""
    abroad: bool = False
    registered: bool = False


HERE, ELSEWHERE = "HERE", "ELSEWHERE"
CASES = [
    Case("SHORT_CODE", HERE),
    Case("SHORT_CODE", ELSEWHERE),
    Case("LONG_CODE", HERE),
    Case("LONG_CODE", ELSEWHERE),
    Case("TEN_DLC", "US"),
    Case("TOLL_FREE", "US"),
    Case("TOLL_FREE", "US", abroad=True),
    Case("SIMULATOR", "US"),
    Case("SENDER_ID", HERE),
    Case("SENDER_ID", HERE, registered=True),
    Case("SENDER_ID", ELSEWHERE),
]


def home_of(case: Case, iso: str) -> str:
    if case.home == HERE:
        return iso
    return case.home if case.home != ELSEWHERE else ("SE" if iso != "SE" else "NO")


def documented(case: Case, iso: str, own: MessageType, asked: MessageType | None) -> str:
    """`sent`, or the reason of the refusal."""
    row, at_home = COUNTRIES[iso], home_of(case, iso) == iso
    if iso in NOT_SENDABLE:
        return "DESTINATION_COUNTRY_BLOCKED"
    if case.kind == "SENDER_ID":
        if row["sender_id"] == "NOT_SUPPORTED":
            return "SENDER_ID_NOT_SUPPORTED"
        if row["sender_id"] == "REGISTRATION_REQUIRED" and not (at_home and case.registered):
            return "SENDER_ID_NOT_REGISTERED" if at_home else "SENDER_ID_REQUIRES_REGISTRATION"
        if not at_home:
            return "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"
    elif case.kind == "SIMULATOR":
        return "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"  # these are no simulator destinations
    elif case.kind == "LONG_CODE" and COUNTRIES[home_of(case, iso)]["long_code_inbound_only"]:
        return "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"
    elif not at_home and case.kind == "TOLL_FREE":
        if not case.abroad:
            return "INTERNATIONAL_SENDING_NOT_SUPPORTED"
        if not row["reachable_by_international_sending"]:
            return "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"
    elif not at_home and not (case.kind == "TEN_DLC" and iso in TERRITORIES):
        return "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"
    return "sent" if asked in (None, own) else "MESSAGE_TYPE_MISMATCH"


def a_number_of(iso: str) -> str:
    """An example that belongs to this country alone: a few mobile prefixes are of two (+44 7924)."""
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    examples = (phonenumbers.example_number_for_type(iso, kind) for kind in kinds)
    own = next(one for one in examples if one and phonenumbers.region_code_for_number(one) == iso)
    return str(phonenumbers.format_number(own, phonenumbers.PhoneNumberFormat.E164))


def identities(iso: str) -> Iterator[tuple[Case, MessageType, str, Any]]:
    """Each case in each message type, with its row and the reference that a caller would use."""
    for serial, (case, own) in enumerate(itertools.product(CASES, TYPES)):
        home = home_of(case, iso)
        if case.kind == "SENDER_ID":
            name = f"Name-{iso}-{serial}"
            yield (
                case,
                own,
                name,
                SenderId(
                    ACCOUNT,
                    REGION,
                    name.lower(),
                    home,
                    name,
                    (own,),
                    "0.00",
                    case.registered,
                    None,
                    deletion_protection=False,
                    created_at=NOW,
                ),
            )
        else:
            phone_number_id = f"phone-{serial:030d}{iso.lower()}"
            row = number(
                f"+1{serial:05d}{ord(iso[0])}{ord(iso[1])}", NumberType(case.kind), phone_number_id, home
            )
            row = replace(row, message_type=own, international_sending=case.abroad)
            yield case, own, phone_number_id, row


def _insert(rows: list[Any], tx: Tx) -> None:
    tx.insert(*rows)


async def outcome(there: House, reference: str, to: str, asked: MessageType | None) -> str:
    draft = Draft(
        ACCOUNT, REGION, to, "hello", "embedded", 0, origination=reference, message_type=asked, dry_run=True
    )
    found = await there.engine.run(lambda tx: accept(tx, NOW, there.new_id, there.settings, draft), "accept")
    return str(found.reason) if isinstance(found, Refused) else "sent"


@pytest.mark.parametrize("first", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
def test_each_country_by_each_kind_of_identity_and_message_type(home: Home, first: str) -> None:
    async def story() -> None:
        async with house(home, running=False) as there:
            for iso in sorted(iso for iso in COUNTRIES if iso.startswith(first)):
                rows = list(identities(iso))
                await there.engine.run(partial(_insert, [row for *_, row in rows]), "rows")
                to = a_number_of(iso)
                for (case, own, reference, _), asked in itertools.product(rows, (None, *TYPES)):
                    found = await outcome(there, reference, to, asked)
                    assert found == documented(case, iso, own, asked), (iso, to, case, own, asked)

    asyncio.run(story())


def test_the_table_is_whole() -> None:
    assert len(COUNTRIES) > 200
    assert {row["sender_id"] for row in COUNTRIES.values()} == {
        "SUPPORTED",
        "REGISTRATION_REQUIRED",
        "NOT_SUPPORTED",
    }
