"""One level of a statement, split where its clauses begin."""

from __future__ import annotations

from collections.abc import Sequence

from .groups import CURSOR, Group, Item, is_query, word
from .lexer import Token

__all__ = ["comma_parts", "split_clauses", "split_operators"]

_OPERATORS = frozenset({"union", "intersect", "except"})
_SELECT = frozenset(
    {"from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for", "into", "select"}
)
_WORDS = {
    "insert": frozenset({"values", "on", "returning", "set", "where", "default"}),
    "update": frozenset({"set", "from", "where", "returning"}),
    "delete": frozenset({"using", "where", "returning"}),
    "merge": frozenset({"using", "when", "set", "values", "insert", "returning"}),
    "values": _SELECT,
    "table": _SELECT,
    "select": _SELECT,
}
_STARTS_QUERY = frozenset({"select", "with", "table"})


def split_operators(items: list[Item]) -> list[list[Item]]:
    """The branches of UNION, INTERSECT and EXCEPT; what writes has none."""
    if word(items[0] if items else None) in ("insert", "update", "delete", "merge"):
        return [items]
    parts: list[list[Item]] = [[]]
    at = 0
    while at < len(items):
        item = items[at]
        if (
            type(item) is Token
            and item.kind == "word"
            and item.text.lower() in _OPERATORS
            and not _behind_dot(items, at)
        ):
            parts.append([])
            at += 1
            while at < len(items) and word(items[at]) in ("all", "distinct"):
                at += 1
            continue
        parts[-1].append(item)
        at += 1
    return parts


def split_clauses(items: list[Item], kind: str) -> list[tuple[str, list[Item]]]:
    """The clauses of one block, each with the word it begins with; the query of an INSERT is ``insert query``."""
    words = _WORDS.get(kind, _SELECT)
    first = word(items[0]) if items else ""
    parts: list[tuple[str, list[Item]]] = [(first if first == kind or first in words else "select", items[:1])]
    in_query = False
    current = parts[0][1]
    matters = words | _STARTS_QUERY if kind == "insert" else words
    for at in range(1, len(items)):
        item = items[at]
        if type(item) is Token and (item.kind != "word" or (what := item.text.lower()) not in matters):
            current.append(item)
            continue
        if isinstance(item, Token) and not _behind_dot(items, at):
            name = _begins(items, at, what, words, kind)
            if in_query and name not in ("on conflict", "returning"):
                name = ""
            elif not name and kind == "insert" and what in _STARTS_QUERY and parts[-1][0] == "insert":
                name, in_query = "insert query", True
            elif name:
                in_query = False
            if name:
                current = [item]
                parts.append((name, current))
                continue
        elif (
            kind == "insert"
            and isinstance(item, Group)
            and is_query(item)
            and parts[-1][0] == "insert"
            and not in_query
        ):
            current = [item]
            parts.append(("insert query", current))
            in_query = True
            continue
        current.append(item)
    return parts


def _begins(items: Sequence[Item], at: int, what: str, words: frozenset[str], kind: str) -> str:
    """The clause that a word begins; empty for a word that belongs to the clause before."""
    if what not in words:
        return ""
    after = items[at + 1] if at + 1 < len(items) else None
    before = word(items[at - 1])
    if what in ("group", "order"):
        ends = after is None or word(after) == "by" or (isinstance(after, Token) and after.kind == CURSOR)
        return what if ends and not (what == "group" and before == "within") else ""
    if what == "on":
        return "on conflict" if word(after) == "conflict" else ""
    if what == "from" and before == "distinct" and at > 1 and word(items[at - 2]) in ("is", "not"):
        return ""
    if what == "set" and kind == "insert" and before != "update":
        return ""
    if what == "default":
        return ""
    if what == "select" and kind != "select":
        return ""
    return what


def comma_parts(items: Sequence[Item]) -> list[list[Item]]:
    """What stands between commas; one empty part where nothing stands."""
    parts: list[list[Item]] = [[]]
    for item in items:
        if isinstance(item, Token) and item.kind == "comma":
            parts.append([])
        else:
            parts[-1].append(item)
    return parts


def _behind_dot(items: Sequence[Item], at: int) -> bool:
    before = items[at - 1] if at else None
    return isinstance(before, Token) and before.kind == "dot"
