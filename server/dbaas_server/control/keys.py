"""``/v1/{tenant}/keys`` and tokens: what applications carry."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import jwt

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_provisioning.nouns import JwtSecret, KeyRole, Right

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services
from .render import key_json

__all__ = ["create", "jwt_secret", "list_all", "revoke", "sign", "signed"]

_NO_STORE = [("Cache-Control", "no-store")]
_RESERVED_CLAIMS = frozenset({"role", "sub", "iat", "exp"})
_LONGEST_SECONDS = 10 * 365 * 24 * 3600


async def list_all(request: Request, services: Services) -> Response:
    """A tenant's keys; never the keys themselves."""
    await services.auth.member(request, request.params["tenant"], Right.own)
    return json_response([key_json(key) for key in await services.platform.keys(request.params["tenant"])])


async def create(request: Request, services: Services) -> Response:
    """Make a key, shown in this answer and never again."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    fields = await body_fields(request, {"role": str, "documents_only": bool})
    role = required(fields, "role")
    if role not in (KeyRole.anon, KeyRole.service_role):
        raise Invalid("invalid_field", "`role` must be anon (publishable) or service_role (secret).")
    key, plain = await services.platform.create_key(
        request.params["tenant"], KeyRole(role), documents_only=fields.get("documents_only", False), actor=actor
    )
    return json_response({**key_json(key), "key": plain}, 201, _NO_STORE)


async def revoke(request: Request, services: Services) -> Response:
    """End a key, in every process at once."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    try:
        key_id = UUID(request.params["key"])
    except ValueError:
        raise NotFound("key_not_found", "There is no such key.") from None
    await services.platform.revoke_key(request.params["tenant"], key_id, actor=actor)
    return Response(204)


async def jwt_secret(request: Request, services: Services) -> Response:
    """What signs the tenant's tokens, for an application's own sign-in."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    secret = await services.platform.jwt_secret(request.params["tenant"])
    await services.platform.reveal(request.params["tenant"], None, "jwt_secret", actor=actor)
    return json_response({"kid": secret.kid, "secret": secret.secret, "algorithm": "HS256"}, headers=_NO_STORE)


async def sign(request: Request, services: Services) -> Response:
    """Sign a token for a subject."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    fields = await body_fields(request, {"role": str, "sub": str, "expires_in": int, "claims": dict})
    secret = await services.platform.jwt_secret(request.params["tenant"])
    token, expires_at = signed(
        secret,
        role=fields.get("role", "authenticated"),
        sub=fields.get("sub"),
        expires_in=fields.get("expires_in", 3600),
        claims=fields.get("claims", {}),
    )
    await services.platform.reveal(request.params["tenant"], None, "jwt", actor=actor)
    return json_response({"token": token, "expires_at": expires_at}, headers=_NO_STORE)


def signed(
    secret: JwtSecret, *, role: str, sub: str | None, expires_in: int, claims: dict[str, Any]
) -> tuple[str, int]:
    """A token and when it ends (seconds since 1970). Raises ``Invalid``."""
    if role not in ("anon", "authenticated"):
        raise Invalid("invalid_field", "`role` must be anon or authenticated.")
    if not -_LONGEST_SECONDS <= expires_in <= _LONGEST_SECONDS:
        raise Invalid("invalid_field", "`expires_in` is a number of seconds, at most ten years.")
    clash = _RESERVED_CLAIMS & claims.keys()
    if clash:
        raise Invalid("invalid_field", f"`claims` may not set {', '.join(sorted(clash))}.")
    now = int(time.time())
    payload = {**claims, "role": role, "iat": now, "exp": now + expires_in}
    if sub is not None:
        payload["sub"] = sub
    return jwt.encode(payload, secret.secret, algorithm="HS256", headers={"kid": secret.kid}), now + expires_in
