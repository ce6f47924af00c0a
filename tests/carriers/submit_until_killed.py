"""Hands segments to the simulated network, writes the id of each that was taken, until somebody kills it."""

import asyncio
import sys
from pathlib import Path

from tests.conformance.carrier.rigs import NOON, Ear, segment
from wireroom.carriers.port import Handed
from wireroom.carriers.simulator import SimulatedNetwork
from wireroom.config import Settings
from wireroom.observe import MachineClock, ManualClock


async def main(directory: Path) -> None:
    network = SimulatedNetwork(directory, Settings(), ManualClock(NOON), MachineClock())
    await network.start(Ear().hear)

    async def submit_for_ever(name: int) -> None:
        turn = 0
        while True:
            turn += 1
            batch = [segment(message_id=f"{name}-{turn}-{each}") for each in range(16)]
            for outcome in await network.submit(batch):
                assert isinstance(outcome, Handed)
                sys.stdout.write(f"{outcome.carrier_message_id}\n")
            sys.stdout.flush()

    await asyncio.gather(*(submit_for_ever(name) for name in range(4)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
