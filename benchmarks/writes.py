"""Commits and row writes for each send, from the store's own counters, accept to final event."""

from benchmarks.load import Job
from benchmarks.processes import Watch, data_dir, new_pool, run
from benchmarks.report import Line
from benchmarks.signed import Key
from wireroom.testing import ACCOUNT, Server

SENDS = 2_000
COUNTERS = ("store.commits", "store.rows_written")
MOST_ROWS = 12
"""What a text of one part may cost (DESIGN §5)."""


def measure() -> list[Line]:
    """The server runs in this process, so that its counters can be read; the load comes from another."""
    key = Key(ACCOUNT, "any")
    with data_dir() as directory, Server(data_dir=str(directory)) as server:
        pool_id = new_pool(server.url, key)
        watch = Watch(directory)
        lines: list[Line] = []
        for first, connections in ((0, 1), (SENDS, 64)):
            job = Job(server.url, "sends", connections, 120, SENDS, key, pool_id, first)
            before = server.app.counters.snapshot()
            run(job)
            watch.wait()
            after = server.app.counters.snapshot()
            commits, rows = (after[name] - before.get(name, 0) for name in COUNTERS)
            lines += [
                Line(f"commits for each send, {connections} connections", [commits / SENDS]),
                Line("    row writes", [rows / SENDS], most=MOST_ROWS),
            ]
        watch.close()
    return lines
