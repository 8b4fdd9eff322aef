"""Tables distributed over workers by the extension Citus, where a database has it.

Nothing is done with the administrator's rights: Citus asks for the table's owner, and so we come as that one. Names
travel as parameters, and tables as their number, so that no name is ever read as SQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ...distribution import DistributedTable, Distribution, Place, Rebalance, TableName, Worker
from ...errors import Conflict, Invalid, NotFound, Unavailable, Unsupported
from ...nouns import Cluster

if TYPE_CHECKING:
    from .administrator import Connection

__all__ = ["Citus"]

VERSION = "select extversion from pg_extension where extname = 'citus'"

WORKERS = "select node_name, node_port from citus_get_active_worker_nodes() order by 1, 2"

# As its view citus_tables has them, which asks every worker for sizes and lives in a schema of the tenant's.
TABLES = """
select n.nspname, c.relname,
  case when p.partkey is not null then 'distributed' when p.repmodel = 't' then 'reference' else 'single shard' end,
  case when p.partkey is not null then column_to_column_name(p.logicalrelid, p.partkey) end, p.colocationid
from pg_dist_partition p join pg_class c on c.oid = p.logicalrelid join pg_namespace n on n.oid = c.relnamespace
where (p.partkey is not null or p.repmodel = 't' or p.colocationid <> 0) and not c.relispartition
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
    and d.deptype = 'e')
order by 1, 2
"""

REBALANCE = "select state::text, started_at, finished_at from citus_rebalance_status()"

TABLE = """
select c.oid::int8, array(select a.attname::text from pg_attribute a
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %s and c.relname = %s and c.relkind in ('r', 'p')
"""

DISTRIBUTE = "select create_distributed_table(%s::int8::oid::regclass, %s::text, colocate_with => %s::text)"
REFERENCE = "select create_reference_table(%s::int8::oid::regclass)"
UNDISTRIBUTE = "select undistribute_table(%s::int8::oid::regclass, cascade_via_foreign_keys => %s::bool)"
START = "select citus_rebalance_start()"


class Citus:
    """Implements :class:`dbaas_provisioning.distribution.Distributes`."""

    async def read(self, place: Place) -> Distribution:
        """See :meth:`dbaas_provisioning.distribution.Distributes.read`."""
        async with _inside(place) as (connection, version):
            workers = await (await connection.execute(WORKERS)).fetchall()
            tables = await (await connection.execute(TABLES)).fetchall()
            last = await (await connection.execute(REBALANCE)).fetchone()
        return Distribution(
            version,
            tuple(Worker(host, port) for host, port in workers),
            tuple(DistributedTable(TableName(schema, name), *rest) for schema, name, *rest in tables),
            None if last is None else Rebalance(*last),
        )

    async def distribute(self, place: Place, table: TableName, by: str, beside: TableName | None) -> None:
        """See :meth:`dbaas_provisioning.distribution.Distributes.distribute`."""
        from psycopg.sql import Identifier

        async with _inside(place) as (connection, _):
            number, columns = await _found(connection, table)
            if by not in columns:
                raise Invalid("column_not_found", f"The table {table.name!r} has no column {by!r}.")
            like = "default"
            if beside is not None:
                await _found(connection, beside)
                # The one name that Citus reads as SQL does; with its schema it is neither "default" nor "none".
                like = Identifier(beside.schema, beside.name).as_string()
            await connection.execute(DISTRIBUTE, [number, by, like])
            await _tell(connection)

    async def make_reference(self, place: Place, table: TableName) -> None:
        """See :meth:`dbaas_provisioning.distribution.Distributes.make_reference`."""
        async with _inside(place) as (connection, _):
            number, _ = await _found(connection, table)
            await connection.execute(REFERENCE, [number])
            await _tell(connection)

    async def undistribute(self, place: Place, table: TableName, *, cascade: bool) -> None:
        """See :meth:`dbaas_provisioning.distribution.Distributes.undistribute`."""
        async with _inside(place) as (connection, _):
            number, _ = await _found(connection, table)
            await connection.execute(UNDISTRIBUTE, [number, cascade])
            await _tell(connection)

    async def rebalance(self, place: Place) -> None:
        """See :meth:`dbaas_provisioning.distribution.Distributes.rebalance`."""
        async with _inside(place) as (connection, _):
            await connection.execute(START)


@asynccontextmanager
async def _inside(place: Place) -> AsyncIterator[tuple[Connection, str]]:
    """The owner's connection to a database that has Citus, and its version there."""
    import psycopg

    from .administrator import administrator, refused

    async with administrator(place.cluster, place.owner, place.database, plain=True) as connection:
        try:
            found = await (await connection.execute(VERSION)).fetchone()
            if found is None:
                raise _no_citus(place.cluster)
            await connection.execute("set statement_timeout = 0")  # rows are copied, however many there are
            yield connection, found[0]
        except psycopg.Error as error:
            if not connection.closed and (error.sqlstate or "").startswith("08"):  # it speaks of another connection
                raise Unavailable(
                    "worker_unreachable", "The coordinator does not reach one of its nodes.",
                    hint="Nodes let the table's owner in from each other by pg_hba.conf or citus.node_conninfo.",
                    details=error.diag.message_primary,
                ) from None  # fmt: skip
            known = refused(error)
            if isinstance(known, Unavailable):
                raise known from None
            raise Conflict(
                "citus_refused", known.message, hint=error.diag.message_hint, details=error.sqlstate
            ) from None


def _no_citus(cluster: Cluster) -> Unsupported:
    """What is said of a database that cannot distribute tables."""
    if cluster.powers.citus is None:
        return Unsupported(
            "no_citus",
            "This database's server has no Citus: its tables cannot be distributed.",
            hint="Have a server with Citus registered, and place the database there.",
        )
    return Unsupported(
        "no_citus",
        "This database does not have the extension Citus, which its server offers.",
        hint="Its operator runs CREATE EXTENSION citus in it, on every node, then citus_add_node for each worker.",
    )


async def _found(connection: Connection, table: TableName) -> tuple[int, list[str]]:
    """A table's number and columns. Raises ``NotFound`` (``table_not_found``)."""
    row = None
    if "\0" not in table.schema + table.name:  # which no name has, and the driver does not send
        row = await (await connection.execute(TABLE, [table.schema, table.name])).fetchone()
    if row is None:
        raise NotFound("table_not_found", f"There is no table {table.name!r} in the schema {table.schema!r}.")
    return row[0], row[1]


async def _tell(connection: Connection) -> None:
    """Whoever keeps a catalog looks again: Citus notes what it did in tables of its own."""
    await connection.execute("select pg_notify('dbaas_ddl', '')")
