"""What a query can take rows from, and how the next one joins those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ....nouns import Relation, Table, TableRef
from ..describe import table_name
from ..groups import Item, word
from ..lexer import Token
from ..names import if_needed
from ..nodes import Source
from ..schema import SEARCH_PATH, Schema
from .candidates import Offer
from .columns import offer_source_columns, table_info
from .context import Context
from .functions import offer_schema_functions, offer_set_functions

__all__ = ["joined_last", "offer_conditions", "offer_joins", "offer_shared", "offer_tables", "short_name"]

_VIEWS = ("view", "materialized view")


def offer_tables(offer: Offer, context: Context, *, kinds: tuple[str, ...] = (), rows: bool = True) -> None:
    """Tables, views, what WITH names, schemas; behind a schema's name what it holds.

    Args:
        kinds: which kinds of tables; all of them when empty.
        rows: also functions that give rows, and the names of WITH.
    """
    schema = context.schema
    if context.qualifier:
        for table in schema.tables.get(context.qualifier[-1], {}).values():
            if not kinds or table.kind in kinds:
                offer.name(table.ref.name, _kind(table), 0.0, table.kind, table_info(table))
        if rows:
            offer_schema_functions(offer, schema, context.qualifier[-1])
        return
    if rows:
        for name in context.block.ctes:
            offer.name(name, "cte", -0.1, "with")
    for each in SEARCH_PATH:
        for table in schema.tables.get(each, {}).values():
            if not kinds or table.kind in kinds:
                offer.name(table.ref.name, _kind(table), 0.0, table.kind, table_info(table))
    for name in schema.catalog.schemas:
        if name not in SEARCH_PATH:
            offer.name(name, "schema", 0.4, f"{len(schema.tables.get(name, {})):,} tables")
            if offer.typed.text:
                for table in schema.tables.get(name, {}).values():
                    offer.name(
                        table.ref.name,
                        _kind(table),
                        0.6,
                        table.kind,
                        table_info(table),
                        qualifier=f"{if_needed(name)}.",
                    )
    if rows:
        offer_set_functions(offer, schema, 0.7)
    if "public" in schema.catalog.schemas:
        offer.name("public", "schema", 0.9)


def _kind(table: Table) -> str:
    return "view" if table.kind in _VIEWS else "table"


# --- joins ------------------------------------------------------------------------------------------------------


def offer_joins(offer: Offer, context: Context) -> None:
    """Tables that a foreign key links with those that are there, each with its whole condition."""
    has_condition = word(context.behind) in ("on", "using") or (
        isinstance(context.behind, Token) and context.behind.kind in ("word", "quoted") and not _ends(context.behind)
    )
    taken = {source.name for level in context.scope.levels() for source in level.sources}
    for source in reversed(context.scope.sources):
        if source.table is None:
            continue
        for relation, own, other_ref, other in _links(context.schema, source.table.ref):
            table = context.schema.catalog.tables.get(other_ref)
            if table is None:
                continue
            alias = short_name(table.ref.name, taken)
            condition = _condition(if_needed(source.name), own, alias, other)
            label = f"{table_name(table)} {alias} on {condition}"
            offer.name(table.ref.name, _kind(table), -0.1, f"along {relation.name}", table_info(table))
            if has_condition or context.word() != "join":
                continue
            offer.text(label, "join", -0.2, f"along {relation.name}", match=table.ref.name)


def _ends(token: Token) -> bool:
    return token.text.lower() in (
        "where", "group", "order", "limit", "join", "left", "right", "inner", "cross", "full", "union", "having",
        "returning", "set", "natural", "offset", "fetch", "for", "window", "except", "intersect",
    )  # fmt: skip


def _links(schema: Schema, ref: TableRef) -> Iterator[tuple[Relation, Sequence[str], TableRef, Sequence[str]]]:
    """The foreign keys between a table and others: its own columns, the other table, its columns; its own first."""
    related = schema.relations.get(ref, ())
    for relation in related:
        if relation.table == ref:
            yield relation, relation.columns, relation.target, relation.target_columns
    for relation in related:
        if relation.target == ref:
            yield relation, relation.target_columns, relation.table, relation.columns


def _condition(name: str, columns: Iterable[str], other: str, other_columns: Iterable[str]) -> str:
    return " and ".join(
        f"{other}.{if_needed(theirs)} = {name}.{if_needed(ours)}"
        for ours, theirs in zip(columns, other_columns, strict=True)
    )


def short_name(name: str, taken: set[str]) -> str:
    """An alias for a table: the beginnings of its name's words, numbered where that is taken."""
    letters = "".join(part[0] for part in name.lower().split("_") if part and part[0].isalpha() and part[0].isascii())
    base = letters or "t"
    candidates = [base, *(f"{base}{number}" for number in range(2, 100))]
    return if_needed(next(each for each in candidates if each not in taken and if_needed(each) == each))


def joined_last(context: Context) -> Source | None:
    """The source that the cursor's ON or USING joins."""
    sources = [source for source in context.scope.sources if source.kind != "merged"]
    return sources[-1] if sources else None


def offer_conditions(offer: Offer, context: Context, *, word_before: str = "") -> None:
    """The conditions along foreign keys between the last source and those before it."""
    right = joined_last(context)
    if right is None or right.table is None:
        return
    for left in context.scope.sources:
        if left is right or left.table is None or left.kind == "merged":
            continue
        for relation, own, other_ref, other in reversed([*_links(context.schema, right.table.ref)]):
            if other_ref == left.table.ref:
                condition = " and ".join(
                    f"{if_needed(right.name)}.{if_needed(ours)} = {if_needed(left.name)}.{if_needed(theirs)}"
                    for ours, theirs in zip(own, other, strict=True)
                )
                if not _stands(condition, context.before):
                    offer.text(
                        f"{word_before}{condition}", "join", -0.5, f"along {relation.name}",
                        match=word_before or (f"{right.name}.{own[0]}", *own, *other),
                )  # fmt: skip


def _stands(condition: str, before: Sequence[Item]) -> bool:
    """Whether a condition is written already, either way round."""
    written = "".join(item.text for item in before if isinstance(item, Token)).lower()
    left, _, right = condition.replace(" ", "").partition("=")
    return f"{left}={right}" in written or f"{right}={left}" in written


def offer_shared(offer: Offer, context: Context, before: Sequence[Item], *, bracket: bool = False) -> None:
    """Columns that both sides of a USING have; with ``bracket``, each in the bracket that is missing still."""
    right = joined_last(context)
    if right is None:
        return
    left = [source for source in context.scope.sources if source is not right]
    done = {item.text.lower() for item in before if isinstance(item, Token)}
    shared = {column.name for source in left for column in source.columns or ()} - done
    if bracket:
        for column in right.columns or ():
            if column.name in shared:
                offer.text(f"({if_needed(column.name)})", "snippet", 0.0, column.type or "", match=column.name)
        return
    both = Source("", "query", lambda: tuple(c for c in right.columns or () if c.name in shared))
    offer_source_columns(offer, context.schema, both)
