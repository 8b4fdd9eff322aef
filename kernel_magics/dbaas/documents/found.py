"""What a cell on a document database gave."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from bson import Decimal128, Int64, ObjectId

from ..render import escape
from ..results import RowCapWarning, arrow_to_polars
from .tree import as_tree, text_of

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["Documents", "Outcome"]

SHOWN = 20
MOST = 100_000
"""Documents that are fetched for a table."""

_BOX = '<div class="mathjax_ignore tex2jax_ignore">{}</div>'
_FOOT = '<div style="opacity:.7;padding:2px 8px">{}</div>'


class Documents:
    """Documents in their order, fetched as far as they are looked at; what was fetched stays.

    Args:
        source: where they come from, once.
    """

    def __init__(self, source: Iterable[Mapping[str, Any]]) -> None:
        self._source = iter(source)
        self._fetched: list[Mapping[str, Any]] = []
        self.complete = False

    def first(self, count: int) -> list[Mapping[str, Any]]:
        """So many, or all that there are."""
        while not self.complete and len(self._fetched) < count:
            one = next(self._source, None)
            if one is None:
                self.complete = True
            else:
                self._fetched.append(one)
        return self._fetched[:count]

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        place = 0
        while len(self.first(place + 1)) > place:
            yield self._fetched[place]
            place += 1

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return bool(self.first(1))

    def __getitem__(self, place: int) -> Mapping[str, Any]:
        if place < 0:
            return list(self)[place]
        return self.first(place + 1)[place]

    # --- tables ---------------------------------------------------------------------------------------------------

    def to_pandas(self) -> pd.DataFrame:
        """A row for each document, a column for each field of the outermost level."""
        import pandas as pd

        rows = [{key: _plain(value) for key, value in one.items()} for one in self._all()]
        return pd.DataFrame.from_records(rows)

    def to_arrow(self) -> pa.Table:
        """The same as Arrow; a column of several types is one of text."""
        rows = self._all()
        names = list(dict.fromkeys(name for row in rows for name in row))
        return pa.table({name: _column([_plain(row.get(name)) for row in rows]) for name in names})

    def to_polars(self) -> pl.DataFrame:
        """The same for polars."""
        return arrow_to_polars(self.to_arrow())

    def _all(self) -> list[Mapping[str, Any]]:
        found = self.first(MOST)
        if len(found) == MOST and len(self.first(MOST + 1)) > MOST:
            warnings.warn(f"Only the first {MOST:,} documents are here.", RowCapWarning, stacklevel=3)
        return found

    # --- display ----------------------------------------------------------------------------------------------------

    def footer(self) -> str:
        """How many are shown, and whether there are more."""
        shown = len(self.first(SHOWN))
        if len(self.first(SHOWN + 1)) > shown:
            return f"the first {shown} documents of more"
        return f"{shown} document{'' if shown == 1 else 's'}"

    def _repr_html_(self) -> str:
        trees = "".join(as_tree(one, nodes=200).replace(" open>", ">", 1) for one in self.first(SHOWN))
        return _BOX.format(trees + _FOOT.format(escape(self.footer())))

    def __repr__(self) -> str:
        return "\n".join([*(text_of(one) for one in self.first(SHOWN)), self.footer()])


class Outcome(dict[str, Any]):
    """One document, or what an operation did."""

    def _repr_html_(self) -> str:
        return _BOX.format(as_tree(self))

    def __repr__(self) -> str:
        return text_of(self)


def _plain(value: Any) -> Any:
    """What tables know: text for ids, decimals for decimals."""
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, Decimal128):
        return Decimal(str(value.to_decimal()))
    if isinstance(value, Int64):
        return int(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, ValueError):
        texts = [each if each is None or isinstance(each, str) else text_of(each) for each in values]
        return pa.array(texts, pa.string())
