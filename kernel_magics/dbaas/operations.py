"""What can be asked of the server, free of I/O: each function makes an :class:`Operation` that a transport carries.

The asynchronous client and the synchronous one, which is made from it, are both a few lines over these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from .errors import from_graphql
from .nouns import (
    ApiKey,
    Cluster,
    Consumption,
    Database,
    Feed,
    Invitation,
    Member,
    Membership,
    Plan,
    Platform,
    Schema,
    Secret,
    Tenant,
    Token,
    Usage,
)
from .operation import Operation
from .operation import get as _get
from .operation import given as _given
from .operation import nothing as _nothing
from .operation import path as _path
from .operation import send as _send
from .params import to_json

__all__ = ["Operation", "Page", "Suggestions"]

ARROW = "application/vnd.apache.arrow.stream"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a statement's result.

    Attributes:
        columns: name and the engine's type name of each.
        rows: values as JSON gives them, in column order.
        row_count: rows returned or touched, as the engine reported.
        truncated: the engine has more rows than asked for or allowed.
        command: the engine's tag, such as ``SELECT 3``.
        notices: what the engine said along the way.
        total: rows in all, when a count was asked for.
    """

    columns: tuple[tuple[str, str], ...]
    rows: list[list[Any]]
    row_count: int
    truncated: bool
    command: str
    notices: tuple[str, ...] = ()
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What may stand in a statement.

    Attributes:
        start, end: what a suggestion replaces, in UTF-16 code units.
        items: the text to insert and what it names (``column``, ``table`` …), best first.
    """

    start: int
    end: int
    items: tuple[tuple[str, str], ...]


def platform() -> Operation[Platform]:
    """What the server is and offers."""
    return _get("/v1/platform", Platform.of)


def plans() -> Operation[list[Plan]]:
    """What tenants may use, by plan."""
    return _get("/v1/plans", lambda data: [Plan.of(item) for item in data])


def clusters() -> Operation[list[Cluster]]:
    """Servers that run elsewhere, as they were last seen."""
    return _get("/v1/clusters", lambda data: [Cluster.of(item) for item in data])


def cluster(name: str) -> Operation[Cluster]:
    """One of them."""
    return _get(_path("v1", "clusters", name), Cluster.of)


def redeem(token: str) -> Operation[Membership]:
    """Become a member by an invitation."""
    return _send("POST", "/v1/invitations/redeem", {"token": token}, Membership.of)


def consumption(tenant: str, days: int) -> Operation[Consumption]:
    """What a tenant may use, and what it used, by the hour."""
    return _get(_path("v1", tenant, "usage"), Consumption.of, query=[("days", str(days))])


def tenants() -> Operation[list[Tenant]]:
    """Every tenant this person may see."""
    return _get("/v1/tenants", lambda data: [Tenant.of(item) for item in data])


def create_tenant(name: str, subdomain: str | None, plan: str | None) -> Operation[Tenant]:
    """Make a tenant; without a ``subdomain`` the server derives one from the name."""
    body = _given(name=name, subdomain=subdomain, plan=plan)
    return _send("POST", "/v1/tenants", body, Tenant.of)


def tenant(name: str) -> Operation[Tenant]:
    """One tenant by its subdomain."""
    return _get(_path("v1", "tenants", name), Tenant.of)


def update_tenant(
    name: str, default_database: str | None, plan: str | None, cors_origins: Sequence[str] | None
) -> Operation[Tenant]:
    """Change what is given."""
    origins = None if cors_origins is None else list(cors_origins)
    body = _given(default_database=default_database, plan=plan, cors_origins=origins)
    return _send("PATCH", _path("v1", "tenants", name), body, Tenant.of)


def drop_tenant(name: str) -> Operation[None]:
    """Remove a tenant and everything it has."""
    return Operation("DELETE", _path("v1", "tenants", name), _nothing)


def databases(tenant: str) -> Operation[list[Database]]:
    """A tenant's databases. Wakes none of them."""
    return _get(_path("v1", tenant, "databases"), lambda data: [Database.of(item) for item in data])


def create_database(tenant: str, name: str, engine: str, expose: str | None) -> Operation[Database]:
    """Make a database; the answer holds its connection string."""
    body = _given(engine=engine, name=name, expose=expose)
    return _send("POST", _path("v1", tenant, "databases"), body, Database.of)


def database(tenant: str, name: str) -> Operation[Database]:
    """One database."""
    return _get(_path("v1", tenant, "databases", name), Database.of)


def drop_database(tenant: str, name: str, *, keep_dump: bool) -> Operation[None]:
    """Remove a database and its data."""
    query = [] if keep_dump else [("keep_dump", "false")]
    return Operation("DELETE", _path("v1", tenant, "databases", name), _nothing, query=query)


def rotate(tenant: str, name: str) -> Operation[Database]:
    """New credentials; the old ones stop working. The answer holds the new connection string."""
    return _send("POST", _path("v1", tenant, "databases", name, "rotate"), {}, Database.of)


def connection_string(tenant: str, name: str) -> Operation[Database]:
    """The connection string alone; wakes a sleeping database."""
    path = _path("v1", tenant, "databases", name, "connection-string")
    return _get(path, lambda data: Database.of({"id": "", "tenant": tenant, "name": name, **data}))


def mongo_connection_string(tenant: str) -> Operation[Secret]:
    """MongoDB's, of the user of all document databases of a tenant."""
    return _get(_path("v1", tenant, "documents", "connection-string"), lambda data: Secret(data["connection_string"]))


def rotate_mongo(tenant: str) -> Operation[Secret]:
    """A new password for that user; the old one opens nothing. The answer is the new connection string."""
    path = _path("v1", tenant, "documents", "rotate")
    return _send("POST", path, {}, lambda data: Secret(data["connection_string"]))


def usage(tenant: str, name: str) -> Operation[Usage]:
    """What a database uses of its limits."""
    return _get(_path("v1", tenant, "databases", name, "usage"), Usage.of)


def feed(tenant: str, name: str) -> Operation[Feed]:
    """How a database's feed of changes is doing. Wakes nothing."""
    return _get(_path("v1", tenant, "databases", name, "feed"), Feed.of)


def schema(tenant: str, name: str) -> Operation[Schema]:
    """Tables, columns, policies and functions."""
    return _get(_path("v1", tenant, "databases", name, "schema"), Schema.of)


def keys(tenant: str) -> Operation[list[ApiKey]]:
    """A tenant's API keys, without the keys themselves."""
    return _get(_path("v1", tenant, "keys"), lambda data: [ApiKey.of(item) for item in data])


def create_key(tenant: str, role: str) -> Operation[ApiKey]:
    """Make a key; only this answer holds it."""
    return _send("POST", _path("v1", tenant, "keys"), {"role": role}, ApiKey.of)


def revoke_key(tenant: str, key_id: str) -> Operation[None]:
    """Make a key useless."""
    return Operation("DELETE", _path("v1", tenant, "keys", key_id), _nothing)


def sign(
    tenant: str, role: str, sub: str | None, expires_in: int | None, claims: Mapping[str, Any] | None
) -> Operation[Token]:
    """A token signed with the tenant's secret. ``expires_in`` is in seconds."""
    body = _given(role=role, sub=sub, expires_in=expires_in, claims=dict(claims) if claims else None)
    return _send("POST", _path("v1", tenant, "jwt"), body, Token.of)


def members(tenant: str) -> Operation[list[Member]]:
    """Who may do what with a tenant."""
    return _get(_path("v1", tenant, "members"), lambda data: [Member.of(item) for item in data])


def set_member(tenant: str, person: str, right: str) -> Operation[Member]:
    """Make a person a member, or give a member another right."""
    return _send("PUT", _path("v1", tenant, "members", person), {"right": right}, Member.of)


def remove_member(tenant: str, person: str) -> Operation[None]:
    """Take every right from a member."""
    return Operation("DELETE", _path("v1", tenant, "members", person), _nothing)


def invitations(tenant: str) -> Operation[list[Invitation]]:
    """Invitations that nobody redeemed yet, without their tokens."""
    return _get(_path("v1", tenant, "invitations"), lambda data: [Invitation.of(item) for item in data])


def invite(tenant: str, name: str, right: str) -> Operation[Invitation]:
    """Make an invitation; only this answer holds its token."""
    return _send("POST", _path("v1", tenant, "invitations"), {"name": name, "right": right}, Invitation.of)


def withdraw_invitation(tenant: str, invitation_id: str) -> Operation[None]:
    """Make an invitation useless."""
    return Operation("DELETE", _path("v1", tenant, "invitations", invitation_id), _nothing)


def audit(tenant: str, limit: int, **wanted: str | int | None) -> Operation[list[dict[str, Any]]]:
    """Who did what, newest first. ``wanted``: ``actor action database outcome since before``."""
    query = [(name, str(value)) for name, value in wanted.items() if value is not None]
    return _get(_path("v1", tenant, "audit"), list, query=[("limit", str(limit)), *query])


def query(
    tenant: str,
    database: str | None,
    text: str,
    params: Sequence[Any],
    *,
    max_rows: int | None = None,
    offset: int | None = None,
    count: bool = False,
) -> Operation[Page]:
    """Run a statement. With ``offset`` or ``count`` the engine accepts only one that reads."""
    body = _query_body(database, text, params, max_rows, offset) | {"rows": "arrays"}
    if count:
        body["count"] = True
    return _send("POST", _path("v1", tenant, "query"), body, _page)


def query_arrow(
    tenant: str,
    database: str | None,
    text: str,
    params: Sequence[Any],
    *,
    max_rows: int | None = None,
    offset: int | None = None,
) -> Operation[pa.Table]:
    """As :func:`query`, the rows as a typed Arrow table."""
    return Operation(
        "POST",
        _path("v1", tenant, "query"),
        lambda body, _: pa.ipc.open_stream(body).read_all(),
        headers={"Content-Type": "application/json", "Accept": ARROW},
        body=json.dumps(_query_body(database, text, params, max_rows, offset)).encode(),
    )


def complete(tenant: str, database: str, text: str, position: int, limit: int) -> Operation[Suggestions]:
    """What may stand in a statement, finished or not, at a position in UTF-16 code units."""
    return _send(
        "POST",
        _path("v1", tenant, "databases", database, "editor", "complete"),
        {"text": text, "position": position, "limit": limit},
        lambda data: Suggestions(
            data["from"], data["to"], tuple((item["insert"], item["kind"]) for item in data["items"])
        ),
    )


def load(
    tenant: str,
    database: str | None,
    table: str,
    schema: str | None,
    body: Callable[[], Iterable[bytes]],
    *,
    repeatable: bool = True,
) -> Operation[int]:
    """Stream CSV with a header line into a table, all or nothing; answers with the number of rows."""
    query = _given(database=database, schema=schema)
    return Operation(
        "POST",
        _path("v1", tenant, "load", table),
        lambda answer, _: int(json.loads(answer)["rows"]),
        query=list(query.items()),
        headers={"Content-Type": "text/csv"},
        body=body,
        repeatable=repeatable,
    )


def data(
    method: str,
    tenant: str,
    table: str,
    *,
    row: str | None = None,
    query: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    body: Any = None,
) -> Operation[Any]:
    """A request of the REST door; the answer is its JSON, or None where it has no body."""
    return Operation(
        method,
        _path("v1", tenant, "data", table, *([row] if row is not None else [])),
        lambda answer, _: json.loads(answer) if answer else None,
        query=query,
        headers={"Content-Type": "application/json", **(headers or {})},
        body=None if body is None else json.dumps(to_json(body)).encode(),
    )


def graphql(
    tenant: str,
    database: str | None,
    document: str,
    variables: Mapping[str, Any] | None = None,
    operation: str | None = None,
    *,
    key: str | None = None,
    first_line: int = 1,
) -> Operation[dict[str, Any]]:
    """A GraphQL document; the answer is its ``data``.

    Args:
        database: whose endpoint; None is the tenant's own, over all its databases.
        operation: which one, where the document has several.
        key: an API key or a signed token; None asks as the person at the notebook.
        first_line: the number of the document's first line, for the places in errors.
    """
    body: dict[str, Any] = {"query": document} | _given(operationName=operation)
    if variables:
        body["variables"] = to_json(variables)

    def decode(answer: bytes, _: Mapping[str, str]) -> dict[str, Any]:
        told = json.loads(answer)
        if told.get("errors"):
            raise from_graphql(told["errors"], first_line)
        data: dict[str, Any] = told.get("data") or {}
        return data

    # Asked for plain JSON, the server answers 200 to whatever it could read, and says in the body what was wrong.
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key is not None:
        headers |= {"apikey": str(key), "Authorization": f"Bearer {key}"}
    path = _path("v1", tenant, "graphql") if database is None else _path("p", tenant, database, "graphql", "v1")
    return Operation("POST", path, decode, headers=headers, body=json.dumps(body).encode())


def _query_body(
    database: str | None, text: str, params: Sequence[Any], max_rows: int | None, offset: int | None
) -> dict[str, Any]:
    body: dict[str, Any] = {"query": text, "params": [to_json(value) for value in params]}
    return body | _given(database=database, max_rows=max_rows, offset=offset)


def _page(answer: Any) -> Page:
    return Page(
        columns=tuple((column["name"], column["type"]) for column in answer["columns"]),
        rows=answer["data"],
        row_count=answer["rowCount"],
        truncated=answer["truncated"],
        command=answer.get("command", ""),
        notices=tuple(answer.get("notices") or ()),
        total=answer.get("total"),
    )
