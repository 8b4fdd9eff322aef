"""OpenAPI 3.1 of what one role may reach in one schema, made from the catalog."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from dbaas_provisioning.errors import DbaasError

from ..engine import Session
from ..http import Request, Response, json_response
from ..nouns import Caller, Catalog, Function, Table
from ..pipeline import MAX_STAGES, STAGES
from .errors import error_response
from .grammar.scanner import MAX_LOGIC_DEPTH
from .grammar.select import MAX_EMBED_DEPTH
from .json_types import Schema, column_schema, type_schema
from .names import path_segment
from .profiles import DEFAULT_SCHEMA, schema_of
from .query import MAX_PARAMETERS, MAX_QUERY

__all__ = ["document", "handle_root"]

_COMPONENT = re.compile(r"[A-Za-z0-9._-]+\Z")
_OPENAPI_MEDIA = "application/openapi+json"
_PRIVILEGE = {"get": "select", "post": "insert", "patch": "update", "delete": "delete"}


async def handle_root(request: Request, session: Session, caller: Caller) -> Response:
    """The document for the caller's role and the schema of the profile header."""
    try:
        schema = await schema_of(request, session)
        by_path = request.path.endswith("/openapi.json")
        base = request.base_url + (request.path.rsplit("/", 1)[0] if by_path else request.path.rstrip("/"))
        made = document(await session.catalog(), schema, caller.role, base, by_path=by_path)
    except DbaasError as error:
        return error_response(error, caller.role)
    response = json_response(made)
    response.headers[0] = ("Content-Type", f"{_OPENAPI_MEDIA}; charset=utf-8")
    if request.method == "HEAD":
        response.body = b""
    return response


def document(catalog: Catalog, schema: str, role: str, server: str, *, by_path: bool) -> dict[str, Any]:
    """The whole document. Pure.

    Args:
        server: the URL that the paths are relative to.
        by_path: paths as ``/data/{table}[/{id}]`` rather than PostgREST's ``/{table}``.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Schema] = {"Error": _ERROR}
    for ref, table in catalog.tables.items():
        if ref.schema != schema or not table.grants.get(role):
            continue
        row: Schema = _row(table)
        if _COMPONENT.match(ref.name) and ref.name != "Error":
            schemas[ref.name] = row
            row = {"$ref": f"#/components/schemas/{ref.name}"}
        path = f"/data/{quote(path_segment(ref.name), safe='')}" if by_path else f"/{quote(ref.name, safe='')}"
        operations = _collection(table, role, row)
        if operations:
            paths[path] = operations
        if "select" in table.grants[role]:
            paths[path + "/aggregate"] = _aggregate(table)
        if by_path and table.primary_key:
            one = _record(table, role, row)
            if one:
                paths[path + "/{id}"] = {"parameters": [_id(table)], **one}
    for ref, overloads in catalog.functions.items():
        allowed = [function for function in overloads if role in function.executable_by]
        if ref.schema == schema and allowed:
            name = path_segment(ref.name) if by_path else ref.name
            paths["/rpc/" + quote(name, safe="")] = _function(allowed, role)
    if schema != DEFAULT_SCHEMA:
        for operations in paths.values():
            _name_profile(operations, schema)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Data of schema {schema}", "version": str(catalog.version), "description": _ABOUT},
        "servers": [{"url": server}],
        "security": [{"apikey": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "apikey": {"type": "apiKey", "in": "header", "name": "apikey"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "responses": {
                "Error": {
                    "description": "What is wrong, and what to do about it",
                    "content": _json({"$ref": "#/components/schemas/Error"}),
                }
            },
        },
    }


_ABOUT = f"""PostgREST's grammar: `select`, `order`, `limit`, `offset`, filters (`column=eq.value`), embedded relations.

Limits: a query string has at most {MAX_QUERY:,} characters and {MAX_PARAMETERS} parameters (`uri_too_long`, 414).
Relations are embedded at most {MAX_EMBED_DEPTH} levels deep (`embed_too_deep`, 400), `and`/`or` trees have at most
{MAX_LOGIC_DEPTH} levels. A page has at most the server's number of rows: follow `X-Next-Cursor`, or ask for `text/csv`
without a limit, which streams every row.
"""


def _name_profile(operations: dict[str, Any], schema: str) -> None:
    """Say which header chooses the schema, where it is not the one chosen without."""
    for method in ("get", "post", "put", "patch", "delete"):
        if method in operations:
            header = {
                "name": "Accept-Profile" if method == "get" else "Content-Profile",
                "in": "header",
                "required": True,
                "description": "The schema",
                "schema": {"const": schema},
            }
            operation = operations[method]
            operations[method] = {**operation, "parameters": [header, *operation.get("parameters", [])]}


_ERROR: Schema = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "details": {"type": ["string", "null"]},
        "hint": {"type": ["string", "null"]},
    },
}
_ERRORS = {"default": {"$ref": "#/components/responses/Error"}}


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _row(table: Table) -> Schema:
    return {
        "type": "object",
        "description": table.comment or f"A row of {table.ref.name}",
        "properties": {
            name: column_schema(column, primary=name in table.primary_key) for name, column in table.columns.items()
        },
    }


def _query(name: str, description: str, schema: Schema | None = None) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema or {"type": "string"}}


_NUMBER: Schema = {"type": "integer", "minimum": 0}
_SELECT = _query("select", "Columns and embedded relations: `a,b:c::text,rel(d)`")
_PAGE = [
    _query("order", "Sort keys: `a.desc.nullslast,b`"),
    _query("limit", "At most so many rows", _NUMBER),
    _query("offset", "Leave out so many rows", _NUMBER),
    _query("cursor", "A page's `X-Next-Cursor`; empty for the first page"),
]


def _prefer(description: str) -> dict[str, Any]:
    return {"name": "Prefer", "in": "header", "description": description, "schema": {"type": "string"}}


def _filters(table: Table) -> list[dict[str, Any]]:
    return [
        _query(name, f"Filter by {name}: `eq.value`, `in.(a,b)`, `not.is.null`")
        for name in table.columns
        if re.fullmatch(r"\w+", name) and name not in ("select", "order", "limit", "offset", "columns", "on_conflict")
    ]


def _rows(row: Schema) -> dict[str, Any]:
    return {**_json({"type": "array", "items": row}), "text/csv": {"schema": {"type": "string"}}}


def _collection(table: Table, role: str, row: Schema) -> dict[str, Any]:
    filters = _filters(table)
    touched = {"description": "The rows touched", "content": _rows(row)}
    nothing = {"description": "Done; nothing is returned"}
    body = {
        "required": True,
        "content": {
            "application/json": {"schema": {"oneOf": [row, {"type": "array", "items": row}]}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
    made: dict[str, Any] = {
        "get": {
            "summary": f"Read rows of {table.ref.name}",
            "parameters": [*filters, _SELECT, *_PAGE, _prefer("`count=exact`, `numbers=string`")],
            "responses": {
                "200": {"description": "The rows", "content": _rows(row)},
                "206": {"description": "Some of the rows that were counted", "content": _rows(row)},
                **_ERRORS,
            },
        },
        "post": {
            "summary": f"Insert or upsert rows of {table.ref.name}",
            "parameters": [
                _SELECT,
                _query("columns", "Columns to write; other keys of the body are ignored"),
                _query("on_conflict", "Columns that decide whether a row exists"),
                _prefer("`return=representation`, `resolution=merge-duplicates`, `missing=default`"),
            ],
            "requestBody": body,
            "responses": {"200": touched, "201": {**touched, "description": "The rows inserted"}, **_ERRORS},
        },
        "patch": {
            "summary": f"Update rows of {table.ref.name}",
            "parameters": [*filters, _SELECT, _prefer("`return=representation`, `max-affected=10,handling=strict`")],
            "requestBody": {"required": True, "content": _json(row)},
            "responses": {"200": touched, "204": nothing, **_ERRORS},
        },
        "delete": {
            "summary": f"Delete rows of {table.ref.name}",
            "parameters": [*filters, _SELECT, _prefer("`return=representation`")],
            "responses": {"200": touched, "204": nothing, **_ERRORS},
        },
    }
    return _allowed(table, role, made)


def _aggregate(table: Table) -> dict[str, Any]:
    found = {"description": "The pipeline's rows", "content": _rows({"type": "object"})}
    stages: Schema = {
        "type": "array",
        "maxItems": MAX_STAGES,
        "items": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {name: {} for name in STAGES},
            "additionalProperties": False,
        },
    }
    return {
        "post": {
            "summary": f"Aggregate rows of {table.ref.name}",
            "description": "A pipeline of MongoDB-style stages. It only reads.",
            "tags": [table.ref.name],
            "parameters": [_prefer("`numbers=string`, `count=exact`, `timezone=Europe/Oslo`")],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "oneOf": [
                                stages,
                                {"type": "object", "required": ["pipeline"], "properties": {"pipeline": stages},
                                 "additionalProperties": False},
                            ]
                        },
                        "example": [{"$group": {"_id": None, "rows": {"$sum": 1}}}],
                    }
                },
            },
            "responses": {
                "200": found,
                "206": {**found, "description": "Some of the rows that were counted"},
                **_ERRORS,
            },
        }
    }  # fmt: skip


def _record(table: Table, role: str, row: Schema) -> dict[str, Any]:
    found = {"description": "The row", "content": {**_json(row), "text/csv": {"schema": {"type": "string"}}}}
    nothing = {"description": "Done; nothing is returned"}
    body = {"required": True, "content": _json(row)}
    preference = _prefer("`return=minimal` for no body")
    made: dict[str, Any] = {
        "get": {
            "summary": f"Read one row of {table.ref.name}",
            "parameters": [_SELECT, _prefer("`numbers=string`")],
            "responses": {"200": found, **_ERRORS},
        },
        "patch": {
            "summary": f"Update one row of {table.ref.name}",
            "parameters": [_SELECT, preference],
            "requestBody": body,
            "responses": {"200": found, "204": nothing, **_ERRORS},
        },
        "delete": {
            "summary": f"Delete one row of {table.ref.name}",
            "parameters": [_SELECT, preference],
            "responses": {"200": found, "204": nothing, **_ERRORS},
        },
    }
    rights = table.grants[role]
    made = _allowed(table, role, made)
    if {"insert", "update"} <= rights and table.insertable and table.updatable:
        made["put"] = {
            "summary": f"Write one whole row of {table.ref.name}",
            "parameters": [_SELECT, preference],
            "requestBody": body,
            "responses": {"200": found, "201": found, "204": nothing, **_ERRORS},
        }
    return made


def _allowed(table: Table, role: str, operations: dict[str, Any]) -> dict[str, Any]:
    rights = table.grants[role]
    possible = {"get": True, "post": table.insertable, "patch": table.updatable, "delete": table.deletable}
    return {
        method: {**operation, "tags": [table.ref.name]}
        for method, operation in operations.items()
        if possible[method] and _PRIVILEGE[method] in rights
    }


def _id(table: Table) -> dict[str, Any]:
    key = table.primary_key
    schema: Schema = {"type": "string"}
    if len(key) == 1:
        schema = {name: value for name, value in type_schema(table.columns[key[0]].type).items() if name != "items"}
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": f"{', '.join(key)}, comma-joined in this order" if len(key) > 1 else key[0],
        "schema": schema or {"type": "string"},
    }


def _function(overloads: list[Function], role: str) -> dict[str, Any]:
    first = overloads[0]
    responses = {
        "200": {"description": "What it returned", "content": _json(_result(first))},
        "204": {"description": "It returns nothing"},
        "206": {"description": "Some of the rows that were counted", "content": _json(_result(first))},
        **_ERRORS,
    }
    bodies = [_arguments(function) for function in overloads]
    common = {"summary": first.comment or f"Call {first.ref.name}", "tags": ["functions"], "responses": responses}
    made: dict[str, Any] = {
        "post": {
            **common,
            "requestBody": {
                "required": any(parameter.required for function in overloads for parameter in function.parameters),
                "content": _json(bodies[0] if len(bodies) == 1 else {"anyOf": bodies}),
            },
        }
    }
    if all(function.volatility != "volatile" for function in overloads):
        made["get"] = {
            **common,
            "parameters": [
                {**_query(parameter.name, parameter.type), "required": parameter.required and len(overloads) == 1}
                for parameter in first.parameters
                if parameter.name
            ],
        }
    return made


def _arguments(function: Function) -> Schema:
    if len(function.parameters) == 1 and not function.parameters[0].name:
        return type_schema(function.parameters[0].type)
    return {
        "type": "object",
        "properties": {
            parameter.name: {**type_schema(parameter.type), "description": parameter.type}
            for parameter in function.parameters
        },
        "required": [parameter.name for parameter in function.parameters if parameter.required],
    }


def _result(function: Function) -> Schema:
    row: Schema = {}
    if function.composite:
        row = {
            "type": "object",
            # Whatever the row's table demands, a function may leave any part of it null.
            "properties": {
                name: column_schema(column, primary=False, nullable=True) for name, column in function.columns.items()
            },
        }
    return {"type": "array", "items": row} if function.returns_set else row
