"""Databases that are dropped and come back, are branched, and taken over from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from dbaas_provisioning.errors import Conflict, DbaasError, NotFound, Unavailable
from dbaas_provisioning.nouns import Login
from dbaas_provisioning.platform import Access, Platform


async def stock(connect, access: Access) -> None:
    owner = await connect(access)
    await owner.execute(
        "create table t (id int primary key); insert into t values (1), (2);"
        " alter table t enable row level security; create policy all_of_it on t using (true)"
    )


async def rows(connect, platform: Platform, tenant: str, name: str) -> int:
    owner = await connect(await platform.access(tenant, name))
    [count] = await (await owner.execute("select count(*) from t")).fetchone()
    return count


async def test_a_dropped_database_comes_back_for_a_week(platform: Platform, database: Access, connect) -> None:
    tenant, name = database.tenant.subdomain, database.database.name
    await stock(connect, database)
    kept = await platform.lifecycle.dump(tenant, name, actor="ann")
    with pytest.raises(NotFound) as refused:
        await platform.lifecycle.undrop(tenant, name, actor="ann")
    assert refused.value.code == "nothing_to_undrop"
    await platform.drop_database(tenant, name, actor="ann")
    [last] = [each for each in await platform.lifecycle.undroppable(tenant) if each.database_name == name]
    assert last.is_last and timedelta(days=6) < last.expires_at - datetime.now(UTC) <= timedelta(days=7)
    back = await platform.lifecycle.undrop(tenant, name, actor="ann")
    assert back.id == database.database.id and await rows(connect, platform, tenant, name) == 2
    assert last.id not in [each.id for each in await platform.lifecycle.undroppable(tenant)]
    assert {each.id for each in await platform.lifecycle.dumps(tenant, name)} == {last.id, kept.id}
    again = await platform.access(tenant, name)
    assert again.logins[Login.owner].username != database.logins[Login.owner].username
    await platform.drop_database(tenant, name, actor="ann")
    await platform.create_database(tenant, "postgres", name, options={}, actor="ann")
    with pytest.raises(Conflict):
        await platform.lifecycle.undrop(tenant, name, actor="ann")
    other = f"other{uuid4().hex[:6]}"
    assert (await platform.lifecycle.undrop(tenant, name, as_new=other, actor="ann")).name == other
    assert await rows(connect, platform, tenant, other) == 2
    await platform.drop_database(tenant, other, keep_dump=False, actor="ann")
    await platform.lifecycle.expire()
    assert not [each for each in await platform.lifecycle.undroppable(tenant) if each.database_name in (name, other)]
    assert not list(platform.home.dumps.glob(f"*/{database.database.id}/*"))


async def test_a_dump_that_fails_keeps_the_database(platform: Platform, database: Access, connect, monkeypatch) -> None:
    tenant, name = database.tenant.subdomain, database.database.name
    await stock(connect, database)
    folder = platform.home.dumps / str(database.tenant.id) / str(database.database.id)
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("no folder")  # as a full or broken disk would
    with pytest.raises(Unavailable) as refused:
        await platform.drop_database(tenant, name, actor="ann")
    assert refused.value.code == "last_dump_failed" and "keep_dump" in refused.value.hint
    folder.unlink()
    assert await rows(connect, platform, tenant, name) == 2


async def test_a_tenant_goes_with_its_dumps(platform: Platform, connect) -> None:
    tenant = await platform.create_tenant(f"t{uuid4().hex[:12]}", actor="ann")
    await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="ann")
    await platform.lifecycle.dump(tenant.subdomain, "shop", actor="ann")
    folder = platform.home.dumps / str(tenant.id)
    assert folder.exists()
    await platform.drop_tenant(tenant.subdomain, actor="ann")
    assert not folder.exists()


@pytest.mark.parametrize("schema_only", [False, True])
async def test_a_branch_is_a_copy_that_disturbs_nobody(
    platform: Platform, database: Access, connect, schema_only: bool
) -> None:
    tenant, name = database.tenant.subdomain, database.database.name
    await stock(connect, database)
    user = await connect(database)
    new = f"b{uuid4().hex[:8]}"
    made = await platform.lifecycle.branch(tenant, name, new, schema_only=schema_only, actor="ann")
    try:
        assert made.exposure == database.database.exposure
        assert await rows(connect, platform, tenant, new) == (0 if schema_only else 2)
        branch = await platform.access(tenant, new)
        assert not set(branch.logins.values()) & set(database.logins.values())
        await (await connect(branch)).execute("drop table t")
        assert await (await user.execute("select count(*) from t")).fetchone() == (2,)
        with pytest.raises(Conflict):
            await platform.lifecycle.branch(tenant, name, new, actor="ann")
    finally:
        await platform.drop_database(tenant, new, keep_dump=False, actor="ann")
    assert not list(platform.home.dumps.glob("*/*/.making-*"))


async def test_a_database_elsewhere_is_taken_over(platform: Platform, database: Access, connect, monkeypatch) -> None:
    """The machine's server plays the one elsewhere; who takes over has a server of another version."""
    tenant = database.tenant.subdomain
    monkeypatch.setenv("DBAAS_POSTGRES_BIN", "system")
    elsewhere = (await platform.create_tenant(f"t{uuid4().hex[:12]}", actor="ann")).subdomain
    await platform.create_database(elsewhere, "postgres", "old", options={}, actor="ann")
    source = await platform.access(elsewhere, "old")
    await stock(connect, source)
    dsn = await platform.connection_string(elsewhere, "old")
    secret, new = source.logins[Login.owner].secret, f"i{uuid4().hex[:8]}"
    port = source.endpoint.port
    wrong = {
        "source_refused": [dsn.replace(secret, "wrong"), dsn.replace("/old", "/none")],
        "source_unreachable": [dsn.replace(f":{port}/", ":1/")],
        "invalid_dsn": [
            "nonsense", "postgresql://h/d", f"{dsn}?passfile=/etc/passwd", f"{dsn}?sslkey=/etc/passwd",
            f"host=/tmp user=u password={secret} dbname=d", f"service=x password={secret}",
            dsn.replace(f":{secret}", ""),
        ],
    }  # fmt: skip
    try:
        for code, strings in wrong.items():
            for each in strings:
                with pytest.raises(DbaasError) as refused:
                    await platform.lifecycle.take_over(tenant, new, each, foreign=True, actor="ann")
                assert refused.value.code == code, each
                assert secret not in repr(refused.value.as_dict())
        await (await connect(source)).execute("create extension citext")
        with pytest.raises(DbaasError) as refused:
            await platform.lifecycle.take_over(tenant, new, dsn, foreign=True, actor="ann")
        assert refused.value.code == "extension_missing" and "citext" in refused.value.message
        await (await connect(source)).execute("drop extension citext")
        await platform.lifecycle.take_over(tenant, new, dsn, foreign=True, actor="ann")
        assert await rows(connect, platform, tenant, new) == 2
        access = await platform.access(tenant, new)
        owner = await connect(access)
        seen = await owner.execute(
            "select has_table_privilege('anon', 't', 'select'), has_table_privilege('service_role', 't', 'delete'),"
            " tableowner = current_user from pg_tables where tablename = 't'"
        )
        assert await seen.fetchone() == (True, True, True)
        assert not any(secret in repr(entry) for entry in await platform.audit(limit=100))
        await platform.drop_database(tenant, new, keep_dump=False, actor="ann")
    finally:
        await platform.drop_tenant(elsewhere, actor="ann")
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(dsn)
