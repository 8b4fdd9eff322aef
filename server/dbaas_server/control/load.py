"""``POST /v1/{tenant}/load/{table}``: CSV into a table, streamed, all or nothing."""

from __future__ import annotations

from dbaas_provisioning.errors import Invalid, Unsupported

from ..acting import Acting, table_name
from ..body import query_fields
from ..http import Request, Response, json_response
from ..nouns import TableRef
from ..services import Services

__all__ = ["load"]


async def load(request: Request, services: Services) -> Response:
    """Load CSV with a header line. ``columns`` names the columns when the header does not.

    Raises ``Invalid``: the engine's own SQLSTATE for a row it refuses; nothing is kept then.
    """
    tenant = request.params["tenant"]
    caller = await services.auth.owner_or_secret(request, tenant)
    fields = query_fields(request, frozenset({"database", "schema", "columns"}))
    kind = request.header("content-type", "text/csv").partition(";")[0].strip()
    if kind != "text/csv":
        raise Unsupported("unsupported_format", f"Cannot load {kind}.", hint="Send text/csv with a header line.")
    columns = [name.strip() for name in fields["columns"].split(",")] if fields.get("columns") else []
    if any(not name for name in columns):
        raise Invalid("invalid_field", "`columns` has an empty name.")
    table = TableRef(request.params["table"], fields.get("schema"))
    with Acting(services, caller, tenant, fields.get("database"), "load", table=table_name(table)) as act:
        session = await services.sessions.session(tenant, fields.get("database"))
        rows = act.rows = await session.load(table, columns, request.stream(), caller)
    return json_response({"rows": rows})
