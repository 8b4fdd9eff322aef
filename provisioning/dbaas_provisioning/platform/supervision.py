"""Who starts and stops engines, and what opens a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from ..nouns import Credential, Database, Door, Endpoint, Login, Plan, Tenant
from .progress import Tell

__all__ = ["Access", "Supervision"]


class Supervision(Protocol):
    """Who starts and stops engines: the daemon's supervisor itself, or a client of its socket."""

    async def ensure(self, cluster_id: UUID) -> Endpoint:
        """The cluster accepts connections when this returns. Raises ``Unavailable``."""
        ...

    async def stop(self, cluster_id: UUID) -> None:
        """The cluster is stopped when this returns; it starts again on next use."""
        ...

    async def remove(self, cluster_id: UUID) -> None:
        """Stop the cluster and delete its data."""
        ...

    async def upgrade(self, cluster_id: UUID, major: str, progress: Tell | None = None) -> None:
        """The cluster has a newer major version and runs when this returns. A failure leaves it as it was."""
        ...

    async def mongo_door(self) -> Door:
        """Where MongoDB's clients come in; somebody listens there when this returns. Raises ``Unavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """All that is needed to open a session on a database."""

    database: Database
    tenant: Tenant
    plan: Plan
    endpoint: Endpoint
    logins: Mapping[Login, Credential]
