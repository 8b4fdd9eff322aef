"""A plan's limits, and what is used of them."""

from __future__ import annotations

from ...nouns import Cluster, Credential, Plan, Usage
from .administrator import administrator
from .launch import ADMINISTRATORS, POOLS
from .logins import by_login, limit_statements, logins_of

__all__ = ["apply_limits", "room", "usage"]


async def apply_limits(cluster: Cluster, superuser: Credential, name: str, plan: Plan) -> None:
    """Set the limits of a database's logins. Sessions that exist keep theirs."""
    async with administrator(cluster, superuser) as connection, connection.transaction():
        for login, username in by_login(await logins_of(connection, name)).items():
            for statement in limit_statements(username, login, plan, cluster.powers):
                await connection.execute(statement)


async def room(cluster: Cluster, superuser: Credential) -> int:
    """See :meth:`dbaas_provisioning.engine.Engine.room`."""
    async with administrator(cluster, superuser, connect_timeout=3) as connection:
        found = await connection.execute("select current_setting('max_connections')::int")
        row = await found.fetchone()
    assert row is not None
    return int(row[0]) - POOLS - ADMINISTRATORS


async def usage(cluster: Cluster, superuser: Credential, name: str) -> Usage:
    """Bytes on disk, and client connections (the platform's own included)."""
    async with administrator(cluster, superuser, connect_timeout=3) as connection:
        found = await connection.execute(
            "select pg_database_size(oid),"
            " (select count(*) from pg_stat_activity a where a.datid = d.oid and a.backend_type = 'client backend')"
            " from pg_database d where datname = %s",
            [name],
        )
        row = await found.fetchone()
    size, connections = row if row else (None, 0)
    return Usage(size, connections, 0, 0)
