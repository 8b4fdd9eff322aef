"""``$sum $avg $min $max $stdDevPop $stdDevSamp $count $median $percentile``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import Code, DocumentError
from ...expressions import Compiler
from ...expressions.numeric import double, integer, rank
from ...expressions.totals import Average, Deviation, Extreme, Percentiles, Sum, Total
from ...values import alias
from ..columns import Column, column_of
from .registry import accumulator, simple

__all__ = ["Count"]

simple("$sum", lambda collation: Sum())
simple("$avg", lambda collation: Average())
simple("$min", lambda collation: Extreme(min, collation))
simple("$max", lambda collation: Extreme(max, collation))
simple("$stdDevPop", lambda collation: Deviation(sample=False))
simple("$stdDevSamp", lambda collation: Deviation(sample=True))


class Count:
    """How many there are, whatever they are."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        self.count += len(values)

    def result(self) -> Any:
        """An int32, or what it takes."""
        return integer(self.count, 1)

    def dump(self) -> Any:
        """See :class:`Total`."""
        return self.count

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        self.count += int(dumped)

    def size(self) -> int:
        """See :class:`Total`."""
        return 80


class _Blank(Sequence[Any]):
    """A column of nothing in particular, so long."""

    __slots__ = ("_length",)

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: Any) -> Any:
        return None


def _blank(documents: Sequence[Any]) -> Sequence[Any]:
    return _Blank(len(documents))


@accumulator("$count")
def _count(argument: Any, compiler: Compiler) -> tuple[Column, Callable[[], Total]]:
    if argument != {} or type(argument) is not dict:
        raise DocumentError(Code.TypeMismatch, "$count takes no arguments, i.e. $count:{}")
    return _blank, Count


def _options(name: str, argument: Any, required: tuple[str, ...]) -> dict[str, Any]:
    if type(argument) is not dict:
        raise DocumentError(7436100, f"specification must be an object; found {name}: {alias(argument)}")
    for key in argument:
        if key not in required:
            raise DocumentError(40415, f"BSON field '{name}.{key}' is an unknown field.")
    for key in required:
        if key not in argument:
            raise DocumentError(40414, f"BSON field '{name}.{key}' is missing but a required field")
    if argument["method"] != "approximate":
        raise DocumentError(Code.BadValue, "Currently only 'approximate' can be used as percentile 'method'.")
    return argument


@accumulator("$median")
def _median(argument: Any, compiler: Compiler) -> tuple[Column, Callable[[], Total]]:
    parts = _options("$median", argument, ("input", "method"))
    return column_of(compiler.compile(parts["input"])), lambda: Percentiles([0.5], single=True)


@accumulator("$percentile")
def _percentile(argument: Any, compiler: Compiler) -> tuple[Column, Callable[[], Total]]:
    parts = _options("$percentile", argument, ("input", "p", "method"))
    node = compiler.compile(parts["p"])
    wanted = node.value
    if not node.is_constant or type(wanted) is not list or not wanted:
        raise DocumentError(7750300, "The $percentile 'p' field must be a constant array of numbers from [0.0, 1.0]")
    for part in wanted:
        if not rank(part) or not 0 <= double(part) <= 1:
            raise DocumentError(7750301, "The $percentile 'p' field must be an array of numbers from [0.0, 1.0]")
    numbers = [double(part) for part in wanted]
    return column_of(compiler.compile(parts["input"])), lambda: Percentiles(numbers, single=False)
