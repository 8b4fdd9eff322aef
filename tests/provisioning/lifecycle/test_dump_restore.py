"""Dumps of databases, and back: of the same database, into new ones, from one server's version into another's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from dbaas_provisioning.errors import Conflict, Invalid, NotFound, Unsupported
from dbaas_provisioning.nouns import Login
from dbaas_provisioning.platform import Access, Platform, Step

SHOP = """
create schema "Odd ""schema";
create table public.items (id int generated always as identity primary key, name text unique, tags text[]);
insert into public.items (name, tags) select 'item ' || n, array['a', 'b;c'] from generate_series(1, 1000) n;
create table "Odd ""schema"."t;
able" (id int references public.items, doc jsonb);
insert into "Odd ""schema"."t;
able" select id, '{"a": 1}' from public.items limit 10;
create table public.notes (id uuid primary key default gen_random_uuid(), owner uuid, body text);
alter table public.notes enable row level security;
alter table public.notes force row level security;
create policy own on public.notes to authenticated using (owner = auth.uid());
insert into public.items (name) values ('last');
create view public.counted with (security_invoker) as select count(*) from public.items;
create materialized view public.kept as select count(*) as n from public.items;
create function public.double(n int) returns int language sql immutable return n * 2;
grant select on public.items to anon;
revoke all on public.counted from service_role;
select lo_from_bytea(0, 'a large object');
"""

STATE = """
select (select count(*) from public.items), (select count(*) from "Odd ""schema"."t;
able"), (select n from public.kept), public.double(21),
  (select array_agg(privilege_type::text order by 1) from information_schema.table_privileges
   where table_name = 'items' and grantee = 'anon'),
  has_table_privilege('authenticated', 'public.notes', 'select'), has_table_privilege('anon', 'public.items', 'insert'),
  has_table_privilege('service_role', 'public.items', 'delete'),
  has_table_privilege('service_role', 'public.counted', 'select'),
  (select relreplident from pg_class where relname = 'notes'), (select count(*) from pg_largeobject_metadata),
  (select array_agg(distinct pg_get_userbyid(relowner) = %s) from pg_class where relnamespace = 'public'::regnamespace),
  (select count(*) from pg_publication_namespace), (select count(*) from pg_event_trigger)
"""


@pytest.fixture
async def shop(platform: Platform, database: Access, connect) -> AsyncIterator[Access]:
    owner = await connect(database)
    await owner.execute(SHOP.encode())
    # Forced row security hides rows from their owner: who dumps has to see them all the same.
    service = await connect(database, Login.service)
    await service.execute("set role service_role")
    await service.execute(
        "insert into public.notes (owner, body) select gen_random_uuid(), 'x' from generate_series(1, 5)"
    )
    yield database


async def state(connect, access: Access) -> tuple[object, ...]:
    owner = await connect(access)
    seen = await (await owner.execute(STATE, [access.logins[Login.owner].username])).fetchone()
    service = await connect(access, Login.service)
    await service.execute("set role service_role")
    [notes] = await (await service.execute("select count(*) from public.notes")).fetchone()
    return (*seen, notes)


async def names(connect, platform: Platform, access: Access) -> tuple[list[str], list[str]]:
    """Databases and roles of the access's cluster that work under way would have."""
    url = await platform.connection_string(access.tenant.subdomain, access.database.name, admin=True)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        databases = await connection.execute("select datname from pg_database where datname like 'dbaas\\_%'")
        roles = await connection.execute("select rolname from pg_roles where rolname like 'w\\_%'")
        return [row[0] for row in await databases.fetchall()], [row[0] for row in await roles.fetchall()]


@pytest.mark.every_build
async def test_a_database_is_again_what_it_was_and_its_logins_stay(platform: Platform, shop: Access, connect) -> None:
    tenant, name = shop.tenant.subdomain, shop.database.name
    before = await state(connect, shop)
    steps: list[Step] = []
    dump = await platform.lifecycle.dump(tenant, name, actor="ann", progress=steps.append)
    assert dump.size_bytes > 0 and dump.database_id == shop.database.id and dump.expires_at is None
    assert [each.id for each in await platform.lifecycle.dumps(tenant, name)] == [dump.id]
    assert [each.tables for each in steps if each.tables][-1] == (3, 3)
    owner = await connect(shop)
    await owner.execute("drop table public.items cascade; create table public.later (id int)")
    told: list[Step] = []
    restored = await platform.lifecycle.restore(tenant, name, dump.id, actor="ann", progress=told.append)
    assert (restored.id, restored.physical_name) == (shop.database.id, shop.database.physical_name)
    with pytest.raises(psycopg.OperationalError):
        await owner.execute("select 1")  # its database is another one
    again = await platform.access(tenant, name)
    assert again.logins == shop.logins
    assert await state(connect, again) == before
    assert {each.number for each in told} == {1, 2, 3, 4}
    assert await names(connect, platform, again) == ([], [])
    assert [entry.action for entry in await platform.audit(tenant=tenant, limit=2)] == ["restore", "dump"]
    assert not list(platform.home.dumps.glob("*/*/.making-*"))


async def test_a_dump_becomes_a_new_database_with_logins_of_its_own(platform: Platform, shop: Access, connect) -> None:
    tenant, name = shop.tenant.subdomain, shop.database.name
    dump = await platform.lifecycle.dump(tenant, name, actor="ann")
    new = f'It\'s "{uuid4().hex[:6]}" = new'
    try:
        made = await platform.lifecycle.restore(tenant, name, dump.id, as_new=new, actor="ann")
        assert made.name == new and made.id != shop.database.id
        access = await platform.access(tenant, new)
        assert not {each.username for each in access.logins.values()} & {e.username for e in shop.logins.values()}
        assert await state(connect, access) == await state(connect, shop)
        with pytest.raises(Conflict):
            await platform.lifecycle.restore(tenant, name, dump.id, as_new=new, actor="ann")
    finally:
        await platform.drop_database(tenant, new, keep_dump=False, actor="ann")


@pytest.mark.parametrize("packed", [True, False])
async def test_a_dump_at_a_path_is_restored_from_there_and_damage_is_noticed(
    platform: Platform, shop: Access, connect, tmp_path: Path, packed: bool
) -> None:
    tenant, name = shop.tenant.subdomain, shop.database.name
    before = await state(connect, shop)
    path = tmp_path / "shop.dump"
    size = await platform.lifecycle.dump_at(tenant, name, path, packed=packed, actor="ann")
    assert [each.name for each in tmp_path.iterdir()] == ["shop.dump"]
    if packed:
        assert path.stat().st_size == size
    with pytest.raises(Conflict):
        await platform.lifecycle.dump_at(tenant, name, path, packed=packed, actor="ann")
    await (await connect(shop)).execute("delete from public.items where id > 10")
    await platform.lifecycle.restore(tenant, name, path, actor="ann")
    assert await state(connect, await platform.access(tenant, name)) == before
    file = path if packed else path / "archive"
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    with pytest.raises(Invalid) as refused:
        await platform.lifecycle.restore(tenant, name, path, actor="ann")
    assert refused.value.code == "dump_damaged"
    assert await state(connect, await platform.access(tenant, name)) == before
    for nothing in (tmp_path, Path("/etc/passwd")):
        with pytest.raises(Invalid) as refused:
            await platform.lifecycle.restore(tenant, name, nothing, actor="ann")
        assert refused.value.code == "dump_unknown"
    with pytest.raises(NotFound):
        await platform.lifecycle.restore(tenant, name, tmp_path / "none", actor="ann")
    assert not list(platform.home.dumps.glob(".unpacked-*"))


async def test_a_dump_goes_to_an_older_and_to_a_newer_server(
    platform: Platform, shop: Access, connect, monkeypatch
) -> None:
    """From the wheel's 18 to the machine's 15, and on to 18 again."""
    dump = await platform.lifecycle.dump(shop.tenant.subdomain, shop.database.name, actor="ann")
    folder = platform.home.dumps / str(dump.tenant_id) / str(dump.database_id) / str(dump.id)
    before = await state(connect, shop)
    monkeypatch.setenv("DBAAS_POSTGRES_BIN", "system")
    older = (await platform.create_tenant(f"t{uuid4().hex[:12]}", actor="ann")).subdomain
    try:
        await platform.create_database(older, "postgres", "shop", options={}, actor="ann")
        await platform.lifecycle.restore(older, "shop", folder, actor="ann")
        access = await platform.access(older, "shop")
        assert (await platform.cluster(access.database.cluster_id)).version != dump.server_version.split(".")[0]
        assert await state(connect, access) == before
        back = await platform.lifecycle.dump(older, "shop", actor="ann")
        folder = platform.home.dumps / str(back.tenant_id) / str(back.database_id) / str(back.id)
        await platform.lifecycle.restore(shop.tenant.subdomain, shop.database.name, folder, actor="ann")
        assert await state(connect, await platform.access(shop.tenant.subdomain, shop.database.name)) == before
    finally:
        await platform.drop_tenant(older, actor="ann")


async def test_what_this_server_lacks_is_named_before_anything_is_made(
    platform: Platform, shop: Access, connect, tmp_path: Path
) -> None:
    tenant, name = shop.tenant.subdomain, shop.database.name
    await platform.lifecycle.dump_at(tenant, name, tmp_path / "d", packed=False, actor="ann")
    manifest = tmp_path / "d" / "manifest.json"
    found = json.loads(manifest.read_text())
    found["extensions"] += [{"name": each, "version": "1", "schema": "public"} for each in ("postgis", "file_fdw")]
    manifest.write_text(json.dumps(found))
    with pytest.raises(Unsupported) as refused:
        await platform.lifecycle.restore(tenant, name, tmp_path / "d", actor="ann")
    assert refused.value.code == "extension_missing" and "file_fdw, postgis" in refused.value.message
    with pytest.raises(Unsupported):
        await platform.lifecycle.restore(tenant, name, tmp_path / "d", as_new="another", actor="ann")
    assert "another" not in [each.name for each in await platform.databases(tenant)]


async def test_a_document_database_is_dumped_and_restored(platform: Platform, tenant, connect) -> None:
    await platform.create_database(tenant.subdomain, "document", "app", options={}, actor="ann")
    access = await platform.access(tenant.subdomain, "app")
    keeper = await connect(access, Login.service)
    await keeper.execute(
        "create schema documents; create table documents.d (b bytea); insert into documents.d values ('x')"
    )
    dump = await platform.lifecycle.dump(tenant.subdomain, "app", actor="ann")
    await keeper.execute("delete from documents.d")
    await platform.lifecycle.restore(tenant.subdomain, "app", dump.id, actor="ann")
    keeper = await connect(await platform.access(tenant.subdomain, "app"), Login.service)
    assert await (
        await keeper.execute(
            "select b, tableowner = current_user from documents.d, pg_tables where schemaname = 'documents'"
        )
    ).fetchone() == (b"x", True)
