"""``%dbaas live``: a widget that follows by itself, in this process and in kernels whose event loop runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator

import pytest

import dbaas
from cut_proxy import Proxy
from dbaas import live as live_module
from dbaas.changes import Wanted
from dbaas.client import DatabaseClient
from dbaas.live import Live
from live_notebook import Kernel, Shell
from live_platform import LivePlatform, without_platform
from waiting import eventually, until_true

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def orders(shop: DatabaseClient, new_table: str) -> str:
    shop.query(f'create table "{new_table}" (id int primary key, note text)')
    return new_table


@pytest.fixture
def view(request: pytest.FixtureRequest, shell: Shell, shop: DatabaseClient, orders: str) -> Iterator[Live]:
    shell.run(f"%dbaas live '{orders}' --database {shop.tenant}/{shop.name} >> view")
    view = shell.ip.user_ns["view"]
    assert isinstance(view, Live)
    yield view
    view.close()
    eventually(lambda: not view.running)


async def run(shop: DatabaseClient, text: str) -> None:
    await asyncio.to_thread(shop.query, text)


async def test_it_is_live_when_the_line_returns_and_shows_what_arrives(
    view: Live, shop: DatabaseClient, orders: str
) -> None:
    assert "Waiting for changes of" in view.table.value and orders in view.table.value
    await run(shop, f"insert into \"{orders}\" values (1, '<b>one</b>')")
    await until_true(lambda: "&lt;b&gt;one" in view.table.value, lambda: view.table.value)
    await until_true(lambda: "1 change ·" in view.status.value, lambda: view.status.value)
    assert "dot live" in view.status.value
    view.text.value = "two"
    assert "None of the last 1 changes contains" in view.table.value
    view.text.value = ""
    view.pause.value = True
    shown = view.table.value
    await run(shop, f"insert into \"{orders}\" values (2, 'later')")
    await until_true(lambda: "2 changes" in view.status.value, lambda: view.status.value)
    assert view.table.value == shown and "paused" in view.status.value
    view.pause.value = False
    assert "later" in view.table.value
    view.stop.click()
    await until_true(lambda: not view.running, lambda: view)
    assert "stopped" in view.status.value and "later" in view.table.value and view.stop.disabled


async def test_a_cut_connection_is_shown_and_nothing_is_missed(
    live: LivePlatform, shop: DatabaseClient, orders: str
) -> None:
    async with Proxy(live.url) as proxy:
        client = dbaas.connect(proxy.url, live.run_file["token"])
        view = Live(client.transport, Wanted(shop.tenant, shop.name, orders))
        try:
            await until_true(lambda: "dot live" in view.status.value, lambda: view.status.value)
            proxy.refuse = True
            proxy.cut()
            await until_true(lambda: "connection lost" in view.status.value, lambda: view.status.value)
            await run(shop, f"insert into \"{orders}\" values (3, 'meanwhile')")
            proxy.refuse = False
            await until_true(lambda: "meanwhile" in view.table.value, lambda: view.table.value)
            await until_true(lambda: "dot live" in view.status.value, lambda: view.status.value)
        finally:
            view.close()
            await until_true(lambda: not view.running, lambda: view)
            client.close()


async def test_a_gap_is_shown_where_it_is_and_following_goes_on(
    shell: Shell, shop: DatabaseClient, orders: str
) -> None:
    view = Live(shop.transport, Wanted(shop.tenant, shop.name, orders), "1-f")
    try:
        await until_true(lambda: "missing here" in view.table.value, lambda: view.table.value)
        await until_true(lambda: "dot live" in view.status.value, lambda: view.status.value)
        await run(shop, f"insert into \"{orders}\" values (4, 'after')")
        await until_true(lambda: "after" in view.table.value, lambda: view.table.value)
        assert view.table.value.index("after") < view.table.value.index("missing here")
    finally:
        view.close()
        await until_true(lambda: not view.running, lambda: view)


async def test_memory_is_bounded(view: Live, shop: DatabaseClient, orders: str) -> None:
    await run(shop, f'insert into "{orders}" select n from generate_series(1, {live_module.KEPT + 300}) n')
    await until_true(lambda: f"{live_module.KEPT + 300:,} changes" in view.status.value, lambda: view.status.value)
    assert len(view._rows) == live_module.KEPT


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        ("", "usage", "%dbaas live TABLE"),
        ("{table} more", "usage", "%dbaas live TABLE"),
        ("{table} --wher id=eq.1", "usage", "--where"),
        ("{table} --event UPSERT", "usage", None),
        ("{table}x", "unknown_table", "Did you mean {table}?"),
        ("{table} --schema nowhere", "unknown_table", "%dbaas schema"),
        ("{table} --where nope=eq.1", "unknown_column", None),
        ("{table} --where id", "invalid_filter", None),
        ("{table} --since yesterday", "invalid_position", "position"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(
    shell: Shell, shop: DatabaseClient, orders: str, words: str, code: str, hint: str | None
) -> None:
    shell.run(f"%dbaas use {shop.tenant}/{shop.name}")
    line = words.replace("{table}x", f"'{orders}x'").replace("{table}", f"'{orders}'")
    with pytest.raises(dbaas.DbaasError) as refused:
        shell.run(f"%dbaas live {line}")
    assert refused.value.code == code, refused.value
    assert hint is None or hint.replace("{table}", orders) in (refused.value.hint or ""), refused.value.hint


# --- kernels, whose event loop runs ---------------------------------------------------------------------------------


@pytest.fixture
def kernel(live: LivePlatform, shop: DatabaseClient, new_kernel: Callable[[dict[str, str]], Kernel]) -> Kernel:
    kernel = new_kernel({**without_platform(os.environ), "DBAAS_HOME": str(live.home)})
    assert not kernel.run(f"%load_ext dbaas\n%dbaas use {shop.tenant}/shop").errors
    return kernel


def test_in_a_kernel_it_follows_beside_the_cells_and_a_cell_run_again_follows_once(
    kernel: Kernel, shop: DatabaseClient, orders: str
) -> None:
    cell = f"%dbaas live '{orders}' >> view"
    seen = kernel.collect(kernel.send(cell, allow_stdin=True, cell_id="a"))
    assert not seen.errors, seen.errors
    assert any(WIDGET in bundle for bundle in seen.bundles())
    kernel.run("first = view")
    shop.query(f"insert into \"{orders}\" values (1, 'one')")
    eventually(lambda: "'one'" in kernel.value("'one' if 'one' in view.table.value else None"))
    assert not kernel.collect(kernel.send(cell, allow_stdin=True, cell_id="b")).errors
    assert kernel.value("(first.running, view.running)") == "(True, True)", "another cell is another view"
    assert not kernel.collect(kernel.send(cell, allow_stdin=True, cell_id="a")).errors
    eventually(lambda: kernel.value("(first.running, view.running)") == "(False, True)")
    assert kernel.value("'stopped' in first.status.value") == "True"


def test_where_nobody_sits_it_is_a_page_that_stays(kernel: Kernel, shop: DatabaseClient, orders: str) -> None:
    seen = kernel.run(f"%dbaas live '{orders}' >> view")
    [bundle] = seen.bundles()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "live" in bundle["text/plain"] and "Waiting for" in bundle["text/html"]
    shop.query(f"insert into \"{orders}\" values (1, '<i>one</i>')")
    eventually(lambda: kernel.value("len(view._rows)") == "1")
    [bundle] = kernel.run("view").bundles()
    assert "INSERT" in bundle["text/plain"] and "<i>one</i>" in bundle["text/plain"]
    assert "&lt;i&gt;one" in bundle["text/html"] and WIDGET not in bundle


def test_the_info_card_tells_the_feed(kernel: Kernel) -> None:
    seen = kernel.run("%dbaas info")
    assert not seen.errors, seen.errors
    for word in ("shop", "realtime", "changes", "log kept", "dbaas_"):
        assert word in seen.text, seen.text
    assert kernel.run("%dbaas info nowhere").errors
