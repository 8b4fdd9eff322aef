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

    async def run(self) -> None:
        """Measure once, and act on it. Safe to repeat at any moment: what it finds done is not done again."""
        measured = [await self._measure(one) for one in await self._observation.running()]
        for one in filter(None, measured):
            self._taken[one.watched.tenant.id][one.watched.cluster.id] = sum(size.bytes for size in one.sizes.values())
        await self._forget_dropped()
        failures = [await self._judge(one) for one in filter(None, measured)]
        for failure in filter(None, failures):
            raise failure

    async def _measure(self, watched: Watched) -> _Measured | None:
        try:
            sizes = {size.database: size for size in await watched.watch.sizes()}
        except DbaasError:
            return None  # it is just being stopped
        databases = [one for one in await self._observation.databases(watched.cluster) if one.physical_name in sizes]
        return _Measured(
            watched,
            {one.physical_name: sizes[one.physical_name] for one in databases},
            [one for one in databases if one.state is DatabaseState.ready],
        )

    async def _forget_dropped(self) -> None:
        clusters = await self._observation.clusters()
        for tenant, taken in list(self._taken.items()):
            self._taken[tenant] = {cluster: size for cluster, size in taken.items() if cluster in clusters}
            if not self._taken[tenant]:
                del self._taken[tenant]

    async def _judge(self, one: _Measured) -> DbaasError | None:
        """Close or open a cluster's databases; what could not be done, which the next run tries again."""
        watched = one.watched
        taken = sum(self._taken[watched.tenant.id].values())
        full = taken > watched.plan.max_storage_gb * GB
        try:
            if full != watched.tenant.storage_full:
                await self._observation.set_storage_full(watched.tenant, full)
                log.info(
                    "the storage of %s is %s: %d bytes", watched.tenant.subdomain, "full" if full else "free", taken
                )
            for database in one.databases:
                if full or one.sizes[database.physical_name].withheld:
                    await self._observation.withhold(watched, database, full=full)
        except DbaasError as error:
            return error
        return None
