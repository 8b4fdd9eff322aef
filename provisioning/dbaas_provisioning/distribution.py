"""The part of an engine's control half that spreads tables over the servers of one cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .nouns import Cluster, Credential

__all__ = ["DistributedTable", "Distributes", "Distribution", "Place", "Rebalance", "TableName", "Worker"]


@dataclass(frozen=True, slots=True)
class TableName:
    """A table as it is called, nothing of it quoted."""

    schema: str
    name: str


@dataclass(frozen=True, slots=True)
class Worker:
    """A server that holds parts of tables."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class DistributedTable:
    """A table that is not only where its database is.

    Attributes:
        kind: ``distributed`` by a column, ``reference`` (whole on every worker) or ``single shard`` (whole on one).
        column: what its rows are distributed by.
        colocation: tables with the same number have rows of the same value on the same worker.
    """

    table: TableName
    kind: str
    column: str | None
    colocation: int


@dataclass(frozen=True, slots=True)
class Rebalance:
    """The last time that rows were moved for workers to hold the same, as Citus tells of it.

    Attributes:
        state: ``scheduled``, ``running``, ``finished``, ``cancelling``, ``cancelled``, ``failing`` or ``failed``.
    """

    state: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a database has of it.

    Attributes:
        version: of Citus, in this database.
    """

    version: str
    workers: tuple[Worker, ...]
    tables: tuple[DistributedTable, ...]
    rebalance: Rebalance | None


@dataclass(frozen=True, slots=True)
class Place:
    """A database on a server that runs.

    Attributes:
        owner: the login that the tenant's objects belong to.
        database: its name on the server.
    """

    cluster: Cluster
    owner: Credential
    database: str


class Distributes(Protocol):
    """Everything here runs as the database's owner, who may do no more with it than with plain SQL.

    Each method raises ``Unsupported`` (``no_citus``) where the database cannot, ``Conflict`` (``citus_refused``) with
    the engine's words, ``Unavailable`` when the server cannot be reached.
    """

    async def read(self, place: Place) -> Distribution:
        """Workers and tables."""
        ...

    async def distribute(self, place: Place, table: TableName, by: str, beside: TableName | None) -> None:
        """Spread a table's rows over the workers by the values of a column; it can be read meanwhile.

        Args:
            beside: rows go where that table's rows with the same value are.

        Raises ``NotFound`` (``table_not_found``), ``Invalid`` (``column_not_found``).
        """
        ...

    async def make_reference(self, place: Place, table: TableName) -> None:
        """Have a whole copy of a table on every worker. Raises ``NotFound`` (``table_not_found``)."""
        ...

    async def undistribute(self, place: Place, table: TableName, *, cascade: bool) -> None:
        """Make it a table of the database's own server again. Raises ``NotFound`` (``table_not_found``).

        Args:
            cascade: and every table that foreign keys relate it to.
        """
        ...

    async def rebalance(self, place: Place) -> None:
        """Begin to move rows until workers hold the same; it goes on after this returned, if there is anything."""
        ...
