"""Tables, columns and functions that do not exist, and columns that could be several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from ..builtins import NAMES, WITHOUT_BRACKETS
from ..clauses import comma_parts
from ..groups import Group, Item, is_query, word
from ..lexer import Token, unquoted
from ..names import Chain, chain_at, if_needed, is_name
from ..nodes import Block, Clause, Scope, Statement
from ..schema import SEARCH_PATH, Schema
from ..words import TYPES
from .problems import Diagnostic, Fix, closest, renaming

__all__ = ["GRAMMAR", "misnamed"]

_MOST = 50  # in one statement: looking for what was meant takes its time
_SYSTEM = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"})
_FOREIGN_NAMES = frozenset({"excluded", "old", "new"})
_JUDGED = frozenset({"select", "where", "group", "having", "order", "values", "set", "returning"})
GRAMMAR = frozenset(
    """
    over filter within partition by rows range groups preceding following unbounded current row exclude ties others no
    between is isnull notnull escape at time zone local interval year month day hour minute second nulls first last
    next only update share skip locked nowait ordinality document normalized nfc nfd nfkc nfkd json scalar object keys
    unknown precision double character varying without value values exists set default cube rollup sets grouping
    materialized recursive search cycle passing columns path nested error empty on key xml text content whitespace
    strip preserve standalone yes version name absent array wrapper conditional unconditional quotes omit string
    returning format encoding uniquely simple of conflict nothing operator overlay placing insert delete matched target
    source respect ignore from breadth depth overriding system user repeatable lateral rows ilike like similar uescape
    """.split()  # noqa: SIM905
)
"""Words of the language within expressions that are also good names: no unknown column is made of them."""

_NAMES_INSIDE = frozenset({"over", "operator", "xmltable", "json_table", "xmlelement", "xmlforest", "xmlattributes"})
_BEFORE_OPERANDS = frozenset("by between values set over partition filter escape at recursive row".split())  # noqa: SIM905
_TYPE_WORDS = frozenset(part for name in (*TYPES, "national") for part in name.split())
_SPECIAL_CALLS = frozenset(
    """
    coalesce nullif greatest least extract substring trim overlay position cast exists row array normalize grouping
    xmlelement xmlforest xmlconcat xmlparse xmlpi xmlroot xmlserialize xmlexists xmltable xmlattributes xmlnamespaces
    json_object json_array json_objectagg json_arrayagg json_value json_query json_exists json_table json_scalar
    json_serialize json treat collation any some all in values with over filter group sets rollup cube using by
    """.split()  # noqa: SIM905
)


def misnamed(statement: Statement, made: set[str]) -> list[Diagnostic]:
    """Names in a statement that mean nothing, as far as that is sure.

    Args:
        made: names of tables that statements before this one make.
    """
    found = dict.fromkeys(islice(_problems(statement, made), _MOST))
    return list(found)


def _problems(statement: Statement, made: set[str]) -> Iterator[Diagnostic]:
    for block in statement.blocks:
        if block.kind == "other":
            continue
        yield from _tables(block, statement.schema, made)
        for clause in block.clauses:
            if clause.name in _JUDGED:
                yield from _expressions(block, clause, statement.schema)
        for items, scope in block.conditions:
            for each, inside in _chains(items):
                yield from _judge(each, inside, scope, frozenset(), statement.schema)
            yield from _calls(items, statement.schema)
        yield from _written_columns(block)


# --- tables -----------------------------------------------------------------------------------------------------


def _tables(block: Block, schema: Schema, made: set[str]) -> Iterator[Diagnostic]:
    sources = [*block.scope.sources]
    if block.target is not None and block.target not in sources:
        sources.append(block.target)
    for source in sources:
        if source.kind != "table" or source.table is not None or source.token is None:
            continue
        name = unquoted(source.token)
        if name in made or not name:
            continue
        if source.qualifier is not None and source.qualifier not in schema.tables:
            continue  # the platform's and the engine's own schemas are not in the catalog
        if source.qualifier is None and (name.startswith("pg_") or _partition(name, schema)):
            continue
        known = [*schema.tables.get(source.qualifier or SEARCH_PATH[0], {})]
        if source.qualifier is None:
            known += block.ctes
        near = closest(name, known)
        fixes = renaming(source.token, near)
        elsewhere = [other for other in schema.tables if source.qualifier is None and name in schema.tables[other]]
        if elsewhere:
            written = f"{if_needed(elsewhere[0])}.{if_needed(name)}"
            fixes = (Fix(f"Change to {written}", ((source.token.start, source.token.end, written),)), *fixes)
            near = [written, *near]
        yield Diagnostic(
            source.token.start, source.token.end, "warning", "unknown_table", f"There may be no table “{name[:60]}”.",
            f"Did you mean {near[0]}?" if near else None, fixes,
        )  # fmt: skip


def _partition(name: str, schema: Schema) -> bool:
    """Whether a name may be a partition's: those are not in the catalog, and mostly called after their table."""
    tables = schema.tables.get(SEARCH_PATH[0], {})
    return any(name[:at] in tables for at in range(1, len(name)) if name[at] == "_")


# --- columns ----------------------------------------------------------------------------------------------------


def _expressions(block: Block, clause: Clause, schema: Schema) -> Iterator[Diagnostic]:
    items: Sequence[Item] = clause.items
    outputs: frozenset[str] = frozenset()
    if clause.name in ("order", "group"):
        known = block.outputs()
        if known is None:
            return
        outputs = frozenset(each.name for each in known)
        if len(block.scope.sources) == 0 or (block.combined and clause.name == "order"):
            return  # behind UNION: the names of its first branch
    if clause.name == "set":
        items = [item for part in comma_parts(clause.items[1:]) for item in _assigned_value(part)]
    if block.kind == "merge" and clause.name == "values":
        return
    for chain, inside in _chains(items):
        yield from _judge(chain, inside, clause.scope, outputs, schema)
    yield from _calls(items, schema)


def _assigned_value(part: Sequence[Item]) -> Sequence[Item]:
    at = next((at for at, item in enumerate(part) if isinstance(item, Token) and item.text == "="), len(part))
    return part[at + 1 :]


def _chains(items: Sequence[Item]) -> Iterator[tuple[Chain, bool]]:
    """The names in an expression that stand for values; and whether each may be judged without its table."""
    at = 0
    previous: Item | None = None
    while at < len(items):
        item = items[at]
        if isinstance(item, Group):
            if not is_query(item):
                before = word(item.before)
                if before in _NAMES_INSIDE:
                    pass
                elif before == "cast":
                    stop = next((n for n, each in enumerate(item.items) if word(each) == "as"), len(item.items))
                    yield from _chains(item.items[:stop])
                elif before in ("extract", "normalize"):
                    yield from _chains(item.items[1:] if before == "extract" else item.items[:1])
                else:
                    yield from _chains(item.items)
            previous = item
            at += 1
            continue
        if (literal := _typed_literal(items, at)) is not None:
            previous, at = items[literal], literal + 1
            continue
        chain = chain_at(items, at) if item.kind in ("word", "quoted") else None
        if chain is None:
            previous = item
            at += 1
            continue
        following = items[chain.end] if chain.end < len(items) else None
        named = isinstance(following, Token) and (following.kind == "string" or following.text in ("=>", ":="))
        called = isinstance(following, Group) and following.opening.text == "("
        if not named and not called and word(following) != "uescape" and not _is_no_value(previous):
            yield chain, not _operand(previous) and word(previous) not in ("over", "collate", "as", "operator")
        previous = items[chain.end - 1]
        at = chain.end


def _typed_literal(items: Sequence[Item], at: int) -> int | None:
    """The string behind a type of several words that begins here: ``timestamp with time zone '…'``."""
    end = at
    while end < len(items) and (word(items[end]) in _TYPE_WORDS or (isinstance(items[end], Group) and end > at)):
        end += 1
    last = items[end] if end < len(items) else None
    return end if end > at + 1 and isinstance(last, Token) and last.kind == "string" else None


def _is_no_value(previous: Item | None) -> bool:
    return isinstance(previous, Token) and (previous.text == "::" or previous.kind == "dot" or word(previous) == "as")


def _operand(item: Item | None) -> bool:
    if isinstance(item, Group):
        return True
    if item is None:
        return False
    if item.kind == "word":
        return (is_name(item) and item.text.lower() not in _BEFORE_OPERANDS) or item.text.lower() in (
            "end",
            "null",
            "true",
            "false",
        )
    return item.kind in ("quoted", "string", "number", "param", "position", "close")


def _judge(chain: Chain, inside: bool, scope: Scope, outputs: frozenset[str], schema: Schema) -> Iterator[Diagnostic]:
    if len(chain.parts) == 1:
        if inside:
            yield from _unqualified(chain.tokens[0], chain.parts[0], scope, outputs)
    elif len(chain.parts) == 2 and chain.parts[1] not in ("*", ""):
        yield from _qualified(chain, scope, schema)


def _unqualified(token: Token, name: str, scope: Scope, outputs: frozenset[str]) -> Iterator[Diagnostic]:
    if name in outputs or name in WITHOUT_BRACKETS or (token.kind == "word" and name in GRAMMAR):
        return
    everything: list[str] = []
    for level in scope.levels():
        holders = [
            source
            for source in level.sources
            if (source.kind == "merged" or name not in source.hidden) and source.column(name) is not None
        ]
        if len(holders) > 1 and not any(source.kind == "merged" for source in holders):
            fixes = tuple(
                Fix(f"Change to {written}", ((token.start, token.end, written),))
                for written in (f"{if_needed(source.name)}.{if_needed(name)}" for source in holders if source.name)
            )
            names = ", ".join(source.name for source in holders)
            message = f"“{name[:60]}” is ambiguous: {names[:200]} have it."
            yield Diagnostic(token.start, token.end, "error", "ambiguous_column", message, None, fixes)
            return
        if holders or any(source.name == name or source.columns is None for source in level.sources):
            return
        everything += [column.name for source in level.sources for column in source.columns or ()]
    if name in _SYSTEM:
        return
    near = closest(name, dict.fromkeys(everything))
    yield Diagnostic(
        token.start, token.end, "error", "unknown_column", f"There is no column “{name[:60]}” here.",
        f"Did you mean {near[0]}?" if near else None, renaming(token, near),
    )  # fmt: skip


def _qualified(chain: Chain, scope: Scope, schema: Schema) -> Iterator[Diagnostic]:
    (qualifier, name), (owner, token) = chain.parts, chain.tokens
    source = scope.source(qualifier)
    if source is None:
        if qualifier in _FOREIGN_NAMES or any(each.columns is None and not each.name for each in scope.sources):
            return
        near = closest(
            qualifier, dict.fromkeys(each.name for level in scope.levels() for each in level.sources if each.name)
        )
        own = _by_table(qualifier, scope)
        hint = f"It is called {own} here." if own else f"Did you mean {near[0]}?" if near else None
        fixes = renaming(owner, [own, *near] if own else near)
        message = f"Nothing here is called “{qualifier[:60]}”."
        yield Diagnostic(owner.start, owner.end, "error", "unknown_source", message, hint, fixes)
        return
    columns = source.columns
    if columns is None or source.column(name) is not None or name in _SYSTEM:
        return
    if schema.function(name) or name in NAMES:
        return  # a function of a row may be written as if it were a column of it
    near = closest(name, [column.name for column in columns])
    yield Diagnostic(
        token.start, token.end, "error", "unknown_column", f"{qualifier} has no column “{name[:60]}”.",
        f"Did you mean {near[0]}?" if near else None, renaming(token, near),
    )  # fmt: skip


def _by_table(name: str, scope: Scope) -> str | None:
    """The alias of a table that was named by its own name."""
    for level in scope.levels():
        for source in level.sources:
            if source.aliased and source.table is not None and source.table.ref.name == name:
                return source.name
    return None


def _written_columns(block: Block) -> Iterator[Diagnostic]:
    """Columns that an INSERT lists and a SET assigns."""
    target = block.target
    if target is None or target.columns is None or block.kind == "merge":
        return
    written: list[Token] = []
    if block.target_columns is not None:
        for part in comma_parts(block.target_columns.items):
            if len(part) == 1 and isinstance(part[0], Token) and is_name(part[0]):
                written.append(part[0])
    for clause in block.clauses:
        if clause.name == "set":
            for part in comma_parts(clause.items[1:]):
                if len(part) > 1 and isinstance(first := part[0], Token) and is_name(first):
                    following = part[1]
                    if isinstance(following, Token) and following.text == "=":
                        written.append(first)
    for token in written:
        name = unquoted(token)
        if target.column(name) is None:
            near = closest(name, [column.name for column in target.columns])
            table = target.table.ref.name if target.table is not None else target.name
            yield Diagnostic(
                token.start, token.end, "error", "unknown_column", f"{table} has no column “{name[:60]}”.",
                f"Did you mean {near[0]}?" if near else None, renaming(token, near),
            )  # fmt: skip


# --- functions --------------------------------------------------------------------------------------------------


def _calls(items: Sequence[Item], schema: Schema) -> Iterator[Diagnostic]:
    """Calls of what nobody knows and much resembles a function that exists. Extensions' functions are not known."""
    own = {name for each in SEARCH_PATH for name in schema.functions.get(each, {})}
    for at, item in enumerate(items):
        if not isinstance(item, Group):
            continue
        if not is_query(item):
            yield from _calls(item.items, schema)
        before = items[at - 1] if at else None
        if not isinstance(before, Token) or before.kind != "word" or not is_name(before) or item.opening.text != "(":
            continue
        if (
            at >= 2
            and isinstance(dot := items[at - 2], Token)
            and (dot.kind == "dot" or dot.text == "::" or word(dot) == "as")
        ):
            continue
        name = unquoted(before)
        if name in own or name in NAMES or name in _SPECIAL_CALLS or name in _TYPE_WORDS or name.startswith("pg_"):
            continue
        if any(name in schema.tables.get(each, {}) for each in SEARCH_PATH):
            continue
        near = [each for each in closest(name, [*own, *NAMES], 2) if abs(len(each) - len(name)) <= 2]
        if near:
            yield Diagnostic(
                before.start, before.end, "warning", "unknown_function", f"There may be no function “{name[:60]}”.",
                f"Did you mean {near[0]}?", renaming(before, near),
            )  # fmt: skip
