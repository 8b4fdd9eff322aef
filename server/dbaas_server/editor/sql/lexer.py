"""PostgreSQL's lexical rules (its manual, section 4.1), for text that may end anywhere.

Beside the engine's own tokens there is ``:name``, a parameter. A colon right behind a word, a number, a quote or a
closing bracket is none (``json_object('a':b)``), nor is one inside a subscript, where it separates a slice
(``a[1:n]``); a parameter there goes in parentheses: ``a[(:n)]``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["SILENT", "Token", "closed", "tokens", "unquoted"]

_TOKEN = re.compile(
    r"""
    \s*+(?:
      (?P<word>(?![eEbBxXnN]'|[uU]&['"])[^\W\d][\w$]*+)
    | (?P<comma>,)
    | (?P<dot>\.(?![\d.]))
    | (?P<open>[(\[])
    | (?P<close>[)\]])
    | (?P<semicolon>;)
    | (?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*+(?:'|\Z))
    | (?P<escaped>[eE]'(?:[^'\\]|''|\\.)*+(?:'|\\?\Z))
    | (?P<quoted>(?:[uU]&)?"(?:[^"]|"")*+(?:"|\Z))
    | (?P<comment>--[^\n\r]*)
    | (?P<block>/\*)
    | (?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$)
    | (?P<position>\$\d+)
    | (?P<number>0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.(?!\.)[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
    | (?P<mark>::|:=|=>|\.\.)
    | (?P<param>:[^\W\d]\w*)
    | (?P<op>(?:(?!--|/\*|=>)[+\-*/<>=~!@\#%^&|`?])+)
    | (?P<other>\S)
    | (?P<nothing>\Z)
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_UNICODE_ESCAPE = re.compile(r"\\(?:([\da-fA-F]{4})|\+([\da-fA-F]{6})|\\)")  # of U&"…"; its manual, section 4.1.2.3
_COMMENT_EDGE = re.compile(r"/\*|\*/")

SILENT = frozenset({"space", "comment"})
"""Kinds of tokens that mean nothing."""

_OPERANDS = frozenset({"word", "string", "quoted", "number", "position", "param", "close"})


class Token(NamedTuple):
    """A piece of text.

    Attributes:
        kind: space, comment, word, quoted, string, number, param (``:name``), position (``$1``), op, mark (``::``,
            ``:=``, ``=>``, ``..``), open, close, comma, dot, semicolon or other.
        text: as it was written.
        start: where it begins, in code points.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)


def tokens(text: str, start: int = 0, end: int | None = None, *, spaces: bool = True) -> list[Token]:
    """The tokens of a text, or of a piece of it; put together they are the piece. Takes any text.

    Args:
        spaces: without them, the tokens that are only space are left out.
    """
    found: list[Token] = []
    add, new, match_at = found.append, tuple.__new__, _TOKEN.match
    brackets: list[bool] = []  # whether each open one is a subscript
    last = ""  # the kind of the last token that was neither space nor comment
    apart = True  # whether something silent stands behind it
    array_word = False
    at, size = start, len(text) if end is None else end
    while at < size:
        match = match_at(text, at, size)
        assert match is not None  # `other` takes any letter
        kind = match.lastgroup or ""
        begin, until = match.span(kind)
        if begin > at:
            apart = True
            if spaces:
                add(new(Token, ("space", text[at:begin], at)))
        if kind == "word":
            word = text[begin:until]
            add(new(Token, (kind, word, begin)))
            array_word = until - begin == 5 and word.lower() == "array"
            last, apart, at = kind, False, until
            continue
        if kind == "comment" or kind == "block":
            if kind == "block":
                kind, until = "comment", _comment_end(text, begin, size)
            apart = True
        elif kind == "nothing":
            break
        else:
            if kind == "escaped":
                kind = "string"
            elif kind == "dollar":
                close = text.find(text[begin:until], until, size)
                kind, until = "string", size if close < 0 else close + until - begin
            elif kind == "param":
                if (not apart and last in _OPERANDS) or (brackets and brackets[-1]):
                    kind, until = "other", begin + 1
            elif kind == "open":
                brackets.append(text[begin] == "[" and last in _OPERANDS and not array_word)
            elif kind == "close" and brackets:
                brackets.pop()
            last, apart, array_word = kind, False, False
        add(new(Token, (kind, text[begin:until], begin)))
        at = until
    return found


def closed(token: Token) -> bool:
    """Whether a string, a quoted name or a comment has its end."""
    text = token.text
    if token.kind == "comment":
        return text.startswith("--") or (text.count("/*") == text.count("*/") and text.endswith("*/"))
    if token.kind == "string" and text.startswith("$"):
        tag = text[: text.index("$", 1) + 1]
        return len(text) >= 2 * len(tag) and text.endswith(tag)
    if token.kind not in ("string", "quoted"):
        return True
    quote = '"' if token.kind == "quoted" else "'"
    body = text[text.index(quote) + 1 :]
    if token.kind == "string" and text[0] in "eE":
        body = re.sub(r"\\.", "", body, flags=re.DOTALL)
    return body.endswith(quote) and (len(body) - len(body.rstrip(quote))) % 2 == 1


def unquoted(token: Token) -> str:
    """The name that a word or a quoted name stands for: words are folded to lower case."""
    if token.kind != "quoted":
        return token.text.lower()
    head, _, body = token.text.partition('"')
    name = (body[:-1] if closed(token) else body).replace('""', '"')
    return _UNICODE_ESCAPE.sub(_letter, name) if head else name


def _letter(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    if code is None:
        return "\\"
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else escape[0]


def _comment_end(text: str, start: int, end: int) -> int:
    """Behind a block comment; they nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start, end):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return end
