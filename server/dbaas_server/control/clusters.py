"""``/v1/clusters``: servers that run elsewhere. For the operator alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dbaas_provisioning.nouns import Cluster
from dbaas_provisioning.platform import Platform

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["add", "cluster_json", "list_all", "read", "remove", "update"]


def cluster_json(platform: Platform, cluster: Cluster, databases: int) -> dict[str, Any]:
    """A server: where it is, what can be done there, and what becomes of the platform's promises; no secret."""
    return {
        "name": cluster.name,
        "engine": cluster.engine,
        "version": cluster.powers.version,
        "state": cluster.state.value,
        "host": cluster.endpoint.host,
        "port": cluster.endpoint.port,
        "sslmode": cluster.endpoint.sslmode or None,
        "databases": databases,
        "powers": asdict(cluster.powers),
        "abilities": [asdict(ability) for ability in platform.placement.abilities(cluster)],
    }


async def shown(platform: Platform, cluster: Cluster) -> dict[str, Any]:
    """The same, counted."""
    return cluster_json(platform, cluster, len(await platform.placement.databases_on(cluster)))


async def list_all(request: Request, services: Services) -> Response:
    """Every server, by name, as it was last seen."""
    await services.auth.operator(request)
    platform = services.platform
    return json_response([await shown(platform, cluster) for cluster in await platform.placement.all()])


async def add(request: Request, services: Services) -> Response:
    """Register a server. 409 ``cluster_exists``, ``server_registered``, ``platform_server``."""
    actor = await services.auth.operator(request)
    fields = await body_fields(request, {"name": str, "dsn": str, "ca": str})
    cluster = await services.platform.placement.add(
        required(fields, "name"), required(fields, "dsn"), authority=fields.get("ca", ""), actor=actor
    )
    where = f"{request.base_url}/v1/clusters/{cluster.name}"
    return json_response(await shown(services.platform, cluster), 201, [("Location", where)])


async def read(request: Request, services: Services) -> Response:
    """One server."""
    await services.auth.operator(request)
    return json_response(
        await shown(services.platform, await services.platform.placement.named(request.params["cluster"]))
    )


async def update(request: Request, services: Services) -> Response:
    """Probe a server again, at another address where one is given. 409 ``another_server``."""
    actor = await services.auth.operator(request)
    fields = await body_fields(request, {"dsn": str, "ca": str})
    cluster = await services.platform.placement.update(
        request.params["cluster"], dsn=fields.get("dsn"), authority=fields.get("ca"), actor=actor
    )
    return json_response(await shown(services.platform, cluster))


async def remove(request: Request, services: Services) -> Response:
    """Forget a server. 409 ``cluster_in_use`` while databases are there."""
    actor = await services.auth.operator(request)
    await services.platform.placement.remove(request.params["cluster"], actor=actor)
    return Response(204)
