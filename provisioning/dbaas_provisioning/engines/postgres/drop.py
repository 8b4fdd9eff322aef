"""Taking a tenant's database away."""

from __future__ import annotations

import asyncio

from psycopg import errors, sql

from ...errors import Unavailable
from ...nouns import Cluster, Credential
from .administrator import Connection, administrator
from .holding import take_over
from .logins import logins_of

__all__ = ["drop_alone", "drop_database", "remove_database"]

DROP_SECONDS = 15.0


async def drop_database(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Remove a database as :func:`remove_database` does, also while the server still makes it for a killed client."""
    async with administrator(cluster, superuser) as connection:
        await take_over(connection, name)
        await remove_database(cluster, superuser, name)


async def remove_database(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Remove a database, its slots and its logins, ending its sessions. Safe to repeat.

    Whoever calls holds its name. A database without logins of ours was never ours, and is left alone.
    Raises ``Unavailable`` (``database_busy``) when sessions cannot be ended in time.
    """
    async with administrator(cluster, superuser) as connection:
        logins = await logins_of(connection, name)
        if not logins:
            return
        await drop_alone(connection, name)
        async with connection.transaction():
            for login in logins:
                await connection.execute(sql.SQL("drop role {}").format(sql.Identifier(login)))


async def drop_alone(connection: Connection, name: str) -> None:
    """Remove a database without the logins that it may have. Safe to repeat."""
    exists = await connection.execute("select from pg_database where datname = %s", [name])
    if exists.rowcount:
        await connection.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(name)))
        await _drop(connection, name)


async def _drop(connection: Connection, name: str) -> None:
    deadline = asyncio.get_running_loop().time() + DROP_SECONDS
    while True:
        try:
            await _drop_slots(connection, name)
            await connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            return
        # A replication client that has not gone yet; or a server's own worker, which only a superuser may end.
        except (errors.ObjectInUse, errors.InsufficientPrivilege):
            if asyncio.get_running_loop().time() > deadline:
                raise Unavailable(
                    "database_busy", "The database's sessions could not be ended in time.", hint="Try again."
                ) from None
            await asyncio.sleep(0.1)


async def _drop_slots(connection: Connection, name: str) -> None:
    """Replication slots hold a database; their readers are not among the sessions that FORCE ends."""
    await connection.execute(
        "select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where database = %s and active", [name]
    )
    await connection.execute(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = %s", [name]
    )
