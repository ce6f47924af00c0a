"""Writes two rows for each number and says the number once they are durable; somebody else ends it.

Called as: python write_until_killed.py DIRECTORY FIRST
"""

import asyncio
import itertools
import os
import sys
from pathlib import Path

from wireroom.observe import Counters, MachineClock
from wireroom.store.rows import Count, OptOutList
from wireroom.store.sqlite import SqliteEngine
from wireroom.store.tx import Tx

ACCOUNT, REGION = "123456789012", "eu-central-1"
WRITERS = 50


async def main(directory: Path, first: int) -> None:
    engine = SqliteEngine.open(directory, MachineClock(), Counters())
    numbers = itertools.count(first)

    async def write() -> None:
        for number in numbers:

            def work(tx: Tx, number: int = number) -> None:
                tx.insert(OptOutList(ACCOUNT, REGION, f"{number}", number))
                tx.insert(Count(ACCOUNT, REGION, f"{number}", number))

            await engine.run(work, "write")
            os.write(1, f"{number}\n".encode())

    await asyncio.gather(*(write() for _ in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
