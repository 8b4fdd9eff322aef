"""One table, view or row: which method does what, and what a refusal says."""

from __future__ import annotations

from dbaas_provisioning.errors import DbaasError, Invalid

from ..engine import Session
from ..http import Request, Response
from ..nouns import Caller, TableRef
from .errors import error_response
from .profiles import schema_of
from .reading import read_table
from .writing import write_table

__all__ = ["handle_table"]


async def handle_table(
    request: Request, session: Session, caller: Caller, *, table: str, record_id: str | None = None
) -> Response:
    """Answer any request to ``/data/{table}[/{id}]`` or ``/rest/v1/{table}``.

    Args:
        table: its name, without a database (:func:`~.names.split_database`).
        record_id: one row's id, percent-decoded; the answer is then that row as an object, or 404.

    Returns:
        Always a response: errors of the core become one here.
    """
    try:
        ref = TableRef(table, await schema_of(request, session))
        method = request.method
        if method in ("GET", "HEAD"):
            return await read_table(request, session, caller, ref, record_id)
        if method == "OPTIONS":
            return await _options(session, ref, record_id)
        if method in ("PATCH", "DELETE", "PUT") or (method == "POST" and record_id is None):
            return await write_table(request, session, caller, ref, record_id)
        raise Invalid("PGRST117", f"Unsupported HTTP method: {method[:20]}")
    except DbaasError as error:
        return error_response(error, caller.role)


async def _options(session: Session, ref: TableRef, record_id: str | None) -> Response:
    """Which methods the table takes."""
    table = (await session.catalog()).tables.get(ref)
    methods = ["OPTIONS", "GET", "HEAD"]
    if table is not None and table.insertable and record_id is None:
        methods.append("POST")
    if table is not None and table.insertable and table.updatable and table.primary_key:
        methods.append("PUT")
    if table is not None and table.updatable:
        methods.append("PATCH")
    if table is not None and table.deletable:
        methods.append("DELETE")
    return Response(200, b"", [("Allow", ",".join(methods))])
