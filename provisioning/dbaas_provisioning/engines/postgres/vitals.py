"""How a database is doing, by its server's own counters."""

from __future__ import annotations

from ...nouns import Cluster, Credential, Vitals
from .administrator import administrator

__all__ = ["vitals"]

# Without being connected to the database: asking leaves its counters as they are.
FIGURES = """
select current_setting('server_version'), pg_postmaster_start_time(), pg_database_size(d.oid),
  (select count(*) from pg_stat_activity a where a.datid = d.oid and a.backend_type = 'client backend'),
  s.xact_commit, s.xact_rollback, s.blks_hit::float8 / nullif(s.blks_hit + s.blks_read, 0), s.stats_reset
from pg_database d join pg_stat_database s on s.datid = d.oid where d.datname = %s
"""


async def vitals(cluster: Cluster, superuser: Credential, name: str) -> Vitals:
    """See :meth:`dbaas_provisioning.engine.Engine.vitals`."""
    async with administrator(cluster, superuser, connect_timeout=3) as connection:
        row = await (await connection.execute(FIGURES, [name])).fetchone()
    version, started, size, connections, commits, rollbacks, hits, reset = row or ("", None, None, 0, 0, 0, None, None)
    return Vitals(version.split(" ")[0], started, size, connections, commits, rollbacks, hits, reset)
