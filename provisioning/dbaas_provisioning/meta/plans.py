"""Plans, and what tenants have beside theirs, in ``platform_meta``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

from psycopg import errors, sql
from psycopg.rows import DictRow

from ..errors import Conflict, NotFound
from ..nouns import Plan
from .connections import Connections

__all__ = ["PlanStore", "whole"]

COLUMNS = frozenset(field.name for field in fields(Plan)) - {"name"}


class PlanStore:
    """One method, one transaction. Every method raises ``Unavailable`` when ``platform_meta`` cannot be reached."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def all(self) -> Sequence[Plan]:
        """Every plan; those with fewer connections first."""
        return [
            _plan(row) for row in await self._connections.rows("select * from plans order by max_connections, name", [])
        ]

    async def one(self, name: str) -> Plan:
        """Raises ``NotFound`` (``plan_not_found``)."""
        rows = await self._connections.rows("select * from plans where name = %s", [name])
        if not rows:
            raise _none(name)
        return _plan(rows[0])

    async def insert(self, plan: Plan) -> None:
        """Raises ``Conflict`` (``plan_exists``)."""
        values = asdict(plan)
        statement = sql.SQL("insert into plans ({}) values ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
        )
        try:
            await self._connections.do(statement, list(values.values()))
        except errors.UniqueViolation:
            raise Conflict("plan_exists", f"There is a plan {plan.name!r} already.") from None

    async def update(self, name: str, changes: Mapping[str, Any]) -> None:
        """Set columns of a plan; none given changes nothing."""
        known = {column: value for column, value in changes.items() if column in COLUMNS}
        if known:
            settings = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in known)
            await self._connections.do(
                sql.SQL("update plans set {} where name = %s").format(settings), [*known.values(), name]
            )

    async def delete(self, name: str) -> None:
        """Raises ``Conflict`` (``plan_in_use``)."""
        try:
            await self._connections.do(sql.SQL("delete from plans where name = %s"), [name])
        except errors.ForeignKeyViolation:
            raise Conflict(
                "plan_in_use", f"There are tenants on the plan {name!r}.", hint="Put them on another one first."
            ) from None

    async def tenants_on(self, name: str) -> Sequence[str]:
        """The subdomains of the tenants that have a plan."""
        rows = await self._connections.rows(
            "select subdomain from tenants where plan_type = %s order by subdomain", [name]
        )
        return [row["subdomain"] for row in rows]

    # --- a tenant's ---------------------------------------------------------------------------------------------

    async def put_on(self, tenant_id: UUID, plan: str) -> None:
        """Give a tenant a plan. What it has of its own, it keeps."""
        await self._connections.do(sql.SQL("update tenants set plan_type = %s where id = %s"), [plan, tenant_id])

    async def set_own(self, tenant_id: UUID, column: str, value: float | None) -> None:
        """What a tenant has instead of what its plan says; None: what the plan says.

        Args:
            column: ``max_connections`` or ``max_storage_gb``.
        """
        statement = sql.SQL("update tenants set {} = %s where id = %s").format(sql.Identifier(column))
        await self._connections.do(statement, [value, tenant_id])

    async def set_storage_full(self, tenant_id: UUID, full: bool) -> None:
        """Whether a tenant's databases take more than they may."""
        await self._connections.do(sql.SQL("update tenants set storage_full = %s where id = %s"), [full, tenant_id])

    async def limits_of(self, cluster_id: UUID) -> str:
        """Which limits a cluster's logins have, as :meth:`set_limits` noted it."""
        rows = await self._connections.rows("select limits from clusters where id = %s", [cluster_id])
        return str(rows[0]["limits"]) if rows else ""

    async def set_limits(self, cluster_id: UUID, limits: str) -> None:
        """Note which limits a cluster's logins have."""
        await self._connections.do(sql.SQL("update clusters set limits = %s where id = %s"), [limits, cluster_id])


def whole(gigabytes: float) -> float:
    """The same, without a fraction where there is none: what people write comes back as they wrote it."""
    return int(gigabytes) if gigabytes == int(gigabytes) else gigabytes


def _plan(row: DictRow) -> Plan:
    values = {column: row[column] for column in ("name", *COLUMNS)}
    return Plan(**{**values, "max_storage_gb": whole(values["max_storage_gb"])})


def _none(name: str) -> NotFound:
    return NotFound("plan_not_found", f"There is no plan {name!r}.", hint="`dbaas plans list` shows them.")
