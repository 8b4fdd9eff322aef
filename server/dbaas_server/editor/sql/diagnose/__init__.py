"""Diagnostics: what is wrong for sure in a text, each with a place, a sentence and, where there is one, a repair.

1. What PostgreSQL would take is never called an error.
2. A statement whose strings or brackets do not end is told about that, and about nothing that follows from it.
3. Names are judged only where everything is known that they could mean.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..borders import split
from ..groups import grouped, word
from ..lexer import Token, tokens, unquoted
from ..reading import read_statement
from ..schema import Schema
from .dangers import everything
from .lexical import unbalanced, unended
from .naming import misnamed
from .parsing import unreadable
from .problems import Diagnostic, Fix
from .syntax import misspelt

__all__ = ["Diagnostic", "Fix", "diagnose"]

_MOST = 100
_LONGEST = 200_000


def diagnose(text: str, schema: Schema) -> list[Diagnostic]:
    """What is wrong with a text, in its order; of a long text, with its beginning."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST]
    found = unended(tokens(cut)) if cut is text else []
    broken = {each.start for each in found}
    made: set[str] = set()
    spans = split(cut)
    for span in spans if cut is text else spans[:-1]:
        if len(found) >= _MOST:
            break
        if any(span.start <= place <= span.end for place in broken):
            continue
        wrong = unbalanced(span.tokens)
        if not wrong:
            statement = read_statement(grouped(span.tokens), schema)
            wrong = misspelt(span, statement)
            if not any(each.severity == "error" for each in wrong):
                wrong += misnamed(statement, made)
            wrong += everything(statement)
            if not any(each.code != "no_where" for each in wrong):
                wrong += unreadable(cut, span)
        found += wrong
        made |= _makes(span.tokens)
    return sorted(found, key=lambda each: each.start)[:_MOST]


def _makes(read: Sequence[Token]) -> set[str]:
    """The names that a statement creates: they exist for those behind it."""
    if word(read[0]) not in ("create", "alter", "select", "with"):
        return set()
    words = [word(token) for token in read[:12]]
    for at, what in enumerate(words):
        if what in ("table", "view", "into", "to"):
            after = at + 1
            while after < len(read) and word(read[after]) in ("if", "not", "exists", "temp", "temporary", "unlogged"):
                after += 1
            if after + 2 < len(read) and read[after + 1].kind == "dot":
                after += 2
            if after < len(read) and read[after].kind in ("word", "quoted"):
                return {unquoted(read[after])}
    return set()
