"""The statements of a text, each with what it needs to be run."""

from __future__ import annotations

from typing import NamedTuple

from .borders import Span, split
from .groups import word
from .parameters import names

__all__ = ["Listed", "listed"]

_READS = frozenset({"select", "values", "table", "show"})
_WRITES = frozenset({"insert", "update", "delete", "merge", "into"})


class Listed(NamedTuple):
    """One statement.

    Attributes:
        start, end: code points; without its semicolon.
        reads: it only asks for rows, as far as its text tells: it can be paged.
        parameters: the names of its ``:name`` parameters.
    """

    start: int
    end: int
    reads: bool
    parameters: tuple[str, ...]


def listed(text: str) -> list[Listed]:
    """The statements of a text, in order."""
    return [Listed(span.start, span.end, _reads(span), tuple(names(span.tokens))) for span in split(text)]


def _reads(span: Span) -> bool:
    """Whether a statement only reads: a function that it calls may still write, which the engine refuses then."""
    first = next((token for token in span.tokens if token.kind != "open"), None)
    what = word(first)
    if what == "with":
        previous = None
        for token in span.tokens:
            if word(token) in _WRITES and previous is not None and previous.kind in ("open", "close"):
                return False
            previous = token
        return True
    if what != "select":
        return what in _READS
    depth = 0
    for token in span.tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and word(token) == "into":
            return False
    return True
