"""The database that is not there: whoever reads finds nothing, whoever writes is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from dbaas_provisioning.errors import Unavailable

from ..documents.codec import encode
from ..documents.collections.retrying import SESSIONS
from ..documents.store import Batch, CollectionRecord, Entry, Space
from ..documents.store.memory import MemoryStore

__all__ = ["Nowhere"]


class Nowhere(MemoryStore):
    """A store without collections. All tenants read the same one, so that it must never hold anything."""

    async def collections(self) -> Sequence[CollectionRecord]:
        """None but that of sessions' records, which is looked for before anything is written."""
        return [CollectionRecord(UUID(int=0), *SESSIONS, 1, encode({}))]

    async def create_collection(self, record: CollectionRecord, spaces: Sequence[Space]) -> bool:
        """Refuse. Raises ``Unavailable``."""
        raise _refusal()

    async def get(self, space: Space, keys: Sequence[bytes]) -> Mapping[bytes, Entry]:
        """Nothing."""
        return {}

    async def write(self, batch: Batch) -> Sequence[int]:
        """Refuse. Raises ``Unavailable``."""
        raise _refusal()


def _refusal() -> Unavailable:
    return Unavailable("database_not_ready", "There is no such database to write to.", hint="Try again in a moment.")
