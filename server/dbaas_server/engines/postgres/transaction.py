"""What precedes every request in its own transaction: who asks, and within which bounds."""

from __future__ import annotations

from dbaas_provisioning.errors import Forbidden
from dbaas_provisioning.nouns import Credential

from ...engine import Target
from ...nouns import Caller
from .compile.names import ident

__all__ = ["Opening", "credential_of", "opening", "search_path"]

_SETTINGS = (
    "select set_config('role',$1,true),set_config('request.jwt.claims',$2,true),set_config('search_path',$3,true),"
    "set_config('statement_timeout',$4,true),set_config('app.current_tenant',$5,true)"
)
_READ_ONLY = ",set_config('transaction_read_only','on',true)"
_TIME_ZONE = ",set_config('timezone',$6,true)"

_API_ROLES = ("anon", "authenticated")

_TEXTS = {
    (read_only, zoned): (_SETTINGS + (_READ_ONLY if read_only else "") + (_TIME_ZONE if zoned else "")).encode()
    for read_only in (False, True)
    for zoned in (False, True)
}

Opening = tuple[bytes, tuple[bytes, ...]]
"""A statement and its parameters."""


def opening(caller: Caller, schema: str, timeout_ms: int, *, read_only: bool, time_zone: str | None = None) -> Opening:
    """The statement that makes a transaction the caller's.

    Reading is enforced; writing is not asked for, so that a database made read-only stays so.

    Args:
        schema: leads the search path.
        timeout_ms: of each statement.
    """
    values = (
        b"none" if caller.role == "owner" else caller.role.encode(),
        caller.claims.encode(),
        search_path(schema),
        str(timeout_ms).encode(),
        (caller.tenant_claim or "").encode(),
    )
    if time_zone is not None:
        return _TEXTS[read_only, True], (*values, time_zone.encode())
    return _TEXTS[read_only, False], values


def search_path(schema: str) -> bytes:
    """The search path of a request on a schema."""
    return b"public, extensions" if schema == "public" else f"{ident(schema)}, public, extensions".encode()


def credential_of(target: Target, role: str) -> Credential:
    """The login that may become a role, and none with more rights. Raises ``Forbidden``."""
    if role in _API_ROLES:
        return target.api
    if role == "service_role":
        return target.service
    if role == "owner":
        return target.owner
    raise Forbidden(
        "unknown_role", f"“{role}” is no role of this database.", hint="Use anon, authenticated or service_role."
    )
