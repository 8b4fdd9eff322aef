"""``/v1/openapi.json``: the control API, described from its own route table."""

from __future__ import annotations

from typing import Any

from dbaas_provisioning.nouns import Right
from dbaas_provisioning.platform import BOUNDS

from ..http import Request, Response, json_response
from ..services import Services
from . import openapi_lifecycle
from .about import VERSION
from .audit import FILTERS
from .openapi_editor import ANSWERS, OPERATIONS, described

__all__ = ["read"]

_JSON = "application/json"


_TEXT = {"type": "string"}
_COUNT = {"type": "integer"}
_NUMBER = {"type": "number"}
_TRUTH = {"type": "boolean"}
_RIGHT = {"enum": list(Right)}
_LIST: dict[str, Any] = {"type": "array", "items": {}}

_DISTRIBUTION = "/v1/{tenant}/databases/{database}/distribution"

_LIMITS: dict[str, Any] = dict.fromkeys(BOUNDS, _COUNT) | {"max_storage_gb": _NUMBER}

# operation → (summary, tag, request body, status of success)
_OPERATIONS: dict[tuple[str, str], tuple[str, dict[str, Any] | None, int]] = {
    ("get", "/healthz"): ("Whether this process answers", None, 200),
    ("get", "/v1/platform"): ("Version, data folder, engines", None, 200),
    ("post", "/v1/token"): ("A short-lived token of the person who is signed in", None, 200),
    ("get", "/v1/plans"): ("Every plan, with its limits", None, 200),
    ("post", "/v1/plans"): (
        "Make a plan, like another one but for what is given",
        described(("name",), name=_TEXT, like=_TEXT, **_LIMITS),
        201,
    ),
    ("get", "/v1/plans/{plan}"): ("One plan", None, 200),
    ("patch", "/v1/plans/{plan}"): (
        "Change limits of a plan; they hold at once for the tenants on it",
        described(**_LIMITS),
        200,
    ),
    ("delete", "/v1/plans/{plan}"): ("Remove a plan that no tenant has", None, 204),
    ("get", "/v1/tenants"): ("Every tenant that who asks has a right on, with that right", None, 200),
    ("post", "/v1/tenants"): (
        "Make a tenant",
        described(("name",), name=_TEXT, subdomain=_TEXT, plan=_TEXT, administrator=_TEXT),
        201,
    ),
    ("get", "/v1/tenants/{tenant}"): ("One tenant, the right of who asks, and what it may use", None, 200),
    ("patch", "/v1/tenants/{tenant}"): (
        "Change its default database, its plan or limits of its own (0: the plan's), or the origins"
        " whose pages may read its data (`*`: all)",
        described(
            default_database=_TEXT,
            plan=_TEXT,
            cors_origins={"type": "array", "items": _TEXT},
            graphql_introspection={"type": "boolean"},
            max_connections=_COUNT,
            max_storage_gb=_NUMBER,
            restart=_TRUTH,
        ),
        200,
    ),
    ("delete", "/v1/tenants/{tenant}"): ("Remove a tenant with its databases", None, 204),
    ("get", "/v1/clusters"): ("Servers that run elsewhere, and what can be done there", None, 200),
    ("post", "/v1/clusters"): (
        "Register a server: its administrator's connection string, and the certificates that vouch for it, in PEM",
        described(("name", "dsn"), name=_TEXT, dsn=_TEXT, ca=_TEXT),
        201,
    ),
    ("get", "/v1/clusters/{cluster}"): ("One server", None, 200),
    ("patch", "/v1/clusters/{cluster}"): (
        "Look again what can be done there, or at another address",
        described(dsn=_TEXT, ca=_TEXT),
        200,
    ),
    ("delete", "/v1/clusters/{cluster}"): ("Forget a server that has no databases of the platform's", None, 204),
    ("get", "/login"): ("The page on which a person lets a terminal in", None, 200),
    ("post", "/v1/login"): ("Begin the login of a terminal: a code for a person", described((), name=_TEXT), 201),
    ("post", "/v1/login/token"): (
        "The terminal's token, once a person confirmed; 202 until then",
        described(("device_code",), device_code=_TEXT),
        200,
    ),
    ("post", "/v1/login/look"): ("What a code would let in", described(("code",), code=_TEXT), 200),
    ("post", "/v1/login/confirm"): ("Let a terminal in as oneself", described(("code",), code=_TEXT), 204),
    ("delete", "/v1/token"): ("End every token of the person who asks", None, 204),
    ("delete", "/v1/token/this"): ("End the token that this is asked with", None, 204),
    ("get", "/v1/token/oidc"): ("The OpenID providers that people sign in with", None, 200),
    ("post", "/v1/token/oidc"): (
        "A token of the person whom an OpenID provider's ID token names, for twelve hours",
        described(("id_token",), id_token=_TEXT, nonce=_TEXT, tenant=_TEXT),
        200,
    ),
    ("get", "/v1/{tenant}/usage"): ("What a tenant used, by the hour, newest first", None, 200),
    ("get", "/v1/audit"): ("Who did what on the platform, to tenants and with their data, newest first", None, 200),
    ("get", "/v1/{tenant}/audit"): ("Who did what, and who was refused what, newest first", None, 200),
    ("get", "/v1/{tenant}/members"): ("Who may do what with a tenant", None, 200),
    ("put", "/v1/{tenant}/members/{person}"): (
        "Make a person a member, or give a member another right; persons are `jupyter:NAME`, `hub:HUB:NAME` or"
        " `oidc:ISSUER#SUBJECT`",
        described(("right",), right=_RIGHT),
        200,
    ),
    ("delete", "/v1/{tenant}/members/{person}"): ("Take every right from a member; anybody may leave", None, 204),
    ("get", "/v1/{tenant}/invitations"): ("Invitations that nobody redeemed yet", None, 200),
    ("post", "/v1/{tenant}/invitations"): (
        "Make an invitation, for who is not known yet; its token is shown once and holds for a week",
        described(("name", "right"), name=_TEXT, right=_RIGHT),
        201,
    ),
    ("delete", "/v1/{tenant}/invitations/{invitation}"): ("End an invitation", None, 204),
    ("post", "/v1/invitations/redeem"): ("Become a member by an invitation", described(("token",), token=_TEXT), 200),
    ("get", "/v1/{tenant}/forms/database"): ("What can be chosen for a new database, and what it costs", None, 200),
    ("post", "/v1/{tenant}/clusters/{engine}/upgrade"): (
        "Move a server's data to a newer major version. With `Accept: application/x-ndjson` it is a line of JSON for"
        " each step as it begins, then one with the cluster or the error",
        described(("to",), to=_TEXT),
        200,
    ),
    ("get", "/v1/{tenant}/databases"): ("A tenant's databases", None, 200),
    ("post", "/v1/{tenant}/databases"): (
        "Make a database; the answer has its connection string. With `Accept: application/x-ndjson` it is a line of"
        " JSON for each step as it begins, then one with the database or the error",
        described(("name",), engine=_TEXT, name=_TEXT, expose={"enum": ["policies", "all"]}, cluster=_TEXT),
        201,
    ),
    ("get", "/v1/{tenant}/databases/{database}"): ("One database", None, 200),
    ("delete", "/v1/{tenant}/databases/{database}"): ("Remove it; a last dump stays for a week", None, 204),
    ("post", "/v1/{tenant}/databases/{database}/rotate"): ("New passwords; the old ones end", None, 200),
    ("get", "/v1/{tenant}/databases/{database}/connection-string"): ("The owner's connection string", None, 200),
    ("get", "/v1/{tenant}/documents/connection-string"): ("MongoDB's, for all document databases", None, 200),
    ("post", "/v1/{tenant}/documents/rotate"): ("A new password for it; the old one ends", None, 200),
    ("get", "/v1/{tenant}/databases/{database}/usage"): ("Size and connections", None, 200),
    ("get", "/v1/{tenant}/databases/{database}/feed"): (
        "Its feed of changes: state, slot, lag, history, followers",
        None,
        200,
    ),
    ("get", "/v1/{tenant}/databases/{database}/schema"): ("Tables, columns, functions", None, 200),
    ("get", _DISTRIBUTION): ("Citus: workers, distributed tables, the last rebalancing", None, 200),
    ("post", f"{_DISTRIBUTION}/distribute"): (
        "Spread a table's rows over the workers by a column's values, beside those of another table of its schema",
        described(("table", "by"), table=_TEXT, schema=_TEXT, by=_TEXT, beside=_TEXT),
        200,
    ),
    ("post", f"{_DISTRIBUTION}/reference"): (
        "Have a whole copy of a table on every worker",
        described(("table",), table=_TEXT, schema=_TEXT),
        200,
    ),
    ("post", f"{_DISTRIBUTION}/undistribute"): (
        "Make a table one of the database's own server again; with `cascade` those that foreign keys relate it to",
        described(("table",), table=_TEXT, schema=_TEXT, cascade=_TRUTH),
        200,
    ),
    ("post", f"{_DISTRIBUTION}/rebalance"): ("Begin to move rows until workers hold the same", described(), 200),
    ("get", "/v1/{tenant}/keys"): ("A tenant's keys, without the keys themselves", None, 200),
    ("post", "/v1/{tenant}/keys"): (
        "Make a key, shown once",
        described(("role",), role={"enum": ["anon", "service_role"]}, documents_only={"type": "boolean"}),
        201,
    ),
    ("delete", "/v1/{tenant}/keys/{key}"): ("End a key", None, 204),
    ("get", "/v1/{tenant}/graphql/documents"): ("Stored GraphQL documents", None, 200),
    ("get", "/v1/{tenant}/graphql/documents/{sha256}"): ("One stored GraphQL document", None, 200),
    ("put", "/v1/{tenant}/graphql/documents/{sha256}"): (
        "Store a GraphQL document under the SHA-256 of its text",
        described(("query",), query=_TEXT),
        204,
    ),
    ("delete", "/v1/{tenant}/graphql/documents/{sha256}"): ("Remove a stored GraphQL document", None, 204),
    ("post", "/v1/{tenant}/jwt"): (
        "Sign a token",
        described(role={"enum": ["anon", "authenticated"]}, sub=_TEXT, expires_in=_COUNT, claims={"type": "object"}),
        200,
    ),
    ("get", "/v1/{tenant}/jwt-secret"): ("What signs the tenant's tokens", None, 200),
    ("post", "/v1/{tenant}/query"): (
        "Run SQL as the owner, or with a secret key",
        described(
            ("query",),
            database=_TEXT,
            query=_TEXT,
            params=_LIST,
            max_rows=_COUNT,
            offset=_COUNT,
            count=_TRUTH,
            rows={"enum": ["objects", "arrays"]},
        ),
        200,
    ),
    ("post", "/v1/{tenant}/load/{table}"): ("Load CSV with a header line, all or nothing", None, 200),
}


async def read(request: Request, services: Services) -> Response:
    """The document; the same for everybody."""
    return json_response(document(request.base_url))


def document(base_url: str) -> dict[str, Any]:
    """OpenAPI 3.1 of the control door, with ``base_url`` as its server."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), (summary, body, success) in (_OPERATIONS | openapi_lifecycle.OPERATIONS | OPERATIONS).items():
        paths.setdefault(path, {})[method] = _operation(method, path, summary, body, success)
    return {
        "openapi": "3.1.0",
        "info": {"title": "jupyter-dbaas control API", "version": VERSION},
        "servers": [{"url": base_url}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Error": described(
                    ("code", "message"),
                    code=_TEXT,
                    message=_TEXT,
                    details={"type": ["string", "null"]},
                    hint={"type": ["string", "null"]},
                )
            },
            "responses": {
                "Error": {
                    "description": "What is wrong and what to do about it",
                    "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
                }
            },
        },
    }


def _operation(method: str, path: str, summary: str, body: dict[str, Any] | None, success: int) -> dict[str, Any]:
    names = [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]
    answer = ANSWERS.get((method, path))
    content: dict[str, Any] = {_JSON: {} if answer is None else {"schema": answer}}
    if path.endswith("/export"):
        content = {"*/*": {}}
    operation: dict[str, Any] = {
        "operationId": f"{method}_{path.strip('/').replace('/', '_').replace('{', '').replace('}', '')}",
        "summary": summary,
        "parameters": [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names],
        "responses": {
            str(success): {"description": "Done", **({} if success == 204 else {"content": content})},
            "default": {"$ref": "#/components/responses/Error"},
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": body}}}
    if path.endswith("/load/{table}"):
        operation["requestBody"] = {"required": True, "content": {"text/csv": {"schema": _TEXT}}}
        operation["parameters"] += [
            {"name": name, "in": "query", "schema": _TEXT} for name in ("database", "schema", "columns")
        ]
    openapi_lifecycle.describe(operation, method, path)
    if path.endswith("/history") and method == "get":
        operation["parameters"] += [
            {"name": name, "in": "query", "schema": schema}
            for name, schema in (("search", _TEXT), ("limit", _COUNT), ("before", _TEXT))
        ]
    if path.endswith("/audit"):
        counts = ("limit", "before")
        operation["parameters"] += [
            {"name": name, "in": "query", "schema": _COUNT if name in counts else _TEXT} for name in FILTERS
        ]
    if path == "/v1/{tenant}/usage":
        operation["parameters"].append({"name": "days", "in": "query", "schema": _COUNT})
    if path in ("/healthz", "/login", "/v1/login", "/v1/login/token", "/v1/token/oidc"):
        operation["security"] = []
    return operation
