"""``$minN $maxN $top $topN $bottom $bottomN``: so many values, by an order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...codec import MISSING, Document
from ...errors import DocumentError
from ...expressions import Compiler
from ...expressions.ordering import SortOrder
from ...expressions.totals import Total
from ...values import alias, sorter
from ..columns import Column, column_of
from ..run import Batch, weight
from .lists import constant_count, named_parts
from .registry import accumulator

__all__: list[str] = []


class Best:
    """The first so many by a key; of equal ones those that came first.

    Args:
        last: the last so many instead, still in order.
        single: one value rather than an array.
        show: what the result has of a value.
    """

    __slots__ = ("_count", "_key", "_last", "_reverse", "_show", "_single", "values")

    def __init__(
        self,
        count: int,
        key: Callable[[Any], Any],
        *,
        reverse: bool = False,
        last: bool = False,
        single: bool = False,
        show: Callable[[Any], Any] = lambda value: value,
    ) -> None:
        self._count = count
        self._key = key
        self._reverse = reverse
        self._last = last
        self._single = single
        self._show = show
        self.values: list[Any] = []

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        both = [*self.values, *(value for value in values if value is not None and value is not MISSING)]
        both.sort(key=self._key, reverse=self._reverse)
        self.values = both[-self._count :] if self._last else both[: self._count]

    def result(self) -> Any:
        """The value, or the array."""
        if self._single:
            return self._show(self.values[0]) if self.values else None
        return [self._show(value) for value in self.values]

    def dump(self) -> Any:
        """See :class:`Total`."""
        return self.values

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        self.add(dumped)

    def size(self) -> int:
        """See :class:`Total`."""
        return 80 + weight(self.values)


def _extremes(name: str, *, reverse: bool) -> None:
    def build(argument: Any, compiler: Compiler) -> tuple[Column, Callable[[], Total]]:
        parts = named_parts(name, argument, ("input", "n"))
        count, key = constant_count(parts["n"], compiler), sorter(compiler.scope.collation)
        return column_of(compiler.compile(parts["input"])), lambda: Best(count, key, reverse=reverse)

    accumulator(name)(build)


_extremes("$minN", reverse=False)
_extremes("$maxN", reverse=True)


def _sorted(name: str, *, last: bool, single: bool) -> None:
    def build(argument: Any, compiler: Compiler) -> tuple[Column, Callable[[], Total]]:
        required = ("sortBy", "output") if single else ("sortBy", "output", "n")
        if type(argument) is not dict:
            raise DocumentError(5788001, f"specification must be an object; found {name}: {alias(argument)}")
        for number, key in ((5788002, "output"), (5788004, "output"), (5788003, "n"), (5788005, "sortBy")):
            if key in required and key not in argument:
                raise DocumentError(number, f"Missing value for '{key}'")
        parts = named_parts(name, argument, required)
        if type(parts["sortBy"]) is not dict:
            raise DocumentError(10065, f"invalid parameter: expected an object (sortBy) in {name}")
        count = 1 if single else constant_count(parts["n"], compiler)
        order = SortOrder(parts["sortBy"], compiler.scope.collation)
        fields = {path[0]: compiler.field(path[0]) for path in order.paths}
        output = column_of(compiler.compile(parts["output"]))

        def column(documents: Batch) -> list[Document]:
            return [
                {
                    "s": {name: document[name] for name in fields if name in document},
                    "o": None if value is MISSING else value,
                }
                for document, value in zip(documents, output(documents), strict=True)
            ]

        def make() -> Best:
            return Best(count, lambda pair: order.key(pair["s"]), last=last, single=single, show=lambda pair: pair["o"])

        return column, make

    accumulator(name)(build)


_sorted("$top", last=False, single=True)
_sorted("$topN", last=False, single=False)
_sorted("$bottom", last=True, single=True)
_sorted("$bottomN", last=True, single=False)
