"""Filters: ``column=op.value`` and the logic trees of ``and``/``or``."""

from __future__ import annotations

import re

from ...nouns import Arg, Compare, Filter, Logic, Path
from .scanner import MAX_LOGIC_DEPTH, Arguments, Scanner, unquote
from .values import array_literal, parenthesised

__all__ = ["FULL_TEXT", "IS_WORDS", "QUANTIFIABLE", "SIMPLE", "is_operation", "logic", "operation", "wildcards"]

QUANTIFIABLE = frozenset({"eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch"})
SIMPLE = frozenset({"neq", "isdistinct", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj"})
FULL_TEXT = frozenset({"fts", "plfts", "phfts", "wfts"})
IS_WORDS = frozenset({"null", "not_null", "true", "false", "unknown"})

_OPERATION = re.compile(r"(not\.)?([a-z]+)(?:\(([A-Za-z0-9_]*)\))?\.")
_IN_TREE = re.compile(r'"((?:[^"\\]|\\.)*)"(?=[,)])|(\{[^{}]*\}(?=[,)])|[^,)]*)', re.DOTALL)
_JUNCTION = re.compile(r"(not\.)?(and|or)(?=\()")


def is_operation(text: str) -> bool:
    """Whether a parameter's value looks like a filter, and not like a function's argument."""
    found = _OPERATION.match(text)
    return found is not None and found.group(2) in QUANTIFIABLE | SIMPLE | FULL_TEXT | {"in", "is"}


def wildcards(operator: str, value: str) -> str:
    """``*`` stands for ``%`` in ``like`` and ``ilike``, since ``%`` must be escaped in URLs."""
    return value.replace("*", "%") if operator in ("like", "ilike") else value


def operation(path: Path, text: str, args: Arguments) -> Compare:
    """The whole value of a filter parameter: ``eq.5``, ``not.in.(1,2)``, ``fts(english).cat``."""
    scan = Scanner(text, "filter")
    compare = _operation(path, scan, args, in_tree=False)
    scan.end()
    return compare


def _operation(path: Path, scan: Scanner, args: Arguments, *, in_tree: bool) -> Compare:
    start = scan.at
    found = scan.match(_OPERATION)
    if found is None:
        raise scan.error("operator (eq, gt, ...)")
    negated, operator, modifier = found.group(1) is not None, found.group(2), found.group(3)
    if operator in QUANTIFIABLE and modifier in ("any", "all"):
        return Compare(path, operator, _members(operator, scan, args, in_tree), negated, quantifier=modifier)
    if operator in FULL_TEXT and modifier != "":
        return Compare(path, operator, args.add(_literal(scan, in_tree)), negated, language=modifier)
    if modifier is None:
        if operator in QUANTIFIABLE or operator in SIMPLE:
            return Compare(path, operator, args.add(wildcards(operator, _literal(scan, in_tree))), negated)
        if operator == "in":
            return Compare(path, "in", tuple(map(args.add, parenthesised(scan))), negated)
        if operator == "is":
            return Compare(path, "is", _word(scan), negated)
    scan.at = start
    raise scan.error("operator (eq, gt, ...)")


def _literal(scan: Scanner, in_tree: bool) -> str:
    """A value: all that is left, or inside a tree what reaches to the next comma or parenthesis."""
    if not in_tree:
        value = scan.text[scan.at :]
        scan.at = len(scan.text)
        return value
    found = scan.match(_IN_TREE)
    assert found is not None
    return unquote(found.group(1)) if found.group(1) is not None else found.group(2)


def _members(operator: str, scan: Scanner, args: Arguments, in_tree: bool) -> tuple[Arg, ...]:
    """The operands of ``any``/``all``: an array literal, which a tree may hold double-quoted."""
    if in_tree and scan.peek('"'):
        inner = Scanner(scan.quoted() or "", scan.what)
        members = array_literal(inner)
        inner.end()
    else:
        members = array_literal(scan)
    return tuple(args.add(None if member is None else wildcards(operator, member)) for member in members)


def _word(scan: Scanner) -> str:
    for word in sorted(IS_WORDS, key=len, reverse=True):
        if scan.text[scan.at : scan.at + len(word)].lower() == word:
            scan.at += len(word)
            return word
    raise scan.error("null or trilean value (unknown, true, false)")


def logic(text: str, operator: str, negated: bool, args: Arguments) -> Logic:
    """The value of ``and=``/``or=``: ``(a.eq.1,not.and(b.gt.2,c.is.null))``."""
    scan = Scanner(text, "logic tree")
    tree = Logic(operator, _branches(scan, args, 1), negated)
    scan.end()
    return tree


def _branches(scan: Scanner, args: Arguments, depth: int) -> tuple[Filter, ...]:
    if depth > MAX_LOGIC_DEPTH:
        raise scan.error(f"a tree of at most {MAX_LOGIC_DEPTH} levels")
    scan.blanks()
    scan.expect("(")
    found: list[Filter] = []
    while True:
        scan.blanks()
        junction = scan.match(_JUNCTION)
        if junction is not None:
            found.append(Logic(junction.group(2), _branches(scan, args, depth + 1), junction.group(1) is not None))
        else:
            path = scan.path()
            scan.expect(".")
            found.append(_operation(path, scan, args, in_tree=True))
        scan.blanks()
        if scan.take(")"):
            scan.blanks()
            return tuple(found)
        if not scan.take(","):
            raise scan.error('"," or ")"')
