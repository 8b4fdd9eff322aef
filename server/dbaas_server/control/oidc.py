"""``/v1/token/oidc``: signing in with an OpenID provider."""

from __future__ import annotations

import time

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["MAX_BODY", "exchange", "providers"]

MAX_BODY = 64 * 1024
_SECONDS = 12 * 3600


async def providers(request: Request, services: Services) -> Response:
    """The providers whose word is taken, for who wants to sign in."""
    found = await services.auth.oidc.registered()
    return json_response(
        [
            {"name": one.name, "issuer": one.issuer, "audience": one.audience}
            for one in sorted(found.values(), key=lambda one: one.name)
        ]
    )


async def exchange(request: Request, services: Services) -> Response:
    """A person's token for an ID token that names them. 401 ``id_token_invalid``, ``token_expired``.

    ``nonce`` is the one that the sign-in was begun with, if there was one; ``tenant`` is the only one that the token is
    to open.
    """
    fields = await body_fields(request, {"id_token": str, "nonce": str, "tenant": str})
    person = await services.auth.oidc.person(required(fields, "id_token"), fields.get("nonce"))
    token = await services.platform.members.create_token(
        person, ttl_seconds=_SECONDS, tenant=fields.get("tenant"), actor=person
    )
    return json_response(
        {"token": token, "person": person, "expires_at": int(time.time()) + _SECONDS},
        headers=[("Cache-Control", "no-store")],
    )
