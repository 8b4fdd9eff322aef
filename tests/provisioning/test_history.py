"""What the platform keeps of statements that people ran."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.meta import history as bounds
from dbaas_provisioning.platform import Access, Platform

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def person() -> str:
    return f"person {uuid4()}"


def note(platform: Platform, database: UUID, who: str, *texts: str, error: str | None = None) -> None:
    for text in texts:
        platform.history.note(database, who, text=text, started=NOW, duration_ms=1.5, rows=3, error=error)


async def texts(platform: Platform, database: UUID, who: str, **asked) -> list[str]:
    found, _ = await platform.history.entries(database, who, **{"limit": 100, **asked})
    return [each.text for each in found]


async def test_a_person_finds_what_they_ran_newest_first(platform: Platform, database: Access) -> None:
    ann, shop = person(), database.database.id
    note(platform, shop, ann, "select 1", "select 2")
    note(platform, shop, ann, "selec 3", error="42601")
    found, more = await platform.history.entries(shop, ann, limit=100)
    assert [each.text for each in found] == ["selec 3", "select 2", "select 1"] and not more
    assert (found[0].error, found[1].error) == ("42601", None)
    assert (found[0].at, found[0].duration_ms, found[0].rows) == (NOW, 1.5, 3)


async def test_nobody_finds_what_others_ran(platform: Platform, database: Access, shared: str) -> None:
    ann, bob, shop = person(), person(), database.database.id
    other = (await platform.database(shared, "keeper")).id
    note(platform, shop, ann, "select 'ann'")
    note(platform, other, ann, "select 'elsewhere'")
    assert await texts(platform, shop, bob) == []
    assert await texts(platform, other, ann) == ["select 'elsewhere'"]
    [entry] = (await platform.history.entries(shop, ann, limit=1))[0]
    for database_id, who in ((shop, bob), (other, ann), (uuid4(), ann)):
        with pytest.raises(NotFound) as refused:
            await platform.history.forget(database_id, who, entry.id)
        assert refused.value.code == "entry_not_found"
    await platform.history.forget(shop, bob)
    await platform.history.forget(other, ann)
    assert await texts(platform, shop, ann) == ["select 'ann'"]


async def test_pages_follow_each_other_while_more_is_run(platform: Platform, database: Access) -> None:
    ann, shop = person(), database.database.id
    note(platform, shop, ann, *(f"select {n}" for n in range(10)))
    first, more = await platform.history.entries(shop, ann, limit=4)
    assert more
    note(platform, shop, ann, "select 10")
    second, more = await platform.history.entries(shop, ann, limit=4, before=first[-1].id)
    third, rest = await platform.history.entries(shop, ann, limit=4, before=second[-1].id)
    assert [each.text for each in [*first, *second, *third]] == [f"select {n}" for n in range(9, -1, -1)]
    assert more and not rest


async def test_search_has_no_wildcards_and_no_case(platform: Platform, database: Access) -> None:
    ann, shop = person(), database.database.id
    note(
        platform, shop, ann, "select 100%", "select 1000", "select A_B", "select axb", "select 'Ü\\'", "select 'nul\0'"
    )
    assert await texts(platform, shop, ann, search="100%") == ["select 100%"]
    assert await texts(platform, shop, ann, search="a_b") == ["select A_B"]
    assert await texts(platform, shop, ann, search="ü\\") == ["select 'Ü\\'"]
    assert await texts(platform, shop, ann, search="nul\0") == ["select 'nul�'"]
    assert len(await texts(platform, shop, ann, search="SELECT")) == 6


async def test_entries_are_removed_one_by_one_or_all(platform: Platform, database: Access) -> None:
    ann, shop = person(), database.database.id
    note(platform, shop, ann, "select 1", "select 2", "select 3")
    found, _ = await platform.history.entries(shop, ann, limit=3)
    await platform.history.forget(shop, ann, found[1].id)
    assert await texts(platform, shop, ann) == ["select 3", "select 1"]
    await platform.history.forget(shop, ann)
    assert await texts(platform, shop, ann) == []


async def test_only_the_newest_are_kept(platform: Platform, database: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, bob, shop = person(), person(), database.database.id
    monkeypatch.setattr(bounds, "MOST_ENTRIES", 5)
    monkeypatch.setattr(bounds, "MOST_BYTES", 1000)
    monkeypatch.setattr(bounds, "LOOK_EVERY", 1)
    note(platform, shop, bob, "select 'bob'")
    note(platform, shop, ann, *(f"select {n}" for n in range(250)))
    assert await texts(platform, shop, ann) == [f"select {n}" for n in range(249, 244, -1)]
    note(platform, shop, ann, "select " + "1" * 500, "select " + "2" * 480)
    assert [each[:8] for each in await texts(platform, shop, ann)] == ["select 2", "select 1"]
    assert await texts(platform, shop, bob) == ["select 'bob'"]


async def test_the_bound_is_looked_after_every_now_and_then(
    platform: Platform, database: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, shop = person(), database.database.id
    monkeypatch.setattr(bounds, "MOST_ENTRIES", 5)
    monkeypatch.setattr(bounds, "LOOK_EVERY", 3)
    counts = []
    for n in range(12):
        note(platform, shop, ann, f"select {n}")
        counts.append(len(await texts(platform, shop, ann)))
    assert counts[:5] == [1, 2, 3, 4, 5]
    assert max(counts) <= 8 and 5 in counts[5:]


async def test_secrets_and_what_is_too_long_are_not_kept(platform: Platform, database: Access) -> None:
    ann, shop = person(), database.database.id
    note(
        platform,
        shop,
        ann,
        "alter role a password 'hunter2'",
        "do $$ begin execute 'alter role a password '||x; end $$",
    )
    note(platform, shop, ann, "select '" + "ü" * 50_001 + "'", "x" * 200_000, "  ")
    assert await texts(platform, shop, ann) == ["alter role a password '***'"]


async def test_what_was_noted_last_is_kept_when_the_process_ends(platform: Platform, database: Access) -> None:
    ann, shop = person(), database.database.id
    ending = await Platform.open(platform.home, platform._supervision)
    note(ending, shop, ann, *(f"select {n}" for n in range(300)))
    await ending.close()
    assert len(await texts(platform, shop, ann, limit=1000)) == 300


async def test_a_history_goes_with_its_database(platform: Platform, shared: str) -> None:
    ann, name = person(), f"d{uuid4().hex[:12]}"
    made = await platform.create_database(shared, "postgres", name, options={}, actor="test")
    note(platform, made.id, ann, "select 1")
    assert await texts(platform, made.id, ann) == ["select 1"]
    await platform.drop_database(shared, name, actor="test")
    assert await texts(platform, made.id, ann) == []
    note(platform, made.id, ann, "select 2")  # of a request that was still under way
    keeper = (await platform.database(shared, "keeper")).id
    note(platform, keeper, ann, "select 3")
    assert await texts(platform, made.id, ann) == []
    assert await texts(platform, keeper, ann) == ["select 3"]


async def test_a_request_that_is_given_up_loses_no_note(platform: Platform, database: Access) -> None:
    ann, shop = person(), database.database.id
    note(platform, shop, ann, "select 1")
    reading = asyncio.create_task(platform.history.entries(shop, ann, limit=1))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await texts(platform, shop, ann) == ["select 1"]
