"""Which columns of a view are plain columns of a table, read off the view's stored query.

``pg_rewrite.ev_action`` is a node tree in text. Each entry of the outermost target list says which relation and column
it comes from (``resorigtbl``, ``resorigcol``), if it is a plain column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["origins", "resolve"]

_ENTRY = re.compile(
    r":resno (?P<number>\d+) :resname (?P<name>(?:\\.|[^\s\\])+) :ressortgroupref \d+ "
    r":resorigtbl (?P<table>\d+) :resorigcol (?P<column>\d+) :resjunk (?P<junk>true|false)"
)
_TOKEN = re.compile(r"\\.|[{}]|:targetList ")


def origins(tree: str) -> dict[int, tuple[int, int]]:
    """Column number of the view → (relation's oid, its column number), for plain columns.

    Args:
        tree: ``ev_action`` of the view's rule ``_RETURN``.
    """
    depth = 0
    for token in _TOKEN.finditer(tree):
        text = token.group()
        if text == "{":
            depth += 1
        elif text == "}":
            depth -= 1
        elif text == ":targetList " and depth == 1:
            return _entries(tree, token.end())
    return {}


def _entries(tree: str, start: int) -> dict[int, tuple[int, int]]:
    depth = 0
    end = len(tree)
    for token in re.compile(r"\\.|[()]").finditer(tree, start):
        if token.group() == "(":
            depth += 1
        elif token.group() == ")":
            depth -= 1
            if depth == 0:
                end = token.end()
                break
    return {
        int(entry["number"]): (int(entry["table"]), int(entry["column"]))
        for entry in _ENTRY.finditer(tree, start, end)
        if entry["table"] != "0" and entry["column"] != "0" and entry["junk"] == "false"
    }


def resolve(direct: Mapping[int, Mapping[int, tuple[int, int]]]) -> dict[int, dict[int, tuple[int, int]]]:
    """The same down to tables, through views over views.

    Args:
        direct: view's oid → its column's origin, which may be another view.
    """

    def base(relation: int, column: int, left: int) -> tuple[int, int] | None:
        if relation not in direct:
            return relation, column
        origin = direct[relation].get(column)
        return base(*origin, left - 1) if origin is not None and left else None

    found: dict[int, dict[int, tuple[int, int]]] = {}
    for view, columns in direct.items():
        resolved = {number: base(*origin, 32) for number, origin in columns.items()}
        found[view] = {number: origin for number, origin in resolved.items() if origin is not None}
    return found
