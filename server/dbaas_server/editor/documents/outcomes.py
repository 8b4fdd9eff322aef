"""What a statement without documents came to, as rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dbaas_shell import Plan

from ...nouns import QueryResult
from .cells import Rows, columns_of

__all__ = ["outcome"]

_COUNTS = ("insertedCount", "modifiedCount", "deletedCount")
_NOTHING = frozenset({"ok", "operationTime", "$clusterTime"})


def outcome(plan: Plan, value: Any, max_rows: int) -> QueryResult:
    """An object is one row, a list a row for each value, anything else one cell.

    A reply that only says that it went well has no columns, nor has a document that was not found.
    """
    documents = _documents(plan.call, value)
    shown = documents[:max_rows]
    columns = columns_of(shown)
    makes = Rows([column.name for column in columns])
    return QueryResult(
        columns=tuple(columns),
        rows=[makes.row(document) for document in shown],
        row_count=_count(value, len(documents)),
        truncated=len(documents) > len(shown),
        command=plan.call,
        notices=(),
    )


def _documents(name: str, value: Any) -> Sequence[Mapping[str, Any]]:
    if value is None:
        return []
    if isinstance(value, list):
        return [each if isinstance(each, Mapping) else {"value": each} for each in value]
    if not isinstance(value, Mapping):
        return [{name: value}]
    return [] if value.keys() <= _NOTHING else [value]


def _count(value: Any, rows: int) -> int:
    """How many documents were written, where the outcome says so."""
    if isinstance(value, Mapping):
        if "insertedId" in value:
            return 1
        for name in _COUNTS:
            if isinstance(value.get(name), int):
                return int(value[name])
    return rows
