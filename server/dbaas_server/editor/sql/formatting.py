"""Formatting: laid out by sqlglot, kept only if it means the same and lost no comment.

sqlglot takes a tenth of a second to import, so that is done when first asked, in the caller's thread.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

from dbaas_provisioning.errors import Invalid

from .borders import Span, split
from .lexer import SILENT, Token, tokens

__all__ = ["Formatted", "formatted"]

_LONGEST = 100_000


class Formatted(NamedTuple):
    """What stands from ``start`` to ``end`` (code points) once it is formatted."""

    start: int
    end: int
    text: str


def formatted(text: str, start: int, end: int) -> Formatted:
    """A piece of a text, laid out; the spaces around it stay.

    Raises:
        Invalid: ``not_formattable``: it cannot be read, or would not mean the same.
    """
    piece = text[start:end]
    if len(piece) > _LONGEST:
        raise _refused(f"It is longer than {_LONGEST:,} letters.")
    inner = piece.strip()
    first = start + len(piece) - len(piece.lstrip())
    if not inner:
        return Formatted(start, end, piece)
    spans = split(inner)
    if not spans:
        return Formatted(start, end, piece)
    pieces: list[str] = []
    at = 0
    for number, span in enumerate(spans):
        until = _behind(inner, span)
        before = inner[at : span.start].strip()
        if before:
            pieces.append(before)
        laid_out = _statement(inner[span.start : span.end])
        rest = inner[span.end : until]
        pieces.append(laid_out + (";" if rest.endswith(";") else "") + ("\n" if number + 1 < len(spans) else ""))
        at = until
    tail = inner[at:].strip()
    if tail:
        pieces.append(tail)
    return Formatted(first, first + len(inner), "\n".join(pieces).strip())


def _behind(text: str, span: Span) -> int:
    """Behind a statement's semicolon; without one, behind the statement."""
    for token in tokens(text, span.end):
        if token.kind == "semicolon":
            return token.end
        if token.kind not in SILENT:
            break
    return span.end


def _statement(text: str) -> str:
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        tree = sqlglot.parse_one(text, read="postgres")
        if tree is None or isinstance(tree, sqlglot.exp.Command):
            raise _refused("It is no query, and is laid out by hand.")
        laid_out = tree.sql(dialect="postgres", pretty=True, comments=True, max_text_width=100)
        again = sqlglot.parse_one(laid_out, read="postgres")
    except (SqlglotError, RecursionError) as error:
        raise _refused(str(error).splitlines()[0][:200] if str(error) else "It nests too deep.") from None
    if _meaning(laid_out) != _meaning(text) and tree != again:
        raise _refused("It would not mean the same.")
    if tree != again or _words(text) != _words(laid_out):
        raise _refused("It would not stay the same.")
    return laid_out


def _meaning(text: str) -> list[str]:
    return [token.text for token in tokens(text) if token.kind not in SILENT]


def _words(text: str) -> list[str]:
    """What may not be lost: strings, parameters, quoted names, numbers and the texts of comments, in any order."""
    return sorted(
        _comment(token) if token.kind == "comment" else token.text
        for token in tokens(text)
        if token.kind in ("string", "param", "position", "quoted", "number", "comment")
    )


def _comment(token: Token) -> str:
    return " ".join(token.text.removeprefix("--").removeprefix("/*").removesuffix("*/").split())


def _refused(details: str) -> Invalid:
    return Invalid(
        "not_formattable", "This cannot be formatted; it stays as it is.", hint="Check it, or select a part.",
        details=details,
    )  # fmt: skip
