from pathlib import Path

import pytest

from tests.conformance.carrier.rigs import Rig, SimulatorRig


@pytest.fixture(params=[SimulatorRig])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    made: Rig = request.param(tmp_path)
    return made
