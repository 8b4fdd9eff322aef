"""Logins that exist for the length of one piece of work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import sql

from ....nouns import Cluster, Credential
from ....secrets import new_password
from ..administrator import Connection, administrator
from ..holding import hold
from ..logins import POOL_ROLE_SINCE, for_administrator, password_clause
from .tools import Where

__all__ = ["close_working_login", "drop_working_login", "where", "working_login"]


@asynccontextmanager
async def working_login(
    cluster: Cluster, superuser: Credential, name: str, owner: str, *, sees_every_row: bool = False
) -> AsyncIterator[Credential]:
    """A login that is a member of ``owner`` and of nobody else. Who calls removes it: :func:`drop_working_login`.

    Args:
        sees_every_row: row policies, forced ones included, do not concern it. Where the administrator may not grant
            that, they do, and what they would hide makes a dump fail.
    """
    login = Credential(name, new_password())
    async with administrator(cluster, superuser) as connection:
        await hold(connection, name)
        found = await connection.execute("select rolsuper from pg_roles where rolname = current_user")
        [superuser_here] = await found.fetchone() or [False]
        bypass = "bypassrls" if sees_every_row and superuser_here else ""
        role = sql.Identifier(name)
        async with connection.transaction():
            await connection.execute(
                sql.SQL("create role {} login nosuperuser nocreatedb nocreaterole noreplication inherit {} password {}")
                .format(role, sql.SQL(bypass), password_clause(connection, login))
            )  # fmt: skip
            await connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(owner), role))
            await connection.execute(sql.SQL("alter role {} set statement_timeout = 0").format(role))
            if not cluster.powers.superuser:
                for statement in for_administrator(connection, name):
                    await connection.execute(statement)
            if cluster.powers.reserved_connections and connection.info.server_version >= POOL_ROLE_SINCE:
                await connection.execute(
                    sql.SQL("grant pg_use_reserved_connections to {} with inherit true, set false").format(role)
                )
    yield login


def where(cluster: Cluster, physical_name: str, login: Credential) -> Where:
    """Where a program connects to as that login."""
    parameters = {
        **cluster.endpoint.parameters,
        "user": login.username,
        "requireauth": "scram-sha-256",
        "connect_timeout": "10",
    }
    return Where(physical_name, parameters, login.secret)


async def close_working_login(connection: Connection, name: str) -> None:
    """End its sessions: nobody comes in with it any more. Safe to repeat."""
    if await _exists(connection, name):
        await connection.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(name)))
        await connection.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = %s", [name]
        )


async def drop_working_login(connection: Connection, name: str) -> None:
    """Remove it, once it is closed. Safe to repeat."""
    if await _exists(connection, name):
        await connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


async def _exists(connection: Connection, name: str) -> bool:
    found = await connection.execute("select from pg_roles where rolname = %s", [name])
    return bool(found.rowcount)
