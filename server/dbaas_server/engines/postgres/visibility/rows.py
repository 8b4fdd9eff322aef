"""Rows as literals of a table's row type, so that each value goes through its column's own input function.

Source: https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX, arrays.html#ARRAYS-IO.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["row_literal", "rows_literal"]


def row_literal(values: Iterable[str | None]) -> str:
    """A row of text values, each quoted; None is null."""
    return "(" + ",".join("" if value is None else _quoted(value) for value in values) + ")"


def rows_literal(rows: Sequence[str]) -> str:
    """An array of row literals."""
    return "{" + ",".join(map(_quoted, rows)) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
