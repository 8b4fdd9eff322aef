"""The replay log: what it keeps, what it gives back, and what a crash leaves of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbaas_provisioning.errors import Unavailable
from dbaas_server.changelog import Piece, Reached, Row
from dbaas_server.changes import Change, ChangedColumn, ChangedTable, ChangeKind
from dbaas_server.feeds import Resync
from dbaas_server.feeds import history as module
from dbaas_server.feeds.history import History
from dbaas_server.feeds.records import Decoder, order_of
from dbaas_server.nouns import TableRef

EPOCH, START = 5, 100
TABLES = [ChangedTable(n, TableRef(f"t{n}", "public"), (ChangedColumn("id", "integer", True),)) for n in range(5)]


def piece(commit: int, *values: str, first: int = 1, table: int = 0, end: bool = True) -> Piece:
    rows = [Row(ChangeKind.insert, TABLES[table], (value,)) for value in values]
    return Piece(commit, 0, first, rows, commit + 1 if end else None)


def fill(history: History, commits: range, size: int = 1) -> None:
    for commit in commits:
        history.append([piece(commit, "x" * size, table=commit % len(TABLES))])


async def told(history: History, after: int, count: int) -> list[Change]:
    """The first so many changes behind an order."""
    decoder = Decoder(EPOCH, after)
    found: list[Change] = []
    async with asyncio.timeout(20), contextlib.aclosing(history.read(after)) as records:
        while len(found) < count:
            found += decoder.feed(await anext(records))
    return found


def orders(changes: list[Change]) -> list[int]:
    return [change.position.order for change in changes]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 2_000)
    monkeypatch.setattr(module, "KEPT_BYTES", 20_000)


async def test_who_waits_is_told_what_is_written(tmp_path: Path) -> None:
    history = History.create(tmp_path / "h", EPOCH, START)
    waiting = asyncio.create_task(told(history, order_of(START, 0), 2))
    history.append([piece(101, "a"), Reached(150, False)])
    history.append([piece(160, "b", table=1)])
    changes = await waiting
    assert [(change.record, change.table) for change in changes] == [(("a",), TABLES[0]), (("b",), TABLES[1])]
    assert history.end == 161


async def test_who_follows_is_told_once_that_nothing_is_missing(tmp_path: Path) -> None:
    history = History.create(tmp_path / "h", EPOCH, START)
    fill(history, range(101, 104))
    decoder, found = Decoder(EPOCH, order_of(START, 0)), []
    async with asyncio.timeout(20), contextlib.aclosing(history.read(order_of(START, 0), order_of(150, 0))) as records:
        while len(found) < 3:
            found += decoder.feed(await anext(records))
        waiting = asyncio.ensure_future(anext(records))
        await asyncio.sleep(0)
        assert not decoder.level and not waiting.done(), "the engine's log was not read so far"
        history.append([Reached(150, False)])
        assert decoder.feed(await waiting) == []
        assert decoder.level
        fill(history, range(160, 161))
        assert orders(decoder.feed(await anext(records))) == [order_of(160, 1)]


async def test_reading_begins_anywhere_and_crosses_files(tmp_path: Path, small: None) -> None:
    history = History.create(tmp_path / "h", EPOCH, START)
    fill(history, range(101, 201))
    assert len(list((tmp_path / "h").iterdir())) > 3
    for after in (100, 101, 150, 198):
        changes = await told(history, order_of(after, 1), 200 - after)
        assert orders(changes) == [order_of(commit, 1) for commit in range(after + 1, 201)]
        assert [change.table for change in changes] == [TABLES[commit % 5] for commit in range(after + 1, 201)]


async def test_the_oldest_is_forgotten_and_said_to_be(tmp_path: Path, small: None) -> None:
    history = History.create(tmp_path / "h", EPOCH, START)
    reader = history.read(order_of(START, 0))
    fill(history, range(101, 102))
    await anext(reader)
    fill(history, range(102, 1000))
    assert sum(path.stat().st_size for path in (tmp_path / "h").iterdir()) < 25_000
    with pytest.raises(Resync):
        await told(history, order_of(START, 0), 1)
    with pytest.raises(Resync):
        while True:
            await anext(reader)
    assert len(await told(history, history.begin, 1)) >= 1


async def test_writing_waits_for_who_reads_on_and_not_for_who_stands_still(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History.create(tmp_path / "h", EPOCH, START)
    monkeypatch.setattr(module, "_CHUNK", 500)
    decoder, found = Decoder(EPOCH, order_of(START, 0)), []
    standing = history.read(order_of(START, 0))
    fill(history, range(101, 102))
    await anext(standing)

    async def read_slowly() -> None:
        async with contextlib.aclosing(history.read(order_of(START, 0))) as records:
            while len(found) < 600:
                found.extend(decoder.feed(await anext(records)))
                await asyncio.sleep(0)

    reading = asyncio.create_task(read_slowly())
    for _ in range(10):  # it reads what is there, and is level
        await asyncio.sleep(0)
    assert len(found) == 1
    monkeypatch.setattr(module, "STANDS_STILL_SECONDS", 0.5)
    for commit in range(102, 701):
        fill(history, range(commit, commit + 1), size=50)
        await history.pace()
    await reading
    assert orders(found) == [order_of(commit, 1) for commit in range(101, 701)]
    with pytest.raises(Resync):
        while True:
            await anext(standing)


async def test_writing_does_not_wait_for_who_never_was_level(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 100)
    history = History.create(tmp_path / "h", EPOCH, START)
    fill(history, range(101, 150), size=50)
    catching_up = history.read(order_of(START, 0))
    await anext(catching_up)
    with pytest.raises(Resync):
        for commit in range(150, 1_000):
            await anext(catching_up)  # it moves all the time
            fill(history, range(commit, commit + 1), size=500)
            async with asyncio.timeout(5):
                await history.pace()


async def test_writing_waits_so_long_for_a_reader_and_no_longer(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 100)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.1)
    history = History.create(tmp_path / "h", EPOCH, START)
    reader = history.read(order_of(START, 0))
    waiting = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    fill(history, range(101, 102))
    await waiting
    with pytest.raises(Resync):
        for commit in range(102, 1_000):
            await anext(reader)
            fill(history, range(commit, commit + 1), size=500)
            async with asyncio.timeout(20):
                await history.pace()


async def test_what_is_old_is_forgotten(tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History.create(tmp_path / "h", EPOCH, START)
    fill(history, range(101, 130))
    monkeypatch.setattr(module, "KEPT_SECONDS", -1.0)
    fill(history, range(130, 140))
    assert len(list((tmp_path / "h").iterdir())) == 1
    assert history.begin > order_of(101, 1)


async def test_it_is_all_there_after_a_restart_and_nothing_is_written_twice(tmp_path: Path, small: None) -> None:
    history = History.create(tmp_path / "h", EPOCH, START)
    fill(history, range(101, 151))
    history.append([piece(151, "a", "b", end=False), Reached(151, False)])
    again = History.open(tmp_path / "h", EPOCH)
    assert again is not None
    assert again.end == history.end == 151
    again.append([piece(150, "x"), piece(151, "a", "b", "c"), piece(152, "d", table=2)])
    changes = await told(again, order_of(START, 0), 54)
    assert orders(changes) == sorted({*orders(changes)})
    assert [change.record for change in changes[-4:]] == [("a",), ("b",), ("c",), ("d",)]
    assert changes[-1].table == TABLES[2]


async def test_the_engine_may_forget_what_is_on_the_disk(tmp_path: Path) -> None:
    history = History.create(tmp_path / "h", EPOCH, START)
    assert await history.sync() == START
    history.append([piece(101, "a", end=False)])
    assert await history.sync() == START, "the transaction is not complete"
    history.append([piece(101, "b", first=2), Reached(300, True)])
    assert await history.sync() == 300
    again = History.open(tmp_path / "h", EPOCH)
    assert again is not None and again.end == 300


@given(cut=st.integers(0, 2_000), noise=st.binary(max_size=60))
@settings(max_examples=60)
async def test_a_crash_costs_the_end_of_the_last_file_at_most(tmp_path_factory, cut: int, noise: bytes) -> None:
    folder = tmp_path_factory.mktemp("crash") / "h"
    history = History.create(folder, EPOCH, START)
    fill(history, range(101, 121))
    history.close(None)
    [file] = folder.iterdir()
    os.truncate(file, max(0, file.stat().st_size - cut))
    with file.open("ab") as stream:
        stream.write(noise)
    again = History.open(folder, EPOCH)
    if again is None:
        assert file.stat().st_size < 100, "not even the beginning is left"
        return
    kept = (again.last >> 32) - 100 if again.last > order_of(START, 0) else 0
    fill(again, range(max(again.end, 101), 131))
    assert orders(await told(again, order_of(START, 0), 30)) == [order_of(commit, 1) for commit in range(101, 131)]
    assert cut or kept == 20


async def test_files_that_are_no_history_are_not_taken_for_one(tmp_path: Path) -> None:
    assert History.open(tmp_path / "none", EPOCH) is None
    (tmp_path / "h").mkdir()
    (tmp_path / "h" / f"{1:024x}.log").write_bytes(b"something else")
    assert History.open(tmp_path / "h", EPOCH) is None


@pytest.mark.parametrize(("lost", "kind"), [("the slot is gone", Resync), (None, Unavailable)])
async def test_readers_hear_why_it_ends(tmp_path: Path, lost: str | None, kind: type[Exception]) -> None:
    history = History.create(tmp_path / "h", EPOCH, START)
    waiting = asyncio.create_task(told(history, order_of(START, 0), 1))
    await asyncio.sleep(0)
    history.close(lost)
    with pytest.raises(kind) as raised:
        await waiting
    assert isinstance(raised.value, Resync) == (kind is Resync)
