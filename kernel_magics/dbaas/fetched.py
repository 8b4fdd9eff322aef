"""The rows of a statement that are here by now, and how they are shown. Asks nobody for more."""

from __future__ import annotations

import re
from typing import Any

from .bundle import MIME, Origin, result_json
from .operations import Page
from .render import escape, html_table, text_table

__all__ = ["CHUNK_ROWS", "FIRST_ROWS", "PAGE_ROWS", "Fetched", "RowCapWarning", "first_rows"]

PAGE_ROWS = 20
"""Rows shown at a time."""
FIRST_ROWS = 100
"""Rows that come with the statement itself."""
CHUNK_ROWS = 10_000
"""Rows asked for at a time when all of them are wanted as Python values."""

_READS = re.compile(r"(?:\s|--[^\n]*\n|(?>/\*.*?\*/)|\()*+(select|values|table|with|show)\b", re.IGNORECASE | re.DOTALL)
_WRITES = re.compile(r"\b(insert|update|delete|merge)\b", re.IGNORECASE)


class RowCapWarning(UserWarning):
    """Not every row is here."""


def first_rows(text: str) -> int | None:
    """How many rows to ask for at first: all the server gives of a statement that cannot be run twice."""
    opening = _READS.match(text)
    if opening is None or (opening.group(1).lower() == "with" and _WRITES.search(text)):
        return None
    return FIRST_ROWS


class Fetched:
    """Rows of one statement, as far as they were fetched.

    Args:
        first: what came with the statement.
        origin: what a front end with a grid of its own is told to ask for; None where it cannot ask.

    Attributes:
        columns: names, in order; they may repeat.
        types: the engine's type names.
        rows: the rows fetched so far, as tuples.
        complete: these are all.
        command: the engine's tag, such as ``INSERT 0 3``.
        row_count: rows touched or returned, as the engine reported with the statement.
    """

    def __init__(self, first: Page, origin: Origin | None = None) -> None:
        self._origin = origin
        self._total = first.total
        self.columns = [name for name, _ in first.columns]
        self.types = [type_name for _, type_name in first.columns]
        self.rows: list[tuple[Any, ...]] = [tuple(row) for row in first.rows]
        self.complete = not first.truncated
        self.command = first.command
        self.row_count = first.row_count
        self.notices = first.notices

    def __bool__(self) -> bool:
        return bool(self.rows)

    def scalar(self) -> Any:
        """The first value of the first row, or None."""
        return self.rows[0][0] if self.rows and self.rows[0] else None

    def footer(self, offset: int = 0, shown: int = PAGE_ROWS) -> str:
        """One line saying which rows are shown of how many."""
        if not self.columns:
            return self.command or "Done"
        end = min(offset + shown, len(self.rows))
        if self.complete and offset == 0 and end == len(self.rows):
            return f"{end:,} row{'' if end == 1 else 's'}"
        total = f"{len(self.rows):,}" if self.complete else f"{self._total:,}" if self._total else "more"
        return f"rows {offset + 1:,}–{end:,} of {total}"

    def html(self, offset: int = 0, size: int = PAGE_ROWS) -> str:
        """One page as an escaped HTML table."""
        parts = []
        if self.columns:
            parts.append(html_table(self.columns, self.rows[offset : offset + size], self.types))
        parts.append(f'<div style="opacity:.7;padding:2px 8px">{escape(self.footer(offset, size))}</div>')
        parts += [f'<div style="opacity:.7;padding:2px 8px">{escape(notice)}</div>' for notice in self.notices]
        return f'<div class="mathjax_ignore tex2jax_ignore">{"".join(parts)}</div>'

    def text(self, offset: int = 0, size: int = PAGE_ROWS) -> str:
        """One page as aligned text."""
        parts = [text_table(self.columns, self.rows[offset : offset + size])] if self.columns else []
        return "\n".join([*parts, self.footer(offset, size), *self.notices])

    def bundle(self, offset: int = 0) -> dict[str, Any]:
        """What front ends choose from: one page as text and as HTML, and the rows as data for our own grid."""
        shown: dict[str, Any] = {"text/plain": self.text(offset), "text/html": self.html(offset)}
        if self._origin is not None and self.columns:
            columns = list(zip(self.columns, self.types, strict=True))
            data = result_json(
                self._origin, columns, self.rows, complete=self.complete, total=self._total, notices=self.notices
            )
            if data is not None:
                shown[MIME] = data
        return shown

    def _repr_html_(self) -> str:
        return self.html()

    def __repr__(self) -> str:
        return self.text()
