"""A database whose tenant has no room left: closed to whatever adds to it, and opened again.

What a tenant could ``SET`` away would not hold, and a session that is ended comes back. So it is privileges that are
withheld: see ``sql/withhold.sql``. A setting of the database, which only the platform may change, tells that they are.
Where the platform is no superuser, see :mod:`~.standing`.
"""

from __future__ import annotations

from psycopg import sql

from ...nouns import Cluster, Credential
from . import standing
from .administrator import administrator, script

__all__ = ["MARK", "give_back", "vacuum", "withhold"]

MARK = "dbaas.storage_full"

# What was made in a transaction that was under way.
OPEN = """
select from pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g
where c.relkind in ('r', 'p') and c.oid >= 16384 and g.privilege_type in ('INSERT', 'UPDATE')
  and pg_get_userbyid(c.relowner) ~ '^([oas]_[a-z2-7]{12}|anon|authenticated|service_role|api_exposed)$'
limit 1
"""


async def withhold(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Nobody adds to the database any more; transactions that are just writing are ended. Safe to repeat."""
    if not cluster.powers.superuser:
        return await standing.withhold(cluster, superuser, name)
    async with administrator(cluster, superuser, name) as connection:
        marked = await connection.execute(
            "select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase"
            " where d.datname = current_database() and s.setrole = 0 and %s = any (s.setconfig)",
            [f"{MARK}=on"],
        )
        if marked.rowcount and not (await connection.execute(OPEN)).rowcount:
            return None
        async with connection.transaction():
            await connection.execute(script("withhold"))
            await connection.execute(script("withhold_triggers"))
            await connection.execute(
                sql.SQL("alter database {} set {} = 'on'").format(sql.Identifier(name), sql.SQL(MARK))
            )
        if not marked.rowcount:  # they were let in before
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                " and backend_xid is not null and usename ~ '^[oas]_[a-z2-7]{12}$'"
            )
        return None


async def give_back(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Everybody may do again what they might before. Safe to repeat."""
    if not cluster.powers.superuser:
        return await standing.give_back(cluster, superuser, name)
    async with administrator(cluster, superuser, name) as connection, connection.transaction():
        await connection.execute(script("give_back_triggers"))
        await connection.execute(script("give_back"))
        await connection.execute(sql.SQL("drop table extensions.dbaas_withheld"))
        await connection.execute(sql.SQL("alter database {} reset {}").format(sql.Identifier(name), sql.SQL(MARK)))
    return None


async def vacuum(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Give back to the system what deleted rows took at the ends of tables."""
    async with administrator(cluster, superuser, name) as connection:
        await connection.execute("vacuum")
