"""What tenants use, kept by the hour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.nouns import Home, Plan, Tenant, UsageSample
from dbaas_provisioning.platform import Platform
from dbaas_server.turnstile import Turnstile
from dbaas_server.upkeep.usage import UsageSamples
from live_platform import LivePlatform

PLAN = Plan("p", 3, 1, 2_000, 10, None, 1_000_000, 2, 1, 1, 1, 1, 1024)


@pytest.fixture
def turnstile(tmp_path: Path) -> Iterator[Turnstile]:
    made = Turnstile(Home(tmp_path))
    yield made
    made.close()


async def test_hours_add_up_counts_and_keep_the_highest_and_the_latest(platform: Platform, tenant: Tenant) -> None:
    ref, add = tenant.subdomain, platform.consumption.add
    assert await platform.consumption.of(ref) == []
    await add([UsageSample(tenant.id, "shop", connections=5, storage_bytes=10, awake_seconds=1.5)])
    await add([
        UsageSample(tenant.id, "shop", connections=2, storage_bytes=7, awake_seconds=1.0),
        UsageSample(tenant.id, "", requests=3, refused=1),
    ])  # fmt: skip
    await add([UsageSample(tenant.id, "shop"), UsageSample(tenant.id, "", requests=4)])
    hours = await platform.consumption.of(ref)
    if len({hour.hour for hour in hours}) == 1:  # else a new hour began in the middle
        whole, shop = hours
        assert (whole.database, whole.requests, whole.refused) == ("", 7, 1)
        assert (shop.connections, shop.storage_bytes, shop.awake_seconds) == (5, 7, 2.5)
    assert sum(hour.requests for hour in hours) == 7
    for days in (0, 91):
        with pytest.raises(DbaasError) as refused:
            await platform.consumption.of(ref, days=days)
        assert refused.value.code == "invalid_days"


async def test_samples_count_requests_once_and_see_who_is_awake(
    platform: Platform, tenant: Tenant, turnstile: Turnstile, connect
) -> None:
    ref = tenant.subdomain
    await platform.create_database(ref, "postgres", "shop", options={}, actor="test")
    turnstile.enter(ref, PLAN)
    samples = UsageSamples(platform, turnstile)
    await samples.run()  # what was before is of an earlier process
    turnstile.enter(ref, PLAN)
    with pytest.raises(DbaasError):
        turnstile.enter(ref, PLAN)
    assert await connect(await platform.access(ref))
    await samples.run()
    await samples.run()
    hours = await platform.consumption.of(ref)
    shop = [hour for hour in hours if hour.database == "shop"]
    assert (sum(hour.requests for hour in hours), sum(hour.refused for hour in hours)) == (1, 1)
    assert max(hour.connections for hour in shop) == 1
    assert all(hour.storage_bytes > 1_000_000 for hour in shop)
    assert sum(hour.awake_seconds for hour in shop) > 0


async def test_a_tenant_that_went_meanwhile_is_no_failure(platform: Platform) -> None:
    gone = await platform.create_tenant("Gone", subdomain="gone-for-good", actor="test")
    await platform.drop_tenant(gone.subdomain, actor="test")
    await platform.consumption.add([UsageSample(gone.id, "", requests=3)])


def test_it_is_read_over_http_and_by_the_command(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    with live.operator() as operator:
        shown = operator.get(f"/v1/{tenant}/usage", params={"days": 2}).json()
        assert (shown["tenant"], shown["plan"], shown["storage_full"]) == (tenant, "free", False)
        assert operator.get(f"/v1/{tenant}/usage?days=91").json()["code"] == "invalid_field"
        assert operator.get("/v1/nobody/usage").status_code == 404
    assert live.json("usage", tenant, "--days", "3")["hours"] == shown["hours"] == []
    assert "Nothing was used" in live.cli("usage", tenant).stdout
    key = live.json("keys", "create", "--tenant", tenant, "--role", "service_role")["key"]
    refused = httpx.get(f"{live.url}/v1/{tenant}/usage", headers={"apikey": key})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_an_operator")
