"""A database whose tenant has no room left: closed to whatever adds to it, and opened again.

What a tenant could ``SET`` away would not hold, and a session that is ended comes back. So it is privileges that are
withheld: see ``sql/withhold.sql``. A setting of the database, which only the platform may change, tells that they are.
"""

from __future__ import annotations

from psycopg import sql

from ...nouns import Cluster, Credential
from .administrator import administrator, script

__all__ = ["MARK", "give_back", "vacuum", "withhold"]

MARK = "dbaas.storage_full"

# What was made in a transaction that was under way.
OPEN = """
select from pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g
where c.relkind in ('r', 'p') and c.oid >= 16384 and g.privilege_type in ('INSERT', 'UPDATE')
  and pg_get_userbyid(c.relowner) ~ '^[oas]_[a-z2-7]{12}$'
limit 1
"""


async def withhold(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Nobody adds to the database any more; transactions that are just writing are ended. Safe to repeat."""
    async with administrator(cluster, superuser, name) as connection:
        marked = await connection.execute(
            "select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase"
            " where d.datname = current_database() and s.setrole = 0 and %s = any (s.setconfig)",
            [f"{MARK}=on"],
        )
        if marked.rowcount and not (await connection.execute(OPEN)).rowcount:
            return
        async with connection.transaction():
            await connection.execute(script("withhold"))
            await connection.execute(
                sql.SQL("alter database {} set {} = 'on'").format(sql.Identifier(name), sql.SQL(MARK))
            )
        if not marked.rowcount:  # they were let in before
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                " and backend_xid is not null and usename ~ '^[oas]_[a-z2-7]{12}$'"
            )


async def give_back(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Everybody may do again what they might before. Safe to repeat."""
    async with administrator(cluster, superuser, name) as connection, connection.transaction():
        await connection.execute(script("give_back"))
        await connection.execute(sql.SQL("alter database {} reset {}").format(sql.Identifier(name), sql.SQL(MARK)))


async def vacuum(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Give back to the system what deleted rows took at the ends of tables."""
    async with administrator(cluster, superuser, name) as connection:
        await connection.execute("vacuum")
