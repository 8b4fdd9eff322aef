"""New secrets for a database's logins."""

from __future__ import annotations

from collections.abc import Collection

from psycopg import sql

from ...nouns import Cluster, Credential
from .administrator import administrator
from .logins import password_clause

__all__ = ["rotate"]


async def rotate(cluster: Cluster, superuser: Credential, logins: Collection[Credential]) -> None:
    """Change the logins' secrets in one transaction, then end the sessions that used the old ones. Safe to repeat."""
    async with administrator(cluster, superuser) as connection:
        async with connection.transaction():
            for credential in logins:
                await connection.execute(
                    sql.SQL("alter role {} login password {}").format(
                        sql.Identifier(credential.username), password_clause(connection, credential)
                    )
                )
        await connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = any (%s)",
            [[credential.username for credential in logins]],
        )
