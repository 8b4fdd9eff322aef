"""Columns in an expression: of the scope's sources, of a qualified one, and of any table while there is no FROM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ....nouns import Table
from ..describe import column_lines, table_lines, table_name
from ..names import if_needed
from ..nodes import Output, Scope, Source
from ..schema import Schema
from .candidates import Offer
from .context import Context
from .functions import offer_schema_functions

__all__ = ["offer_columns", "offer_qualified", "offer_source_columns", "partner_of", "table_info"]

_KINDS = {"view": "view", "materialized view": "view"}
_MOST_STRANGERS = 300


def table_info(table: Table) -> Callable[[], str | None]:
    """What there is to know of a table, once somebody asks."""
    return lambda: "\n".join(table_lines(table)) or None


def _column_info(output: Output, schema: Schema) -> Callable[[], str | None]:
    def info() -> str | None:
        return "\n".join(column_lines(output.column, output.table, schema)) or None if output.column else None

    return info


def offer_source_columns(offer: Offer, schema: Schema, source: Source, rank: float = 0.0, qualifier: str = "") -> None:
    """Every column of one source."""
    for output in source.columns or ():
        if output.name:
            shown = source.name or (output.table.ref.name if output.table else "")
            detail = " · ".join(part for part in (output.type, shown) if part)
            offer.name(output.name, "column", rank, detail, _column_info(output, schema), qualifier=qualifier)


def offer_columns(offer: Offer, context: Context, scope: Scope | None = None, rank: float = 0.0) -> None:
    """The columns that may be named without more: qualified where they would be ambiguous, inner scopes first."""
    taken: set[str] = set()
    for depth, level in enumerate((scope or context.scope).levels()):
        counted = Counter(
            output.name
            for source in level.sources
            for output in source.columns or ()
            if source.kind == "merged" or output.name not in source.hidden
        )
        wanted = context.compared() if depth == 0 else None
        for source in level.sources:
            prefix = f"{if_needed(source.name)}." if source.name else ""
            for output in source.columns or ():
                name = output.name
                if not name or (source.kind != "merged" and name in source.hidden):
                    continue
                ambiguous = counted[name] > 1 or name in taken
                detail = " · ".join(part for part in (output.type, source.name) if part)
                fitting = wanted is None or wanted.type is None or output.type == wanted.type
                offer.name(
                    name,
                    "column",
                    rank + 0.2 * depth + (0.0 if fitting else 0.15),
                    detail,
                    _column_info(output, context.schema),
                    qualifier=prefix if ambiguous and prefix else "",
                )
        taken.update(counted)
        for source in level.sources:
            if source.name in counted:
                continue
            if source.name and source.name != "excluded":
                detail = table_name(source.table) if source.table is not None else source.kind
                offer.name(source.name, "alias", rank + 0.3 + 0.2 * depth, detail)
            elif source.name:
                offer.name(source.name, "alias", rank + 0.1, "the row that was to be inserted")
    if not any(level.sources for level in (scope or context.scope).levels()):
        _offer_strangers(offer, context.schema)


def _offer_strangers(offer: Offer, schema: Schema) -> None:
    """Columns of any table, once their beginning is typed: which table it will be is written later."""
    typed = offer.typed.text.lower()
    if not typed:
        offer.withheld = True
        return
    shown = 0
    for name, owners in schema.column_owners.items():
        if name.lower().startswith(typed):
            shown += 1
            if shown > _MOST_STRANGERS:
                offer.withheld = True
                break
            more = f" and {len(owners) - 1} more" if len(owners) > 1 else ""
            offer.name(name, "column", 0.5, f"{owners[0].columns[name].type} · {table_name(owners[0])}{more}")


def offer_qualified(offer: Offer, context: Context) -> None:
    """What may stand behind ``alias.``, ``table.``, ``schema.table.`` or ``schema.``."""
    schema, qualifier = context.schema, context.qualifier
    if len(qualifier) == 1 and (source := context.scope.source(qualifier[0])) is not None:
        partner = partner_of(context, source)
        for output in source.columns or ():
            if output.name == partner:
                offer.name(
                    output.name, "column", -0.3, f"{output.type} · along a foreign key", _column_info(output, schema)
                )
        offer_source_columns(offer, schema, source)
        if context.place.clause.name in ("select", "returning") and not context.place.groups:
            offer.text("*", "keyword", 1.0, "all columns")
        return
    table = schema.table(qualifier[-1], qualifier[-2] if len(qualifier) > 1 else None)
    if table is not None:
        for column in table.columns.values():
            output = Output(column.name, column.type, column, table)
            offer.name(column.name, "column", 0.0, f"{column.type} · {table_name(table)}", _column_info(output, schema))
    if len(qualifier) == 1:
        offer_schema_functions(offer, schema, qualifier[0])
        for each in schema.tables.get(qualifier[0], {}).values():
            kind = _KINDS.get(each.kind, "table")
            offer.name(each.ref.name, kind, 0.2, each.kind, table_info(each))


def partner_of(context: Context, source: Source) -> str | None:
    """The column of a source at the other end of the foreign key of what it is compared with."""
    compared = context.compared()
    if compared is None or compared.column is None or compared.table is None or source.table is None:
        return None
    name = compared.column.name
    for relation in context.schema.relations.get(compared.table.ref, ()):
        if relation.target == source.table.ref and relation.table == compared.table.ref and name in relation.columns:
            return relation.target_columns[relation.columns.index(name)]
        if (
            relation.table == source.table.ref
            and relation.target == compared.table.ref
            and name in relation.target_columns
        ):
            return relation.columns[relation.target_columns.index(name)]
    return None
