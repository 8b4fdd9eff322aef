"""What is misspelt or left over, where that is sure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from ..borders import Span
from ..clauses import comma_parts
from ..groups import Group, Item, word
from ..lexer import Token, unquoted
from ..names import is_name
from ..nodes import Block, Statement
from ..schema import Schema
from .problems import Diagnostic, Fix

__all__ = ["misspelt"]

_STATEMENTS = frozenset(
    """
    abort alter analyse analyze begin call checkpoint close cluster comment commit copy create deallocate declare delete
    discard do drop end execute explain fetch grant import insert listen load lock merge move notify prepare reassign
    refresh reindex release reset revoke rollback savepoint security select set show start table truncate unlisten
    update vacuum values with
    """.split()  # noqa: SIM905
)
_CLAUSES = (
    "from",
    "where",
    "group",
    "order",
    "having",
    "limit",
    "join",
    "offset",
    "union",
    "returning",
    "values",
    "set",
)
_LISTS = frozenset({"select", "from", "group", "order", "returning", "set", "values"})
_DANGLING = frozenset(
    {"and", "or", "where", "on", "having", "by", "set", "from", "join", "not", "between", "like", "then"}
)


def misspelt(span: Span, statement: Statement) -> list[Diagnostic]:
    """A statement's first word that begins none, words that were to be clauses, commas and operators left over."""
    first = span.tokens[0]
    what = word(first)
    if first.kind == "word" and what not in _STATEMENTS:
        near = difflib.get_close_matches(what, _STATEMENTS, n=1, cutoff=0.75)
        message = f"No statement begins with “{first.text[:60]}”."
        return [_wrong(first, message, near[0] if near else None)]
    if first.kind not in ("word", "open"):
        return [_wrong(first, f"No statement begins with “{first.text[:60]}”.", None)]
    found: list[Diagnostic] = []
    for block in statement.blocks:
        if block.kind in ("select", "values", "update", "insert", "delete"):
            found += _in_block(block, statement.schema)
    return found


def _wrong(token: Token, message: str, instead: str | None) -> Diagnostic:
    fixes = (Fix(f"Change to {instead}", ((token.start, token.end, instead),)),) if instead else ()
    hint = f"Did you mean {instead}?" if instead else None
    return Diagnostic(token.start, token.end, "error", "syntax", message, hint, fixes)


def _in_block(block: Block, schema: Schema) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for clause in block.clauses:
        items = clause.items
        last = items[-1] if items else None
        if isinstance(last, Token) and last.kind == "comma" and len(items) > 1 and clause.name in _LISTS:
            fix = Fix("Remove the comma", ((last.start, last.end, ""),))
            found.append(
                Diagnostic(last.start, last.end, "error", "syntax", "Nothing follows this comma.", None, (fix,))
            )
        elif isinstance(last, Token) and (word(last) in _DANGLING or _operator(last, items)):
            message = f"Something is missing behind “{last.text}”."
            found.append(Diagnostic(last.start, last.end, "error", "syntax", message))
        elif clause.name == "select":
            found += _star_then_word(items, schema)
    for before, item in block.strays:
        if isinstance(before, Token) and before.kind == "word" and is_name(before):
            near = difflib.get_close_matches(before.text.lower(), _CLAUSES, n=1, cutoff=0.75)
            if (
                near
                and isinstance(item, Token)
                and (is_name(item) or item.kind in ("number", "string") or word(item) == "by")
            ):
                found.append(_wrong(before, f"“{before.text[:60]}” cannot stand before “{item.text[:60]}”.", near[0]))
    return found


def _operator(last: Token, items: Sequence[Item]) -> bool:
    # `order by a using >` ends with its operator.
    return last.kind == "op" and last.text != "*" and len(items) > 1 and word(items[-2]) != "using"


def _star_then_word(items: Sequence[Item], schema: Schema) -> list[Diagnostic]:
    """``select * form orders``: a star has no alias, so the word was to be a clause."""
    for part in comma_parts(items[1:]):
        for at, item in enumerate(part[:-1]):
            star = isinstance(item, Token) and item.text == "*" and (at == 0 or _text(part[at - 1]) == ".")
            following = part[at + 1]
            if not star or not isinstance(following, Token) or following.kind not in ("word", "quoted"):
                continue
            message = f"“{following.text[:60]}” cannot stand behind a star."
            if schema.table(unquoted(following)) is not None:
                fix = Fix("Insert from", ((following.start, following.start, "from "),))
                return [
                    Diagnostic(
                        following.start, following.end, "error", "syntax", message, "A FROM is missing.", (fix,)
                    )
                ]  # fmt: skip
            near = difflib.get_close_matches(following.text.lower(), _CLAUSES, n=1, cutoff=0.6)
            if near:
                return [_wrong(following, message, near[0])]
    return []


def _text(item: Item) -> str:
    return "" if isinstance(item, Group) else item.text
