"""Tables, columns and functions in a few words, for the side of a list and for hovering."""

from __future__ import annotations

from ...nouns import Column, Function, Table
from .names import if_needed
from .schema import Schema

__all__ = ["column_lines", "function_signature", "table_lines", "table_name"]


def table_name(table: Table) -> str:
    """A table's name, with its schema where it needs it."""
    schema = table.ref.schema
    return (
        if_needed(table.ref.name) if schema in (None, "public") else f"{if_needed(schema)}.{if_needed(table.ref.name)}"
    )


def column_lines(column: Column, table: Table | None, schema: Schema) -> list[str]:
    """What there is to know of a column beside its type."""
    lines = []
    if table is not None and column.name in table.primary_key:
        lines.append("primary key" if len(table.primary_key) == 1 else f"primary key ({', '.join(table.primary_key)})")
    elif table is not None and any(key.columns == (column.name,) for key in table.keys):
        lines.append("unique")
    if not column.nullable and "primary key" not in lines:
        lines.append("not null")
    if column.generated:
        lines.append("generated always")
    elif column.default is not None:
        lines.append(f"default {column.default[:200]}")
    for relation in schema.relations.get(table.ref, ()) if table is not None else ():
        if table is not None and relation.table == table.ref and column.name in relation.columns:
            target = schema.catalog.tables.get(relation.target)
            name = table_name(target) if target is not None else relation.target.name
            lines.append(f"references {name} ({', '.join(map(if_needed, relation.target_columns))})")
    if column.enum:
        lines.append("one of " + ", ".join(f"'{label}'" for label in column.enum[:20]))
    if column.comment:
        lines.append(column.comment[:1000])
    return lines


def table_lines(table: Table) -> list[str]:
    """What there is to know of a table beside its columns."""
    lines = []
    if table.estimated_rows >= 0:
        lines.append(f"about {table.estimated_rows:,} rows")
    if table.primary_key:
        lines.append(f"primary key ({', '.join(table.primary_key)})")
    if table.row_security:
        count = len(table.policies)
        lines.append(f"row security, {count} {'policy' if count == 1 else 'policies'}")
    if table.comment:
        lines.append(table.comment[:1000])
    return lines


def function_signature(function: Function) -> str:
    """How a function is called, and what comes back."""
    shown = ", ".join(
        f"{'variadic ' if each.variadic else ''}{each.name} {each.type}".strip()
        + ("" if each.required or each.variadic else " = …")
        for each in function.parameters
    )
    many = "setof " if function.returns_set and not function.returns.lower().startswith(("setof", "table")) else ""
    return f"{function.ref.name}({shown}) → {many}{function.returns}"
