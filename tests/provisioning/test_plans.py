"""Plans: rows that can be edited, and what tenants have beside theirs. What they say holds at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.nouns import Login, Plan, Tenant
from dbaas_provisioning.platform import Access, Platform

ROLE = "select rolconnlimit, array_to_string(rolconfig, ' ') from pg_roles where rolname = current_user"


@pytest.fixture
async def plan(platform: Platform) -> AsyncIterator[Plan]:
    """A plan of this test's own."""
    made = await platform.plans.create(f"p{uuid4().hex[:10]}", {"max_connections": 7}, actor="ann")
    yield made
    for tenant in await platform.tenants():
        if tenant.plan_type == made.name:
            await platform.drop_tenant(tenant.subdomain, actor="ann")
    await platform.plans.remove(made.name, actor="ann")


async def test_a_new_plan_is_like_another_but_for_what_is_given(platform: Platform, plan: Plan) -> None:
    free = await platform.plan("free")
    assert (plan.max_connections, plan.statement_timeout_ms) == (7, free.statement_timeout_ms)
    assert plan in await platform.plans.all()
    changed = await platform.plans.update(plan.name, {"idle_stop_seconds": 5, "max_storage_gb": 0.5}, actor="ann")
    assert (changed.idle_stop_seconds, changed.max_storage_gb, changed.max_connections) == (5, 0.5, 7)
    assert (await platform.plans.update(plan.name, {"idle_stop_seconds": 0}, actor="ann")).idle_stop_seconds is None
    assert await platform.plans.update(plan.name, {}, actor="ann") == await platform.plan(plan.name)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_connections": 0}, "invalid_limit"),
        ({"max_connections": 2.5}, "invalid_limit"),
        ({"max_storage_gb": float("nan")}, "invalid_limit"),
        ({"api_requests_per_second": -1}, "invalid_limit"),
        ({"name": 3}, "unknown_limit"),
        ({'x" = 1; --': 3}, "unknown_limit"),
    ],
)
async def test_what_is_no_limit_is_refused(platform: Platform, plan: Plan, limits: dict[str, float], code: str) -> None:
    with pytest.raises(DbaasError) as refused:
        await platform.plans.update(plan.name, limits, actor="ann")
    assert refused.value.code == code
    assert await platform.plan(plan.name) == plan


async def test_a_plan_that_is_needed_stays(platform: Platform, plan: Plan, tenant: Tenant) -> None:
    await platform.update_tenant(tenant.subdomain, plan=plan.name, actor="ann")
    codes = []
    for name in (plan.name, "free", "golden"):
        with pytest.raises(DbaasError) as refused:
            await platform.plans.remove(name, actor="ann")
        codes.append(refused.value.code)
    with pytest.raises(DbaasError) as refused:
        await platform.plans.create(plan.name, {}, actor="ann")
    assert [*codes, refused.value.code] == ["plan_in_use", "plan_needed", "plan_not_found", "plan_exists"]
    with pytest.raises(DbaasError) as refused:
        await platform.plans.create('pl"an', {}, actor="ann")
    assert refused.value.code == "invalid_name"


async def test_a_plan_holds_at_once_and_restarts_nothing(
    platform: Platform, plan: Plan, tenant: Tenant, connect
) -> None:
    ref = tenant.subdomain
    await platform.update_tenant(ref, plan=plan.name, actor="ann")
    await platform.create_database(ref, "postgres", "shop", options={}, actor="ann")
    before = await connect(await platform.access(ref))
    assert (await (await before.execute(ROLE)).fetchone())[0] == 7
    await platform.plans.update(plan.name, {"max_connections": 11, "statement_timeout_ms": 1234}, actor="ann")
    limit, settings = await (await before.execute(ROLE)).fetchone()
    assert limit == 11 and "statement_timeout=1234ms" in settings, "and the session goes on"
    again = await connect(await platform.access(ref))
    assert (await (await again.execute("show statement_timeout")).fetchone()) == ("1234ms",)


async def test_what_a_tenant_has_of_its_own_comes_before_the_plan(
    platform: Platform, plan: Plan, tenant: Tenant
) -> None:
    ref = tenant.subdomain
    own = await platform.update_tenant(ref, plan=plan.name, max_connections=3, max_storage_gb=0.25, actor="ann")
    assert (own.max_connections, own.max_storage_gb) == (3, 0.25)
    await platform.plans.update(plan.name, {"max_connections": 20, "max_storage_gb": 2}, actor="ann")
    assert (await platform.tenant(ref)).max_connections == 3
    back = await platform.update_tenant(ref, max_connections=0, actor="ann")
    assert (back.max_connections, back.max_storage_gb) == (20, 0.25)
    with pytest.raises(DbaasError) as refused:
        await platform.update_tenant(ref, max_connections=-4, actor="ann")
    assert refused.value.code == "invalid_limit"


async def test_a_sleeping_server_gets_its_limits_when_it_wakes(
    platform: Platform, plan: Plan, tenant: Tenant, supervision, connect
) -> None:
    ref = tenant.subdomain
    await platform.update_tenant(ref, plan=plan.name, actor="ann")
    database = await platform.create_database(ref, "postgres", "shop", options={}, actor="ann")
    await supervision.stop(database.cluster_id)
    await platform.plans.update(plan.name, {"max_connections": 9}, actor="ann")
    assert (await platform.cluster(database.cluster_id)).state.value == "sleeping", "nobody woke it for that"
    owner = await connect(await platform.access(ref))
    assert (await (await owner.execute(ROLE)).fetchone())[0] == 9


async def test_more_connections_than_a_server_has_room_for_come_with_its_next_start(
    platform: Platform, tenant: Tenant, connect
) -> None:
    ref = tenant.subdomain
    await platform.create_database(ref, "postgres", "shop", options={}, actor="ann")
    session = await connect(await platform.access(ref))
    raised = await platform.update_tenant(ref, max_connections=600, actor="ann")
    assert await platform.plans.short(raised)
    assert await (await session.execute("select 1")).fetchone() == (1,), "nobody's session was ended"
    again = await platform.update_tenant(ref, max_connections=600, restart=True, actor="ann")
    assert not await platform.plans.short(again)
    owner = await connect(await platform.access(ref))
    assert int((await (await owner.execute("show max_connections")).fetchone())[0]) > 600
    assert (await (await owner.execute(ROLE)).fetchone())[0] == 600


@pytest.mark.parametrize("login", list(Login))
async def test_a_login_cannot_have_more_temporary_files_than_its_plan(database: Access, connect, login: Login) -> None:
    session = await connect(database, login)
    assert (await (await session.execute("show temp_file_limit")).fetchone()) != ("-1",)
    for statement in ("set temp_file_limit = -1", "alter role current_user set temp_file_limit = -1"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await session.execute(statement)
