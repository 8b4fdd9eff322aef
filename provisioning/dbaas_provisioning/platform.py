"""The one object that the doors and the command line call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from .nouns import (
    ApiKey, AuditEntry, Cluster, Credential, Database, Endpoint, Home, JwtSecret, KeyRole, Login, Plan, Tenant, Usage,
)  # fmt: skip

__all__ = ["Access", "Platform", "Supervision"]


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


@dataclass(frozen=True, slots=True)
class Access:
    """All that is needed to open a session on a database."""

    database: Database
    tenant: Tenant
    plan: Plan
    endpoint: Endpoint
    logins: Mapping[Login, Credential]


class Platform:
    """What exists, and what can be done with it.

    Every method that changes something takes ``actor`` (who asked), and leaves an audit entry whether it worked or not.
    Errors raised everywhere: ``Unavailable`` when ``platform_meta`` cannot be reached.
    """

    home: Home

    @classmethod
    async def open(cls, home: Home, supervision: Supervision) -> Platform: ...
    async def close(self) -> None: ...

    # tenants. ``ref`` is a subdomain
    async def create_tenant(self, name: str, *, subdomain: str | None = None, plan: str = "free", actor: str) -> Tenant: ...
    async def tenants(self) -> Sequence[Tenant]: ...
    async def tenant(self, ref: str) -> Tenant: ...
    async def update_tenant(self, ref: str, *, default_database: str | None = None, plan: str | None = None, actor: str) -> Tenant: ...
    async def drop_tenant(self, ref: str, *, actor: str) -> None: ...
    async def plan(self, name: str) -> Plan: ...

    # databases
    async def create_database(self, tenant: str, engine: str, name: str, *, options: Mapping[str, str], actor: str) -> Database: ...
    async def databases(self, tenant: str) -> Sequence[Database]: ...
    async def database(self, tenant: str, name: str | None = None) -> Database: ...  # None: the default one
    async def drop_database(self, tenant: str, name: str, *, actor: str) -> None: ...
    async def rotate(self, tenant: str, name: str, *, actor: str) -> Database: ...
    async def usage(self, tenant: str, name: str) -> Usage: ...  # does not wake a sleeping cluster
    async def cluster(self, cluster_id: UUID) -> Cluster: ...
    async def connection_string(self, tenant: str, name: str, *, admin: bool = False) -> str: ...
    async def access(self, tenant: str, name: str | None = None) -> Access: ...  # the cluster runs when this returns

    # keys and tokens
    async def create_key(self, tenant: str | None, role: KeyRole, *, actor: str) -> tuple[ApiKey, str]: ...
    async def keys(self, tenant: str | None) -> Sequence[ApiKey]: ...
    async def revoke_key(self, tenant: str | None, key_id: UUID, *, actor: str) -> None: ...
    async def find_key(self, key: str) -> ApiKey | None: ...  # None: unknown or revoked
    async def jwt_secret(self, tenant: str) -> JwtSecret: ...
    def person_token(self, person: str, *, ttl_seconds: int) -> str: ...  # "dbt_…", signed with a key derived from the master key
    def check_person_token(self, token: str) -> str: ...  # the person; raises Unauthorized

    async def audit(self, *, tenant: str | None = None, limit: int = 100) -> Sequence[AuditEntry]: ...

    def on_change(self, listener: Callable[[str, str], None]) -> None:
        """``listener(kind, id)`` is called, in this process, when another or this one changed a tenant, database or key."""
        ...
