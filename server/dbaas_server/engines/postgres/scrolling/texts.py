"""Where a statement ends and which functions it names, as far as PostgreSQL's lexical rules tell.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["called", "may_make_nulls", "single"]


_TOKEN = re.compile(
    r"""
    (?P<space>\s++|--[^\n]*+)
    |(?P<comment>/\*)
    |(?P<string>[eE]'(?:[^'\\]|''|\\.)*+(?:'|\\?\Z)|'(?:[^']|'')*+(?:'|\Z)
        |(?P<tag>\$(?:[^\W\d]\w*+)?\$).*?(?:(?P=tag)|\Z))
    |(?P<quoted>"(?:[^"]|"")*+(?:"|\Z))
    |(?P<word>[^\W\d][\w$]*+)
    |(?P<number>\d[\w.]*+)
    |(?P<end>;)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_BLANK = ("space", "comment")
_MAKE_NULLS = frozenset({"join", "rollup", "cube", "sets"})


def single(text: str) -> str | None:
    """The statement without the semicolon that may end it and what is behind; None where another one follows.

    What is left out at the end changes no position before it.
    """
    end: int | None = None
    for kind, start, _ in _tokens(text):
        if kind == "end":
            end = start if end is None else end
        elif end is not None and kind not in _BLANK:
            return None
    return text if end is None else text[:end]


def called(text: str) -> set[str]:
    """Names in front of brackets, which functions may have, folded as PostgreSQL does; and ``tablesample``."""
    names: set[str] = set()
    last: str | None = None
    for kind, start, stop in _tokens(text):
        part = text[start:stop]
        if kind == "word":
            last = part.lower()
            if last == "tablesample":
                names.add(last)
        elif kind == "quoted":
            last = part[1:-1].replace('""', '"')
        elif kind not in _BLANK:
            if part == "(" and last is not None:
                names.add(last)
            last = None
    return names


def may_make_nulls(text: str) -> bool:
    """Whether a column that holds no nulls in its table may do so in the result: by an outer join, a grouping set."""
    return any(kind == "word" and text[start:stop].lower() in _MAKE_NULLS for kind, start, stop in _tokens(text))


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, "the last alternative is any character"
        kind = match.lastgroup or "other"
        if kind == "tag":  # the group inside ended last
            kind = "string"
        stop = _comment_end(text, match.end()) if kind == "comment" else match.end()
        yield kind, at, stop
        at = stop


def _comment_end(text: str, at: int) -> int:
    """Behind a comment's end; comments nest."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(text, at):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)
