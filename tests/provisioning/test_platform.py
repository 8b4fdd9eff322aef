"""Tenants, keys and the audit log, through the object that the doors call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest

from dbaas_provisioning.errors import Conflict, DbaasError, Invalid, NotFound, Unavailable
from dbaas_provisioning.nouns import Home, KeyRole, Login, Tenant
from dbaas_provisioning.platform import Access, Platform


async def test_a_tenant_gets_its_subdomain_from_its_name_and_its_limits_from_its_plan(platform: Platform) -> None:
    name = f"Ünique {uuid4().hex[:8]}"
    tenant = await platform.create_tenant(name, actor="ann")
    assert tenant.subdomain == name.lower().replace("ü", "u").replace(" ", "-")
    assert (tenant.plan_type, tenant.max_connections, tenant.max_storage_gb) == ("free", 100, 10)
    assert tenant in await platform.tenants()
    await platform.drop_tenant(tenant.subdomain, actor="ann")
    with pytest.raises(NotFound):
        await platform.tenant(tenant.subdomain)


async def test_a_subdomain_is_taken_once(platform: Platform, tenant: Tenant) -> None:
    with pytest.raises(Conflict) as refused:
        await platform.create_tenant("x", subdomain=tenant.subdomain, actor="ann")
    assert refused.value.code == "tenant_exists"


@pytest.mark.parametrize(
    ("name", "more", "code"),
    [
        ("", {}, "invalid_name"),
        pytest.param("no\0", {}, "invalid_name", id="a null character"),
        pytest.param("half of \ud83d", {}, "invalid_name", id="half of a surrogate"),
        ("v1", {}, "reserved_name"),
        ("x", {"subdomain": "UP"}, "invalid_subdomain"),
        ("fine", {"plan": "golden"}, "plan_not_found"),
    ],
)
async def test_bad_tenants_are_refused_and_that_is_audited(platform: Platform, name: str, more, code: str) -> None:
    with pytest.raises(DbaasError) as refused:
        await platform.create_tenant(name, actor="mallory", **more)
    assert refused.value.code == code
    entry = (await platform.audit(limit=1))[0]
    assert (entry.actor, entry.action, entry.outcome) == ("mallory", "create_tenant", code)


async def test_unknown_names_are_not_found(platform: Platform, tenant: Tenant) -> None:
    for asked in (
        platform.tenant("nobody"),
        platform.databases("nobody"),
        platform.database(tenant.subdomain, "nothing"),
        platform.rotate(tenant.subdomain, "nothing", actor="a"),
        platform.drop_database(tenant.subdomain, "nothing", actor="a"),
        platform.usage(tenant.subdomain, "nothing"),
        platform.revoke_key(tenant.subdomain, uuid4(), actor="a"),
        platform.drop_tenant("nobody", actor="a"),
        platform.update_tenant(tenant.subdomain, default_database="nothing", actor="a"),
        platform.plan("golden"),
    ):
        with pytest.raises(NotFound):
            await asked
    with pytest.raises(Invalid):
        await platform.create_database(tenant.subdomain, "no-such-engine", "x", options={}, actor="a")


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(platform: Platform, tenant: Tenant) -> None:
    stored, key = await platform.create_key(tenant.subdomain, KeyRole.anon, actor="ann")
    assert key.startswith(stored.prefix)
    assert await platform.find_key(key) == stored
    assert await platform.keys(tenant.subdomain) == [stored]
    assert key not in repr(stored)
    await platform.revoke_key(tenant.subdomain, stored.id, actor="ann")
    await platform.revoke_key(tenant.subdomain, stored.id, actor="ann")
    assert await platform.find_key(key) is None
    assert (await platform.keys(tenant.subdomain))[0].revoked_at is not None
    assert await platform.find_key("dbk_p_" + "x" * 43) is None


async def test_keys_belong_to_a_tenant_and_admin_keys_to_none(platform: Platform, tenant: Tenant) -> None:
    admin, _ = await platform.create_key(None, KeyRole.admin, actor="ann")
    with pytest.raises(NotFound):
        await platform.revoke_key(tenant.subdomain, admin.id, actor="mallory")
    for ref, role in ((tenant.subdomain, KeyRole.admin), (None, KeyRole.anon)):
        with pytest.raises(Invalid):
            await platform.create_key(ref, role, actor="mallory")
    await platform.revoke_key(None, admin.id, actor="ann")


async def test_keys_go_with_their_tenant(platform: Platform) -> None:
    tenant = await platform.create_tenant(f"t{uuid4().hex[:8]}", actor="ann")
    _, key = await platform.create_key(tenant.subdomain, KeyRole.service_role, actor="ann")
    await platform.drop_tenant(tenant.subdomain, actor="ann")
    assert await platform.find_key(key) is None


async def test_each_tenant_signs_with_its_own_secret(platform: Platform, tenant: Tenant) -> None:
    other = await platform.create_tenant(f"t{uuid4().hex[:8]}", actor="ann")
    first, second = await platform.jwt_secret(tenant.subdomain), await platform.jwt_secret(other.subdomain)
    assert first == await platform.jwt_secret(tenant.subdomain)
    assert first.secret != second.secret
    assert first.kid != second.kid
    assert first.secret not in repr(first)
    await platform.drop_tenant(other.subdomain, actor="ann")


async def test_every_change_is_heard_by_the_other_processes(
    platform: Platform, supervision, home: Home, tenant: Tenant
) -> None:
    other = await Platform.open(home, supervision)
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    other.on_change(lambda kind, identity: heard.put_nowait((kind, identity)))

    async def until(expected: tuple[str, str]) -> None:
        while await asyncio.wait_for(heard.get(), 30) != expected:
            pass

    try:
        await until(("key", ""))  # from here on nothing is missed
        key, _ = await platform.create_key(tenant.subdomain, KeyRole.anon, actor="ann")
        await until(("key", str(key.id)))
        await platform.revoke_key(tenant.subdomain, key.id, actor="ann")
        await until(("key", str(key.id)))
        await platform.drop_tenant(tenant.subdomain, actor="ann")
        await until(("tenant", str(tenant.id)))
    finally:
        await other.close()


async def test_a_plan_changes_the_limits_and_the_databases_follow(platform: Platform, tenant: Tenant, connect) -> None:
    ref = tenant.subdomain
    await platform.create_database(ref, "postgres", "shop", options={}, actor="ann")
    changed = await platform.update_tenant(ref, plan="team", actor="ann")
    assert (changed.plan_type, changed.max_connections) == ("team", 200)
    assert changed.updated_at > tenant.updated_at
    access = await platform.access(ref)
    assert access.plan.name == "team"
    owner = await connect(access)
    cursor = await owner.execute(
        "select rolconnlimit, current_setting('statement_timeout'), current_setting('max_connections')::int"
        " from pg_roles where rolname = current_user"
    )
    limit, timeout, connections = await cursor.fetchone()
    assert (limit, timeout) == (200, "1min")
    assert connections > 200
    assert (await platform.usage(ref, "shop")).max_connections == 200


async def test_usage_counts_bytes_and_connections(platform: Platform, database: Access, connect) -> None:
    ref, name = database.tenant.subdomain, database.database.name
    before = await platform.usage(ref, name)
    owner = await connect(database)
    await connect(database, Login.api)
    await owner.execute("create table t as select repeat('x', 500) from generate_series(1, 20000)")
    used = await platform.usage(ref, name)
    assert used.connections >= 2
    assert used.size_bytes is not None and before.size_bytes is not None
    assert used.size_bytes > before.size_bytes + 5_000_000


async def test_the_last_database_puts_its_cluster_to_sleep_and_the_next_wakes_it(
    platform: Platform, tenant: Tenant
) -> None:
    ref = tenant.subdomain
    first = await platform.create_database(ref, "postgres", "one", options={}, actor="ann")
    await platform.drop_database(ref, "one", actor="ann")
    assert (await platform.cluster(first.cluster_id)).state == "sleeping"
    second = await platform.create_database(ref, "postgres", "two", options={}, actor="ann")
    assert second.cluster_id == first.cluster_id
    assert (await platform.cluster(first.cluster_id)).state == "running"


async def test_the_same_name_at_the_same_time_is_created_once(platform: Platform, tenant: Tenant) -> None:
    answers = await asyncio.gather(
        *(platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="ann") for _ in range(3)),
        return_exceptions=True,
    )
    codes = sorted(answer.code if isinstance(answer, DbaasError) else "ok" for answer in answers)
    assert codes == ["database_exists", "database_exists", "ok"]
    assert len(await platform.databases(tenant.subdomain)) == 1


async def test_the_audit_log_survives_the_tenant_and_tells_who_did_what(platform: Platform, tenant: Tenant) -> None:
    ref = tenant.subdomain
    await platform.create_database(ref, "postgres", "shop", options={"expose": "all"}, actor="ann")
    await platform.rotate(ref, "shop", actor="bob")
    await platform.drop_tenant(ref, actor="carl")
    entries = list(reversed(await platform.audit(tenant=ref)))
    assert [(one.actor, one.action, one.target, one.outcome) for one in entries] == [
        ("test", "create_tenant", tenant.name, "ok"),
        ("ann", "create_database", "shop", "ok"),
        ("bob", "rotate", "shop", "ok"),
        ("carl", "drop_tenant", None, "ok"),
    ]
    assert entries[1].details == {"engine": "postgres", "expose": "all"}


async def test_secrets_are_encrypted_in_the_platforms_database(
    platform: Platform, database: Access, supervision, home: Home
) -> None:
    rows = await platform._store._connections.rows(
        "select connection_info::text as text from tenant_databases where id = %s", [database.database.id]
    )
    rows += await platform._store._connections.rows("select superuser_secret as text from clusters")
    rows += await platform._store._connections.rows("select secret as text from jwt_secrets")
    text = "".join(row["text"] for row in rows)
    jwt = await platform.jwt_secret(database.tenant.subdomain)
    for secret in [jwt.secret, *(credential.secret for credential in database.logins.values())]:
        assert secret not in text


async def test_a_folder_without_a_platform_is_told(supervision, new_home: Callable[[], Home], tmp_path) -> None:
    class Nobody:
        async def ensure(self, cluster_id):
            raise Unavailable("daemon_unreachable", "Nobody is there.")

    with pytest.raises(Unavailable):
        await Platform.open(Home(tmp_path / "nothing"), Nobody())


async def test_a_connection_string_is_accepted_by_psql_and_sqlalchemy(platform: Platform, database: Access) -> None:
    import subprocess

    import sqlalchemy

    url = await platform.connection_string(database.tenant.subdomain, database.database.name)
    [binaries] = [binaries for engine, binaries in platform.engines() if engine.name == "postgres"]
    shown = subprocess.run(
        [binaries.bindir / "psql", url, "-Atc", "select current_user"], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == database.logins[Login.owner].username

    def through_sqlalchemy() -> str:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            name = connection.exec_driver_sql("select current_database()").scalar_one()
        engine.dispose()
        return name

    assert await asyncio.to_thread(through_sqlalchemy) == database.database.name


async def test_the_administrators_connection_string_is_another_one(platform: Platform, database: Access) -> None:
    url = await platform.connection_string(database.tenant.subdomain, database.database.name, admin=True)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute("select rolsuper from pg_roles where rolname = current_user")
        assert await cursor.fetchone() == (True,)
