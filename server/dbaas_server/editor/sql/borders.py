"""Where statements end, and which one the cursor is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .groups import word
from .lexer import SILENT, Token, tokens

__all__ = ["Span", "around", "paragraph", "split"]

_EDGE = re.compile(
    r"""
      ;
    | --[^\n\r]*
    | (?<![\w$])[eE]'(?:[^'\\]|''|\\.)*+(?:'|\\?\Z)
    | '(?:[^']|'')*+(?:'|\Z)
    | "(?:[^"]|"")*+(?:"|\Z)
    | (?<![\w$])(?P<tag>\$(?:[^\W\d]\w*)?\$)
    | /(?P<block>\*)
    """,
    re.VERBOSE | re.DOTALL,
)
_EMPTY_LINE = re.compile(r"\n[^\S\n]*\n")
_MOST_BEFORE, _MOST_BEHIND = 128_000, 64_000
_STARTS = frozenset(
    """
    select with insert update delete merge create alter drop grant revoke truncate explain call do begin commit
    """.split()  # noqa: SIM905
)
_CONTINUES = frozenset(
    """
    union all distinct intersect except as explain analyze verbose for on to do of begin atomic
    """.split()  # noqa: SIM905
)
_VERBS = frozenset({"select", "values", "insert", "update", "delete", "merge"})


class Span(NamedTuple):
    """One statement, from its first token to behind its last, without its semicolon."""

    start: int
    end: int
    tokens: tuple[Token, ...]


def split(text: str) -> list[Span]:
    """The statements of a text, as PostgreSQL would run them; what is only space and comments is none.

    A semicolon within the body of a function (BEGIN ATOMIC … END) or the brackets of a rule ends nothing.
    """
    found: list[Span] = []
    pending: list[Token] = []
    depth, in_body = 0, 0
    words: list[str] = []
    for token in tokens(text, spaces=False):
        if token.kind in SILENT:
            continue
        if (
            token.kind == "semicolon"
            and not in_body
            and not (depth > 0 and words[:1] == ["create"] and "rule" in words)
        ):
            _finish(found, pending)
            pending, words, depth = [], [], 0
            continue
        pending.append(token)
        if token.kind == "word":
            what = word(token)
            if len(words) < 8:
                words.append(what)
            if in_body:
                in_body += (what == "case") - (what == "end")
            elif what == "atomic" and len(pending) > 1 and word(pending[-2]) == "begin":
                in_body = 1
        elif token.kind in ("open", "close"):
            depth += 1 if token.kind == "open" else -1
    _finish(found, pending)
    return found


def _finish(found: list[Span], pending: Sequence[Token]) -> None:
    if pending:
        found.append(Span(pending[0].start, pending[-1].end, tuple(pending)))


def around(text: str, position: int) -> tuple[int, int]:
    """The piece of a text that holds the statement at a position: between semicolons, and of bounded length."""
    start, end = 0, len(text)
    at = 0
    while (edge := _EDGE.search(text, at)) is not None:
        at = edge.end()
        if (tag := edge["tag"]) is not None:
            close = text.find(tag, at)
            at = len(text) if close < 0 else close + len(tag)
        elif edge["block"]:
            at = _behind_comment(text, edge.start())
        elif edge.group() == ";":
            if edge.start() >= position:
                end = edge.start()
                break
            start = at
    return max(start, position - _MOST_BEFORE), min(end, position + _MOST_BEHIND)


def _behind_comment(text: str, start: int) -> int:
    depth = 0
    for edge in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)


def paragraph(text: str, read: Sequence[Token], position: int) -> tuple[int, int]:
    """Which of a piece's tokens are the cursor's statement, where a semicolon may be missing still.

    A person who writes a statement above another one has not typed its semicolon yet: a statement also begins behind
    an empty line with a word that begins statements, unless the text before it goes on there.
    """
    first, last = 0, len(read)
    if not read or _EMPTY_LINE.search(text, read[0].start, read[-1].start) is None:
        return first, last
    before: Token | None = None
    verb = False
    for index, token in enumerate(read):
        if token.kind in SILENT:
            continue
        what = word(token)
        if (
            verb and what in _STARTS and before is not None and _ended(before)
            and _EMPTY_LINE.search(text, before.start + len(before.text), token.start) is not None
        ):  # fmt: skip
            if token.start >= position:
                last = index
                break
            first, verb = index, False
        if what:
            verb = verb or what in _VERBS or (what in _STARTS and what != "with")
        before = token
    return first, last


def _ended(before: Token) -> bool:
    """Whether a statement may end with a token."""
    return before.kind not in ("open", "comma", "op", "dot", "mark") and word(before) not in _CONTINUES
