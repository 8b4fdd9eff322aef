"""``/v1/token``: a short token of the person who is signed in, for what their page asks; and the end of one or all."""

from __future__ import annotations

import time

from dbaas_provisioning.errors import Forbidden

from ..auth import bearer_token
from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["create", "end", "end_this"]

_SECONDS = 15 * 60


async def create(request: Request, services: Services) -> Response:
    """A quarter of an hour's token, or one until the end of the token that the person came with."""
    asker = await services.auth.asker(request)
    asker.require_unbound()
    if asker.person is None:
        raise Forbidden("person_needed", "A key has no tokens.", hint="Send the key itself instead.")
    now = int(time.time())
    seconds = _SECONDS if asker.ends is None else max(1, min(_SECONDS, int(asker.ends) - now))
    token = await services.platform.members.token(asker.person, ttl_seconds=seconds)
    return json_response({"token": token, "expires_at": now + seconds}, headers=[("Cache-Control", "no-store")])


async def end(request: Request, services: Services) -> Response:
    """End every token of the person who asks, wherever they are in use."""
    asker = await services.auth.asker(request)
    asker.require_unbound()
    if asker.person is None:
        raise Forbidden("person_needed", "A key has no tokens.", hint="`dbaas tokens revoke PERSON` ends a person's.")
    await services.platform.members.end_tokens(asker.person, actor=asker.actor)
    return Response(204)


async def end_this(request: Request, services: Services) -> Response:
    """End the token that this request came with, and no other: somebody logs out of one terminal."""
    asker = await services.auth.asker(request)
    token = bearer_token(request.header("authorization")) or request.header("apikey")
    if request.identity is not None or not token.startswith("dbt_"):
        raise Forbidden("token_needed", "This came without a token of this platform's.", hint="Nothing was ended.")
    await services.platform.members.end_token(token, actor=asker.actor)
    return Response(204)
