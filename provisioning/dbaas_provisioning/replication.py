"""What the daemon needs to read the changes of databases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from . import engines
from .errors import Unsupported
from .meta.store import Store
from .nouns import ClusterState, Credential, Database, DatabaseState, Endpoint

__all__ = ["LogAccess", "Replication"]


@dataclass(frozen=True, slots=True)
class LogAccess:
    """All that is needed to read a database's log of changes.

    Attributes:
        administrator: of the database's cluster; logs are read by the platform itself, never with a tenant's login.
        epoch: of the log that is being read; 0 when there was none yet.
        log: which log that is, as the engine's reader tells logs.
        superuser: whether the administrator is one.
    """

    database: Database
    endpoint: Endpoint
    administrator: Credential
    epoch: int
    log: str
    superuser: bool = True


class Replication:
    """The part of the platform that only who owns the change feeds calls."""

    def __init__(self, store: Store, ensure: Callable[[UUID], Awaitable[Endpoint]]) -> None:
        self._store = store
        self._ensure = ensure

    async def running(self) -> Sequence[Database]:
        """Databases that are ready, whose engine has a log of changes, and whose cluster runs."""
        found = []
        for cluster in await self._store.clusters():
            if (
                cluster.state is ClusterState.running
                and cluster.powers.replication
                and engines.engine(cluster.engine).can.change_feed
            ):
                found += [
                    database
                    for database in await self._store.databases_in(cluster.id)
                    if database.state is DatabaseState.ready
                ]
        return found

    async def database(self, database_id: UUID) -> Database | None:
        """The database; None when there is none (any more)."""
        return await self._store.database_by_id(database_id)

    async def check(self, database: Database) -> None:
        """Refuse a database whose server lets nobody read its log. Raises ``Unsupported`` (``no_change_feed``)."""
        cluster = await self._store.cluster(database.cluster_id)
        if not cluster.powers.replication:
            raise Unsupported(
                "no_change_feed",
                f"The changes of {database.name!r} cannot be told: its server's log may not be read.",
                hint=f"`dbaas clusters show {cluster.name}` tells what is missing.",
            )

    async def access(self, database: Database, *, wake: bool) -> LogAccess | None:
        """How to read a database's log; None while its cluster does not run and is not to be woken.

        Raises ``NotFound`` (``cluster_not_found``), ``Unavailable``.
        """
        if wake:
            await self._ensure(database.cluster_id)
        cluster = await self._store.cluster(database.cluster_id)
        if cluster.state is not ClusterState.running:
            return None
        superuser = await self._store.superuser(cluster.id)
        epoch, log = await self._store.epoch(database.id)
        return LogAccess(database, cluster.endpoint, superuser, epoch, log, cluster.powers.superuser)

    async def prepare(self, database: Database) -> None:
        """Bring what the platform keeps in a database up to date. Its cluster has to run. Raises ``Unavailable``."""
        cluster = await self._store.cluster(database.cluster_id)
        superuser = await self._store.superuser(cluster.id)
        await engines.engine(database.engine).prepare_database(cluster, superuser, database)

    async def new_epoch(self, database: Database, log: str) -> int:
        """Positions of before this are of another log from now on; returns the new log's epoch.

        It comes from the clock where that is ahead, so that a database made anew under an old name has another one.

        Args:
            log: which one it is; see :class:`LogAccess`.
        """
        return await self._store.new_epoch(database.id, log)
