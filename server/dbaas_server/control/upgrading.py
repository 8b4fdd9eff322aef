"""``/v1/{tenant}/clusters/{engine}/upgrade``: a tenant's server goes to a newer version. The operator's alone."""

from __future__ import annotations

from functools import partial
from typing import Any

from dbaas_provisioning.nouns import Cluster

from ..body import body_fields, required
from ..http import Request, Response
from ..services import Services
from .creating import answered

__all__ = ["cluster_json", "upgrade"]


async def upgrade(request: Request, services: Services) -> Response:
    """Move a server's data to a newer major version; its databases cannot be used meanwhile.

    Who accepts ``application/x-ndjson`` is told each step as it begins, and the outcome in the last line. Who goes away
    before the data are moved ends it. 409 ``not_newer``, ``upgrade_refused``; 501 for what this machine lacks.
    """
    actor = await services.auth.operator(request)
    fields = await body_fields(request, {"to": str})
    move = partial(
        services.platform.upgrades.upgrade,
        request.params["tenant"],
        request.params["engine"],
        required(fields, "to"),
        actor=actor,
    )
    return await answered(request, move, _shown, outcome="cluster")


def cluster_json(cluster: Cluster) -> dict[str, Any]:
    """A server, for people who run the platform."""
    return {"engine": cluster.engine, "version": cluster.version, "state": cluster.state.value}


async def _shown(cluster: Cluster) -> dict[str, Any]:
    return cluster_json(cluster)
