"""What operators and members ask of a platform in a notebook."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from dbaas.client import Client, TenantClient
from dbaas.errors import DbaasError, UsageError
from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform
from dbaas_server.daemon_link import SocketSupervision
from elsewhere import elsewhere
from live_notebook import Shell
from live_platform import LivePlatform
from upgrades import OLD, made_by


@pytest.fixture
def tenant(client: Client) -> Iterator[TenantClient]:
    tenant = client.create_tenant(f"o{uuid4().hex[:10]}")
    yield tenant
    tenant.drop()


def test_usage_is_told_by_the_hour(shell: Shell, tenant: TenantClient) -> None:
    shell.run(f"%dbaas usage {tenant.name} >> used")
    used = shell.ip.user_ns["used"]
    assert (used.tenant, used.plan, used.storage_full) == (tenant.name, "free", False)
    assert "The plan free gives" in shell.shown and "The plan free gives" in shell.html
    tenant.create_database("shop")
    shell.run(f"%dbaas use {tenant.name}\n%dbaas usage --days 1")
    for days in ("0", "91", "many"):
        with pytest.raises(UsageError, match="--days is a number from 1 to 90"):
            shell.run(f"%dbaas usage --days {days}")
    with pytest.raises(DbaasError) as missing:
        shell.run("%dbaas usage nobody-at-all")
    assert missing.value.code == "tenant_not_found"
    with pytest.raises(UsageError, match="named twice"):
        shell.run(f"%dbaas usage {tenant.name} --tenant other")


def test_plans_are_listed(shell: Shell) -> None:
    plans = {plan.name: plan for plan in shell.run("%dbaas plans").items}
    assert plans["free"].max_connections > 0 and "free" in shell.shown


def test_a_server_goes_to_a_newer_version(live: LivePlatform, shell: Shell, tenant: TenantClient) -> None:
    async def make() -> None:
        platform = await Platform.open(Home(live.home), SocketSupervision(Home(live.home)))
        with made_by(OLD):
            await platform.create_database(tenant.name, "postgres", "shop", options={}, actor="test")
        await platform.close()

    asyncio.run(make())
    with pytest.raises(UsageError, match="To which version"):
        shell.run(f"%dbaas upgrade {tenant.name}")
    shell.run(f"%dbaas upgrade {tenant.name} --to 18")
    assert f"server of {tenant.name} has version 18" in shell.shown
    assert int(tenant.database("shop").query("show server_version_num").scalar()) >= 180000
    with pytest.raises(DbaasError) as refused:
        shell.run(f"%dbaas upgrade {tenant.name} --to 16")
    assert refused.value.code == "not_newer"


def test_servers_elsewhere_are_listed_and_told(live: LivePlatform, shell: Shell) -> None:
    shell.run("%dbaas clusters")
    assert "dbaas clusters add NAME" in shell.shown
    with elsewhere("wheel") as server:
        given = server.new_login("createdb createrole")
        done = live.cli("clusters", "add", "depot", "--dsn", "-", stdin=given.dsn() + "\n")
        assert done.returncode == 0, done.stderr
        try:
            assert [cluster.name for cluster in shell.run("%dbaas clusters").items] == ["depot"]
            shell.run("%dbaas clusters show depot")
            assert "realtime" in shell.shown and given.login.secret not in shell.shown + shell.html
        finally:
            live.json("clusters", "remove", "depot")
    with pytest.raises(DbaasError) as missing:
        shell.run("%dbaas clusters show depot")
    assert missing.value.code == "cluster_not_found"
    with pytest.raises(UsageError, match="Did you mean show"):
        shell.run("%dbaas clusters shwo depot")


def test_an_invitation_is_seen_ended_and_redeemed(
    live: LivePlatform, shell: Shell, tenant: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.run(f"%dbaas use {tenant.name}\n%dbaas members invitations")
    assert "No invitation waits" in shell.shown
    shell.run("%dbaas members invite ann own >> lost\n%dbaas members invite ann own >> token")
    first = shell.run("%dbaas members invitations").items[-1]
    assert (first.name, first.right) == ("ann", "own")
    lost = shell.ip.user_ns["lost"]
    for each in shell.run("%dbaas members invitations").items:
        shell.run(f"%dbaas members remove {each.id}")
    assert shell.run("%dbaas members invitations").items == []
    shell.run("%dbaas members invite ann own >> token")
    monkeypatch.setenv("DBAAS_URL", live.url)
    monkeypatch.setenv("DBAAS_TOKEN", live.json("tokens", "create", "hub:h:ann")["token"])
    shell.run("%reload_ext dbaas")
    with pytest.raises(DbaasError) as ended:
        shell.run(f"%dbaas members redeem {lost}")
    assert ended.value.code == "invitation_not_found"
    shell.run("%dbaas members redeem token")
    assert f"You may own {tenant.name}" in shell.shown
    assert [(one.person, one.right) for one in tenant.members()] == [("hub:h:ann", "own")]
    with pytest.raises(DbaasError) as refused:
        shell.run("%dbaas plans")
    assert refused.value.code == "not_an_operator"
