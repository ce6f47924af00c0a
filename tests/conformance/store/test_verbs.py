"""The verbs of a transaction, on every engine."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import asdict, replace

from tests.conformance.store.rigs import Rig
from tests.conformance.store.samples import sample
from wireroom.store.engine import StoreError
from wireroom.store.rows import TABLES, Count, OptedOutNumber, PhoneNumber, Place, Tag
from wireroom.store.tx import Duplicate, HandOver, Row, Tx

ACCOUNT = "123456789012"
REGION = "eu-central-1"
WHERE = {"account_id": ACCOUNT, "region": REGION}

Run = Callable[..., Any]


def tag(key: str, value: str = "") -> Tag:
    return Tag(ACCOUNT, REGION, "arn:aws:sms-voice:pool/1", key, value)


def count(name: str, value: int) -> Count:
    return Count(ACCOUNT, REGION, name, value)


def key_of(row: Struct) -> list[Any]:
    return [getattr(row, column) for column in TABLES[type(row)].key]


def again(tx: Tx, row: Row) -> Row | None:
    return tx.get(type(row), *key_of(row))


@pytest.mark.parametrize("empty", [False, True], ids=["full", "empty"])
@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_a_row_comes_back_as_it_went_in(rig: Rig, run: Run, kind: type[Struct], empty: bool) -> None:
    row = sample(kind, empty=empty)
    run(rig.engine.run(lambda tx: tx.insert(row), "write"))
    back = run(rig.engine.read(lambda tx: again(tx, row), "read"))
    assert back == row
    assert [type(value) for value in asdict(back).values()] == [type(value) for value in asdict(row).values()]


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_column_but_the_key_can_be_updated(rig: Rig, run: Run, kind: type[Struct]) -> None:
    row, other = sample(kind), sample(kind, empty=True, mark=" too")
    changes = {name: value for name, value in asdict(other).items() if name not in TABLES[kind].key}
    if not changes:
        return

    def work(tx: Tx) -> Any:
        tx.insert(row)
        return tx.update(row, **changes), again(tx, row)

    answer, stored = run(rig.engine.run(work, "update"))
    assert answer == stored == replace(row, **changes)


def test_a_row_that_is_not_there_is_none(rig: Rig, run: Run) -> None:
    assert run(rig.engine.read(lambda tx: tx.get(Place, ACCOUNT, REGION), "get")) is None


def test_a_taken_key_is_a_duplicate_and_the_first_row_stays(rig: Rig, run: Run) -> None:
    run(rig.engine.run(lambda tx: tx.insert(tag("team", "blue")), "first"))
    with pytest.raises(Duplicate):
        run(rig.engine.run(lambda tx: tx.insert(tag("team", "red")), "second"))
    stored = run(rig.engine.read(lambda tx: again(tx, tag("team")), "get"))
    assert stored == tag("team", "blue")


def test_a_taken_unique_value_is_a_duplicate_too(rig: Rig, run: Run) -> None:
    number = sample(PhoneNumber)
    other = replace(number, phone_number_id="phone-2")
    run(rig.engine.run(lambda tx: tx.insert(number), "first"))
    with pytest.raises(Duplicate):
        run(rig.engine.run(lambda tx: tx.insert(other), "insert"))
    with pytest.raises(Duplicate):
        run(rig.engine.run(lambda tx: tx.insert_new(other), "insert_new"))


def test_a_transaction_that_goes_on_after_a_duplicate_is_refused(rig: Rig, run: Run) -> None:
    def swallow(tx: Tx) -> None:
        tx.insert(tag("team"), tag("cost"))
        with suppress(Duplicate):  # which may also come later
            tx.insert(tag("team"))

    def go_on(tx: Tx) -> None:
        swallow(tx)
        tx.get(Place, ACCOUNT, REGION)

    for work in (swallow, go_on):
        with pytest.raises((StoreError, Duplicate)):
            run(rig.engine.run(work, "bug"))
    assert run(rig.engine.read(lambda tx: again(tx, tag("cost")), "get")) is None


def test_insert_new_tells_whether_it_wrote(rig: Rig, run: Run) -> None:
    def work(tx: Tx) -> list[bool]:
        return [tx.insert_new(tag("a", "1")), tx.insert_new(tag("a", "2")), tx.insert_new(tag("b"))]

    assert run(rig.engine.run(work, "insert_new")) == [True, False, True]
    stored = run(rig.engine.read(lambda tx: again(tx, tag("a")), "get"))
    assert stored == tag("a", "1")


def test_many_rows_of_several_types_are_inserted_at_once(rig: Rig, run: Run) -> None:
    rows = [tag("a"), count("POOLS", 3), tag("b")]
    run(rig.engine.run(lambda tx: tx.insert(*rows), "insert"))
    assert run(rig.engine.read(lambda tx: [again(tx, row) for row in rows], "get")) == rows


def test_an_update_of_nothing_answers_the_row(rig: Rig, run: Run) -> None:
    row = tag("a", "1")
    assert run(rig.engine.run(lambda tx: tx.update(row), "update")) is row


def test_an_update_of_the_key_or_of_an_unknown_column_is_refused(rig: Rig, run: Run) -> None:
    run(rig.engine.run(lambda tx: tx.insert(tag("a")), "insert"))
    with pytest.raises(TypeError, match="key is in the key of tags"):
        run(rig.engine.run(lambda tx: tx.update(tag("a"), key="b"), "update"))
    with pytest.raises(TypeError, match="tags has no column colour"):
        run(rig.engine.run(lambda tx: tx.update(tag("a"), colour="b"), "update"))


def test_an_update_of_a_row_that_is_gone_is_an_error(rig: Rig, run: Run) -> None:
    with pytest.raises(LookupError):
        run(rig.engine.run(lambda tx: tx.update(tag("a"), value="1"), "update"))


def test_delete_removes_one_row_and_does_not_mind_when_it_is_gone(rig: Rig, run: Run) -> None:
    run(rig.engine.run(lambda tx: tx.insert(tag("a"), tag("b")), "insert"))
    for _ in range(2):
        run(rig.engine.run(lambda tx: tx.delete(tag("a")), "delete"))
    found = run(rig.engine.read(lambda tx: [again(tx, tag("a")), again(tx, tag("b"))], "get"))
    assert found == [None, tag("b")]


def opted_out(number: int, at: int, region: str = REGION) -> OptedOutNumber:
    return OptedOutNumber(
        account_id=ACCOUNT,
        region=region,
        list_name="Default",
        number=f"+1206555{number:04}",
        opted_out_at=at,
        end_user_opted_out=False,
    )


def test_pages_walk_along_the_order_and_meet_every_row_once(rig: Rig, run: Run) -> None:
    rows = [opted_out(number, at=number * 7 % 5) for number in range(23)]
    elsewhere = opted_out(99, at=2, region="us-east-1")
    run(rig.engine.run(lambda tx: tx.insert(*rows, elsewhere), "insert"))

    def page_of_five(tx: Tx, after: tuple[int, str] | None) -> list[OptedOutNumber]:
        return tx.page(OptedOutNumber, {**WHERE, "list_name": "Default"}, after, 5)

    seen: list[OptedOutNumber] = []
    for _ in range(6):
        after = (seen[-1].opted_out_at, seen[-1].number) if seen else None
        page = run(rig.engine.read(partial(page_of_five, after=after), "page"))
        assert len(page) <= 5
        seen += page
    assert seen == sorted(rows, key=lambda row: (row.opted_out_at, row.number))


def test_a_page_whose_scope_is_in_its_order_goes_on_after_the_whole_order_key(rig: Rig, run: Run) -> None:
    rows = [count(name, 1) for name in "abcd"]
    run(rig.engine.run(lambda tx: tx.insert(*rows), "insert"))
    after = (ACCOUNT, REGION, "b")
    assert run(rig.engine.read(lambda tx: tx.page(Count, WHERE, after, 10), "page")) == rows[2:]
    everything = run(rig.engine.read(lambda tx: tx.page(Count, {}, after, 10), "page"))
    assert everything == rows[2:]


def test_a_page_of_an_unknown_column_is_refused(rig: Rig, run: Run) -> None:
    with pytest.raises(TypeError, match="counters has no column colour"):
        run(rig.engine.read(lambda tx: tx.page(Count, {"colour": "red"}, None, 10), "page"))


def test_a_named_query_answers_what_its_head_says(rig: Rig, run: Run) -> None:
    account = {"account_id": ACCOUNT}
    run(rig.engine.run(lambda tx: tx.insert(count("a", 1), count("b", 2)), "insert"))

    def work(tx: Tx) -> list[Any]:
        return [
            tx.one("suite_count", name="a", **account),
            tx.one("suite_count", name="z", **account),
            tx.all("suite_counts", **account),
            tx.all("suite_names", **account),
            tx.all("suite_names", account_id="other"),
            tx.one("suite_any", **account),
            tx.one("suite_any", account_id="other"),
        ]

    row, none, rows, tuples, nothing, true, false = run(rig.engine.read(work, "queries"))
    assert row == count("a", 1)
    assert none is None
    assert rows == [count("a", 1), count("b", 2)]
    assert tuples == [("a", 1), ("b", 2)]
    assert nothing == []
    assert (true, false) == (True, False)
    assert type(true) is bool


def test_execute_tells_how_many_rows_it_changed(rig: Rig, run: Run) -> None:
    run(rig.engine.run(lambda tx: tx.insert(count("a", 1), count("b", 2)), "insert"))

    def work(tx: Tx) -> list[int]:
        return [
            tx.execute("suite_set", value=5, account_id=ACCOUNT),
            tx.execute("suite_set", value=5, account_id="other"),
        ]

    assert run(rig.engine.run(work, "execute")) == [2, 0]


def test_execute_many_runs_once_for_each(rig: Rig, run: Run) -> None:
    each: list[dict[str, str | int]] = [
        {**WHERE, "name": name, "by": by} for name, by in [("a", 1), ("b", 2), ("a", 4)]
    ]
    run(rig.engine.run(lambda tx: tx.execute_many("suite_add", iter(each)), "execute_many"))
    found = run(rig.engine.read(lambda tx: tx.all("suite_names", account_id=ACCOUNT), "read"))
    assert found == [("a", 5), ("b", 2)]


def test_a_transaction_that_was_kept_can_do_nothing_any_more(rig: Rig, run: Run) -> None:
    kept: list[Tx] = []
    run(rig.engine.run(kept.append, "keep"))
    run(rig.engine.read(kept.append, "keep"))
    for tx in kept:
        with pytest.raises(StoreError):
            tx.insert(tag("a"))
        with pytest.raises(StoreError):
            tx.get(Place, ACCOUNT, REGION)


def test_a_read_cannot_write(rig: Rig, run: Run) -> None:
    writes: list[Callable[[Tx], object]] = [
        lambda tx: tx.insert(tag("a")),
        lambda tx: tx.insert_new(tag("a")),
        lambda tx: tx.update(tag("a"), value="1"),
        lambda tx: tx.delete(tag("a")),
        lambda tx: tx.execute("suite_set", value=5, account_id=ACCOUNT),
        lambda tx: tx.one("suite_add", **WHERE, name="a", by=1),
        lambda tx: tx.hand_over("route", 1),
    ]
    for work in writes:
        with pytest.raises(StoreError):
            run(rig.engine.read(work, "read"))
    assert run(rig.engine.read(lambda tx: tx.all("suite_names", account_id=ACCOUNT), "read")) == []


def test_keep_writes_unless_the_key_is_taken(rig: Rig, run: Run) -> None:
    def work(tx: Tx) -> None:
        tx.keep(tag("a", "1"))
        tx.keep(tag("a", "2"))
        tx.keep(tag("b"))

    run(rig.engine.run(work, "keep"))
    found = run(rig.engine.read(lambda tx: [again(tx, tag("a")), again(tx, tag("b"))], "get"))
    assert found == [tag("a", "1"), tag("b")]


def test_execute_each_tells_of_each_how_many_rows_it_changed(rig: Rig, run: Run) -> None:
    run(rig.engine.run(lambda tx: tx.insert(count("a", 1), count("b", 2)), "insert"))

    def work(tx: Tx) -> list[list[int]]:
        accounts = (ACCOUNT, "other", ACCOUNT)
        each: list[dict[str, str | int]] = [{"value": 5, "account_id": account_id} for account_id in accounts]
        return [tx.execute_each("suite_set", each), tx.execute_each("suite_set", [])]

    assert run(rig.engine.run(work, "execute_each")) == [[2, 0, 2], []]


def test_write_changes_rows(rig: Rig, run: Run) -> None:
    run(rig.engine.run(lambda tx: tx.insert(count("a", 1)), "insert"))
    run(rig.engine.run(lambda tx: tx.write("suite_set", value=5, account_id=ACCOUNT), "write"))
    assert run(rig.engine.read(lambda tx: again(tx, count("a", 0)), "get")) == count("a", 5)


def test_what_is_foreseen_is_read_once_as_it_was_and_then_anew(rig: Rig, run: Run) -> None:
    run(rig.engine.run(lambda tx: tx.insert(count("a", 1)), "insert"))
    key = (ACCOUNT, REGION, "a")

    def work(tx: Tx) -> list[Any]:
        tx.foresee(lambda: [(Count, key), ("suite_names", {"account_id": ACCOUNT}), (Place, key[:2])])
        seen = [tx.get(Count, *key), tx.all("suite_names", account_id=ACCOUNT)]
        tx.update(count("a", 1), value=2)
        return [*seen, tx.get(Count, *key), tx.all("suite_names", account_id=ACCOUNT)]

    assert run(rig.engine.run(work, "foresee")) == [count("a", 1), [("a", 1)], count("a", 2), [("a", 2)]]


def test_whoever_is_alone_under_a_name_is_waited_for(rig: Rig, run: Run) -> None:
    """What each reads, adds one to, and writes, would be lost if another did the same meanwhile."""

    def add_by_hand(tx: Tx) -> None:
        tx.alone("suite/a", "suite/b", "suite/a")
        found = tx.get(Count, ACCOUNT, REGION, "a")
        if found is None:
            tx.insert(count("a", 1))
        else:
            tx.update(found, value=found.value + 1)

    async def work() -> None:
        await asyncio.gather(*(rig.engine.run(add_by_hand, "add") for _ in range(40)))

    run(work())
    assert run(rig.engine.read(lambda tx: again(tx, count("a", 0)), "get")) == count("a", 40)


@pytest.mark.parametrize(
    "text", ["", "a\0b", "\0", "\x1a", "\x1aS\x1a0\0S", "ä€𝄞", "\ud7ff", "'\"\\%s$1?:x"], ids=ascii
)
def test_any_text_comes_back_and_is_found(rig: Rig, run: Run, text: str) -> None:
    run(rig.engine.run(lambda tx: tx.insert(tag(text, text)), "insert"))
    assert run(rig.engine.read(lambda tx: again(tx, tag(text)), "get")) == tag(text, text)


def test_what_is_expected_is_true_in_the_end_or_the_work_runs_again(rig: Rig, run: Run) -> None:
    """Whatever a transaction believed while it ran, what it wrote fits what was there."""
    runs: list[bool] = []

    def work(tx: Tx, account_id: str) -> bool:
        there = tx.expect("suite_set", value=5, account_id=account_id)
        runs.append(there)
        tx.insert(count(f"{account_id} was {'' if there else 'not '}there", 1))
        tx.hand_over("route", there)
        return there

    run(rig.engine.run(lambda tx: tx.insert(count("a", 1)), "insert"))
    heard: list[HandOver] = []
    rig.engine.on_commit(heard.extend)
    assert run(rig.engine.run(partial(work, account_id=ACCOUNT), "there")) is True
    assert run(rig.engine.run(partial(work, account_id="other"), "not there")) is False
    assert [item.item for item in heard] == [True, False]
    assert runs in ([True, False], [True, True, False])
    names = run(rig.engine.read(lambda tx: tx.all("suite_names", account_id=ACCOUNT), "names"))
    assert names == [(f"{ACCOUNT} was there", 1), ("a", 5), ("other was not there", 1)]


def test_a_transaction_has_a_slot_of_its_own_among_those_at_the_same_time(rig: Rig, run: Run) -> None:
    def work(tx: Tx) -> tuple[int, int]:
        add_slowly(tx)
        return tx.slot, tx.slots

    def add_slowly(tx: Tx) -> None:
        tx.one("suite_add", **WHERE, name="n", by=1)

    async def many() -> list[tuple[int, int]]:
        return await asyncio.gather(*(rig.engine.run(work, "slot") for _ in range(50)))

    found = run(many())
    assert len({slots for _, slots in found}) == 1
    assert all(0 <= slot < slots for slot, slots in found)
    assert len({slot for slot, _ in found}) <= rig.at_once
