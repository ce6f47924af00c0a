"""The connection goes while a commit is under way: nobody is told what is not so, and a retry sends once."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faults.conftest import ended, send
from tests.faults.spoiling import Spoiler, lose_after_commit, lose_before_commit
from wireroom.store.rows import Message
from wireroom.testing import Server


def texts(server: Server) -> list[Message]:
    return server.run(server.app.engine.read(lambda tx: tx.page(Message, {}, None, 1000), "texts"))


@pytest.mark.parametrize("lose", [lose_before_commit, lose_after_commit])
def test_who_does_not_try_again_is_told_that_it_failed(
    server: Server, sms: Any, pool: str, spoiler: Spoiler, lose: Any
) -> None:
    spoiler.at_commit(lose)
    with pytest.raises(ClientError) as raised:
        send(sms, pool)
    assert raised.value.response["Error"]["Code"] == "InternalServerException"
    assert send(sms, pool)


@pytest.mark.parametrize("lose", [lose_before_commit, lose_after_commit])
def test_an_sdk_that_tries_again_sends_one_text(
    server: Server, client_of: Callable[..., Any], pool: str, spoiler: Spoiler, lose: Any
) -> None:
    before = len(texts(server))
    spoiler.at_commit(lose)
    message_id = send(client_of(server, 3), pool, "once")
    after = texts(server)
    assert len(after) == before + 1
    assert [text.message_id for text in after if text.body == "once"] == [message_id]


def test_a_text_whose_commit_was_lost_to_its_caller_arrives_all_the_same(
    server: Server, client_of: Callable[..., Any], pool: str, spoiler: Spoiler
) -> None:
    """It lies in the outbox, leased to this process, although nothing was handed over in memory."""
    spoiler.at_commit(lose_after_commit)
    message_id = send(client_of(server, 3), pool, "lost")
    server.run(_look(server))
    text = ended(server, message_id)[message_id]
    assert [event["isFinal"] for event in text["events"]] == [False, True]


async def _look(server: Server) -> None:
    """What the line does by itself now and then."""
    server.app.line._look()
