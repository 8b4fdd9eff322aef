"""Changes in Python: an iterator that survives a cut connection and says what was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

import dbaas
from cut_proxy import Proxy
from dbaas.changes import Change, read_events
from dbaas.client import DatabaseClient
from live_platform import LivePlatform
from waiting import until_true


async def lines(text: str) -> AsyncIterator[str]:
    for line in text.split("\n"):
        yield line


async def test_events_are_read_as_browsers_read_them():
    text = 'id: 1-a\nevent: INSERT\ndata: {"a":\ndata: 1}\n\n: still here\n\nid\ndata:2\n\nevent: x\n\n'
    assert [event async for event in read_events(lines(text))] == [("INSERT", "1-a", {"a": 1}), ("message", "", 2)]


async def test_a_cut_connection_loses_nothing(live: LivePlatform, shop: DatabaseClient, new_table: str):
    shop.query(f'create table "{new_table}" (id int primary key, n int)')
    async with Proxy(live.url) as proxy:
        client = dbaas.connect(proxy.url, live.run_file["token"])
        database = client.tenant(shop.tenant).database(shop.name)
        seen: list[Change] = []

        async def listen(since: str | None = None) -> None:
            async with aclosing(database.changes(new_table, where="n=gt.0", since=since)) as changes:
                async for change in changes:
                    seen.append(change)

        async def run(text: str) -> None:
            await asyncio.to_thread(shop.query, text)

        listening = asyncio.create_task(listen())
        # Nothing tells that it is live but the first change that arrives.
        number = 0
        while not seen:
            number += 1
            await run(f'insert into "{new_table}" values ({number}, 1)')
            await asyncio.sleep(0.05)
        first = seen[0].record["id"]
        proxy.cut()
        await run(f'insert into "{new_table}" values (1001, 0), (1002, 1)')
        await until_true(lambda: seen[-1].record["id"] == 1002, lambda: seen)
        expected = [*range(first, number + 1), 1002]
        assert [change.record["id"] for change in seen] == expected
        assert proxy.connections > 1
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        position = seen[0].position
        del seen[:]
        again = asyncio.create_task(listen(position))
        await until_true(lambda: len(seen) == len(expected) - 1, lambda: seen)
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)
        client.close()


async def test_what_is_lost_or_refused_is_said(shop: DatabaseClient, new_table: str):
    shop.query(f'create table "{new_table}" (id int primary key)')
    with pytest.raises(dbaas.ChangesLost) as lost:
        await anext(shop.changes(new_table, since="1-f"))
    assert lost.value.code == "resync" and lost.value.position
    for arguments, code in (({"where": "nope=eq.1"}, "unknown_column"), ({"key": "dbk_a_wrong"}, "invalid_key")):
        with pytest.raises(dbaas.DbaasError) as refused:
            await anext(shop.changes(new_table, **arguments))
        assert refused.value.code == code


async def test_inside_async_with_nothing_is_missed(shop: DatabaseClient, new_table: str):
    shop.query(f'create table "{new_table}" (id int primary key)')
    async with shop.changes(new_table) as changes:
        shop.query(f'insert into "{new_table}" values (1), (2)')
        position = await changes.live()
        first = await anext(changes)
    assert (first.record, first.type) == ({"id": 1}, "INSERT")
    assert first.position > position
    async with shop.changes(new_table, since=position) as changes:
        assert [(await anext(changes)).record["id"] for _ in range(2)] == [1, 2]
    with pytest.raises(dbaas.DbaasError):
        async with shop.changes(new_table, where="nope=eq.1"):
            pass


def test_a_feed_says_how_it_is_doing(shop: DatabaseClient):
    feed = shop.feed()
    assert feed.state in ("ready", "starting", "live")
    assert feed.slot is not None and feed.history_bytes >= 0
