"""What an engine promises about commits, on every engine."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.conformance.store.rigs import Rig
from wireroom.store.engine import Unavailable
from wireroom.store.rows import Count
from wireroom.store.tx import HandOver, Tx

ACCOUNT = "123456789012"
REGION = "eu-central-1"

Run = Callable[..., Any]


def add(tx: Tx, name: str = "n", by: int = 1) -> int:
    total: int = tx.one("suite_add", account_id=ACCOUNT, region=REGION, name=name, by=by)
    return total


def value(tx: Tx, name: str = "n") -> int | None:
    found = tx.get(Count, ACCOUNT, REGION, name)
    return None if found is None else found.value


class Refused(Exception):
    """What an operation says to its caller."""


def add_and_refuse(tx: Tx) -> None:
    add(tx, by=1000)
    tx.hand_over("route", "undone")
    raise Refused("no")


def test_a_thousand_at_once_are_a_thousand(rig: Rig, run: Run) -> None:
    async def work() -> list[int]:
        return await asyncio.gather(*(rig.engine.run(add, "add") for _ in range(1000)))

    assert sorted(run(work())) == list(range(1, 1001))
    assert run(rig.engine.read(value, "value")) == 1000


def test_an_operation_that_fails_among_many_undoes_only_itself(rig: Rig, run: Run) -> None:
    async def work() -> list[Any]:
        works = [add_and_refuse if n % 7 == 3 else add for n in range(50)]
        return await asyncio.gather(*(rig.engine.run(work, "add") for work in works), return_exceptions=True)

    answers = run(work())
    refused = [n for n, answer in enumerate(answers) if isinstance(answer, Refused)]
    assert refused == [n for n in range(50) if n % 7 == 3]
    assert run(rig.engine.read(value, "value")) == 50 - len(refused)


def test_the_exception_that_comes_out_is_the_one_that_was_raised(rig: Rig, run: Run) -> None:
    raised = Refused("no")

    def work(_tx: Tx) -> None:
        raise raised

    with pytest.raises(Refused) as caught:
        run(rig.engine.run(work, "refuse"))
    assert caught.value is raised


def test_nobody_is_answered_before_the_commit_is_durable(rig: Rig, run: Run) -> None:
    heard: list[HandOver] = []
    rig.engine.on_commit(heard.extend)

    def accept(tx: Tx) -> int:
        tx.hand_over("route", "m-1")
        return add(tx)

    async def work() -> None:
        async with rig.held_commit() as held:
            accepted = asyncio.create_task(rig.engine.run(accept, "accept"))
            refused = asyncio.create_task(rig.engine.run(add_and_refuse, "refuse"))
            await held.begun()
            assert not accepted.done()
            assert not refused.done()
            assert heard == []
            assert await rig.engine.read(value, "value") is None
            held.let_go()
            assert await accepted == 1
            with pytest.raises(Refused):
                await refused
        assert await rig.engine.read(value, "value") == 1
        assert heard == [HandOver("route", "m-1")]

    run(work())


def test_what_comes_during_a_commit_is_in_the_next(rig: Rig, run: Run) -> None:
    async def work() -> None:
        async with rig.held_commit() as held:
            first = asyncio.create_task(rig.engine.run(add, "add"))
            await held.begun()
            second = asyncio.create_task(rig.engine.run(add, "add"))
            held.let_go()
            assert [await first, await second] == [1, 2]

    run(work())


def test_what_is_handed_over_comes_in_order_and_only_what_was_kept(rig: Rig, run: Run) -> None:
    heard: list[HandOver] = []
    calls: list[int] = []

    def listen(items: Sequence[HandOver]) -> None:
        heard.extend(items)
        calls.append(len(items))

    rig.engine.on_commit(listen)

    def accept(tx: Tx) -> None:
        number = add(tx)
        tx.hand_over("route", number)
        tx.hand_over("feed", number)

    async def work() -> None:
        works: list[Callable[[Tx], object]] = [accept, add_and_refuse, accept, add, accept]
        await asyncio.gather(*(rig.engine.run(work, "w") for work in works), return_exceptions=True)

    run(work())
    numbers = [item.item for item in heard[::2]]
    assert [(item.to, item.item) for item in heard] == [
        (to, number) for number in numbers for to in ("route", "feed")
    ]
    assert len(set(numbers)) == 3
    assert set(numbers) < {1, 2, 3, 4}
    assert rig.at_once > 1 or numbers == [1, 2, 4]
    assert 0 not in calls


def test_a_listener_that_fails_stops_nobody(rig: Rig, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[HandOver] = []

    def fail(_items: Sequence[HandOver]) -> None:
        raise RuntimeError("a bug of the listener")

    rig.engine.on_commit(fail)
    rig.engine.on_commit(heard.extend)
    run(rig.engine.run(lambda tx: tx.hand_over("route", 1), "hand over"))
    assert heard == [HandOver("route", 1)]
    assert "a bug of the listener" in caplog.text


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_when_a_commit_fails_nobody_is_told_success_and_nothing_remains(rig: Rig, run: Run) -> None:
    heard: list[HandOver] = []
    rig.engine.on_commit(heard.extend)

    def accept(tx: Tx) -> int:
        tx.hand_over("route", "m")
        return add(tx)

    async def work() -> list[Any]:
        works = [accept, add_and_refuse, accept]
        return await asyncio.gather(*(rig.engine.run(work, "w") for work in works), return_exceptions=True)

    with rig.failing_commits():
        first, refused, second = [type(answer) for answer in run(work())]
    assert first is second is Unavailable
    assert refused in (Unavailable, Refused), "it may share the others' commit, or have none of its own"
    assert heard == []
    assert run(rig.engine.read(value, "value")) is None
    assert run(rig.engine.run(add, "add")) == 1, "the engine heals"
    run(rig.reopen())
    assert run(rig.engine.read(value, "value")) == 1


def test_patient_work_does_not_starve_behind_callers(rig: Rig, run: Run) -> None:
    async def work() -> int:
        rounds = 0
        patient = asyncio.create_task(rig.engine.run(lambda tx: add(tx, "patient"), "stage", patient=True))
        callers = {asyncio.create_task(rig.engine.run(add, "add")) for _ in range(500)}
        while not patient.done():
            rounds += 1
            done, callers = await asyncio.wait(callers, return_when=asyncio.FIRST_COMPLETED)
            callers |= {asyncio.create_task(rig.engine.run(add, "add")) for _ in done}
        await asyncio.gather(*callers)
        return rounds

    assert run(work()) <= 10


def test_a_caller_that_went_away_before_its_turn_leaves_nothing(rig: Rig, run: Run) -> None:
    async def work() -> None:
        async with rig.held_commit() as held:
            first = [asyncio.create_task(rig.engine.run(add, "add")) for _ in range(rig.at_once)]
            await held.begun()
            gone = asyncio.create_task(rig.engine.run(lambda tx: add(tx, by=1000), "add"))
            await asyncio.wait([gone], timeout=0)
            gone.cancel()
            held.let_go()
            assert sorted(await asyncio.gather(*first)) == list(range(1, rig.at_once + 1))
            with pytest.raises(asyncio.CancelledError):
                await gone
        assert await rig.engine.run(add, "add") == rig.at_once + 1

    run(work())


def test_close_finishes_what_was_queued_and_refuses_what_comes_later(rig: Rig, run: Run) -> None:
    async def work() -> None:
        tasks = [asyncio.create_task(rig.engine.run(add, "add", patient=bool(n % 2))) for n in range(300)]
        await asyncio.wait(tasks, timeout=0)
        await rig.engine.close()
        assert sorted([await task for task in tasks]) == list(range(1, 301))
        with pytest.raises(Unavailable):
            await rig.engine.run(add, "add")
        with pytest.raises(Unavailable):
            await rig.engine.read(value, "value")
        await rig.engine.close()

    run(work())
    run(rig.reopen())
    assert run(rig.engine.read(value, "value")) == 300


def test_giving_space_back_comes_to_an_end_and_takes_nothing_that_is_there(rig: Rig, run: Run) -> None:
    def fill(tx: Tx) -> None:
        tx.insert(*(Count(ACCOUNT, REGION, f"{number:06}{'x' * 1000}", number) for number in range(1000)))

    def empty(tx: Tx) -> None:
        for row in tx.page(Count, {"account_id": ACCOUNT, "region": REGION}, None, 900):
            tx.delete(row)

    async def work() -> None:
        await rig.engine.run(fill, "fill")
        await rig.engine.run(empty, "empty")
        times = 0
        while await rig.engine.give_back(0):
            times += 1
            assert await rig.engine.run(add, "add") == times
            assert times < 1000
        assert not await rig.engine.give_back(0)

    def left(tx: Tx) -> list[int]:
        return [row.value for row in tx.page(Count, {"account_id": ACCOUNT, "region": REGION}, None, 1000)]

    run(work())
    run(rig.reopen())
    assert [count for count in run(rig.engine.read(left, "left")) if count >= 900] == list(range(900, 1000))


def test_a_read_keeps_to_what_was_committed_when_it_began(rig: Rig, run: Run) -> None:
    run(rig.engine.run(add, "add"))

    def look_around_a_commit(tx: Tx) -> tuple[int | None, int | None]:
        return value(tx), value(tx, "other")

    assert run(rig.engine.read(look_around_a_commit, "read")) == (1, None)


def test_an_exception_of_a_read_comes_out_and_the_next_read_works(rig: Rig, run: Run) -> None:
    def refuse(_tx: Tx) -> None:
        raise Refused("no")

    with pytest.raises(Refused):
        run(rig.engine.read(refuse, "refuse"))
    assert run(rig.engine.read(value, "value")) is None


def test_an_engine_counts_what_it_does(rig: Rig, run: Run) -> None:
    async def work() -> None:
        await asyncio.gather(*(rig.engine.run(add, "add") for _ in range(10)))
        await rig.engine.run(value, "value")
        await rig.engine.read(value, "value")

    run(work())
    counted = rig.counters.snapshot()
    assert counted["store.operations"] == 11
    assert counted["store.rows_written"] == 10
    assert counted["store.reads"] == 1
    assert 1 <= counted["store.commits"] <= 10
