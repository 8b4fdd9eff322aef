"""Plans: what tenants may use, editable, and in force at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..engines import engine
from ..errors import Conflict, Invalid, NotFound, Unavailable
from ..meta.store import Store
from ..nouns import ClusterState, Plan, Tenant
from .audit import audited
from .databases import Databases

__all__ = ["BOUNDS", "Plans"]

DEFAULT = "free"

# column → least, most. Of ``idle_stop_seconds`` and ``statement_timeout_ms``, 0 is "never".
BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "max_connections": (1, 5_000),
        "max_storage_gb": (0.001, 1_000_000),
        "statement_timeout_ms": (0, 86_400_000),
        "idle_transaction_seconds": (1, 86_400),
        "idle_stop_seconds": (0, 31_536_000),
        "api_requests_per_second": (1, 10_000_000),
        "api_concurrent_requests": (1, 1_000_000),
        "realtime_connections": (1, 10_000_000),
        "realtime_channels": (1, 100_000),
        "realtime_joins_per_second": (1, 1_000_000),
        "realtime_messages_per_second": (1, 10_000_000),
        "realtime_payload_bytes": (1_024, 64 * 1024 * 1024),
    }
)
OWN = ("max_connections", "max_storage_gb")


class Plans:
    """Which plans there are, and who has which.

    Methods that change something take ``actor`` and are audited. Where a running server has no room for as many
    connections as a tenant may have now, it gets it with its next start: see :meth:`short`.
    """

    def __init__(self, store: Store, databases: Databases) -> None:
        self._store = store
        self._databases = databases

    async def all(self) -> Sequence[Plan]:
        """Every plan; those with fewer connections first."""
        return await self._store.plans.all()

    async def create(self, name: str, limits: Mapping[str, float], *, like: str = DEFAULT, actor: str) -> Plan:
        """A new plan, as another one but for what is given.

        Raises ``Invalid`` (``invalid_name``, ``unknown_limit``, ``invalid_limit``), ``Conflict`` (``plan_exists``),
        ``NotFound`` (``plan_not_found``, of ``like``).
        """
        async with audited(self._store, "create_plan", actor, None, name[:100], _told(limits)):
            if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", name):
                raise Invalid(
                    "invalid_name", f"{name[:100]!r} cannot be a plan's name.",
                    hint="A name has at most 40 characters: a-z, 0-9, _ and -, a letter first.",
                )  # fmt: skip
            plan = replace(await self._store.plans.one(like), name=name, **_checked(limits))
            await self._store.plans.insert(plan)
        return plan

    async def update(self, name: str, limits: Mapping[str, float], *, actor: str) -> Plan:
        """Change what is given of a plan. It holds for the tenants on it when this returns.

        Raises ``Invalid`` (``unknown_limit``, ``invalid_limit``), ``NotFound`` (``plan_not_found``).
        """
        async with audited(self._store, "update_plan", actor, None, name[:100], _told(limits)):
            changes = _checked(limits)
            await self._store.plans.one(name)
            await self._store.plans.update(name, changes)
            for subdomain in await self._store.plans.tenants_on(name):
                try:
                    await self._databases.apply_limits(await self._store.tenant(subdomain))
                except NotFound:
                    continue  # dropped meanwhile
        return await self._store.plans.one(name)

    async def remove(self, name: str, *, actor: str) -> None:
        """Remove a plan that no tenant has. Raises ``Conflict`` (``plan_in_use``, ``plan_needed``), ``NotFound``."""
        async with audited(self._store, "remove_plan", actor, None, name[:100]):
            if name == DEFAULT:
                raise Conflict("plan_needed", f"New tenants get the plan {DEFAULT!r}: it stays.", hint="Change it.")
            await self._store.plans.one(name)
            await self._store.plans.delete(name)

    async def give(
        self,
        tenant: Tenant,
        plan: str | None,
        max_connections: int | None,
        max_storage_gb: float | None,
        *,
        restart: bool = False,
    ) -> None:
        """Put a tenant on a plan, or let it have limits of its own: see :meth:`Platform.update_tenant`."""
        own = {"max_connections": max_connections, "max_storage_gb": max_storage_gb}
        wished = {name: value for name, value in own.items() if value is not None}
        checked = _checked({name: value for name, value in wished.items() if value != 0})
        if plan is not None:
            await self._store.plans.one(plan)
            await self._store.plans.put_on(tenant.id, plan)
        for name in wished:
            await self._store.plans.set_own(tenant.id, name, checked.get(name))
        await self._databases.apply_limits(await self._store.tenant(tenant.subdomain), restart=restart)

    async def short(self, tenant: Tenant) -> bool:
        """Whether a server of the tenant's runs that has room for fewer connections than the tenant may have.

        It gets that room when it is started next: after nobody was connected for a while, or with ``restart``.
        """
        for cluster in await self._store.clusters(tenant.id):
            if cluster.state is ClusterState.running:
                try:
                    superuser = await self._store.superuser(cluster.id)
                    if await engine(cluster.engine).room(cluster, superuser) < tenant.max_connections:
                        return True
                except Unavailable:
                    continue  # it is stopping: it starts with enough
        return False


def _checked(limits: Mapping[str, float]) -> dict[str, Any]:
    """The columns to set. Raises ``Invalid`` (``unknown_limit``, ``invalid_limit``)."""
    for name, value in limits.items():
        if name not in BOUNDS:
            raise Invalid("unknown_limit", f"A plan has no limit {name[:100]!r}.", hint=f"It has {', '.join(BOUNDS)}.")
        least, most = BOUNDS[name]
        fits = math.isfinite(value) and least <= value <= most
        if not fits or (name != "max_storage_gb" and value != int(value)):
            kind = "a number" if name == "max_storage_gb" else "a whole number"
            raise Invalid("invalid_limit", f"`{name}` is {kind} from {least:,} to {most:,}.")
    return {name: None if name == "idle_stop_seconds" and value == 0 else value for name, value in limits.items()}


def _told(limits: Mapping[str, float]) -> dict[str, str]:
    return {name[:100]: f"{value:g}" for name, value in list(limits.items())[:20]}
