"""Changes in a notebook: an iterator that survives a cut connection, and a widget that shows what arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dbaas
from dbaas.changes import Change, read_events
from dbaas.client import DatabaseClient
from dbaas.live import Live, Rates, Row, table_html
from live_notebook import Shell
from live_platform import LivePlatform
from waiting import until_true

WHEN = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


async def lines(text: str) -> AsyncIterator[str]:
    for line in text.split("\n"):
        yield line


async def test_events_are_read_as_browsers_read_them():
    text = 'id: 1-a\nevent: INSERT\ndata: {"a":\ndata: 1}\n\n: still here\n\nid\ndata:2\n\nevent: x\n\n'
    assert [event async for event in read_events(lines(text))] == [("INSERT", "1-a", {"a": 1}), ("message", "", 2)]


class Proxy:
    """A way to the server that can be cut."""

    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self._open: list[asyncio.StreamWriter] = []
        self.connections = 0

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._open += [writer, back]

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            except ConnectionError:
                pass
            target.close()

        await asyncio.gather(pump(reader, back), pump(there, writer))


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


def change(kind: str, record: dict | None, old: dict | None = None) -> Change:
    return Change(kind, "public", "t", record, old, "1-1", WHEN)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20) | st.integers() | st.none(), max_size=4))
def test_whatever_a_table_holds_is_shown_as_text(cells):
    shown = table_html([Row.of(change("INSERT", cells))])
    inner = shown
    for tag in ("table", "tr", "th", "td"):
        inner = inner.replace(f"</{tag}>", "")
    assert "<script" not in shown.lower()
    assert inner.count("<") == inner.count("<table") + inner.count("<tr") + inner.count("<th") + inner.count("<td")


def test_changed_cells_stand_out_and_rows_can_be_picked():
    rows = [
        Row.of(change("UPDATE", {"id": 1, "a": "new"}, {"id": 1, "a": "old"})),
        Row.of(change("UPDATE", {"id": 2, "a": "same"}, {"id": 2})),
        Row.of(change("DELETE", None, {"id": 3, "a": "gone"})),
    ]
    assert [row.changed for row in rows] == [{"a"}, set(), set()]
    assert table_html(rows).count("font-weight:bold") == 1
    assert "gone" in table_html(rows, "GONE") and "same" not in table_html(rows, "gone")


def test_rates_are_of_the_last_seconds():
    now = [WHEN.timestamp()]
    rates = Rates(clock=lambda: now[0])
    for _ in range(10):
        rates.add(change("INSERT", {}))
        now[0] += 0.01
    assert rates.text() == "10 changes · 2.0/s · latency 50 ms"
    now[0] += 60
    assert rates.text() == "10 changes · 0.0/s · latency –"


async def test_the_widget_shows_what_arrives(
    request: pytest.FixtureRequest, shell: Shell, shop: DatabaseClient, new_table: str
):
    shop.query(f'create table "{new_table}" (id int primary key, note text)')
    shell.run(f"%dbaas live '{new_table}' --database {shop.tenant}/{shop.name} >> view")
    view = shell.ip.user_ns["view"]
    assert isinstance(view, Live)
    request.addfinalizer(view.close)
    number = 0
    while "<td" not in view.table.value:
        number += 1
        await asyncio.to_thread(shop.query, f"insert into \"{new_table}\" values ({number}, '<b>{number}</b>')")
        await asyncio.sleep(0.2)
        assert number < 100, view
    assert "&lt;b&gt;" in view.table.value
    assert "changes" in view.status.value
    view.pause.value = True
    shown = view.table.value
    await asyncio.to_thread(shop.query, f"insert into \"{new_table}\" values (5000, 'later')")
    assert view.table.value == shown
    view.pause.value = False
    await until_true(lambda: "later" in view.table.value, lambda: view.table.value)
    view.text.value = "later"
    assert "later" in view.table.value and "&lt;b&gt;" not in view.table.value
    view.close()
    await until_true(lambda: not view.running, lambda: view)
    assert "stopped" in view.status.value
