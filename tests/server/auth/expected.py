"""What every route says to everybody: one line a route.

A new route is one more line in ``EXPECTED``: its method and pattern, and one of the tables below. ``HEAD`` says what
``GET`` does, and ``OPTIONS`` of data doors is for everybody; neither is listed.
"""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["ASKERS", "EXPECTED", "Refusal", "Table"]

Refusal: TypeAlias = tuple[int, str] | None
"""Status and code; None: not refused, whatever else is wrong with the request."""

Table: TypeAlias = dict[str, Refusal]
"""Asker → refusal."""

ASKERS = (
    "nobody",
    "expired",  # the owner's token, which has expired
    "ended",  # a token that was ended
    "stranger",  # a person without any right here
    "elsewhere",  # the owner's token, bound to another tenant
    "viewer",
    "owner",
    "administrator",
    "operator",
    "admin_key",
    "foreign_key",  # another tenant's secret key
    "anon_key",
    "secret_key",
)

_UNKNOWN: Table = {"nobody": (401, "unauthorized"), "expired": (401, "token_expired"), "ended": (401, "token_invalid")}
_HIDDEN = (404, "tenant_not_found")
_TOO_LITTLE = (403, "right_needed")
_NOT_THEIRS = (403, "not_an_operator")
_NO_KEYS = dict.fromkeys(("foreign_key", "anon_key", "secret_key"), _NOT_THEIRS)
_OUTSIDE = dict.fromkeys(("stranger", "elsewhere"), _HIDDEN)
_PERSONS = ("stranger", "elsewhere", "viewer", "owner", "administrator")


def _table(*parts: Table) -> Table:
    table: Table = dict.fromkeys(ASKERS)
    for part in parts:
        table |= part
    return table


PUBLIC = _table()
SIGNED_IN = _table(_UNKNOWN, _NO_KEYS)
OPERATOR = _table(_UNKNOWN, _NO_KEYS, dict.fromkeys(_PERSONS, _NOT_THEIRS))
VIEW = _table(_UNKNOWN, _NO_KEYS, _OUTSIDE)
OWN = _table(VIEW, {"viewer": _TOO_LITTLE})
ADMINISTER = _table(OWN, {"owner": _TOO_LITTLE})
NEW_TENANT = _table(OPERATOR, {"elsewhere": (403, "token_bound")})
NO_KEYS = _table(SIGNED_IN, {"elsewhere": (403, "token_bound"), "admin_key": (403, "person_needed")})

_KEYS_TOO: Table = {"foreign_key": (401, "invalid_key"), "anon_key": (403, "secret_key_needed"), "secret_key": None}
OWN_OR_SECRET = _table(OWN, _KEYS_TOO)
VIEW_OR_SECRET = _table(VIEW, _KEYS_TOO)
DATA = _table(
    OWN, _KEYS_TOO, {"nobody": (401, "PGRST302"), "anon_key": None, "admin_key": (401, "invalid_key")}
)  # fmt: skip

EXPECTED: dict[str, Table] = {
    "GET /healthz": PUBLIC,
    "GET /v1/openapi.json": PUBLIC,
    "GET /v1/platform": SIGNED_IN,
    "POST /v1/token": NO_KEYS,
    "GET /login": PUBLIC,
    "POST /v1/login": PUBLIC,
    "POST /v1/login/token": PUBLIC,
    "POST /v1/login/look": NO_KEYS,
    "POST /v1/login/confirm": NO_KEYS,
    "GET /graphiql/{asset}": PUBLIC,
    # control
    "GET /v1/clusters": OPERATOR,
    "POST /v1/clusters": OPERATOR,
    "GET /v1/clusters/{cluster}": OPERATOR,
    "PATCH /v1/clusters/{cluster}": OPERATOR,
    "DELETE /v1/clusters/{cluster}": OPERATOR,
    "GET /v1/tenants": SIGNED_IN,
    "POST /v1/tenants": NEW_TENANT,
    "GET /v1/tenants/{tenant}": VIEW,
    "PATCH /v1/tenants/{tenant}": ADMINISTER,
    "DELETE /v1/tenants/{tenant}": ADMINISTER,
    "DELETE /v1/token": NO_KEYS,
    "DELETE /v1/token/this": _table(SIGNED_IN, {"admin_key": (403, "token_needed")}),
    "GET /v1/token/oidc": PUBLIC,
    "POST /v1/token/oidc": PUBLIC,
    "GET /v1/audit": OPERATOR,
    "GET /v1/plans": OPERATOR,
    "POST /v1/plans": OPERATOR,
    "GET /v1/plans/{plan}": OPERATOR,
    "PATCH /v1/plans/{plan}": OPERATOR,
    "DELETE /v1/plans/{plan}": OPERATOR,
    "POST /v1/invitations/redeem": NO_KEYS,
    "GET /v1/{tenant}/audit": OWN,
    "GET /v1/{tenant}/usage": VIEW,
    "GET /v1/{tenant}/members": VIEW,
    "PUT /v1/{tenant}/members/{person}": ADMINISTER,
    "DELETE /v1/{tenant}/members/{person}": ADMINISTER,
    "GET /v1/{tenant}/invitations": ADMINISTER,
    "POST /v1/{tenant}/invitations": ADMINISTER,
    "DELETE /v1/{tenant}/invitations/{invitation}": ADMINISTER,
    "GET /v1/{tenant}/forms/database": OWN,
    "POST /v1/{tenant}/clusters/{engine}/upgrade": OPERATOR,
    "GET /v1/{tenant}/databases": VIEW,
    "POST /v1/{tenant}/databases": OWN,
    "GET /v1/{tenant}/databases/{database}": VIEW,
    "DELETE /v1/{tenant}/databases/{database}": OWN,
    "POST /v1/{tenant}/databases/{database}/rotate": OWN,
    "POST /v1/{tenant}/databases/{database}/dump": OWN,
    "GET /v1/{tenant}/databases/{database}/dumps": OWN,
    "POST /v1/{tenant}/databases/{database}/dumps": OWN,
    "GET /v1/{tenant}/databases/{database}/dumps/{dump}": OWN,
    "DELETE /v1/{tenant}/databases/{database}/dumps/{dump}": OWN,
    "POST /v1/{tenant}/databases/{database}/restore": OWN,
    "POST /v1/{tenant}/databases/{database}/branch": OWN,
    "GET /v1/{tenant}/databases/{database}/distribution": VIEW,
    "POST /v1/{tenant}/databases/{database}/distribution/distribute": OWN,
    "POST /v1/{tenant}/databases/{database}/distribution/reference": OWN,
    "POST /v1/{tenant}/databases/{database}/distribution/undistribute": OWN,
    "POST /v1/{tenant}/databases/{database}/distribution/rebalance": OPERATOR,
    "GET /v1/{tenant}/undrop": OWN,
    "POST /v1/{tenant}/undrop": OWN,
    "POST /v1/{tenant}/import": OWN,
    "GET /v1/{tenant}/databases/{database}/connection-string": OWN,
    "GET /v1/{tenant}/documents/connection-string": OWN,
    "POST /v1/{tenant}/documents/rotate": OWN,
    "GET /v1/{tenant}/databases/{database}/usage": VIEW,
    "GET /v1/{tenant}/databases/{database}/feed": VIEW,
    "GET /v1/{tenant}/databases/{database}/schema": VIEW,
    "GET /v1/{tenant}/databases/{database}/overview": VIEW_OR_SECRET,
    "GET /v1/{tenant}/databases/{database}/editor/history": OWN_OR_SECRET,
    "DELETE /v1/{tenant}/databases/{database}/editor/history": OWN_OR_SECRET,
    "DELETE /v1/{tenant}/databases/{database}/editor/history/{entry}": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/complete": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/hover": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/diagnose": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/format": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/statements": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/run": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/rows": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/count": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/cell": OWN_OR_SECRET,
    "POST /v1/{tenant}/databases/{database}/editor/export": OWN_OR_SECRET,
    "DELETE /v1/{tenant}/databases/{database}/editor/results/{result}": OWN_OR_SECRET,
    "GET /v1/{tenant}/keys": OWN,
    "POST /v1/{tenant}/keys": OWN,
    "DELETE /v1/{tenant}/keys/{key}": OWN,
    "GET /v1/{tenant}/graphql/documents": VIEW,
    "GET /v1/{tenant}/graphql/documents/{sha256}": VIEW,
    "PUT /v1/{tenant}/graphql/documents/{sha256}": OWN,
    "DELETE /v1/{tenant}/graphql/documents/{sha256}": OWN,
    "POST /v1/{tenant}/jwt": OWN,
    "GET /v1/{tenant}/jwt-secret": OWN,
    "POST /v1/{tenant}/query": OWN_OR_SECRET,
    "POST /v1/{tenant}/load/{table}": OWN_OR_SECRET,
    # data
    "GET /v1/{tenant}/openapi.json": DATA,
    "GET /v1/{tenant}/data/{table}": DATA,
    "POST /v1/{tenant}/data/{table}": DATA,
    "PATCH /v1/{tenant}/data/{table}": DATA,
    "PUT /v1/{tenant}/data/{table}": DATA,
    "DELETE /v1/{tenant}/data/{table}": DATA,
    "GET /v1/{tenant}/data/{table}/{record}": DATA,
    "PUT /v1/{tenant}/data/{table}/{record}": DATA,
    "PATCH /v1/{tenant}/data/{table}/{record}": DATA,
    "DELETE /v1/{tenant}/data/{table}/{record}": DATA,
    "POST /v1/{tenant}/data/{table}/{record}": DATA,
    "GET /v1/{tenant}/rpc/{function}": DATA,
    "POST /v1/{tenant}/rpc/{function}": DATA,
    "GET /v1/{tenant}/changes": DATA,
    "GET /v1/{tenant}/graphql": DATA,
    "POST /v1/{tenant}/graphql": DATA,
    "GET /p/{tenant}/{database}/graphql/v1": DATA,
    "POST /p/{tenant}/{database}/graphql/v1": DATA,
    "GET /p/{tenant}/{database}/realtime/v1/websocket": DATA,
    "POST /p/{tenant}/{database}/realtime/v1/api/broadcast": DATA,
    "POST /p/{tenant}/{database}/realtime/v1/api/broadcast/{topic}/events/{event}": DATA,
    "GET /p/{tenant}/{database}/rest/v1": DATA,
    "GET /p/{tenant}/{database}/rest/v1/{table}": DATA,
    "POST /p/{tenant}/{database}/rest/v1/{table}": DATA,
    "PATCH /p/{tenant}/{database}/rest/v1/{table}": DATA,
    "PUT /p/{tenant}/{database}/rest/v1/{table}": DATA,
    "DELETE /p/{tenant}/{database}/rest/v1/{table}": DATA,
    "POST /p/{tenant}/{database}/rest/v1/{table}/aggregate": DATA,
    "GET /p/{tenant}/{database}/rest/v1/rpc/{function}": DATA,
    "POST /p/{tenant}/{database}/rest/v1/rpc/{function}": DATA,
}
