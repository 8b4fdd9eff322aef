"""``/healthz`` and ``/v1/platform``: what runs here."""

from __future__ import annotations

import importlib.metadata

from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["VERSION", "health", "platform"]

VERSION = importlib.metadata.version("jupyter-dbaas")


async def health(request: Request, services: Services) -> Response:
    """Whether this process answers and reaches ``platform_meta``; 503 when it does not."""
    await services.platform.plan("free")
    return json_response({"status": "ok", "version": VERSION})


async def platform(request: Request, services: Services) -> Response:
    """Version, engines with what was probed of them, who is asking; for operators the data folder as well."""
    asker = await services.auth.asker(request)
    engines = [
        {
            "name": engine.name,
            "version": binaries.version,
            "origin": binaries.origin,
            "extensions": sorted(binaries.extensions),
            "can": {name: getattr(engine.can, name) for name in engine.can.__dataclass_fields__},
        }
        for engine, binaries in services.platform.engines()
    ]
    return json_response(
        {
            "version": VERSION,
            "home": str(services.platform.home.path) if asker.standing.operator else None,
            "engines": engines,
            "person": asker.actor,
            "operator": asker.standing.operator,
            "may_make_tenants": asker.standing.operator or await services.platform.members.tenants_each() > 0,
        }
    )
