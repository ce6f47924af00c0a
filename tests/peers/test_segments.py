"""Parts and encoding of 500 texts, beside two counters that others wrote: where these agree, so do we.

They disagree where one of them does not cut a grapheme (a flag, a family, a letter with its accents) and the
other does. No text holds a form feed: both know it as GSM 03.38, AWS's table lacks it.
"""

import json
import os
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wireroom.core.text import BASIC, EXTENSION, split
from wireroom.testing import Server

CLIENTS = Path(__file__).resolve().parent / "clients"
HANDSET = "+14255550101"
MOST, LEAST_AGREED = 500, 400

Counted = tuple[str, int]
"""GSM or UNICODE, and the number of parts."""

UCS2 = "абвгдеёжўღ你好世界안녕こんにちはשלוםمرحبا–—“”…✓☎"
ASTRAL = "😀🎉👋🚀𝒳𐍈🀄🦄"
CLUSTERS = ("👨‍👩‍👧‍👦", "🇸🇪", "e\u0301", "👍🏽", "❤️", "\r\n")
KINDS = ("basic", "extension", "extension at a border", "ucs-2", "astral at a border", "clusters", "mixed")


def texts() -> list[tuple[str, str]]:
    """Kind and text: the same 500 each time, of one part to ten, mostly as long as parts are."""
    chance = random.Random(20261123)
    return [(kind, _text(kind, chance)) for kind in (KINDS * MOST)[:MOST]]


def _text(kind: str, chance: random.Random) -> str:
    def some(alphabet: str, length: int) -> str:
        return "".join(chance.choices(alphabet, k=length))

    gsm = chance.choice([160, 161, *(153 * parts + more for parts in range(1, 9) for more in (-1, 0, 1))])
    ucs2 = chance.choice([70, 71, *(67 * parts + more for parts in range(1, 9) for more in (-1, 0, 1))])
    match kind:
        case "basic":
            return some(BASIC, gsm)
        case "extension":
            return some(BASIC + EXTENSION * 3, gsm - chance.randrange(gsm // 4))
        case "extension at a border":
            return (
                some(BASIC, gsm - chance.randrange(3)) + some(EXTENSION, 2) + some(BASIC, chance.randrange(9))
            )
        case "ucs-2":
            return some(BASIC + UCS2, ucs2 - 1) + chance.choice(UCS2)
        case "astral at a border":
            return some(UCS2, ucs2 - chance.randrange(3)) + some(ASTRAL, 2) + some(UCS2, chance.randrange(9))
        case "clusters":
            return some(BASIC, chance.randrange(70)) + "".join(
                chance.choices(CLUSTERS, k=chance.randrange(1, 30))
            )
    return some(
        BASIC + EXTENSION + UCS2 * chance.randrange(2) + ASTRAL * chance.randrange(2),
        chance.randrange(1, 300),
    )


@pytest.fixture(scope="module")
def agreed(environment: Callable[[str], Path]) -> list[tuple[str, str, Counted]]:
    """Kind, text and count, where both counters agree."""
    node = shutil.which("node") or pytest.skip("node is missing: run tools/install-peers")
    modules = environment("sms-segments-calculator") / "node_modules"
    python = environment("smsutil") / "bin/python"
    made = texts()
    one = _count([node, CLIENTS / "segments.js"], made, {"NODE_PATH": str(modules)})
    other = _count([python, CLIENTS / "segments.py"], made, {})
    counted = zip(made, one, other, strict=True)
    return [(kind, text, found) for (kind, text), found, again in counted if found == again]


def _count(command: list[str | Path], made: list[tuple[str, str]], more: dict[str, str]) -> list[Counted]:
    said = subprocess.run(
        command,
        input=json.dumps([text for _, text in made]),
        env={"PATH": os.environ["PATH"], **more},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    return [(encoding, parts) for encoding, parts in json.loads(said.stdout)]


def test_there_are_500_texts_of_which_the_counters_agree_on_400(
    agreed: list[tuple[str, str, Counted]],
) -> None:
    assert len({text for _, text in texts()}) == MOST
    kinds = Counter(kind for kind, _, _ in agreed)
    assert len(agreed) >= LEAST_AGREED, kinds
    assert kinds.keys() == {*KINDS}
    assert {parts for _, _, (_, parts) in agreed} >= {*range(1, 11)}


def test_we_count_as_the_counters_that_agree(agreed: list[tuple[str, str, Counted]]) -> None:
    ours = [(split(text).encoding, len(split(text).parts)) for _, text, _ in agreed]
    wrong = [(each, our) for each, our in zip(agreed, ours, strict=True) if our != each[2]]
    assert wrong == []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def test_twenty_of_them_are_sent_as_they_are_counted(
    agreed: list[tuple[str, str, Counted]], server: Server
) -> None:
    sms = server.client()
    number = sms.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TOLL_FREE"
    )
    for _, text, (encoding, parts) in agreed[:: len(agreed) // 20][:20]:
        sent = sms.send_text_message(
            DestinationPhoneNumber=HANDSET, OriginationIdentity=number["PhoneNumberId"], MessageBody=text
        )
        server.settled()
        found = server.call(f"/messages/{sent['MessageId']}")
        assert found["messageBody"] == text
        assert [part["encoding"] for part in found["parts"]] == [encoding] * parts
        said = {(event["messageEncoding"], event["totalMessageParts"]) for event in found["events"]}
        assert said == {(encoding, parts)}
