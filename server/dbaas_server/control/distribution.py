"""``/v1/{tenant}/databases/{database}/distribution``: tables spread over workers, where a database has Citus."""

from __future__ import annotations

from typing import Any

from dbaas_provisioning.distribution import Distribution, TableName
from dbaas_provisioning.nouns import Right

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["distribute", "distribution_json", "make_reference", "read", "rebalance", "undistribute"]

_PUBLIC = "public"


async def read(request: Request, services: Services) -> Response:
    """Workers, distributed tables, the last rebalancing. 501 ``no_citus``."""
    await services.auth.member(request, request.params["tenant"], Right.view)
    return await _now(request, services)


async def distribute(request: Request, services: Services) -> Response:
    """Spread a table's rows by a column; answers when they are where they belong. 409 ``citus_refused``."""
    tenant, database = request.params["tenant"], request.params["database"]
    actor = await services.auth.member(request, tenant, Right.own)
    fields = await body_fields(request, {"table": str, "schema": str, "by": str, "beside": str})
    table, by, beside = _table(fields), required(fields, "by"), fields.get("beside")
    await services.platform.distribution.distribute(
        tenant, database, table, by, beside=TableName(table.schema, beside) if beside else None, actor=actor
    )
    return await _now(request, services)


async def make_reference(request: Request, services: Services) -> Response:
    """Have a whole copy of a table on every worker."""
    tenant, database = request.params["tenant"], request.params["database"]
    actor = await services.auth.member(request, tenant, Right.own)
    table = _table(await body_fields(request, {"table": str, "schema": str}))
    await services.platform.distribution.make_reference(tenant, database, table, actor=actor)
    return await _now(request, services)


async def undistribute(request: Request, services: Services) -> Response:
    """Make a table one of the database's own server again."""
    tenant, database = request.params["tenant"], request.params["database"]
    actor = await services.auth.member(request, tenant, Right.own)
    fields = await body_fields(request, {"table": str, "schema": str, "cascade": bool})
    await services.platform.distribution.undistribute(
        tenant, database, _table(fields), cascade=fields.get("cascade", False), actor=actor
    )
    return await _now(request, services)


async def rebalance(request: Request, services: Services) -> Response:
    """Begin to move rows; it loads servers that tenants share, hence the operator's alone."""
    actor = await services.auth.operator(request)
    await body_fields(request, {})
    await services.platform.distribution.rebalance(request.params["tenant"], request.params["database"], actor=actor)
    return await _now(request, services)


def distribution_json(found: Distribution) -> dict[str, Any]:
    """What a database has of it, for people and programs."""
    last = found.rebalance
    return {
        "version": found.version,
        "workers": [{"host": worker.host, "port": worker.port} for worker in found.workers],
        "tables": [
            {
                "schema": each.table.schema,
                "table": each.table.name,
                "kind": each.kind,
                "column": each.column,
                "colocation": each.colocation,
            }
            for each in found.tables
        ],
        "rebalance": last and {"state": last.state, "started_at": last.started_at, "finished_at": last.finished_at},
    }


async def _now(request: Request, services: Services) -> Response:
    found = await services.platform.distribution.read(request.params["tenant"], request.params["database"])
    return json_response(distribution_json(found))


def _table(fields: dict[str, Any]) -> TableName:
    return TableName(fields.get("schema", _PUBLIC), required(fields, "table"))
