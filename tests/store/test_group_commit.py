"""Who goes first, how much goes into a batch, and when the writer pauses: on a writer that is no database."""

import asyncio
import threading
from collections.abc import Callable, Generator, Iterable
from typing import Any

import pytest

from wireroom.observe import Counters
from wireroom.store.engine import Unavailable
from wireroom.store.group_commit import (
    BATCH_OPERATIONS,
    CHECKPOINT_PAGES,
    LINGER,
    PATIENT_SHARE,
    PAUSE_PAGES,
    GroupCommit,
)
from wireroom.store.sqltx import Parameters
from wireroom.store.tx import Tx

MILLISECOND = 0.001


class NoSession:
    """Of a writer whose operations write nothing but their name."""

    travels = False
    slot, slots = 0, 1

    def rows(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def change(self, sql: str, parameters: Parameters) -> int:
        raise NotImplementedError

    def expect(self, sql: str, parameters: Parameters) -> bool:
        raise NotImplementedError

    def put(self, sql: str, parameters: Parameters, gone: str | None = None) -> None:
        raise NotImplementedError

    def change_each(self, sql: str, parameters: Iterable[Parameters]) -> list[int]:
        raise NotImplementedError

    def change_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        raise NotImplementedError

    def foresee(self, reads: Iterable[tuple[str, Parameters]]) -> None:
        raise NotImplementedError

    def alone(self, names: Iterable[str]) -> None:
        raise NotImplementedError


class PaperWriter:
    """Notes what it is told; `batches` holds, for each commit, the operations in it."""

    def __init__(self) -> None:
        self.session = NoSession()
        self.log_pages = 0
        self.pages_a_commit = 0
        self.batches: list[list[str]] = []
        self.open: list[str] = []
        self.copies: list[int] = []  # how many batches there were when a copy of the log was made
        self.copied: Callable[[], int] = lambda: self.log_pages
        self.emptied: Callable[[], bool] = lambda: True
        self.fault: str | None = None
        self._written = 0

    def write(self, name: str) -> None:
        self.open.append(name)
        self._written += 1

    def begin(self) -> None:
        if self.fault == "begin":
            raise OSError("no begin")

    def save(self) -> None:
        self._kept = len(self.open)

    def keep(self) -> None:
        if self.fault == "keep":
            raise OSError("no keep")

    def undo(self) -> None:
        if self.fault is not None:
            raise OSError("no undo")
        del self.open[self._kept :]

    def commit(self) -> None:
        self.batches.append(self.open)
        self.open = []
        self.log_pages += self.pages_a_commit

    def rollback(self) -> None:
        self.open = []
        if self.fault == "keep":
            raise OSError("no rollback")

    def rows_written(self) -> int:
        return self._written

    def copy_log(self) -> int:
        self.copies.append(len(self.batches))
        return self.copied()

    def empty_log(self) -> bool:
        return self.emptied()


class House:
    """Group commit on paper, with a watch that only an operation moves on."""

    def __init__(self) -> None:
        self.writer = PaperWriter()
        self.counters = Counters()
        self.now = 0.0
        self.group = GroupCommit(self.writer, lambda: self.now, self.counters)
        self._runner = asyncio.Runner()

    def operation(self, name: str, lasts: float = 0.0) -> Callable[[Tx], None]:
        def work(_tx: Tx) -> None:
            self.writer.write(name)
            self.now += lasts

        return work

    def run(self, *queue: tuple[str, bool], lasts: float = 0.0) -> list[Any]:
        """Queue all (name, patient) at once; what each was told."""

        async def work() -> list[Any]:
            return await asyncio.gather(
                *(
                    self.group.run(self.operation(name, lasts), name, patient=patient)
                    for name, patient in queue
                ),
                return_exceptions=True,
            )

        return self._runner.run(work())

    def close(self) -> None:
        self._runner.run(self.group.finish())
        self._runner.close()


@pytest.fixture
def house() -> Generator[House]:
    house = House()
    yield house
    house.close()


CALLER, PATIENT = ("caller", False), ("patient", True)


def test_a_batch_is_no_longer_than_its_limit(house: House) -> None:
    house.run(*[CALLER] * (2 * BATCH_OPERATIONS + 1))
    assert [len(batch) for batch in house.writer.batches] == [BATCH_OPERATIONS, BATCH_OPERATIONS, 1]


def test_a_batch_ends_when_its_time_is_over(house: House) -> None:
    house.run(*[CALLER] * 7, lasts=0.7 * MILLISECOND)
    assert [len(batch) for batch in house.writer.batches] == [3, 3, 1]


def test_callers_go_before_patient_work_that_was_there_first(house: House) -> None:
    house.run(*[PATIENT] * 3, *[CALLER] * 3)
    assert house.writer.batches == [["caller"] * 3 + ["patient"] * 3]


def test_patient_work_has_its_share_of_a_full_batch(house: House) -> None:
    share = int(BATCH_OPERATIONS * PATIENT_SHARE)
    house.run(*[PATIENT] * BATCH_OPERATIONS, *[CALLER] * BATCH_OPERATIONS)
    first = house.writer.batches[0]
    assert first == ["caller"] * (BATCH_OPERATIONS - share) + ["patient"] * share


def test_patient_work_has_its_turn_even_when_a_caller_took_all_the_time(house: House) -> None:
    house.run(PATIENT, PATIENT, CALLER, CALLER, lasts=5 * MILLISECOND)
    assert house.writer.batches == [["caller", "patient"]] * 2


def test_what_keeps_the_loop_is_logged_with_its_name_and_counted(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.run(("CreatePool", False), lasts=1.9 * MILLISECOND)
    assert caplog.messages == []
    house.run(("SendTextMessage", False), lasts=2.4 * MILLISECOND)
    assert caplog.messages == ["SendTextMessage kept the event loop for 2.4 ms"]
    assert house.counters.snapshot()["store.slow_operations"] == 1


def test_a_name_that_is_always_slow_is_logged_every_ten_seconds(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(21):
        house.run(("route", True), ("submit", True), lasts=500 * MILLISECOND)
    assert [message.split()[0] for message in caplog.messages] == ["route", "submit"] * 3
    assert house.counters.snapshot()["store.slow_operations"] == 42


def test_when_no_transaction_can_begin_all_who_wait_are_told(house: House) -> None:
    house.writer.fault = "begin"
    answers = house.run(*[CALLER] * 100, *[PATIENT] * 3)
    assert [type(answer) for answer in answers] == [Unavailable] * 103
    house.writer.fault = None
    assert house.run(CALLER) == [None], "the engine heals"


def test_a_transaction_that_broke_in_the_middle_is_undone_whole(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.writer.fault = "keep"
    answers = house.run(CALLER, PATIENT)
    assert [type(answer) for answer in answers] == [Unavailable] * 2
    assert house.writer.batches == []
    assert "could not roll back" in caplog.text
    house.writer.fault = None
    assert house.run(CALLER) == [None], "the engine heals"


def test_a_batch_that_wrote_nothing_is_no_commit(house: House) -> None:
    async def work() -> None:
        await house.group.run(lambda _tx: None, "look", patient=False)

    house._runner.run(work())
    counted = house.counters.snapshot()
    assert counted == {"store.operations": 1}


def test_the_log_is_copied_beside_the_work_when_it_has_grown(house: House) -> None:
    house.writer.pages_a_commit = CHECKPOINT_PAGES // 2
    for _ in range(4):
        house.run(CALLER)
    counted = house.counters.snapshot()
    assert counted["store.checkpoints"] == 2
    assert "store.pauses" not in counted


def test_the_writer_pauses_until_a_log_that_grew_too_long_is_copied(house: House) -> None:
    house.writer.pages_a_commit = PAUSE_PAGES
    going_on = threading.Event()

    def copied() -> int:
        assert going_on.wait(10)
        return house.writer.log_pages

    house.writer.copied = copied

    async def work() -> None:
        await house.group.run(house.operation("first"), "first", patient=False)
        second = asyncio.create_task(house.group.run(house.operation("second"), "second", patient=False))
        await asyncio.to_thread(lambda: None)  # rounds of the loop, in which the second could have begun
        assert house.writer.batches == [["first"]]
        going_on.set()
        await second

    house._runner.run(work())
    assert house.writer.batches == [["first"], ["second"]]
    # One copy was made beside the work when the log was too long already; then one while nobody wrote.
    assert house.writer.copies[:2] == [1, 1]
    assert house.counters.snapshot()["store.pauses"] >= 1


def test_a_log_that_another_program_holds_on_to_is_told_and_stops_nobody(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.writer.pages_a_commit = PAUSE_PAGES
    house.writer.copied = lambda: 1
    for _ in range(3):
        assert house.run(CALLER) == [None]
    assert "another program keeps reading the database: its log has grown to 16 MiB" in caplog.text


def test_a_checkpoint_that_fails_stops_nobody(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.writer.pages_a_commit = CHECKPOINT_PAGES

    def fail() -> int:
        raise OSError("disk I/O error")

    house.writer.copied = fail
    for _ in range(6):
        assert house.run(CALLER) == [None]
    assert "a checkpoint failed, another will be tried: disk I/O error" in caplog.text


@pytest.mark.parametrize("patient", [True, False])
def test_nobody_writes_while_the_log_is_emptied(house: House, patient: bool) -> None:
    """Neither who comes then, nor patient work that lingered for company."""
    going_on = threading.Event()

    def emptied() -> bool:
        assert going_on.wait(10)
        return True

    house.writer.emptied = emptied

    async def work() -> None:
        writing = asyncio.create_task(house.group.run(house.operation("work"), "work", patient=patient))
        if patient:
            await asyncio.to_thread(lambda: None)  # it has begun to linger
        emptying = asyncio.create_task(house.group.empty_log())
        await asyncio.wait([writing], timeout=3 * LINGER if patient else None)
        assert house.writer.batches == ([] if patient else [["work"]])
        late = asyncio.create_task(house.group.run(house.operation("late"), "late", patient=False))
        await asyncio.wait([late], timeout=3 * LINGER)
        assert ["late"] not in house.writer.batches
        going_on.set()
        assert await emptying
        await asyncio.gather(writing, late)

    house._runner.run(work())
    assert sorted(name for batch in house.writer.batches for name in batch) == ["late", "work"]


def test_a_log_that_cannot_be_emptied_stops_nobody(house: House, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> bool:
        raise OSError("disk I/O error")

    house.writer.emptied = fail
    assert not house._runner.run(house.group.empty_log())
    assert "the log could not be emptied: disk I/O error" in caplog.text
    assert house.run(CALLER) == [None]
