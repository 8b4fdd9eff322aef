"""Making a tenant's database: logins, then the database, then what is in it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

from psycopg import errors, sql

from ...engine import Grant
from ...errors import Conflict, Unavailable
from ...nouns import Cluster, Credential, Login, Plan, Powers
from .administrator import Connection, administrator, script
from .drop import remove_database
from .holding import hold
from .logins import MEMBER_OF, login_statements, new_logins
from .powers import EXTENSIONS
from .prepare import publish
from .tend import tend

__all__ = ["create_database", "fill_database", "make_database"]

log = logging.getLogger(__name__)

UNDO_SECONDS = 20.0


async def create_database(
    cluster: Cluster, superuser: Credential, plan: Plan, name: str, exposure: str, begin: Callable[[], None]
) -> Grant:
    """See :meth:`dbaas_provisioning.engines.postgres.PostgresEngine.create_database`."""
    logins = new_logins()

    def statements(connection: Connection) -> Iterable[sql.Composed]:
        for login, credential in logins.items():
            yield from login_statements(connection, name, login, credential, plan, MEMBER_OF[login], cluster.powers)

    async def fill(inside: Connection) -> None:
        await fill_database(inside, name, logins, exposure, cluster.powers)

    await make_database(cluster, superuser, name, statements, fill, begin)
    return Grant(name, logins)


async def make_database(
    cluster: Cluster,
    superuser: Credential,
    name: str,
    logins: Callable[[Connection], Iterable[sql.Composed]],
    fill: Callable[[Connection], Awaitable[None]],
    begin: Callable[[], None],
) -> None:
    """Make a database, all of it or nothing. Raises ``Conflict`` (``database_exists``), ``Unavailable``.

    Args:
        logins: statements that make its roles; run in one transaction.
        fill: what is to be in it; called with the administrator's connection to it.
        begin: called before it is made, and before it is filled.
    """
    begin()
    async with administrator(cluster, superuser) as connection:
        # One at a time for a name: what exists is not ours, and has to survive our undo.
        await hold(connection, name)
        found = await connection.execute("select from pg_database where datname = %s", [name])
        if found.rowcount:
            raise _exists(name)
        try:
            async with connection.transaction():
                for statement in logins(connection):
                    await connection.execute(statement)
            await connection.execute(
                sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(name))
            )
            begin()
            async with administrator(cluster, superuser, name) as inside:
                await fill(inside)
        except errors.DuplicateDatabase:
            raise _exists(name) from None
        except BaseException:
            # Also when this task was cancelled. The connection may be what failed, so undoing takes a new one.
            await asyncio.shield(_undo(cluster, superuser, name))
            raise


def _exists(name: str) -> Conflict:
    return Conflict("database_exists", f"There is a database called {name!r} already.", hint="Choose another name.")


async def fill_database(
    inside: Connection, name: str, logins: Mapping[Login, Credential], exposure: str, powers: Powers
) -> None:
    """What the platform keeps in a new database, and what its logins may do there."""
    names = {"database": name} | {login.value: credential.username for login, credential in logins.items()}
    async with inside.transaction():
        await inside.execute(script("privileges", **names))
        available = await inside.execute(
            "select distinct name from pg_available_extension_versions where name = any (%s) and (trusted or %s)",
            [list(EXTENSIONS), powers.superuser],
        )
        for (extension,) in await available.fetchall():
            await inside.execute(sql.SQL("create extension {} schema extensions").format(sql.Identifier(extension)))
        await inside.execute(script("helpers"))
        if powers.superuser:
            await inside.execute(script("triggers", **names))
        if powers.superuser or exposure == "all":
            await inside.execute(script(f"expose_{exposure}", **names))
        if powers.superuser:
            await publish(inside)
    if not powers.superuser:
        await tend(inside, names["owner"], exposure, powers)


async def _undo(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Take everything away again, waiting for the server when it is just being restarted."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + UNDO_SECONDS
    while True:
        try:
            return await remove_database(cluster, superuser, name)
        except Unavailable:
            if loop.time() > deadline:
                log.warning("Undoing the creation of a database has to wait until its cluster is back.")
                return None
            await asyncio.sleep(0.2)
