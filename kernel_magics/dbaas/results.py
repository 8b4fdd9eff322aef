"""What a statement gave: shown a page at a time, fetched from the engine as far as it is looked at."""

from __future__ import annotations

from typing import Any

from .conversions import arrow_to_pandas, arrow_to_polars
from .fetched import FIRST_ROWS, PAGE_ROWS, RowCapWarning, first_rows
from .rows import Rows, Statement, fetch_arrow
from .rows_async import AsyncRows

__all__ = [
    "FIRST_ROWS",
    "PAGE_ROWS",
    "AsyncResult",
    "Result",
    "RowCapWarning",
    "Statement",
    "arrow_to_pandas",
    "arrow_to_polars",
    "fetch_arrow",
    "first_rows",
]


class Result(Rows):
    """Rows of one statement. Iterating, ``len`` and the conversions see all of them, not only those shown."""

    def __len__(self) -> int:
        return self.count()

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

    def _ipython_display_(self) -> None:
        from .pager import show

        show(self)


class AsyncResult(AsyncRows):
    """Rows of one statement: ``async for row in result``; what is awaited of it sees all of them."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self.bundle()
