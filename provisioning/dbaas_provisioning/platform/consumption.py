"""What tenants used over time."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Invalid
from ..meta.store import Store
from ..meta.usage import KEPT_DAYS
from ..nouns import UsageHour, UsageSample

__all__ = ["Consumption"]


class Consumption:
    """Samples, kept by the hour for 90 days."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, samples: Sequence[UsageSample]) -> None:
        """Add to the current hour, and forget what is too old."""
        await self._store.usage.add(samples)
        await self._store.usage.forget_old()

    async def of(self, tenant: str, *, days: int = 7) -> Sequence[UsageHour]:
        """A tenant's hours, newest first. Raises ``Invalid`` (``invalid_days``), ``NotFound``."""
        if not 1 <= days <= KEPT_DAYS:
            raise Invalid("invalid_days", f"Usage is kept for {KEPT_DAYS} days.", hint=f"Ask for 1 to {KEPT_DAYS}.")
        return await self._store.usage.since((await self._store.tenant(tenant)).id, days)
