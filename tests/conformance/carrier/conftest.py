from pathlib import Path

import pytest

from tests.conformance.carrier.rigs import Rig, SimulatorRig, SmppRig


@pytest.fixture(params=[SimulatorRig, SmppRig])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    made: Rig = request.param(tmp_path)
    return made
