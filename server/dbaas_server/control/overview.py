"""``…/overview``: how one database is doing, where it is reached, and what should be looked after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dbaas_provisioning import engines
from dbaas_provisioning.nouns import Cluster, Credential, Database, Right, Tenant, Vitals

from ..http import Request, Response, json_response
from ..nouns import Catalog, Finding
from ..services import Services
from .databases import shown
from .render import key_json

__all__ = ["read"]

_LARGEST = 10
_MOST_WARNINGS = 200
_NEAR = 0.8  # of a limit
_GB = 1024**3


async def read(request: Request, services: Services) -> Response:
    """Figures, endpoints, keys, tables, warnings with their remedies. Never wakes a sleeping cluster: nulls then.

    Who comes with a secret key, or may only look, is not told of keys: they are null.
    """
    subdomain = request.params["tenant"]
    right = await services.auth.right_or_secret(request, subdomain)
    tenant = await services.platform.tenant(subdomain)
    database = await services.platform.database(subdomain, request.params["database"])
    cluster = await services.platform.cluster(database.cluster_id)
    about = await shown(request, services, tenant, database)
    vitals = await services.platform.vitals(subdomain, database.name)
    tables, warnings = None, list[Finding]()
    if vitals is not None:
        tables, warnings = await _contents(services, subdomain, database)
        warnings = [*_limits(tenant, vitals), *warnings]
    return json_response(
        {
            "database": about,
            "engine": {
                "name": database.engine,
                "version": cluster.version if vitals is None else vitals.version,
                "started_at": vitals and vitals.started_at,
            },
            **_figures(services, tenant, database, vitals),
            "endpoints": _endpoints(about, database, cluster),
            "keys": [key_json(key) for key in await services.platform.keys(subdomain)]
            if right is not None and right.includes(Right.own)
            else None,
            "tables": tables,
            "warnings": [_warning(each) for each in warnings[:_MOST_WARNINGS]],
            "sampled_at": datetime.now(UTC),
        },
        headers=[("Cache-Control", "no-store")],
    )


def _figures(services: Services, tenant: Tenant, database: Database, vitals: Vitals | None) -> dict[str, Any]:
    if vitals is None:
        names = ("size_bytes", "connections", "transactions", "requests_per_second", "cache_hit_ratio")
        return dict.fromkeys(names)
    count, since = vitals.committed + vitals.rolled_back, (vitals.started_at, vitals.counted_since)
    return {
        "size_bytes": vitals.size_bytes,
        "connections": {"used": vitals.connections, "max": tenant.max_connections},
        "transactions": {"committed": vitals.committed, "rolled_back": vitals.rolled_back},
        "requests_per_second": services.rates.per_second(database.id, count, since),
        "cache_hit_ratio": vitals.cache_hit_ratio,
    }


async def _contents(services: Services, tenant: str, database: Database) -> tuple[dict[str, Any], list[Finding]]:
    """What is in it, the largest first, and what could be better about it."""
    if engines.engine(database.engine).can.documents:
        from ..mongo_clients.collections import schema_of  # with pymongo, for those who have documents

        collections = await schema_of(services.mongo, tenant, database.name)
        return _largest(
            [(None, one.name, one.type, one.size_bytes, one.documents) for one in collections], len(collections)
        ), []
    session = await services.sessions.session(tenant, database.name)
    catalog = await session.catalog(fresh=True)
    found = [*session.findings(catalog), *await session.counted_findings(catalog)]
    return _tables(catalog), found


def _tables(catalog: Catalog) -> dict[str, Any]:
    rows = [
        (table.ref.schema, table.ref.name, table.kind, table.size_bytes, _known(table.estimated_rows))
        for table in catalog.tables.values()
        if table.size_bytes is not None
    ]
    return _largest(rows, sum(table.kind == "table" for table in catalog.tables.values()))


def _known(rows: int) -> int | None:
    return rows if rows >= 0 else None


def _largest(rows: Sequence[tuple[str | None, str, str, int | None, int | None]], count: int) -> dict[str, Any]:
    names = ("schema", "name", "kind", "size_bytes", "estimated_rows")
    largest = sorted(rows, key=lambda row: (-(row[3] or 0), row[0] or "", row[1]))[:_LARGEST]
    return {"count": count, "largest": [dict(zip(names, row, strict=True)) for row in largest]}


def _limits(tenant: Tenant, vitals: Vitals) -> list[Finding]:
    found = []
    if vitals.connections >= _NEAR * tenant.max_connections:
        found.append(
            Finding(
                "connections_near_limit",
                None,
                f"{vitals.connections} of {tenant.max_connections} connections are in use.",
                "Close those that nobody needs, use a pool, or choose a larger plan.",
            )
        )
    if (vitals.size_bytes or 0) >= _NEAR * tenant.max_storage_gb * _GB:
        found.append(
            Finding(
                "storage_near_limit",
                None,
                f"This database takes {(vitals.size_bytes or 0) / _GB:.1f} of the plan's {tenant.max_storage_gb:g} GB.",
                "Remove what nobody needs, or choose a larger plan.",
            )
        )
    return found


def _endpoints(about: dict[str, Any], database: Database, cluster: Cluster) -> list[dict[str, Any]]:
    """Where it is reached. ``secret``: it takes a password, which is not shown here."""
    engine = engines.engine(database.engine)
    found = []
    if engine.can.sql and cluster.endpoint.port:
        url = engine.connection_string(cluster, database.physical_name, Credential(database.owner, ""))
        found.append({"name": engine.offer.title, "url": url, "secret": True})
    for name, field, secret in (
        ("REST", "rest_url", False),
        ("GraphQL", "graphql_url", False),
        ("Realtime", "realtime_url", False),
        ("MongoDB", "mongodb_url", True),
    ):
        if address := about.get(field):
            found.append({"name": name, "url": address, "secret": secret})
    return found


def _warning(found: Finding) -> dict[str, Any]:
    return {
        "code": found.code,
        "schema": found.table and found.table.schema,
        "table": found.table and found.table.name,
        "message": found.message,
        "hint": found.hint,
        "remedy": found.remedy,
    }
