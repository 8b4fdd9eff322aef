"""What a document gave, as a notebook shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ..errors import DbaasError
from ..operations import Page
from ..render import escape, visible
from ..results import Result

__all__ = ["Answer", "shown"]

_SHOWN_LINES = 400


class Answer(dict[str, Any]):
    """The ``data`` of an answer, displayed as indented JSON."""

    def __repr__(self) -> str:
        return "\n".join(visible(line) for line in self._lines())

    def _repr_html_(self) -> str:
        text = "\n".join(escape(line) for line in self._lines())
        return f'<pre class="mathjax_ignore tex2jax_ignore" style="margin:0">{text}</pre>'

    def _lines(self) -> list[str]:
        lines = json.dumps(self, ensure_ascii=False, indent=2).split("\n")
        if len(lines) <= _SHOWN_LINES:
            return lines
        return [*lines[:_SHOWN_LINES], f"… {len(lines) - _SHOWN_LINES:,} more lines"]


def shown(data: Mapping[str, Any]) -> Result | Answer:
    """The rows of the only root when that is a list of objects; else everything, as it came."""
    if len(data) == 1:
        (root,) = data.values()
        if isinstance(root, list) and all(isinstance(row, dict) for row in root):
            return _table(root)
    return Answer(data)


def _table(rows: Sequence[Mapping[str, Any]]) -> Result:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = tuple((name, _type([row.get(name) for row in rows])) for name in names)
    page = Page(
        columns=columns,
        rows=[[row.get(name) for name in names] for row in rows],
        row_count=len(rows),
        truncated=False,
        command="no rows",  # without a row nobody knows the columns
    )
    return Result(_Complete(), page)


def _type(values: Sequence[Any]) -> str:
    """The engine's name of the type that a column's JSON values have in common."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "boolean"
    if kinds == {int}:
        return "bigint"
    if kinds and kinds <= {int, float}:
        return "double precision"
    return "jsonb" if kinds & {dict, list} else "text"


class _Complete:
    """Behind a result that is here entirely."""

    def page(self, *, max_rows: int | None = None, offset: int | None = None, count: bool = False) -> Page:
        raise self._all()

    def arrow(self, *, max_rows: int | None = None, offset: int | None = None) -> pa.Table:
        raise self._all()

    @staticmethod
    def _all() -> DbaasError:
        return DbaasError("Every row of this answer is here.", code="complete")
