"""Bringing what the platform keeps in a tenant's database to what this version knows."""

from __future__ import annotations

import hashlib

from psycopg import sql

from ...nouns import Cluster, Credential, Database
from .administrator import Connection, administrator, script
from .tend import tend

__all__ = ["prepare_database", "publish", "tend_database"]

_VERSION = (
    "select obj_description(to_regprocedure('extensions.dbaas_publish()'), 'pg_proc')"
    " where exists (select from pg_publication where pubname = 'dbaas')"
)
_LOOK_AGAIN = "select extensions.dbaas_identify(null), extensions.dbaas_publish_schemas()"


async def tend_database(cluster: Cluster, superuser: Credential, database: Database) -> None:
    """What event triggers do elsewhere. Changes nothing where all is well."""
    async with administrator(cluster, superuser, database.physical_name) as connection:
        await tend(connection, database.owner, database.exposure, cluster.powers)


async def prepare_database(cluster: Cluster, superuser: Credential, name: str) -> None:
    """Its publication, and a right replica identity for every table. Changes nothing where all is well."""
    async with administrator(cluster, superuser, name) as connection:
        found = await (await connection.execute(_VERSION)).fetchone()
        if found is not None and found[0] == _digest():
            await connection.execute(_LOOK_AGAIN)
        else:
            async with connection.transaction():
                await publish(connection)


async def publish(connection: Connection) -> None:
    """Make the publication and what keeps it right. The functions' comment tells which version of them it is."""
    await connection.execute(script("publication"))
    await connection.execute(
        sql.SQL("comment on function extensions.dbaas_publish() is {}").format(sql.Literal(_digest()))
    )


def _digest() -> str:
    return "jupyter-dbaas " + hashlib.sha256(script("publication").as_bytes()).hexdigest()[:16]
