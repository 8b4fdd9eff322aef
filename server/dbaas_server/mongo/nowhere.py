"""The database that is not there: whoever reads finds nothing, whoever writes is refused."""

from __future__ import annotations

from collections.abc import Sequence

from dbaas_provisioning.errors import Unavailable

from ..documents.store import CollectionRecord, Space
from ..documents.store.memory import MemoryStore

__all__ = ["Nowhere"]


class Nowhere(MemoryStore):
    """A store without collections. All tenants read the same one, so that it must never hold anything."""

    async def create_collection(self, record: CollectionRecord, spaces: Sequence[Space]) -> bool:
        """Refuse. Raises ``Unavailable``."""
        raise Unavailable("database_not_ready", f"There is no database '{record.database}' to write to.")
