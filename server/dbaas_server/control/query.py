"""``POST /v1/{tenant}/query``: arbitrary SQL, as the owner or with a secret key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dbaas_provisioning.errors import Invalid

from ..acting import Acting, Statement
from ..body import body_fields, required
from ..engine import Session
from ..http import Request, Response, json_response
from ..nouns import Caller, QueryColumn, QueryResult
from ..services import Services

__all__ = ["run"]

_FIELDS = {
    "database": str, "query": str, "params": list, "max_rows": int, "offset": int, "count": bool, "rows": str,
}  # fmt: skip
_ARROW_STREAM = "application/vnd.apache.arrow.stream"
_MOST_ROWS = 5_000_000


async def run(request: Request, services: Services) -> Response:
    """Run a query and answer with its rows and their types.

    With ``offset`` or ``count`` the query must be one that only reads; it is paged and counted in the engine. The
    statement is cancelled when the client goes away.
    """
    tenant = request.params["tenant"]
    caller = await services.auth.owner_or_secret(request, tenant)
    fields = await body_fields(request, _FIELDS)
    text = required(fields, "query")
    if fields.get("rows", "objects") not in ("objects", "arrays"):
        raise Invalid("invalid_field", "`rows` must be objects or arrays.")
    max_rows, offset = _bound(fields, "max_rows", 1), _bound(fields, "offset", 0)
    params = fields.get("params", [])
    with Acting(services, caller, tenant, fields.get("database"), "query", Statement("")) as act:
        session = await services.sessions.session(tenant, fields.get("database"))
        # Only now it is known to be SQL: a document database has no session, and its shell has texts in double quotes.
        act.statement = Statement(text)
        # Counting comes first: it refuses what does more than read, before anything was done.
        total = await _total(session, text, params, caller) if fields.get("count") else None
        result = await session.run(text, params, caller, max_rows=max_rows, offset=offset)
        act.rows = result.row_count
    if _ARROW_STREAM in request.header("accept"):
        from .arrow import arrow_stream  # pyarrow takes half a second to import: only for those who ask

        return Response(200, arrow_stream(result), [("Content-Type", _ARROW_STREAM)])
    return json_response(_result_json(result, total, arrays=fields.get("rows") == "arrays"))


def _bound(fields: dict[str, Any], name: str, least: int) -> int | None:
    value: int | None = fields.get(name)
    if value is not None and not least <= value <= _MOST_ROWS:
        raise Invalid("invalid_field", f"`{name}` must be from {least} to {_MOST_ROWS:,}.")
    return value


async def _total(session: Session, text: str, params: Sequence[Any], caller: Caller) -> int:
    """Rows in all, counted by the engine. The newline keeps a trailing comment from hiding the bracket."""
    counted = await session.run(
        f"select count(*) from (\n{text.strip().rstrip(';')}\n) as counted",  # noqa: S608  the caller's own SQL
        params,
        caller,
    )
    return int(counted.rows[0][0])


def _result_json(result: QueryResult, total: int | None, *, arrays: bool) -> dict[str, Any]:
    names = _distinct(result.columns)
    data: list[Any] = (
        [list(row) for row in result.rows] if arrays else [dict(zip(names, row, strict=True)) for row in result.rows]
    )
    return {
        "data": data,
        "rowCount": result.row_count,
        "columns": [{"name": name, "type": column.type} for name, column in zip(names, result.columns, strict=True)],
        "truncated": result.truncated,
        "command": result.command,
        "notices": list(result.notices),
        "total": total,
    }


def _distinct(columns: Sequence[QueryColumn]) -> list[str]:
    """Column names, later twins numbered, so that an object per row loses nothing."""
    names: list[str] = []
    taken = {column.name for column in columns}
    for column in columns:
        name, number = column.name, 2
        while name in names:
            name = f"{column.name}_{number}"
            if name in taken and name not in names:
                number += 1
                name = f"{column.name}_{number}"
            number += 1
        names.append(name)
    return names
