"""What a statement gave: shown a page at a time, fetched from the engine as far as it is looked at.

The first rows come with the statement. Further pages are cut by the engine, which runs the statement again for them;
the server accepts that only of a statement that reads, so nothing is ever written twice.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from .arrow import from_rows
from .bundle import MIME, Origin, result_json
from .errors import DbaasError
from .operations import Page
from .render import escape, html_table, text_table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["FIRST_ROWS", "PAGE_ROWS", "Result", "RowCapWarning", "Statement", "first_rows"]

PAGE_ROWS = 20
"""Rows shown at a time."""
FIRST_ROWS = 100
"""Rows that come with the statement itself."""
CHUNK_ROWS = 10_000
ARROW_ROWS = 500_000  # a part of a table: few enough for memory, many enough to ask seldom
"""Rows asked for at a time when all of them are wanted as Python values."""

_READS = re.compile(r"(?:\s|--[^\n]*\n|(?>/\*.*?\*/)|\()*+(select|values|table|with|show)\b", re.IGNORECASE | re.DOTALL)
_WRITES = re.compile(r"\b(insert|update|delete|merge)\b", re.IGNORECASE)


class RowCapWarning(UserWarning):
    """Not every row is here."""


class Statement(Protocol):
    """A statement with its values, on its database: what a result asks for more."""

    def page(self, *, max_rows: int | None = None, offset: int | None = None, count: bool = False) -> Page:
        """Rows from ``offset``; see :func:`dbaas.operations.query`."""
        ...

    def arrow(self, *, max_rows: int | None = None, offset: int | None = None) -> pa.Table:
        """Rows as a typed table."""
        ...


def first_rows(text: str) -> int | None:
    """How many rows to ask for at first: all the server gives of a statement that cannot be run twice."""
    opening = _READS.match(text)
    if opening is None or (opening.group(1).lower() == "with" and _WRITES.search(text)):
        return None
    return FIRST_ROWS


class Result:
    """Rows of one statement. Iterating, ``len`` and the conversions see all of them, not only those shown.

    Args:
        statement: where more comes from.
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

    def __init__(self, statement: Statement, first: Page, origin: Origin | None = None) -> None:
        self._statement = statement
        self._origin = origin
        self._total = first.total
        self.columns = [name for name, _ in first.columns]
        self.types = [type_name for _, type_name in first.columns]
        self.rows: list[tuple[Any, ...]] = [tuple(row) for row in first.rows]
        self.complete = not first.truncated
        self.command = first.command
        self.row_count = first.row_count
        self.notices = first.notices

    # --- rows -----------------------------------------------------------------------------------------------

    def page(self, offset: int, size: int = PAGE_ROWS) -> list[tuple[Any, ...]]:
        """``size`` rows from ``offset``, fetched when they are not here yet; fewer at the end.

        Raises:
            DbaasError: the engine refuses to run this statement again.
        """
        while not self.complete and len(self.rows) < offset + size:
            self._fetch(max(FIRST_ROWS, offset + size - len(self.rows)))
        return self.rows[offset : offset + size]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        at = 0
        while True:
            while at < len(self.rows):
                yield self.rows[at]
                at += 1
            if self.complete:
                return
            self._fetch(CHUNK_ROWS)

    def __len__(self) -> int:
        if self.complete:
            return len(self.rows)
        if self._total is None:
            # From an offset the server runs only what reads; the count itself is of every row.
            self._total = self._statement.page(max_rows=1, offset=1, count=True).total
        return self._total or 0

    def __bool__(self) -> bool:
        return bool(self.rows)

    def __getitem__(self, key: str | int) -> Any:
        """A row by number, or every value of a column by name."""
        if isinstance(key, int):
            if key < 0:
                return list(self)[key]
            found = self.page(key, 1)
            if not found:
                raise IndexError(key)
            return found[0]
        if key not in self.columns:
            raise KeyError(key)
        index = self.columns.index(key)
        return [row[index] for row in self]

    def dicts(self) -> list[dict[str, Any]]:
        """Every row as a dict."""
        return [dict(zip(self.columns, row, strict=True)) for row in self]

    def scalar(self) -> Any:
        """The first value of the first row, or None."""
        return self.rows[0][0] if self.rows and self.rows[0] else None

    def _fetch(self, count: int) -> None:
        page = self._statement.page(max_rows=min(count, CHUNK_ROWS), offset=len(self.rows))
        self.rows += [tuple(row) for row in page.rows]
        self.complete = not page.truncated or not page.rows

    # --- conversions ----------------------------------------------------------------------------------------

    def to_arrow(self) -> pa.Table:
        """A typed Arrow table of every row.

        What is here is converted as it is; the rest comes from the engine as Arrow, part by part.
        """
        here = from_rows(self.columns, self.types, self.rows)
        if self.complete:
            return here
        return _joined([here, *arrow_parts(self._statement, len(self.rows))])

    def to_pandas(self) -> pd.DataFrame:
        """A DataFrame of every row, on Arrow-backed types where numpy's would lose something."""
        return arrow_to_pandas(self.to_arrow())

    def to_polars(self) -> pl.DataFrame:
        """A polars DataFrame of every row."""
        return arrow_to_polars(self.to_arrow())

    # --- display --------------------------------------------------------------------------------------------

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

    def _ipython_display_(self) -> None:
        from .pager import show

        show(self)


def fetch_arrow(statement: Statement, text: str) -> pa.Table:
    """Every row of a statement as Arrow, without asking for JSON first.

    A statement that may write runs once; what the server's row cap leaves of it is announced by a
    :class:`RowCapWarning`.
    """
    part = statement.arrow()
    if not _truncated(part):
        return part
    if first_rows(text) is None:
        warnings.warn(f"Only the first {part.num_rows:,} rows are here.", RowCapWarning, stacklevel=2)
        return part
    return _joined([part, *arrow_parts(statement, part.num_rows)])


def arrow_parts(statement: Statement, offset: int) -> Iterator[pa.Table]:
    """The rows from ``offset`` on, a part at a time; the last one may be empty."""
    while True:
        part = statement.arrow(offset=offset, max_rows=ARROW_ROWS)
        yield part
        offset += part.num_rows
        if not _truncated(part) or not part.num_rows:
            return


def _truncated(table: pa.Table) -> bool:
    """Whether the row cap cut the table off; the server says so in the schema's metadata."""
    return bool((table.schema.metadata or {}).get(b"truncated") == b"true")


def _joined(parts: Sequence[pa.Table]) -> pa.Table:
    """One table. Parts may differ in a column's type where one holds a value that its own type cannot."""
    names = parts[0].column_names
    alike = []
    for index in range(len(names)):
        kinds = {part.schema.field(index).type for part in parts if part.num_rows}
        alike.append(kinds.pop() if len(kinds) == 1 else _common(kinds) if kinds else parts[0].schema.field(index).type)
    schema = pa.schema(list(zip(names, alike, strict=True)))
    return pa.concat_tables([part.rename_columns(names).cast(schema) for part in parts if part.num_rows])


def _common(kinds: set[pa.DataType]) -> pa.DataType:
    if all(pa.types.is_decimal(kind) or pa.types.is_null(kind) for kind in kinds):
        numbers = [kind for kind in kinds if pa.types.is_decimal(kind)]
        scale = max(kind.scale for kind in numbers)
        whole = max(kind.precision - kind.scale for kind in numbers)
        if whole + scale <= 38:
            return pa.decimal128(whole + scale, scale)
    return pa.string()


def arrow_to_pandas(table: pa.Table) -> pd.DataFrame:
    """Integers with nulls stay integers; text, numbers and times get pandas' own types."""
    import pandas as pd

    nullable = {
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    frame: pd.DataFrame = table.to_pandas()
    for field, column in zip(table.schema, table.columns, strict=True):
        if column.null_count and field.type in nullable:
            frame[field.name] = column.to_pandas(types_mapper=nullable.get)
    return frame


def arrow_to_polars(table: pa.Table) -> pl.DataFrame:
    """As polars has it. Raises ``DbaasError`` where polars is not installed."""
    try:
        import polars as pl
    except ImportError:
        raise DbaasError(
            "polars is not installed in this environment.", code="not_installed", hint="%pip install polars"
        ) from None
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
