"""New secrets for a database's logins."""

from __future__ import annotations

from psycopg import sql

from ...engine import Grant
from ...errors import NotFound
from ...nouns import Cluster, Credential, Login
from ...secrets import new_password
from .administrator import administrator
from .logins import by_login, logins_of, password_clause

__all__ = ["rotate"]


async def rotate(cluster: Cluster, superuser: Credential, name: str) -> Grant:
    """Change every login's secret in one transaction, then end the sessions that used the old ones."""
    async with administrator(cluster, superuser) as connection:
        usernames = by_login(await logins_of(connection, name))
        if set(usernames) != set(Login):
            raise NotFound("database_not_found", f"The cluster has no database {name!r} with its three logins.")
        logins = {login: Credential(username, new_password()) for login, username in usernames.items()}
        async with connection.transaction():
            for credential in logins.values():
                await connection.execute(
                    sql.SQL("alter role {} login password {}").format(
                        sql.Identifier(credential.username), password_clause(connection, credential)
                    )
                )
        await connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = any (%s)",
            [list(usernames.values())],
        )
    return Grant(name, logins)
