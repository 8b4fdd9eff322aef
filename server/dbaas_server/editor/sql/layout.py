"""Where a statement's lines break: every token stays as it is, only the space between tokens changes.

A clause begins a line; lists and conditions that do not fit beside it stand below it, two columns further in; so does
what stands in brackets that do not fit. Case, quotes and comments are the person's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from .groups import word
from .lexer import Token

__all__ = ["DEEPEST", "laid_out"]

WIDTH = 88
DEEPEST = 60
"""Brackets within brackets that are looked into."""

_SHORT = 60  # a statement that fits in this many columns is one line
_STEP = 2
_HEADS = frozenset(
    """
    select from where group having order limit offset fetch union intersect except values set returning window insert
    update delete with merge using when join left right full inner cross natural for on
    """.split()  # noqa: SIM905
)
_JOINS = frozenset({"join", "left", "right", "full", "inner", "cross", "natural", "outer"})
_LISTS = frozenset({"select", "group", "order", "returning", "set", "from", "values", "with", "window"})
_DEFINES = frozenset({"create", "alter", "grant", "revoke", "comment", "drop", "set", "call", "do", "copy", "truncate"})
_TIGHT_BEFORE = frozenset({"comma", "semicolon", "close", "dot"})


@dataclass(slots=True)
class _Bracket:
    opening: Token
    items: list[_Node] = field(default_factory=list)
    closing: Token | None = None
    width: int = 0


_Node: TypeAlias = "Token | _Bracket"


def laid_out(text: str, read: Sequence[Token]) -> str:
    """One statement, laid out.

    Args:
        text: what the tokens are of, for where they touched.
        read: the statement's tokens without spaces, with comments; its brackets are balanced.
    """
    kept = [token for token in read if token.kind != "comment"]
    spaces = _spaces(text, kept)
    breaks: dict[int, int] = {}
    ended = _line_ends(read)
    layout = _Layout(spaces, breaks, ended)
    layout.statement(_tree(kept, layout.length))
    return "".join(_written(text, read, spaces, breaks)).strip()


def _line_ends(read: Sequence[Token]) -> frozenset[int]:
    """The tokens that cannot stand on the line of the one before, since a comment ends it."""
    return frozenset(
        token.start
        for before, token in pairwise(read)
        if before.kind == "comment" and before.text.startswith("--") and token.kind != "comment"
    )


def _written(text: str, read: Sequence[Token], spaces: dict[int, bool], breaks: dict[int, int]) -> Iterator[str]:
    """The tokens with the space between them; a comment stays on its line, or on a line of its own."""
    indent = 0
    line_ends = False
    before: Token | None = None
    for token in read:
        if token.kind == "comment":
            own = before is None or "\n" in text[before.end : token.start]
            if own or line_ends:
                yield "\n" + " " * indent if before is not None else ""
            else:
                yield " "
            yield token.text
            line_ends = token.text.startswith("--") or own
        else:
            if token.start in breaks:
                indent = breaks[token.start]
                yield "\n" + " " * indent if before is not None else ""
            elif line_ends:
                yield "\n" + " " * indent
            elif before is not None and (before.kind == "comment" or spaces[token.start]):
                yield " "
            yield token.text
            line_ends = False
        before = token


def _spaces(text: str, kept: Sequence[Token]) -> dict[int, bool]:
    """Whether a space stands before each token, where no line breaks."""
    found: dict[int, bool] = {}
    before: Token | None = None
    unary = False
    for token in kept:
        touched = before is not None and before.end == token.start
        if (
            before is None
            or token.kind in _TIGHT_BEFORE
            or before.kind == "dot"
            or before.text in ("(", "[")
            or "::" in (token.text, before.text)
        ):
            space = False
        elif token.kind == "open" or before.kind == "other" or token.kind == "other" or unary:
            space = not touched
        else:
            space = True
        if token.kind == "close" and before is not None and before.kind == "comma":
            space = False
        found[token.start] = space
        operand = before is not None and (
            before.kind in ("string", "quoted", "number", "param", "position", "close") or _names(before)
        )
        unary = token.kind == "op" and not operand
        before = token
    return found


def _names(token: Token) -> bool:
    return token.kind == "word" and word(token) not in (
        "select", "distinct", "all", "where", "and", "or", "not", "on", "by", "having", "when", "then", "else", "case",
        "between", "like", "ilike", "in", "limit", "offset", "returning", "is", "from", "values", "set",
    )  # fmt: skip


def _tree(kept: Sequence[Token], length: Callable[[Token], int]) -> list[_Node]:
    top: list[_Node] = []
    stack: list[_Bracket] = []
    for token in kept:
        items = stack[-1].items if stack else top
        if token.kind == "open" and len(stack) < DEEPEST:
            stack.append(bracket := _Bracket(token))
            items.append(bracket)
        elif token.kind == "close" and stack:
            stack.pop().closing = token
        else:
            items.append(token)
    _measure(top, length)
    return top


def _measure(nodes: Sequence[_Node], length: Callable[[Token], int]) -> int:
    """How wide nodes are on one line; that of each bracket is kept."""
    total = 0
    for node in nodes:
        if isinstance(node, _Bracket):
            closing = length(node.closing) if node.closing is not None else 0
            node.width = length(node.opening) + _measure(node.items, length) + closing
            total += node.width
        else:
            total += length(node)
    return total


def _first(node: _Node) -> Token:
    return node.opening if isinstance(node, _Bracket) else node


def _word(node: _Node | None) -> str:
    return word(node) if isinstance(node, Token) else ""


class _Layout:
    """Decides where lines break."""

    def __init__(self, spaces: dict[int, bool], breaks: dict[int, int], ended: frozenset[int]) -> None:
        self._spaces = spaces
        self._breaks = breaks
        self._ended = ended

    def length(self, token: Token) -> int:
        """How much of a line a token takes; more than there is where a comment ended the line before it."""
        return len(token.text) + self._spaces[token.start] + (WIDTH if token.start in self._ended else 0)

    def statement(self, nodes: list[_Node]) -> None:
        if self._width(nodes) <= _SHORT and not any(_word(node) == "create" for node in nodes[:1]):
            return
        if _word(nodes[0] if nodes else None) in _DEFINES:
            at = next(
                (
                    n
                    for n in range(1, len(nodes))
                    if _word(nodes[n]) in ("select", "with") and _word(nodes[n - 1]) == "as"
                ),
                None,
            )
            self._fit(nodes[:at], 0)
            if at is not None:
                self._query(nodes[at:], 0)
        else:
            self._query(nodes, 0)

    def _width(self, nodes: Sequence[_Node]) -> int:
        total = 0
        for node in nodes:
            total += node.width if isinstance(node, _Bracket) else self.length(node)
        return total

    def _query(self, nodes: list[_Node], indent: int) -> None:
        """Each clause on a line of its own."""
        starts = [at for at in range(len(nodes)) if at == 0 or self._begins(nodes, at)]
        for number, at in enumerate(starts):
            until = starts[number + 1] if number + 1 < len(starts) else len(nodes)
            self._breaks[_first(nodes[at]).start] = indent
            self._clause(nodes[at:until], indent)

    def _begins(self, nodes: Sequence[_Node], at: int) -> bool:
        """Whether a clause begins at a node."""
        what = _word(nodes[at])
        if what not in _HEADS:
            return False
        before, after = _word(nodes[at - 1]), nodes[at + 1] if at + 1 < len(nodes) else None
        if isinstance(previous := nodes[at - 1], Token) and previous.kind == "dot":
            return False
        if what in _JOINS:
            return before not in _JOINS and not isinstance(after, _Bracket)
        if what in ("group", "order"):
            return _word(after) == "by" and before != "within"
        if what == "on":
            return _word(after) == "conflict"
        if what == "from":
            return before not in ("distinct", "delete")
        if what == "select":
            return before not in ("explain", "analyze", "as")
        if what in ("update", "insert", "delete"):
            return before not in ("for", "do", "then", "key", "explain", "analyze")
        if what == "set":
            return before not in ("update",)
        if what == "with":
            return before not in ("fetch", "rows", "row", "")
        if what == "when":
            return _word(after) in ("matched", "not") and not any(_word(node) == "case" for node in nodes[:at])
        if what == "using":
            return any(_word(node) in ("delete", "merge") for node in nodes[:1])
        if what == "for":
            return _word(after) in ("update", "share", "no", "key")
        return what != "values" or before != "default"

    def _clause(self, nodes: list[_Node], indent: int) -> None:
        if indent + self._width(nodes) <= WIDTH:
            return
        head = _word(nodes[0])
        skip = 1
        while skip < len(nodes) and _word(nodes[skip]) in ("by", "distinct", "all", "recursive"):
            skip += 1
        if head in _LISTS and skip < len(nodes):
            own_line = head not in ("from", "with", "values")
            further = indent + (_STEP if head != "with" else 0)
            comma: _Node | None = None
            for number, part in enumerate(_parts(nodes[skip:])):
                if own_line or number:
                    self._next(part, comma, further)
                self._fit(part, indent + (_STEP if own_line else 0))
                comma = part[-1]
            return
        self._conditions(nodes, indent)

    def _next(self, part: Sequence[_Node], comma: _Node | None, indent: int) -> None:
        """Begin a line with a part of a list; with the comma before it, where a comment parts it from its own part."""
        ended = comma is not None and _first(comma).start in self._ended
        self._breaks[_first(comma if ended and comma is not None else part[0]).start] = indent

    def _conditions(self, nodes: list[_Node], indent: int) -> None:
        """AND and OR begin lines, unless they are BETWEEN's."""
        between = 0
        part: list[_Node] = []
        for node in nodes:
            what = _word(node)
            if what == "between":
                between += 1
            elif what == "and" and between:
                between -= 1
            elif what in ("and", "or") and part:
                self._fit(part, indent if self._breaks.get(_first(part[0]).start) != indent + _STEP else indent + _STEP)
                self._breaks[_first(node).start] = indent + _STEP
                part = []
            part.append(node)
        self._fit(part, indent if self._breaks.get(_first(part[0]).start) != indent + _STEP else indent + _STEP)

    def _fit(self, nodes: Sequence[_Node], indent: int) -> None:
        """Open the brackets of what does not fit on a line; then break its CASE."""
        if not nodes or indent + self._width(nodes) <= WIDTH:
            return
        wide = [node for node in nodes if isinstance(node, _Bracket) and node.items and node.width > _STEP * 10]
        for bracket in wide:
            self._open(bracket, indent)
        if not wide:
            for node in nodes:
                if _word(node) in ("when", "else"):
                    self._breaks[_first(node).start] = indent + _STEP
                elif _word(node) == "end" and any(_word(each) == "case" for each in nodes):
                    self._breaks[_first(node).start] = indent

    def _open(self, bracket: _Bracket, indent: int) -> None:
        if indent + bracket.width <= WIDTH - 20:
            return
        inner = indent + _STEP
        if _word(bracket.items[0]) in ("select", "with", "values", "insert", "update", "delete"):
            self._query(bracket.items, inner)
        else:
            parts = _parts(bracket.items)
            comma: _Node | None = None
            for part in parts:
                self._next(part, comma, inner)
                comma = part[-1]
                if len(parts) == 1:
                    self._conditions(list(part), inner)
                    self._breaks[_first(part[0]).start] = inner
                else:
                    self._fit(part, inner)
        if bracket.closing is not None:
            self._breaks[bracket.closing.start] = indent


def _parts(nodes: Sequence[_Node]) -> list[list[_Node]]:
    """What stands between commas, each comma at the end of its part."""
    parts: list[list[_Node]] = [[]]
    for node in nodes:
        parts[-1].append(node)
        if isinstance(node, Token) and node.kind == "comma":
            parts.append([])
    return [part for part in parts if part]
