"""What sqlglot cannot read, told only where the place shows that PostgreSQL cannot either.

sqlglot does not know all of PostgreSQL, so that it refuses says little. Two values side by side are wrong in any case.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..borders import Span
from ..groups import word
from ..lexer import Token
from ..names import is_name
from .naming import GRAMMAR
from .problems import Diagnostic

__all__ = ["unreadable"]

_READ = frozenset({"select", "with", "insert", "update", "delete", "values"})
_LONGEST = 20_000
_VALUES = frozenset({"string", "number", "param", "position"})


def unreadable(text: str, span: Span) -> list[Diagnostic]:
    """The place at which sqlglot gives up, as a warning, where two values stand side by side there."""
    if word(span.tokens[0]) not in _READ or span.end - span.start > _LONGEST:
        return []
    import sqlglot
    from sqlglot.errors import ParseError, SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    plain = list(text[span.start : span.end])
    for token in span.tokens:
        if token.kind == "param":  # as long a name: places stay
            plain[token.start - span.start] = "_"
    try:
        sqlglot.parse_one("".join(plain), read="postgres")
    except ParseError as error:
        return _sure(text, span, error.errors[0] if error.errors else {})
    except (SqlglotError, RecursionError, ValueError):
        return []
    return []


def _sure(text: str, span: Span, problem: dict[str, object]) -> list[Diagnostic]:
    line, column = problem.get("line"), problem.get("col")
    if not isinstance(line, int) or not isinstance(column, int):
        return []
    lines = text[span.start : span.end].split("\n")
    place = span.start + sum(len(each) + 1 for each in lines[: line - 1]) + column
    at = next((n for n, token in enumerate(span.tokens) if token.start < place <= token.end), None)
    if not at or not _value(span.tokens, at) or not _value(span.tokens, at - 1):
        return []
    token = span.tokens[at]
    message = f"“{token.text[:60]}” is not expected behind “{span.tokens[at - 1].text[:60]}”."
    return [Diagnostic(token.start, token.end, "warning", "syntax", message, "Is a comma or an operator missing?")]


def _value(read: Sequence[Token], at: int) -> bool:
    token = read[at]
    if token.kind == "word":
        return is_name(token) and token.text.lower() not in GRAMMAR
    return token.kind in _VALUES or token.kind == "quoted"
