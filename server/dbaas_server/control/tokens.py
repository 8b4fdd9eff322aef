"""``/v1/token``: a token of the person who is signed in to Jupyter, for what their page asks of the data doors."""

from __future__ import annotations

import time

from dbaas_provisioning.errors import Forbidden

from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["create"]

_SECONDS = 15 * 60


async def create(request: Request, services: Services) -> Response:
    """A quarter of an hour's token. Only for whom Jupyter knows: a key must not outlive its end through one."""
    await services.auth.operator(request)
    if request.identity is None:
        raise Forbidden(
            "jupyter_only", "Only Jupyter's own pages are given such tokens.", hint="Send the key itself instead."
        )
    token = services.platform.person_token(request.identity, ttl_seconds=_SECONDS)
    return json_response(
        {"token": token, "expires_at": int(time.time()) + _SECONDS}, headers=[("Cache-Control", "no-store")]
    )
