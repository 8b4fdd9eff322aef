"""Which credentials a request brings, before anybody looks whether they are worth something."""

from __future__ import annotations

from typing import Any

import orjson

__all__ = ["bearer_token", "carries_credential", "claims_text", "is_key"]


def carries_credential(headers: Any) -> bool:
    """Whether a request brings a key or token of ours, so that Jupyter's cookie and XSRF checks do not concern it."""
    if headers.get("apikey"):
        return True
    token = bearer_token(headers.get("authorization") or headers.get("Authorization") or "")
    return token is not None and (token.startswith(("dbk_", "dbt_")) or token.count(".") == 2)


def bearer_token(header: str) -> str | None:
    """What an ``Authorization`` header of that kind holds."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


def is_key(credential: str) -> bool:
    """Whether this is a key or a person's token, and none that a tenant's application signed."""
    return credential.startswith(("dbk_", "dbt_"))


def claims_text(claims: dict[str, Any]) -> str:
    """Claims as row policies read them."""
    return orjson.dumps(claims).decode()
