"""A database beside another that has its logins, and putting the one in the other's place."""

from __future__ import annotations

import asyncio

from psycopg import errors, sql

from ....copies import Aside
from ....errors import Unavailable
from ....nouns import Cluster, Credential
from ..administrator import Connection, administrator
from ..drop import drop_alone
from ..holding import hold, take_over
from .working import close_working_login, drop_working_login

__all__ = ["clear", "exchange", "exchanged", "make"]

EXCHANGE_SECONDS = 20.0


async def make(cluster: Cluster, superuser: Credential, name: str) -> None:
    """An empty database. Nobody but the administrator enters it yet."""
    async with administrator(cluster, superuser) as connection:
        await hold(connection, name)
        await connection.execute("set statement_timeout = 0")
        database = sql.Identifier(name)
        await connection.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(database))
        await connection.execute(sql.SQL("revoke all on database {} from public").format(database))


async def exchange(cluster: Cluster, superuser: Credential, name: str, aside: Aside) -> None:
    """Rename both in one transaction.

    Renaming locks a database against new sessions and then waits for the old ones to go, which are ended meanwhile:
    nobody can come in between.
    Raises ``Unavailable`` (``database_busy``) when sessions cannot be ended in time.
    """
    async with administrator(cluster, superuser) as connection, administrator(cluster, superuser) as other:
        await hold(connection, aside.fresh)
        ending = asyncio.get_running_loop().create_task(_end_sessions(other, [name, aside.fresh]))
        try:
            await _rename(connection, [(name, aside.former), (aside.fresh, name)])
        finally:
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)


async def _rename(connection: Connection, names: list[tuple[str, str]]) -> None:
    deadline = asyncio.get_running_loop().time() + EXCHANGE_SECONDS
    while True:
        try:
            async with connection.transaction():
                for before, after in names:
                    await connection.execute(
                        sql.SQL("alter database {} rename to {}").format(sql.Identifier(before), sql.Identifier(after))
                    )
                return
        except (errors.ObjectInUse, errors.LockNotAvailable):
            if asyncio.get_running_loop().time() > deadline:
                raise Unavailable(
                    "database_busy", "The database's sessions could not be ended in time.", hint="Try again."
                ) from None


async def _end_sessions(connection: Connection, names: list[str]) -> None:
    while True:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = any (%s)"
            # Others than a superuser may end their own roles' alone; the server's own workers go by themselves.
            " and pg_has_role(usesysid, 'usage')",
            [names],
        )
        await asyncio.sleep(0.05)


async def exchanged(cluster: Cluster, superuser: Credential, aside: Aside) -> bool:
    """See :meth:`dbaas_provisioning.copies.Copies.exchanged`."""
    async with administrator(cluster, superuser) as connection:
        await take_over(connection, aside.fresh)
        found = await connection.execute("select from pg_database where datname = %s", [aside.former])
        return bool(found.rowcount)


async def clear(cluster: Cluster, superuser: Credential, aside: Aside | None, working: str) -> None:
    """See :meth:`dbaas_provisioning.copies.Copies.clear`."""
    async with administrator(cluster, superuser) as connection:
        await take_over(connection, working)
        await close_working_login(connection, working)
        if aside is not None:
            await take_over(connection, aside.fresh)
            for name in (aside.former, aside.fresh):
                await drop_alone(connection, name)
        await drop_working_login(connection, working)
