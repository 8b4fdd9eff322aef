"""What precedes every request in its own transaction: who asks, and within which bounds."""

from __future__ import annotations

from functools import lru_cache

from dbaas_provisioning.errors import Forbidden
from dbaas_provisioning.nouns import Credential

from ...engine import Target
from ...nouns import Caller
from .compile.names import ident
from .multiplexer import Statement
from .parameters import encoded

__all__ = ["credential_of", "opening"]

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


@lru_cache(maxsize=4096)  # callers come again
def opening(
    caller: Caller, schema: str, timeout_ms: int, *, read_only: bool, time_zone: str | None = None
) -> Statement:
    """The statement that makes a transaction the caller's.

    Reading is enforced; writing is not asked for, so that a database made read-only stays so.

    Args:
        schema: leads the search path.
        timeout_ms: of each statement.

    Raises:
        QueryError: ``22021``, for claims that PostgreSQL cannot hold as text.
    """
    settings = (
        "none" if caller.role == "owner" else caller.role,
        caller.claims,
        search_path(schema),
        str(timeout_ms),
        caller.tenant_claim or "",
    )
    if time_zone is not None:
        return _TEXTS[read_only, True], tuple(encoded((*settings, time_zone)))
    return _TEXTS[read_only, False], tuple(encoded(settings))


def search_path(schema: str) -> str:
    """The search path of a request on a schema."""
    return "public, extensions" if schema == "public" else f"{ident(schema)}, public, extensions"


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
