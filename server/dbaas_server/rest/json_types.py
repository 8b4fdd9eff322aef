"""An engine's column types as JSON Schema (draft 2020-12), for OpenAPI."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from ..nouns import Column

__all__ = ["Schema", "column_schema", "type_schema"]

Schema: TypeAlias = dict[str, Any]

_INTEGERS = {"smallint": "int32", "integer": "int32", "bigint": "int64"}
_FORMATS = {"uuid": "uuid", "date": "date"}
_TEXTS = frozenset({
    "text", "character varying", "character", "citext", "inet", "cidr", "interval", "bytea", "tsvector",
    "time", "time with time zone", "time without time zone",
    # Not `date-time`: a plain timestamp has no zone, and the format would promise one.
    "timestamp", "timestamp with time zone", "timestamp without time zone",
})  # fmt: skip
_MODIFIER = re.compile(r"\([^)]*\)")


def type_schema(name: str) -> Schema:
    """The schema of one type; what is not known is any value.

    Args:
        name: as the engine's DDL writes it, such as ``character varying(20)`` or ``integer[]``.
    """
    if name.endswith("[]"):
        return {"type": "array", "items": {**type_schema(name[:-2]), "description": name[:-2]}}
    base = _MODIFIER.sub("", name).strip()
    if base in _INTEGERS:
        return {"type": "integer", "format": _INTEGERS[base]}
    if base in ("numeric", "real", "double precision"):
        return {"type": "number"}
    if base == "boolean":
        return {"type": "boolean"}
    if base in _FORMATS:
        return {"type": "string", "format": _FORMATS[base]}
    return {"type": "string"} if base in _TEXTS else {}


def column_schema(column: Column, *, primary: bool, nullable: bool | None = None) -> Schema:
    """The schema of a column, with what a person wants to know of it.

    Args:
        nullable: whether null may stand here; by default what the column says.
    """
    schema: Schema = {"type": "string", "enum": list(column.enum)} if column.enum else type_schema(column.type)
    if (column.nullable if nullable is None else nullable) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    notes = [column.comment or "", f"{column.type}{', primary key' if primary else ''}"]
    schema["description"] = "\n\n".join(filter(None, notes))
    if column.generated:
        schema["readOnly"] = True
    return schema
