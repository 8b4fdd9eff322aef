"""The asynchronous client: the same as the synchronous one, several things at once, and a cancelled query that ends."""

from __future__ import annotations

import asyncio
import inspect
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pytest

import dbaas
from cut_proxy import Proxy
from dbaas import client, client_async, data, data_async, results, transport, transport_async
from dbaas.client import DatabaseClient
from dbaas.client_async import AsyncClient, AsyncDatabaseClient
from dbaas.errors import DbaasError
from dbaas.load import Options
from live_platform import LivePlatform
from waiting import until_true

TWINS = [
    (client_async.AsyncClient, client.Client),
    (client_async.AsyncTenantClient, client.TenantClient),
    (client_async.AsyncDatabaseClient, client.DatabaseClient),
    (data_async.AsyncTableClient, data.TableClient),
    (transport_async.AsyncTransport, transport.Transport),
    (results.AsyncResult, results.Result),
]
ONLY_SYNCHRONOUS = {"__len__", "__getitem__", "_ipython_display_"}
ACTIVE = (
    "select count(*) from pg_stat_activity where query like :marked and state = 'active' and pid <> pg_backend_pid()"
)


@pytest.fixture
async def platform(live: LivePlatform) -> AsyncIterator[AsyncClient]:
    async with dbaas.connect_async(live.url, live.run_file["token"]) as platform:
        yield platform


@pytest.fixture
def database(platform: AsyncClient, shop: DatabaseClient) -> AsyncDatabaseClient:
    return platform.tenant(shop.tenant).database(shop.name)


def methods(kind: type) -> dict[str, str]:
    """Public names and their signatures, without what makes the two differ."""
    found = {}
    for name, member in inspect.getmembers(kind):
        if name.startswith("_") or name in ONLY_SYNCHRONOUS:
            continue
        if isinstance(member, property):
            member = member.fget
        text = str(inspect.signature(member)) if callable(member) else "?"
        found[name] = re.sub(r"\bAsync(?=[A-Z])", "", text)
    return found


@pytest.mark.parametrize(("asynchronous", "synchronous"), TWINS, ids=lambda kind: kind.__name__)
def test_both_have_the_same_methods(asynchronous: type, synchronous: type):
    assert methods(asynchronous) == methods(synchronous)
    assert asynchronous.__name__ == f"Async{synchronous.__name__}"


def test_what_is_synchronous_knows_no_event_loop():
    for module in (
        client,
        data,
        transport,
        dbaas.rows,
        dbaas.lifecycle,
        dbaas.work,
        inspect.getmodule(dbaas.load.load),
    ):
        text = Path(module.__file__).read_text()
        assert re.match(r"# Made from \w+_async\.py", text)
        assert not re.search(r"\b(asyncio|await)\b|^\s*async\b", text, re.MULTILINE), module.__name__


async def test_tenants_databases_and_keys(platform: AsyncClient, live: LivePlatform):
    tenant = await platform.create_tenant(f"y{uuid4().hex[:10]}")
    assert tenant.name in [each.subdomain for each in await platform.tenants()]
    with pytest.raises(DbaasError, match="has no database yet"):
        await tenant.database().name
    made = await tenant.create_database("shop")
    assert made.connection_string and await tenant.database().name == "shop"
    database = tenant.database()
    await database.query(
        "create table item (id int primary key, name text); alter table item enable row level security"
    )
    await database.query("create policy shown on item for select using (id > 1)")
    key = await tenant.create_key("service_role")
    secret, public = database.data("item", key=key.key), await tenant.create_key("anon")
    stored = await secret.insert([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    assert [row["id"] for row in stored] == [1, 2]
    await secret.update(1, {"name": "changed"})
    assert await secret.get(1) == {"id": 1, "name": "changed"}
    assert await database.data("item", key=public.key).select() == [{"id": 2, "name": "b"}]
    await secret.delete(2)
    assert await database.graphql("{ find_item { id } }", key=key.key) == {"find_item": [{"id": 1}]}
    await tenant.revoke_key(public.id)
    with pytest.raises(DbaasError) as refused:
        await database.data("item", key=public.key).select()
    assert refused.value.code == "invalid_key"
    await tenant.drop()
    with pytest.raises(DbaasError) as gone:
        await tenant.info()
    assert gone.value.code == "tenant_not_found"


async def test_rows_are_fetched_as_far_as_they_are_looked_at(database: AsyncDatabaseClient):
    result = await database.query("select g as id, :word::text as word from generate_series(1, 12345) g", {"word": "x"})
    assert (result.columns, len(result.rows), result.scalar()) == (["id", "word"], 100, 1)
    assert await result.page(200, 2) == [(201, "x"), (202, "x")]
    assert await result.count() == 12345
    assert [row[0] async for row in result] == list(range(1, 12346))
    again = await database.query("select g as id from generate_series(1, 300) g")
    assert (await again.to_pandas())["id"].sum() == 45150
    assert (await database.arrow("select g from generate_series(1, 3) g")).num_rows == 3
    assert "text/html" in again._repr_mimebundle_()
    with pytest.raises(DbaasError) as refused:
        await database.query("select * from nowhere")
    assert refused.value.code == "42P01"


async def test_a_frame_is_loaded_or_nothing_is(database: AsyncDatabaseClient, new_table: str, tmp_path: Path):
    loaded = await database.load(pd.DataFrame({"id": [1, 2], "v": ["a", None]}), new_table)
    assert (loaded.rows, loaded.created) == (2, True)
    (tmp_path / "more.csv").write_text("id,v\n3,c\n")
    await database.load(tmp_path / "more.csv", new_table, options=Options(existing="append"))
    assert await (await database.query(f'select * from "{new_table}" order by id')).dicts() == [
        {"id": 1, "v": "a"}, {"id": 2, "v": None}, {"id": 3, "v": "c"},
    ]  # fmt: skip
    failed = f"{new_table} 2"
    with pytest.raises(DbaasError):
        await database.load(pd.DataFrame({"id": [1, 1]}), failed, options=Options(primary_key=["id"]))
    schema = await database.schema()
    assert schema.table(new_table) is not None and schema.table(failed) is None


async def test_a_cancelled_query_is_cancelled_in_the_engine(database: AsyncDatabaseClient):
    marked = f"-- {uuid4().hex}"
    asked = asyncio.create_task(database.query(f"select pg_sleep(600) {marked}"))

    async def active() -> int:
        return (await database.query(ACTIVE, {"marked": f"%{marked}%"})).scalar()

    while not await active():
        assert not asked.done()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    async with asyncio.timeout(60):
        while await active():
            await asyncio.sleep(0)


async def test_two_queries_run_at_once(database: AsyncDatabaseClient):
    """Each waits for the other, so that one after the other they would wait for ever."""
    key = uuid4().int % 2**31

    async def one(mine: int, other: int) -> object:
        text = f"""do $$ begin
            perform pg_advisory_lock({mine});
            while not exists (select 1 from pg_locks where locktype = 'advisory' and objid = {other}) loop
                perform pg_sleep(0.01);
            end loop;
            perform pg_sleep(0.1);
        end $$"""
        return (await database.query(text)).command

    async with asyncio.timeout(60):
        assert await asyncio.gather(one(key, key + 1), one(key + 1, key)) == ["DO", "DO"]


async def test_the_event_loop_goes_on_while_a_server_is_looked_for(live: LivePlatform):
    looked, found = threading.Event(), threading.Event()

    def locate(_: bool) -> dbaas.discovery.Endpoint:
        looked.set()
        assert found.wait(60)
        return dbaas.discovery.Endpoint(live.url, live.run_file["token"], "the test")

    platform = AsyncClient(transport_async.AsyncTransport(locate))
    asked = [asyncio.create_task(platform.tenants()) for _ in range(2)]
    await until_true(looked.is_set, lambda: asked)
    found.set()
    one, other = await asyncio.gather(*asked)
    assert [each.id for each in one] == [each.id for each in other]
    await platform.close()


async def test_a_read_survives_a_cut_connection(live: LivePlatform):
    async with Proxy(live.url) as proxy, dbaas.connect_async(proxy.url, live.run_file["token"]) as platform:
        await platform.platform()
        proxy.cut()
        assert await platform.platform()
        assert proxy.connections == 2


async def test_changes_are_followed(database: AsyncDatabaseClient, platform: AsyncClient, new_table: str):
    await database.query(f'create table "{new_table}" (id int primary key)')
    default = platform.tenant(database.tenant).database()
    async with default.changes(new_table) as changes:
        await database.query(f'insert into "{new_table}" values (1)')
        assert (await anext(changes)).record == {"id": 1}


async def test_documents_through_pymongo(platform: AsyncClient):
    tenant = await platform.create_tenant(f"y{uuid4().hex[:10]}")
    await tenant.create_database("notes", engine="document")
    notes = await tenant.document("notes")
    await notes.page.insert_one({"_id": 1, "text": "x"})
    assert await notes.page.find_one({}) == {"_id": 1, "text": "x"}
    await notes.client.close()
    await tenant.drop()
