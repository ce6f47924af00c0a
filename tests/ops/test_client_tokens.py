"""How long an answer is kept for retries with the same ClientToken."""

from typing import Any

import pytest

from tests.ops.given import NOW
from wireroom.config import Retention, Settings
from wireroom.observe import ManualClock
from wireroom.testing import Server

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("settings", "hours"), [(Settings(), 24), (Settings(retention=Retention(tokens="1h")), 1)]
)
def test_an_answer_is_repeated_until_its_life_is_over(
    settings: Settings, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(settings, clock=ManualClock(NOW)) as server:
        sms, machine = server.client(), server.app.machine
        started = machine.now()

        def created_at(hour: int, more: int) -> Any:
            """The list's, whose deletion in between lets a second one of its name be made."""
            monkeypatch.setattr(machine, "now", lambda: started + hour * HOUR + more)
            return sms.create_opt_out_list(OptOutListName="sales", ClientToken="once")["CreatedTimestamp"]

        first = created_at(0, 0)
        server.turn(1)
        sms.delete_opt_out_list(OptOutListName="sales")
        assert created_at(hours, -1) == first
        assert sms.describe_opt_out_lists()["OptOutLists"][0]["OptOutListName"] == "Default"
        assert created_at(hours, 0) > first
