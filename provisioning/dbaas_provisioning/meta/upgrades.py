"""What is kept of clusters on their way to a newer major version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from ..nouns import Home
from .connections import Connections

__all__ = ["Stage", "Upgrade", "UpgradeStore"]


class Stage(StrEnum):
    """How far an upgrade is."""

    making = "making"
    finishing = "finishing"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An upgrade that has not ended.

    Attributes:
        other: the data folder that the cluster does not have, or not any more; it is removed.
    """

    stage: Stage
    other: Path


class UpgradeStore:
    """The part of :class:`~dbaas_provisioning.meta.store.Store` with the upgrades."""

    def __init__(self, home: Home, connections: Connections) -> None:
        self._home = home
        self._connections = connections

    async def begin(self, cluster_id: UUID, new: Path) -> None:
        """A new data folder is about to be made; the cluster stays what it is."""
        await self._connections.do(
            "update clusters set upgrade_stage = 'making', upgrade_other = %s where id = %s", [new.name, cluster_id]
        )

    async def exchange(self, cluster_id: UUID, new: Path, version: str, origin: str) -> None:
        """From now on the cluster is the new one, of this version, and the old folder is what is left over.

        One statement, in one transaction: whoever looks sees the old one or the new one. Sessions on its databases
        hear of it.
        """

        async def work(connection: Any) -> None:
            await connection.execute(
                "update clusters set data_dir = %s, version = %s, settings = settings || %s,"
                " upgrade_stage = 'finishing', upgrade_other = data_dir"
                " where id = %s and upgrade_stage = 'making' and upgrade_other = %s",
                [new.name, version, Jsonb({"origin": origin}), cluster_id, new.name],
            )
            await connection.execute("update tenant_databases set updated_at = now() where cluster = %s", [cluster_id])

        await self._connections.transaction(work)

    async def end(self, cluster_id: UUID, upgrade: Upgrade) -> None:
        """Nothing is left to be done of this one. Safe to repeat."""
        await self._connections.do(
            "update clusters set upgrade_stage = null, upgrade_other = null"
            " where id = %s and upgrade_stage = %s and upgrade_other = %s",
            [cluster_id, upgrade.stage.value, upgrade.other.name],
        )

    async def of(self, cluster_id: UUID) -> Upgrade | None:
        """A cluster's upgrade that has not ended."""

        async def work(connection: Any) -> DictRow | None:
            found = await connection.execute(
                "select upgrade_stage, upgrade_other from clusters where id = %s and upgrade_stage is not null",
                [cluster_id],
            )
            row: DictRow | None = await found.fetchone()
            return row

        row = await self._connections.transaction(work, reads=True)
        return None if row is None else Upgrade(Stage(row["upgrade_stage"]), self._home.clusters / row["upgrade_other"])
