"""Servers that run elsewhere: registering them, and databases on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.errors import Conflict, DbaasError, Invalid, NotFound, Unavailable, Unsupported
from dbaas_provisioning.nouns import Cluster, ClusterState, Credential, Tenant
from dbaas_provisioning.platform import Platform
from elsewhere import Elsewhere, elsewhere

MANAGER = "createdb createrole"


@pytest.fixture(scope="module", params=["wheel", "system"])
def server(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """Somebody's server; the machine's own build speaks TLS."""
    with elsewhere(request.param, tls=request.param == "system") as server:
        yield server


@pytest.fixture(params=["superuser", "manager"])
async def registered(platform: Platform, server: Elsewhere, request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """It is registered, by its superuser or by a login that makes databases and roles."""
    given = server if request.param == "superuser" else server.new_login(MANAGER)
    if request.param == "manager":
        server.forget_api_roles()
    cluster = await platform.placement.add(f"s{uuid4().hex[:8]}", given.dsn(), authority=server.authority, actor="test")
    yield cluster
    for database in await platform.placement.databases_on(cluster):
        tenant = next(one for one in await platform.tenants() if one.id == database.tenant_id)
        await platform.drop_database(tenant.subdomain, database.name, actor="test")
    await platform.placement.remove(str(cluster.name), actor="test")


async def test_a_database_is_made_used_and_dropped(
    platform: Platform, server: Elsewhere, registered: Cluster, tenant: Tenant
) -> None:
    ref = tenant.subdomain
    before = roles_and_databases(server)
    made = await platform.create_database(ref, "postgres", "shop", options={}, cluster=registered.name, actor="test")
    assert made.cluster_id == registered.id
    assert made.physical_name != "shop", "everybody on a shared server sees the names of its databases"
    access = await platform.access(ref, "shop")
    async with await psycopg.AsyncConnection.connect(conninfo(access), autocommit=True) as owner:
        await owner.execute("create table t (id int primary key); insert into t values (1)")
        await owner.execute(
            "select extensions.uuid_generate_v4()"
        ) if "uuid-ossp" in registered.powers.extensions else None
    used = await platform.usage(ref, "shop")
    assert used.size_bytes
    assert (await platform.vitals(ref, "shop")).version.startswith(registered.version)
    rotated = await platform.rotate(ref, "shop", actor="test")
    assert rotated.owner == made.owner
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(conninfo(access))
    url = await platform.connection_string(ref, "shop")
    async with await psycopg.AsyncConnection.connect(url) as owner:
        assert await (await owner.execute("select id from t")).fetchall() == [(1,)]
        assert owner.pgconn.ssl_in_use == bool(server.authority)
    await platform.update_tenant(ref, plan="team", actor="test")
    with server.connect() as connection:
        query = "select rolconnlimit from pg_roles where rolname = %s"
        assert connection.execute(query, [made.owner]).fetchone() == (200,)
    await platform.drop_database(ref, "shop", actor="test")
    assert roles_and_databases(server) == before


def roles_and_databases(server: Elsewhere) -> list:
    with server.connect() as connection:
        return connection.execute(
            "select rolname from pg_roles union all select datname from pg_database order by 1"
        ).fetchall()


async def refused(platform: Platform, dsn: str, kind: type[DbaasError], code: str, **more: str) -> DbaasError:
    with pytest.raises(kind) as error:
        await platform.placement.add(f"s{uuid4().hex[:8]}", dsn, actor="test", **more)
    assert error.value.code == code, error.value.as_dict()
    return error.value


async def test_what_cannot_be_registered(platform: Platform, server: Elsewhere) -> None:
    secret = server.login.secret
    wrong = Credential(server.login.username, "not-the-password")
    heard = [
        await refused(platform, server.dsn(wrong), Invalid, "login_refused"),
        await refused(platform, server.dsn().replace("/postgres", "/nothing"), Invalid, "login_refused"),
        await refused(platform, server.dsn().replace(str(server.port), "1"), Unavailable, "server_unreachable"),
        await refused(platform, f"{server.dsn()}&options=-c%20x=y", Invalid, "invalid_dsn"),
        await refused(platform, f"{server.dsn()}&sslrootcert=/etc/passwd", Invalid, "invalid_dsn"),
        await refused(platform, f"host=a,b user=x password={secret}", Invalid, "invalid_dsn"),
        await refused(platform, f"postgresql://x:{secret}@[", Invalid, "invalid_dsn"),
        await refused(platform, "", Invalid, "invalid_dsn"),
        await refused(platform, server.dsn(), Invalid, "invalid_certificate", authority="nonsense"),
    ]
    plain = server.new_login("createdb")
    error = await refused(platform, plain.dsn(), Unsupported, "server_cannot_isolate")
    assert "CREATEROLE" in error.message and "CREATEDB" not in error.message
    error = await refused(platform, server.new_login("").dsn(), Unsupported, "server_cannot_isolate")
    assert "CREATEROLE" in error.message and "CREATEDB" in error.message
    for one in [*heard, error]:
        assert secret not in str(one.as_dict())
    for name in ("", "Big", "a b", "x" * 40, "1a", "a/b"):
        with pytest.raises(Invalid):
            await platform.placement.add(name, server.dsn(), actor="test")


async def test_a_server_has_one_name(platform: Platform, server: Elsewhere, registered: Cluster) -> None:
    await refused(platform, server.dsn(), Conflict, "server_registered", authority=server.authority)
    with pytest.raises(Conflict) as error:
        await platform.placement.add(str(registered.name), server.dsn(), actor="test")
    assert error.value.code == "cluster_exists"


async def test_the_platforms_own_server_is_not_registered(platform: Platform, supervision) -> None:
    bootstrap = supervision._opened._bootstrap()
    where, who = bootstrap.cluster.endpoint, bootstrap.superuser
    await refused(
        platform,
        f"postgresql://{who.username}:{who.secret}@{where.host}:{where.port}/postgres",
        Conflict,
        "platform_server",
    )


async def test_roles_of_our_names_that_do_more_are_refused(platform: Platform, server: Elsewhere) -> None:
    server.forget_api_roles()
    with server.connect() as connection:
        connection.execute("create role anon; create role service_role; grant service_role to anon")
    try:
        await refused(platform, server.dsn(), Conflict, "api_roles_taken", authority=server.authority)
    finally:
        server.forget_api_roles()


async def test_an_unknown_server_is_told(platform: Platform, tenant: Tenant) -> None:
    for wrong in (
        platform.placement.named("nowhere"),
        platform.placement.update("nowhere", actor="test"),
        platform.placement.remove("nowhere", actor="test"),
        platform.create_database(tenant.subdomain, "postgres", "x", options={}, cluster="nowhere", actor="test"),
    ):
        with pytest.raises(NotFound) as error:
            await wrong
        assert error.value.code == "cluster_not_found"


async def test_documents_are_not_placed_there(platform: Platform, registered: Cluster, tenant: Tenant) -> None:
    with pytest.raises(Unsupported):
        await platform.create_database(
            tenant.subdomain, "document", "x", options={}, cluster=registered.name, actor="test"
        )


async def test_a_server_with_databases_stays(platform: Platform, registered: Cluster, tenant: Tenant) -> None:
    ref, name = tenant.subdomain, str(registered.name)
    await platform.create_database(ref, "postgres", "shop", options={}, cluster=name, actor="test")
    with pytest.raises(Conflict) as error:
        await platform.placement.remove(name, actor="test")
    assert error.value.code == "cluster_in_use"
    await platform.drop_tenant(ref, actor="test")
    assert not await platform.placement.databases_on(registered)


async def test_two_tenants_may_use_one_name(
    platform: Platform, server: Elsewhere, registered: Cluster, tenant: Tenant
) -> None:
    other = await platform.create_tenant(f"t{uuid4().hex[:8]}", actor="test")
    for ref in (tenant.subdomain, other.subdomain):
        await platform.create_database(
            ref, "postgres", 'it\'s "one"', options={}, cluster=registered.name, actor="test"
        )
    with pytest.raises(Conflict):
        await platform.create_database(
            tenant.subdomain, "postgres", 'it\'s "one"', options={}, cluster=registered.name, actor="test"
        )
    await platform.drop_tenant(other.subdomain, actor="test")
    assert len(await platform.placement.databases_on(registered)) == 1


async def test_a_failure_leaves_nothing(
    platform: Platform, server: Elsewhere, registered: Cluster, tenant: Tenant
) -> None:
    with server.connect() as connection:
        connection.execute("alter role service_role rename to gone")
        before = roles_and_databases(server)
        try:
            with pytest.raises(DbaasError):
                await platform.create_database(
                    tenant.subdomain, "postgres", "never", options={}, cluster=registered.name, actor="test"
                )
        finally:
            after = roles_and_databases(server)
            connection.execute("alter role gone rename to service_role")
    assert after == before
    assert not await platform.databases(tenant.subdomain)


async def test_it_is_never_started_nor_stopped(
    platform: Platform, server: Elsewhere, registered: Cluster, supervision
) -> None:
    with server.connect() as connection:
        begun = connection.execute("select pg_postmaster_start_time()").fetchone()
        await supervision.stop(registered.id)
        await supervision.remove(registered.id)
        endpoint = await supervision.ensure(registered.id)
        assert endpoint == registered.endpoint
        assert connection.execute("select pg_postmaster_start_time()").fetchone() == begun
    assert (await platform.cluster(registered.id)).state is ClusterState.running


async def test_one_that_goes_away_is_told_and_comes_back(platform: Platform, tenant: Tenant, supervision) -> None:
    with elsewhere("wheel") as gone:
        cluster = await platform.placement.add(f"s{uuid4().hex[:8]}", gone.dsn(), actor="test")
    await platform.placement.look_after()
    assert (await platform.cluster(cluster.id)).state is ClusterState.failed
    with pytest.raises(Unavailable) as error:
        await supervision.ensure(cluster.id)
    assert gone.login.secret not in str(error.value.as_dict())
    with pytest.raises(Unavailable):
        await platform.create_database(
            tenant.subdomain, "postgres", "x", options={}, cluster=cluster.name, actor="test"
        )
    with pytest.raises(Unavailable):
        await platform.placement.update(str(cluster.name), actor="test")
    for database in await platform.databases(tenant.subdomain):
        await platform._store.delete_database(database)  # nobody can drop it any more
    await platform.placement.remove(str(cluster.name), actor="test")


async def test_another_address_and_another_login(
    platform: Platform, server: Elsewhere, registered: Cluster, tenant: Tenant
) -> None:
    name, ref = str(registered.name), tenant.subdomain
    await platform.create_database(ref, "postgres", "shop", options={}, cluster=name, actor="test")
    again = await platform.placement.update(name, actor="test")
    assert again.powers == registered.powers or set(again.powers.open_databases) <= set(
        registered.powers.open_databases
    )
    assert (await platform.placement.update(name, dsn=server.dsn(), actor="test")).powers.superuser
    with elsewhere("wheel") as another:
        with pytest.raises(Conflict) as error:
            await platform.placement.update(name, dsn=another.dsn(), authority="", actor="test")
        assert error.value.code == "another_server"


async def test_tls_is_kept_and_asked_for(
    platform: Platform, server: Elsewhere, registered: Cluster, tenant: Tenant
) -> None:
    if not server.authority:
        assert registered.endpoint.protection == {}
        return
    assert registered.endpoint.sslmode == "verify-full"
    await platform.create_database(
        tenant.subdomain, "postgres", "shop", options={}, cluster=registered.name, actor="test"
    )
    url = await platform.connection_string(tenant.subdomain, "shop")
    assert psycopg.conninfo.conninfo_to_dict(url)["sslmode"] == "verify-full"
    Path(registered.endpoint.sslrootcert).unlink()  # a file that is lost is written again
    async with await psycopg.AsyncConnection.connect(await platform.connection_string(tenant.subdomain, "shop")):
        pass
    with elsewhere("system", tls=True) as another:
        await refused(platform, another.dsn(), Unavailable, "tls_failed", authority=server.authority)
        await refused(platform, another.dsn(sslmode="require"), Invalid, "invalid_dsn", authority=server.authority)


async def test_no_secret_is_in_the_audit_log(platform: Platform, server: Elsewhere, registered: Cluster) -> None:
    told = str([entry for entry in await platform.audit(limit=1000) if "cluster" in entry.action])
    assert "add_cluster" in told
    assert server.login.secret not in told
    assert (await platform._store.superuser(registered.id)).secret not in told
