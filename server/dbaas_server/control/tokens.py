"""``/v1/token``: a token of the person who is signed in to Jupyter, for what their page asks; and the end of all."""

from __future__ import annotations

import time

from dbaas_provisioning.errors import Forbidden

from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["create", "end"]

_SECONDS = 15 * 60


async def create(request: Request, services: Services) -> Response:
    """A quarter of an hour's token. Only for whom Jupyter knows: a key must not outlive its end through one."""
    await services.auth.asker(request)
    if request.identity is None:
        raise Forbidden(
            "jupyter_only", "Only Jupyter's own pages are given such tokens.", hint="Send the key itself instead."
        )
    token = await services.platform.members.token(request.identity, ttl_seconds=_SECONDS)
    return json_response(
        {"token": token, "expires_at": int(time.time()) + _SECONDS}, headers=[("Cache-Control", "no-store")]
    )


async def end(request: Request, services: Services) -> Response:
    """End every token of the person who asks, wherever they are in use."""
    asker = await services.auth.asker(request)
    asker.require_unbound()
    if asker.person is None:
        raise Forbidden("person_needed", "A key has no tokens.", hint="`dbaas tokens revoke PERSON` ends a person's.")
    await services.platform.members.end_tokens(asker.person, actor=asker.actor)
    return Response(204)
