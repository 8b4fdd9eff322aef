"""Measuring what tenants' databases take, and closing those of a tenant who has no room left to what adds to them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from dbaas_provisioning.engine import Size
from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.nouns import Database, DatabaseState
from dbaas_provisioning.platform import Observation, Watched

from .looks import Looks

__all__ = ["Storage"]

log = logging.getLogger("dbaas.upkeep")

GB = 1024**3


@dataclass(slots=True)
class _Measured:
    """What was seen of one running cluster."""

    watched: Watched
    sizes: Mapping[str, Size]
    databases: list[Database] = field(default_factory=list)


class Storage:
    """The job. What a sleeping cluster takes is what it took when it was last seen."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._taken: dict[UUID, dict[UUID, int]] = defaultdict(dict)  # tenant → cluster → bytes
        self._measures = Looks(self._measure)
        self._judgements = Looks(self._judge)
        self._sizes: dict[tuple[UUID, UUID], _Measured] = {}
        self._told: dict[UUID, str] = {}

    async def run(self) -> None:
        """Measure once, and act on it. Safe to repeat at any moment: what it finds done is not done again."""
        everywhere = await self._observation.everywhere()
        measured = await self._measures.at(everywhere)
        self._sizes = {one.watched.key: one for one in measured}
        for one in measured:
            self._taken[one.watched.tenant.id][one.watched.cluster.id] = sum(size.bytes for size in one.sizes.values())
        await self._forget_dropped()
        await self._judgements.at([one.watched for one in measured], everywhere)

    async def _measure(self, watched: Watched) -> _Measured:
        sizes = {size.database: size for size in await watched.watch.sizes()}
        databases = [one for one in await self._observation.databases(watched) if one.physical_name in sizes]
        return _Measured(
            watched,
            {one.physical_name: sizes[one.physical_name] for one in databases},
            [one for one in databases if one.state is DatabaseState.ready],
        )

    async def _forget_dropped(self) -> None:
        """What a tenant has nothing on any more takes nothing; who has nothing at all has room."""
        holdings = await self._observation.holdings()
        for tenant, taken in list(self._taken.items()):
            self._taken[tenant] = {cluster: size for cluster, size in taken.items() if (cluster, tenant) in holdings}
            if not self._taken[tenant]:
                del self._taken[tenant]
        holders = {tenant for _, tenant in holdings}
        for one in await self._observation.full():
            if one.id not in holders:
                await self._observation.set_storage_full(one, False)

    async def _judge(self, watched: Watched) -> None:
        """Close or open what a tenant has on a cluster. What could not be done is tried again by the next run."""
        one, taken = self._sizes[watched.key], sum(self._taken[watched.tenant.id].values())
        full = taken > watched.plan.max_storage_gb * GB
        if full != watched.tenant.storage_full:
            await self._observation.set_storage_full(watched.tenant, full)
            log.info("the storage of %s is %s: %d bytes", watched.tenant.subdomain, "full" if full else "free", taken)
        for database in one.databases:
            if full or one.sizes[database.physical_name].withheld:
                await self._act(watched, database, full)

    async def _act(self, watched: Watched, database: Database, full: bool) -> None:
        try:
            await self._observation.withhold(watched, database, full=full)
        except DbaasError as error:
            if self._told.get(database.id) != error.code:
                self._told[database.id] = error.code
                log.warning(
                    "the storage of %s/%s cannot be %s yet: %s", watched.tenant.subdomain, database.name,
                    "closed" if full else "opened", error.message,
                )  # fmt: skip
        else:
            self._told.pop(database.id, None)
