"""A minute of mixed load with 150 MB of exports: a worker's memory does not grow. `make bench` does ten minutes."""

from __future__ import annotations

import os

import pytest

from live_platform import LivePlatform, free_port, without_platform
from mixed_load import EXPORT_BYTES, make_tables, mixed_load, one_worker

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

SECONDS, BYTES = 60.0, 150_000_000


async def test_memory_stays_flat_under_mixed_load(own_live: LivePlatform) -> None:
    tenant = own_live.new_tenant()
    make_tables(own_live.json("create", "postgres", "db", "--tenant", tenant)["connection_string"])
    key = own_live.json("keys", "create", "--tenant", tenant, "--role", "service_role")["key"]
    port = free_port()
    with one_worker(own_live.home, port, without_platform(os.environ)) as worker:
        url = f"http://127.0.0.1:{port}/p/{tenant}/db/rest/v1"
        load = await mixed_load(url, key, worker, SECONDS, -(-BYTES // EXPORT_BYTES))
    assert not load.wrong, load.wrong[:5]
    assert set(load.answers) == {"by id", "list", "insert", "refusal"}
    assert load.exported >= BYTES
    assert load.flat, f"from {load.before / 1e6:.0f} to {load.after / 1e6:.0f} MB: {load.samples}"
