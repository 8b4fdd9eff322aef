"""Formatting: laid out anew, and kept only if sqlglot reads the same from it as from what was there.

The layout moves no token (:mod:`~dbaas_server.editor.sql.layout`), so comments, parameters and the way things are
written stay. sqlglot reads the statement before and after: what it cannot read stays as it is, since a layout of what
nobody understood would be a guess. sqlglot takes a tenth of a second to import, so that is done when first asked.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from operator import attrgetter
from typing import Any, NamedTuple

from dbaas_provisioning.errors import Invalid

from .borders import split
from .layout import DEEPEST, laid_out
from .lexer import SILENT, Token, closed, tokens

__all__ = ["Formatted", "formatted"]

_LONGEST = 100_000
_start = attrgetter("start")


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
    inner = piece.strip()
    if not inner:
        return Formatted(start, end, piece)
    if len(inner) > _LONGEST:
        raise _refused(f"It is longer than {_LONGEST:,} letters.")
    first = start + piece.index(inner[0])
    read = tokens(inner, spaces=False)
    if not closed(read[-1]) or not _balanced(read):
        raise _refused("A string, a comment or a bracket does not end.")
    pieces: list[str] = []
    at = 0
    here = 0  # in `read`: the first token that is at `at` or behind it
    for until in [span.end for span in split(inner)]:
        own_end = bisect_left(read, until, here, key=_start)
        statement = laid_out(inner, read[here:own_end])
        _check(inner[at:until].strip(), statement)
        pieces.append(statement)
        at, here = until, own_end
        following = here
        while following < len(read) and read[following].kind in SILENT:
            following += 1
        if following < len(read) and read[following].kind == "semicolon":
            between = [token.text for token in read[here:following]]
            pieces[-1] += "".join(f"\n{comment}" for comment in between) + ("\n;" if between else ";")
            at, here = read[following].end, following + 1
        if here < len(read) and read[here].kind == "comment" and "\n" not in inner[at : read[here].start]:
            pieces[-1] += " " + read[here].text
            at, here = read[here].end, here + 1
    rest = [token.text for token in read[here:]]
    if rest:
        pieces.append("\n".join(rest))
    done = "\n\n".join(pieces)
    if _words(inner) != _words(done):
        raise _refused("It would not stay the same.")
    return Formatted(first, first + len(inner), done)


def _balanced(read: list[Token]) -> bool:
    stack: list[str] = []
    for token in read:
        if token.kind == "open":
            stack.append(")" if token.text == "(" else "]")
            if len(stack) > DEEPEST:
                return False
        elif token.kind == "close" and (not stack or stack.pop() != token.text):
            return False
    return not stack


def _words(text: str) -> list[str]:
    return [token.text for token in tokens(text, spaces=False)]


def _check(before: str, after: str) -> None:
    """Refuse what sqlglot cannot read, or reads otherwise than before."""
    if _tree(before) != _tree(after):
        raise _refused("It would not mean the same.")


def _tree(text: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it tells of what it keeps as mere text
    # sqlglot reads `:name` as a slice's end in places; `$1` is what is sent in the end.
    plain = "".join("$1" if token.kind == "param" else token.text for token in tokens(text) if token.kind != "comment")
    try:
        tree = sqlglot.parse_one(plain, read="postgres")
    except (SqlglotError, RecursionError, ValueError) as error:
        details = str(error).splitlines()[0][:200] if str(error) else "It nests too deep."
        raise _refused(details) from None
    return " ".join(_words(plain)) if isinstance(tree, sqlglot.exp.Command) else tree


def _refused(details: str) -> Invalid:
    return Invalid(
        "not_formattable", "This cannot be formatted; it stays as it is.", hint="Check it, or select a part.",
        details=details,
    )  # fmt: skip
