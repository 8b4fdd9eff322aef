"""Sampling what tenants use, for the record."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from dbaas_provisioning.engine import Sitting, Size
from dbaas_provisioning.nouns import UsageSample
from dbaas_provisioning.platform import Platform, Watched

from ..turnstile import Turnstile
from .looks import Looks

__all__ = ["UsageSamples"]


class UsageSamples:
    """The job. Counts are those since the last sample; what came before the first one, of an earlier process, is lost.

    A server's time awake is told of each of its databases: none of them would be without it. One that runs elsewhere is
    awake for somebody else's reasons.
    """

    def __init__(self, platform: Platform, turnstile: Turnstile) -> None:
        self._platform = platform
        self._turnstile = turnstile
        self._counted: dict[UUID, tuple[int, int]] = {}
        self._awake: dict[UUID, float] = {}
        self._looks = Looks(self._of)

    async def run(self) -> None:
        """Sample once, and store it."""
        samples = await self._requests()
        watched = await self._platform.observation.everywhere()
        now, before = time.monotonic(), self._awake
        self._awake = {one.cluster.id: now for one in watched if not one.cluster.external}
        for one, found in await self._looks.at(watched):
            awake = now - before.get(one.cluster.id, now)
            samples += [replace(sample, awake_seconds=awake) for sample in found]
        if samples:
            await self._platform.consumption.add(samples)

    async def _requests(self) -> list[UsageSample]:
        found, counted = [], {}
        for tenant in await self._platform.tenants():
            totals = counted[tenant.id] = self._turnstile.totals(tenant.subdomain)
            before = self._counted.get(tenant.id, totals if not self._counted else (0, 0))
            requests, refused = totals[0] - before[0], totals[1] - before[1]
            if requests or refused:
                found.append(UsageSample(tenant.id, "", requests=requests, refused=refused))
        self._counted = counted
        return found

    async def _of(self, watched: Watched) -> tuple[Watched, list[UsageSample]]:
        sittings, sizes = await watched.watch.sessions(), await watched.watch.sizes()
        taken, connected = _taken(sizes), _connected(sittings)
        return watched, [
            UsageSample(
                watched.tenant.id,
                database.name,
                connections=connected[database.physical_name],
                storage_bytes=taken.get(database.physical_name, 0),
            )
            for database in await self._platform.observation.databases(watched)
        ]


def _taken(sizes: Iterable[Size]) -> dict[str, int]:
    return {size.database: size.bytes for size in sizes}


def _connected(sittings: Iterable[Sitting]) -> Counter[str]:
    return Counter(one.database for one in sittings if one.login is not None)
