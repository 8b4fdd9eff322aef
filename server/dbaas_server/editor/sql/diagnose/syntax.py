"""What is misspelt or left over, where that is sure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from ..borders import Span
from ..clauses import comma_parts
from ..groups import Group, Item, word
from ..lexer import Token
from ..nodes import Block, Statement
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
            found += _in_block(block)
    return found


def _wrong(token: Token, message: str, instead: str | None) -> Diagnostic:
    fixes = (Fix(f"Change to {instead}", ((token.start, token.end, instead),)),) if instead else ()
    hint = f"Did you mean {instead}?" if instead else None
    return Diagnostic(token.start, token.end, "error", "syntax", message, hint, fixes)


def _in_block(block: Block) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for place, clause in enumerate(block.clauses):
        items = clause.items
        last = items[-1] if items else None
        if clause.name in ("select", "from", "group", "order", "returning", "set", "values") and isinstance(
            last, Token
        ):
            if last.kind == "comma" and len(items) > 1:
                fix = Fix("Remove the comma", ((last.start, last.end, ""),))
                found.append(
                    Diagnostic(last.start, last.end, "error", "syntax", "Nothing follows this comma.", None, (fix,))
                )
                continue
        if isinstance(last, Token) and (word(last) in _DANGLING or _operator(last, items)):
            message = f"Something is missing behind “{last.text}”."
            found.append(Diagnostic(last.start, last.end, "error", "syntax", message))
        elif clause.name == "select":
            found += _star_then_word(items)
        _ = place
    return found


def _operator(last: Token, items: Sequence[Item]) -> bool:
    return last.kind == "op" and last.text != "*" and len(items) > 1


def _star_then_word(items: Sequence[Item]) -> list[Diagnostic]:
    """``select * form orders``: a star has no alias, so the word was to be a clause."""
    for part in comma_parts(items[1:]):
        for at, item in enumerate(part[:-1]):
            star = isinstance(item, Token) and item.text == "*" and (at == 0 or _text(part[at - 1]) == ".")
            following = part[at + 1]
            if star and isinstance(following, Token) and following.kind == "word":
                near = difflib.get_close_matches(following.text.lower(), _CLAUSES, n=1, cutoff=0.6)
                if near:
                    return [_wrong(following, f"“{following.text[:60]}” cannot stand behind a star.", near[0])]
    return []


def _text(item: Item) -> str:
    return "" if isinstance(item, Group) else item.text
