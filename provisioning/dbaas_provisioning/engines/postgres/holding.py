"""Who works on something that has a name in a server, and taking it from who was killed at it.

A statement goes on in the server when its client was killed: a database may appear after somebody looked for it. Hence
who makes something holds its name first, and who takes it away ends that session before looking.
"""

from __future__ import annotations

from .administrator import Connection

__all__ = ["hold", "take_over"]

END_MS = 30_000


async def hold(connection: Connection, name: str) -> None:
    """Have a name to oneself until the connection ends."""
    await connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])


async def take_over(connection: Connection, name: str) -> None:
    """The same, ending the sessions that hold the name or wait for it: their clients are gone.

    Who calls knows that, since only one at a time changes a tenant's databases.
    """
    await connection.execute(
        "select pg_terminate_backend(l.pid, %s) from pg_locks l, (select hashtextextended(%s, 0) as key) held"
        " where l.locktype = 'advisory' and l.objsubid = 1 and l.pid <> pg_backend_pid()"
        " and l.database = (select oid from pg_database where datname = current_database())"
        " and l.classid = ((key >> 32) & 4294967295)::oid and l.objid = (key & 4294967295)::oid",
        [END_MS, name],
    )
    await hold(connection, name)
