"""Every URL in one table. ``{tenant}`` is a subdomain; below Jupyter all of it is under ``{base_url}dbaas``."""

from __future__ import annotations

from .control import (
    about,
    audit,
    clusters,
    databases,
    distribution,
    documents,
    forms,
    keys,
    lifecycle,
    load,
    login,
    members,
    oidc,
    openapi,
    overview,
    plans,
    query,
    schema,
    tenants,
    tokens,
    upgrading,
    usage,
)
from .editor import exporting, history, language, paging, running
from .graphql import door as graphql
from .graphql import page as graphiql
from .realtime import door as realtime
from .realtime import events
from .rest import doors as rest
from .routing import Guard, Route, Router

__all__ = ["ROUTER", "ROUTES"]

_REST = dict.fromkeys(("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"), rest.table)
_RECORD = {
    **dict.fromkeys(("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"), rest.record),
    "POST": rest.post_below_table,
}
_CALL = dict.fromkeys(("GET", "HEAD", "POST", "OPTIONS"), rest.function)
_DESCRIBE = dict.fromkeys(("GET", "HEAD", "OPTIONS"), rest.description)
_AGGREGATE = dict.fromkeys(("POST", "OPTIONS"), rest.aggregate)
_GRAPHQL = ("GET", "POST", "OPTIONS")
_CSV = frozenset({"text/csv"})
_DUMP = frozenset({lifecycle.TAR, "application/octet-stream", ""})

ROUTES: tuple[Route, ...] = (
    Route("/healthz", Guard.public, {"GET": about.health}),
    Route("/v1/openapi.json", Guard.public, {"GET": openapi.read}),
    Route("/v1/platform", Guard.operator, {"GET": about.platform}),
    Route("/v1/token", Guard.operator, {"POST": tokens.create, "DELETE": tokens.end}),
    Route("/v1/token/this", Guard.operator, {"DELETE": tokens.end_this}),
    Route("/v1/token/oidc", Guard.public, {"GET": oidc.providers, "POST": oidc.exchange}, max_body=oidc.MAX_BODY),
    Route("/login", Guard.public, {"GET": login.page}),
    Route("/v1/login", Guard.public, {"POST": login.begin}, max_body=login.MAX_BODY),
    Route("/v1/login/token", Guard.public, {"POST": login.finish}, max_body=login.MAX_BODY),
    Route("/v1/login/look", Guard.operator, {"POST": login.look}, max_body=login.MAX_BODY),
    Route("/v1/login/confirm", Guard.operator, {"POST": login.confirm}, max_body=login.MAX_BODY),
    Route("/graphiql/{asset}", Guard.public, {"GET": graphiql.asset}),
    # control
    Route("/v1/plans", Guard.operator, {"GET": plans.list_all, "POST": plans.create}),
    Route(
        "/v1/plans/{plan}",
        Guard.operator,
        {"GET": plans.read, "PATCH": plans.update, "DELETE": plans.remove},
    ),
    Route("/v1/tenants", Guard.operator, {"GET": tenants.list_all, "POST": tenants.create}),
    Route(
        "/v1/tenants/{tenant}",
        Guard.operator,
        {"GET": tenants.read, "PATCH": tenants.update, "DELETE": tenants.drop},
    ),
    Route("/v1/clusters", Guard.operator, {"GET": clusters.list_all, "POST": clusters.add}),
    Route(
        "/v1/clusters/{cluster}",
        Guard.operator,
        {"GET": clusters.read, "PATCH": clusters.update, "DELETE": clusters.remove},
    ),
    Route("/v1/audit", Guard.operator, {"GET": audit.of_platform}),
    Route("/v1/{tenant}/usage", Guard.operator, {"GET": usage.read}),
    Route("/v1/{tenant}/audit", Guard.operator, {"GET": audit.of_tenant}),
    Route("/v1/{tenant}/members", Guard.operator, {"GET": members.list_all}),
    Route("/v1/{tenant}/members/{person}", Guard.operator, {"PUT": members.put, "DELETE": members.remove}),
    Route("/v1/{tenant}/invitations", Guard.operator, {"GET": members.invitations, "POST": members.invite}),
    Route("/v1/{tenant}/invitations/{invitation}", Guard.operator, {"DELETE": members.withdraw}),
    Route("/v1/invitations/redeem", Guard.operator, {"POST": members.redeem}),
    Route("/v1/{tenant}/forms/database", Guard.operator, {"GET": forms.database}),
    Route("/v1/{tenant}/clusters/{engine}/upgrade", Guard.operator, {"POST": upgrading.upgrade}),
    Route("/v1/{tenant}/databases", Guard.operator, {"GET": databases.list_all, "POST": databases.create}),
    Route("/v1/{tenant}/databases/{database}", Guard.operator, {"GET": databases.read, "DELETE": databases.drop}),
    Route("/v1/{tenant}/databases/{database}/rotate", Guard.operator, {"POST": databases.rotate}),
    Route("/v1/{tenant}/databases/{database}/dump", Guard.operator, {"POST": lifecycle.dump}),
    Route(
        "/v1/{tenant}/databases/{database}/dumps",
        Guard.operator,
        {"GET": lifecycle.dumps, "POST": lifecycle.take_in_dump},
        streams=_DUMP,
    ),
    Route(
        "/v1/{tenant}/databases/{database}/dumps/{dump}",
        Guard.operator,
        {"GET": lifecycle.read_dump, "DELETE": lifecycle.delete_dump},
    ),
    Route("/v1/{tenant}/databases/{database}/restore", Guard.operator, {"POST": lifecycle.restore}),
    Route("/v1/{tenant}/databases/{database}/branch", Guard.operator, {"POST": lifecycle.branch}),
    Route("/v1/{tenant}/undrop", Guard.operator, {"GET": lifecycle.undroppable, "POST": lifecycle.undrop}),
    Route("/v1/{tenant}/import", Guard.operator, {"POST": lifecycle.take_over}),
    Route("/v1/{tenant}/databases/{database}/connection-string", Guard.operator, {"GET": databases.connection_string}),
    Route("/v1/{tenant}/documents/connection-string", Guard.operator, {"GET": databases.mongo_connection_string}),
    Route("/v1/{tenant}/documents/rotate", Guard.operator, {"POST": databases.rotate_mongo}),
    Route("/v1/{tenant}/databases/{database}/usage", Guard.operator, {"GET": databases.usage}),
    Route("/v1/{tenant}/databases/{database}/feed", Guard.operator, {"GET": databases.feed}),
    Route("/v1/{tenant}/databases/{database}/schema", Guard.operator, {"GET": schema.read}),
    Route("/v1/{tenant}/databases/{database}/distribution", Guard.operator, {"GET": distribution.read}),
    Route(
        "/v1/{tenant}/databases/{database}/distribution/distribute",
        Guard.operator,
        {"POST": distribution.distribute},
    ),
    Route(
        "/v1/{tenant}/databases/{database}/distribution/reference",
        Guard.operator,
        {"POST": distribution.make_reference},
    ),
    Route(
        "/v1/{tenant}/databases/{database}/distribution/undistribute",
        Guard.operator,
        {"POST": distribution.undistribute},
    ),
    Route(
        "/v1/{tenant}/databases/{database}/distribution/rebalance",
        Guard.operator,
        {"POST": distribution.rebalance},
    ),
    Route("/v1/{tenant}/databases/{database}/overview", Guard.operator, {"GET": overview.read}),
    Route(
        "/v1/{tenant}/databases/{database}/editor/history",
        Guard.operator,
        {"GET": history.read, "DELETE": history.clear},
    ),
    Route(
        "/v1/{tenant}/databases/{database}/editor/complete",
        Guard.operator,
        {"POST": language.complete},
        max_body=language.MAX_BODY,
    ),
    Route(
        "/v1/{tenant}/databases/{database}/editor/hover",
        Guard.operator,
        {"POST": language.hover},
        max_body=language.MAX_BODY,
    ),
    Route(
        "/v1/{tenant}/databases/{database}/editor/diagnose",
        Guard.operator,
        {"POST": language.diagnose},
        max_body=language.MAX_BODY,
    ),
    Route(
        "/v1/{tenant}/databases/{database}/editor/format",
        Guard.operator,
        {"POST": language.format_text},
        max_body=language.MAX_BODY,
    ),
    Route(
        "/v1/{tenant}/databases/{database}/editor/statements",
        Guard.operator,
        {"POST": language.statements},
        max_body=language.MAX_BODY,
    ),
    Route("/v1/{tenant}/databases/{database}/editor/run", Guard.operator, {"POST": running.run}),
    Route("/v1/{tenant}/databases/{database}/editor/rows", Guard.operator, {"POST": paging.rows}),
    Route("/v1/{tenant}/databases/{database}/editor/count", Guard.operator, {"POST": paging.count}),
    Route("/v1/{tenant}/databases/{database}/editor/cell", Guard.operator, {"POST": paging.cell}),
    Route("/v1/{tenant}/databases/{database}/editor/export", Guard.operator, {"POST": exporting.export}),
    Route("/v1/{tenant}/databases/{database}/editor/results/{result}", Guard.operator, {"DELETE": paging.discard}),
    Route("/v1/{tenant}/databases/{database}/editor/history/{entry}", Guard.operator, {"DELETE": history.delete}),
    Route("/v1/{tenant}/keys", Guard.operator, {"GET": keys.list_all, "POST": keys.create}),
    Route("/v1/{tenant}/keys/{key}", Guard.operator, {"DELETE": keys.revoke}),
    Route("/v1/{tenant}/graphql/documents", Guard.operator, {"GET": documents.list_all}),
    Route(
        "/v1/{tenant}/graphql/documents/{sha256}",
        Guard.operator,
        {"GET": documents.read, "PUT": documents.put, "DELETE": documents.delete},
        max_body=1024 * 1024,
    ),
    Route("/v1/{tenant}/jwt", Guard.operator, {"POST": keys.sign}),
    Route("/v1/{tenant}/jwt-secret", Guard.operator, {"GET": keys.jwt_secret}),
    Route("/v1/{tenant}/query", Guard.operator, {"POST": query.run}, counted=True),
    Route("/v1/{tenant}/load/{table}", Guard.operator, {"POST": load.load}, streams=_CSV | {""}, counted=True),
    # data
    Route("/v1/{tenant}/openapi.json", Guard.caller, _DESCRIBE),
    Route("/v1/{tenant}/data/{table}", Guard.caller, _REST, streams=_CSV),
    Route("/v1/{tenant}/data/{table}/{record}", Guard.caller, _RECORD),
    Route("/v1/{tenant}/rpc/{function}", Guard.caller, _CALL),
    Route("/v1/{tenant}/changes", Guard.caller, {"GET": events.changes, "OPTIONS": events.changes}),
    Route("/v1/{tenant}/graphql", Guard.caller, dict.fromkeys(_GRAPHQL, graphql.tenant), max_body=graphql.MAX_BODY),
    Route(
        "/p/{tenant}/{database}/graphql/v1",
        Guard.caller,
        dict.fromkeys(_GRAPHQL, graphql.database),
        max_body=graphql.MAX_BODY,
    ),
    Route("/p/{tenant}/{database}/realtime/v1/websocket", Guard.caller, {"GET": realtime.websocket}),
    Route(
        "/p/{tenant}/{database}/realtime/v1/api/broadcast",
        Guard.caller,
        dict.fromkeys(("POST", "OPTIONS"), realtime.broadcast_batch),
    ),
    Route(
        "/p/{tenant}/{database}/realtime/v1/api/broadcast/{topic}/events/{event}",
        Guard.caller,
        dict.fromkeys(("POST", "OPTIONS"), realtime.broadcast_one),
    ),
    Route("/p/{tenant}/{database}/rest/v1", Guard.caller, _DESCRIBE),
    Route("/p/{tenant}/{database}/rest/v1/{table}", Guard.caller, _REST, streams=_CSV),
    Route("/p/{tenant}/{database}/rest/v1/{table}/aggregate", Guard.caller, _AGGREGATE),
    Route("/p/{tenant}/{database}/rest/v1/rpc/{function}", Guard.caller, _CALL),
)

ROUTER = Router(ROUTES)
