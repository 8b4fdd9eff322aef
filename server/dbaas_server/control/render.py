"""The platform's nouns as the control API shows them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dbaas_provisioning import engines
from dbaas_provisioning.mongodb import mongodb_url
from dbaas_provisioning.nouns import (
    ApiKey,
    AuditEntry,
    Cluster,
    ClusterState,
    Database,
    DatabaseState,
    Door,
    Dump,
    Invitation,
    Member,
    Tenant,
    Usage,
)
from dbaas_provisioning.platform import Platform

__all__ = [
    "audit_json", "database_json", "dump_json", "endpoints", "invitation_json", "key_json", "member_json", "mongo_door",
    "tenant_json", "usage_json",
]  # fmt: skip


def tenant_json(tenant: Tenant) -> dict[str, Any]:
    """A tenant; its id, name, URL name, plan, limits and settings."""
    return {
        "id": tenant.id,
        "name": tenant.name,
        "subdomain": tenant.subdomain,
        "plan_type": tenant.plan_type,
        "max_connections": tenant.max_connections,
        "max_storage_gb": tenant.max_storage_gb,
        "storage_full": tenant.storage_full,
        "default_database": tenant.default_database,
        "cors_origins": tenant.cors_origins,
        "graphql_introspection": tenant.graphql_introspection,
        "created_at": tenant.created_at,
        "updated_at": tenant.updated_at,
    }


def dump_json(dump: Dump) -> dict[str, Any]:
    """A kept dump: of what, and until when; never where."""
    return {
        "id": dump.id,
        "database": dump.database_name,
        "engine": dump.engine,
        "server_version": dump.server_version,
        "size_bytes": dump.size_bytes,
        "made_at": dump.made_at,
        "is_last": dump.is_last,
        "expires_at": dump.expires_at,
    }


async def mongo_door(platform: Platform, database: Database) -> Door | None:
    """Where MongoDB's clients come in, when they are a database's clients."""
    return await platform.mongo_door() if engines.engine(database.engine).can.documents else None


def endpoints(base_url: str, subdomain: str, database: str, door: Door | None) -> dict[str, str | None]:
    """Where a database's doors are: a Supabase-shaped project base under ``base_url``, or MongoDB's door."""
    if door is not None:
        names = ("rest_url", "realtime_url", "graphql_url")
        return {**dict.fromkeys(names), "mongodb_url": mongodb_url(door, None, database)}
    project = f"{base_url}/p/{subdomain}/{quote(database, safe='')}"
    return {
        "rest_url": f"{project}/rest/v1",
        "realtime_url": f"{project}/realtime/v1".replace("http", "ws", 1),
        "graphql_url": f"{project}/graphql/v1",
    }


def database_json(
    database: Database, tenant: Tenant, cluster: Cluster, usage: Usage, base_url: str, door: Door | None
) -> dict[str, Any]:
    """A database with its state, size and endpoints; no secret. Document databases are not exposed to the API."""
    state = database.state.value
    if database.state is DatabaseState.ready and cluster.state is not ClusterState.running:
        state = cluster.state.value
    return {
        "id": database.id,
        "tenant": tenant.subdomain,
        "name": database.name,
        "database": database.name,
        "engine": database.engine,
        "version": cluster.version,
        "cluster": cluster.name,
        "exposure": database.exposure if door is None else None,
        "state": state,
        **_used(usage),
        "is_default": tenant.default_database == database.name,
        "created_at": database.created_at,
        **endpoints(base_url, tenant.subdomain, database.name, door),
    }


def usage_json(usage: Usage) -> dict[str, Any]:
    """What a database takes up; bytes and counts."""
    return {**_used(usage), "max_storage_gb": usage.max_storage_gb}


def _used(usage: Usage) -> dict[str, Any]:
    return {
        "size_bytes": usage.size_bytes,
        "connections": usage.connections,
        "max_connections": usage.max_connections,
    }


def key_json(key: ApiKey) -> dict[str, Any]:
    """What is kept of a key."""
    return {
        "id": key.id,
        "role": key.role.value,
        "prefix": key.prefix,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
        "documents_only": key.documents_only,
    }


def member_json(member: Member) -> dict[str, Any]:
    """Who may what."""
    return {
        "person": member.person,
        "right": member.right.value,
        "added_by": member.added_by,
        "created_at": member.created_at,
    }


def invitation_json(invitation: Invitation) -> dict[str, Any]:
    """What is kept of an invitation; never its token."""
    return {
        "id": invitation.id,
        "name": invitation.name,
        "right": invitation.right.value,
        "invited_by": invitation.invited_by,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    }


def audit_json(entry: AuditEntry) -> dict[str, Any]:
    """One line of the audit log."""
    return {
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "tenant": entry.tenant,
        "target": entry.target,
        "outcome": entry.outcome,
        "details": dict(entry.details),
        "kind": entry.kind,
    }
