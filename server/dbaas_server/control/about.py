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
    """Version, data folder, engines with what was probed of them, and who is asking."""
    person = await services.auth.operator(request)
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
        {"version": VERSION, "home": str(services.platform.home.path), "engines": engines, "person": person}
    )
