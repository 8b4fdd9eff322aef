"""Making a document database: one role, an empty database that only it enters."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from psycopg import sql

from ...engine import Grant
from ...nouns import Cluster, Credential, Login, Plan, Tenant
from ...secrets import new_password
from ..postgres.administrator import Connection
from ..postgres.create import make_database
from ..postgres.logins import login_statements, new_login

__all__ = ["create_database", "fill_database"]


async def create_database(
    cluster: Cluster, superuser: Credential, tenant: Tenant, plan: Plan, name: str, begin: Callable[[], None]
) -> Grant:
    """See :meth:`dbaas_provisioning.engines.document.DocumentEngine.create_database`."""
    keeper = new_login(Login.service)

    def roles(connection: Connection) -> Iterable[sql.Composed]:
        return login_statements(connection, name, Login.service, keeper, plan, (), cluster.powers)

    async def fill(inside: Connection) -> None:
        await fill_database(inside, name, keeper.username)

    await make_database(cluster, superuser, name, roles, fill, begin)
    user = Credential(f"{tenant.subdomain}.{name}", new_password())
    return Grant(name, {Login.owner: user, Login.service: keeper})


async def fill_database(inside: Connection, name: str, keeper: str) -> None:
    """Close a new database to everybody but its keeper."""
    names = {"database": sql.Identifier(name), "keeper": sql.Identifier(keeper)}
    async with inside.transaction():
        for statement in (
            "revoke all on database {database} from public",
            "revoke all on schema public from public",
            "grant connect, create on database {database} to {keeper}",
        ):
            await inside.execute(sql.SQL(statement).format(**names))
