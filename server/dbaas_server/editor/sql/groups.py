"""Tokens as a tree of brackets, right where one is missing.

A person who types has an open bracket most of the time: ``select count(| from orders``. A bracket that meets a word
which cannot stand in it (``from``, ``where``, ``having``, ``limit``, ``values``) ends there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from .lexer import SILENT, Token

__all__ = ["CURSOR", "QUERY_WORDS", "Group", "Item", "grouped", "is_query", "meaningful", "word"]

CURSOR = "cursor"
"""The kind of the token that stands for what is being typed."""

QUERY_WORDS = frozenset({"select", "with", "values", "insert", "update", "delete", "merge", "table"})

_FROM_INSIDE = frozenset({"extract", "substring", "trim", "overlay", "position", "normalize", "xmltable", "json_table"})
_QUERY_BEFORE = frozenset(
    {"from", "join", "in", "exists", "as", "lateral", "any", "all", "some", "array", "materialized"}
)
_DEEPEST = 50
_PAIR = {")": "(", "]": "["}


@dataclass(slots=True)
class Group:
    """What stands between two brackets.

    Attributes:
        before: the token or group before the opening bracket.
        closing: None where it is missing.
        end: behind the last token in it, its closing bracket included.
    """

    opening: Token
    before: Item | None
    items: list[Item] = field(default_factory=list)
    closing: Token | None = None
    end: int = 0

    @property
    def start(self) -> int:
        """Where its opening bracket is."""
        return self.opening.start


Item: TypeAlias = Token | Group


def word(item: Item | None) -> str:
    """A word in lower case; empty for everything else, quoted names among it."""
    return item.text.lower() if isinstance(item, Token) and item.kind == "word" else ""


def meaningful(read: Iterable[Token]) -> list[Token]:
    """Tokens without spaces and comments."""
    return [token for token in read if token.kind not in SILENT]


def is_query(group: Group) -> bool:
    """Whether a bracket holds a query."""
    if group.opening.text != "(":
        return False
    first = group.items[0] if group.items else None
    while isinstance(first, Group):
        group, first = first, first.items[0] if first.items else None
    if isinstance(first, Token) and first.kind == CURSOR:
        return word(group.before) in _QUERY_BEFORE and any(word(item) == "from" for item in group.items)
    return word(first) in QUERY_WORDS


def grouped(read: Sequence[Token]) -> list[Item]:
    """The tree of one statement's meaningful tokens.

    Nothing is lost: a bracket that closes nothing is an item, and so is each one that is nested too deep.
    """
    top: list[Item] = []
    items = top
    stack: list[Group] = []
    too_deep = 0
    for place, token in enumerate(read):
        kind = token.kind
        if kind == "open" and len(stack) < _DEEPEST:
            group = Group(token, items[-1] if items else None, end=token.end)
            items.append(group)
            stack.append(group)
            items = group.items
            continue
        if kind == "open":
            too_deep += 1
        elif kind == "close":
            wanted = _PAIR[token.text]
            if too_deep:
                too_deep -= 1
            elif any(group.opening.text == wanted for group in stack):
                while (group := stack.pop()).opening.text != wanted:
                    group.end = token.start
                group.closing, group.end = token, token.end
                items = stack[-1].items if stack else top
                continue
        elif kind == "word" and stack and token.text[0] in "fwhlvFWHLV":
            while stack and _cannot_hold(stack[-1], read, place):
                stack.pop().end = token.start
                items = stack[-1].items if stack else top
        items.append(token)
    last = read[-1].end if read else 0
    for group in stack:
        group.end = last
    return top


def _cannot_hold(group: Group, read: Sequence[Token], place: int) -> bool:
    """Whether a word shows that the bracket before it was forgotten."""
    token = read[place]
    what = token.text.lower()
    if what not in ("from", "where", "having", "limit", "values") or not group.items or is_query(group):
        return False
    before = word(group.before)
    previous = read[place - 1]
    if previous.kind == "dot":
        return False
    if any(word(item) in QUERY_WORDS for item in group.items):
        return False
    if what == "from":
        cursor_first = group.opening.text == "(" and isinstance(first := group.items[0], Token) and first.kind == CURSOR
        return not (
            before in _FROM_INSIDE or word(previous) == "distinct" or (cursor_first and before in _QUERY_BEFORE)
        )
    if what == "where":
        return before != "filter"
    return True
