"""``/v1/{tenant}/databases/{database}/schema``: what a database holds, as people look at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dbaas_provisioning import engines
from dbaas_provisioning.nouns import Right

from ..http import Request, Response, tagged_response
from ..nouns import Catalog, Column, Finding, Relation, Table, TableRef
from ..services import Services

__all__ = ["read", "schema_json"]


async def read(request: Request, services: Services) -> Response:
    """Schemas, tables, columns and functions, with a mark where a table is open or closed by mistake.

    Of a document database: its collections, their indexes and the fields of a sample of their documents. With an
    entity tag either way.
    """
    await services.auth.member(request, request.params["tenant"], Right.view)
    tenant = request.params["tenant"]
    database = await services.platform.database(tenant, request.params["database"])
    if engines.engine(database.engine).can.documents:
        from ..mongo_clients.collections import schema_of, version_of  # with pymongo, for those who have documents

        collections = await schema_of(services.mongo, tenant, database.name)
        shown = [one.as_json() for one in collections]
        return tagged_response(request, {"version": version_of(collections), "schemas": [], "collections": shown})
    session = await services.sessions.session(tenant, database.name)
    catalog = await session.catalog(fresh=True)
    return tagged_response(request, schema_json(catalog, session.findings(catalog)))


def schema_json(catalog: Catalog, findings: Sequence[Finding]) -> dict[str, Any]:
    """A catalog, grouped by schema; tables and functions in alphabetical order.

    Args:
        findings: the one of a table that matters most becomes its warning.
    """
    references = _references(catalog.relations)
    warnings = {each.table: f"{each.message} {each.remedy or each.hint}" for each in reversed(findings)}
    return {
        "version": catalog.version,
        "schemas": [
            {
                "name": schema,
                "tables": [
                    _table(table, references, warnings.get(ref))
                    for ref, table in sorted(catalog.tables.items(), key=lambda item: item[0].name)
                    if ref.schema == schema
                ],
                "functions": [
                    {
                        "name": function.ref.name,
                        "arguments": ", ".join(f"{each.name} {each.type}".strip() for each in function.parameters),
                        "returns": function.returns,
                    }
                    for ref, overloads in sorted(catalog.functions.items(), key=lambda item: item[0].name)
                    if ref.schema == schema
                    for function in overloads
                ],
            }
            for schema in catalog.schemas
        ],
    }


def _references(relations: tuple[Relation, ...]) -> dict[tuple[TableRef, str], dict[str, Any]]:
    """Column → what it points at, for foreign keys of one column."""
    return {
        (relation.table, relation.columns[0]): {
            "schema": relation.target.schema,
            "table": relation.target.name,
            "column": relation.target_columns[0],
        }
        for relation in relations
        if len(relation.columns) == 1
    }


def _table(table: Table, references: dict[tuple[TableRef, str], dict[str, Any]], warning: str | None) -> dict[str, Any]:
    return {
        "name": table.ref.name,
        "schema": table.ref.schema,
        "kind": table.kind,
        "columns": [
            _column(column, column.name in table.primary_key, references.get((table.ref, column.name)))
            for column in table.columns.values()
        ],
        "primary_key": list(table.primary_key),
        "estimated_rows": table.estimated_rows,
        "size_bytes": table.size_bytes,
        "row_security": table.row_security,
        "policies": list(table.policies),
        "exposed_to": [role for role in ("anon", "authenticated") if table.grants.get(role)],
        "distribution": table.distribution and {"kind": table.distribution, "column": table.distribution_column},
        "warning": warning,
    }


def _column(column: Column, primary: bool, references: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "nullable": column.nullable,
        "default": column.default,
        "primary_key": primary,
        "comment": column.comment,
        "references": references,
    }
