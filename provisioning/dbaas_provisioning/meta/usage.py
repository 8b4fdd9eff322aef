"""What tenants used, by the hour, in ``platform_meta``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from ..nouns import UsageHour, UsageSample
from .connections import Connections

__all__ = ["KEPT_DAYS", "UsageStore"]

KEPT_DAYS = 90

# Of tenants that exist. What is a count adds up, what is a level keeps its highest or its latest.
ADD = """
insert into usage as u (tenant_id, database_name, hour, requests, refused, connections, storage_bytes, awake_seconds)
select t.id, s.database, date_trunc('hour', now()), s.requests, s.refused, s.connections, s.storage, s.awake
from unnest(
    %(tenants)s::uuid[], %(databases)s::text[], %(requests)s::int8[], %(refused)s::int8[], %(connections)s::int4[],
    %(storage)s::int8[], %(awake)s::float8[]
  ) as s (tenant, database, requests, refused, connections, storage, awake)
  join tenants t on t.id = s.tenant
on conflict (tenant_id, database_name, hour) do update set
  requests = u.requests + excluded.requests, refused = u.refused + excluded.refused,
  connections = greatest(u.connections, excluded.connections),
  storage_bytes = case excluded.storage_bytes when 0 then u.storage_bytes else excluded.storage_bytes end,
  awake_seconds = u.awake_seconds + excluded.awake_seconds
"""

SINCE = """
select hour, database_name as database, requests, refused, connections, storage_bytes, awake_seconds
from usage where tenant_id = %s and hour > now() - %s order by hour desc, database_name
"""


class UsageStore:
    """One method, one transaction. Every method raises ``Unavailable`` when ``platform_meta`` cannot be reached."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, samples: Sequence[UsageSample]) -> None:
        """Add to the current hour."""
        args = {
            "tenants": [one.tenant_id for one in samples], "databases": [one.database for one in samples],
            "requests": [one.requests for one in samples], "refused": [one.refused for one in samples],
            "connections": [one.connections for one in samples], "storage": [one.storage_bytes for one in samples],
            "awake": [one.awake_seconds for one in samples],
        }  # fmt: skip
        await self._connections.do(ADD, args)

    async def since(self, tenant_id: UUID, days: int) -> Sequence[UsageHour]:
        """A tenant's hours of so many days, newest first."""
        return [UsageHour(**row) for row in await self._connections.rows(SINCE, [tenant_id, timedelta(days=days)])]

    async def forget_old(self) -> None:
        """Remove what is older than is kept."""
        await self._connections.do("delete from usage where hour < now() - %s", [timedelta(days=KEPT_DAYS)])
