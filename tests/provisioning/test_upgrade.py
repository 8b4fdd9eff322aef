"""Clusters go to a newer PostgreSQL with everything in them, or stay what they were."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest

from dbaas_provisioning import engines
from dbaas_provisioning.engine import Binaries
from dbaas_provisioning.errors import Conflict, DbaasError, Invalid, NotFound, Unavailable, Unsupported
from dbaas_provisioning.meta.bootstrap import META_CLUSTER
from dbaas_provisioning.nouns import Cluster, Credential, Home
from dbaas_provisioning.platform import Platform, Step
from dbaas_provisioning.supervisor import Supervisor
from upgrades import OLD, Upgradable, made_by

Disk = namedtuple("Disk", "total used free")


@pytest.fixture
async def at(new_home: Callable[[], Home]) -> AsyncIterator[Upgradable]:
    """A platform with a tenant ``acme`` whose database ``shop`` is on the old version."""
    async with Upgradable.opened(new_home()) as at:
        yield at


async def test_everything_is_there_afterwards(at: Upgradable) -> None:
    before = await at.fill()
    told: list[Step] = []
    port = (await at.cluster()).endpoint.port
    cluster = await at.platform.upgrades.upgrade("acme", "postgres", "18", actor="test", progress=told.append)
    assert (cluster.version, cluster.endpoint.port, cluster.data_dir) == ("18", port, (await at.cluster()).data_dir)
    assert [step.number for step in told] == list(range(1, 8)) and "Moving the data" in told[4].doing
    assert await at.content() == before
    async with await at.connect() as connection:
        assert connection.info.server_version // 10_000 == 18
    await at.nothing_is_left()
    audit = (await at.platform.audit(tenant="acme"))[0]
    assert (audit.action, audit.outcome, audit.details) == ("upgrade_cluster", "ok", {"to": "18"})
    # A second database, and a restart: the cluster is like any other.
    await at.platform.create_database("acme", "postgres", "more", options={}, actor="test")
    await at.reopen()
    assert await at.content() == before
    with pytest.raises(Conflict, match="has version 18"):
        await at.upgrade("18")
