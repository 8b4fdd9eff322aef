"""Numbers and values taken together: what ``$sum``, ``$avg``, ``$min`` … are in a ``$group`` and over an array.

A total takes many values at a time. It can be written down as BSON and taken up again, in the order in which its values
came, so that a group finds its way to disk and back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

from bson import Decimal128, Int64

from ..codec import MISSING, Missing
from ..values import Collation, sorter
from .compiler import Compiler
from .numeric import CONTEXT, decimal, decimal128, double, integer, rank
from .registry import Node, apply, operator

__all__ = ["Average", "Deviation", "Extreme", "Percentiles", "Sum", "Total"]

_INT: Final = frozenset({int})
_WHOLE: Final = frozenset({int, Int64})
_FLOAT: Final = frozenset({float})
_PLAIN: Final = frozenset({int, Int64, float})
_STR: Final = frozenset({str})
_NOTHING: Final = frozenset({type(None), Missing})


class Total(Protocol):
    """What many values come to."""

    def add(self, values: Sequence[Any]) -> None:
        """Take more values, ``MISSING`` among them."""
        ...

    def result(self) -> Any:
        """What they come to so far."""
        ...

    def dump(self) -> Any:
        """The state as a BSON value."""
        ...

    def merge(self, dumped: Any) -> None:
        """Take up what another, whose values came later, wrote down."""
        ...

    def size(self) -> int:
        """Bytes that it keeps, about."""
        ...


class Sum:
    """Whole numbers exactly, doubles to twice their digits, decimals to theirs; anything else does not count."""

    __slots__ = ("count", "decimals", "doubles", "high", "long", "low", "whole")

    def __init__(self) -> None:
        self.whole = 0
        self.long = False
        self.doubles = False
        self.high = 0.0
        self.low = 0.0
        self.decimals: Decimal | None = None
        self.count = 0

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        kinds = set(map(type, values))
        if kinds == _INT:
            self.whole += sum(values)
            self.count += len(values)
            return
        if kinds == _FLOAT:
            self._add_doubles(values)
            self.count += len(values)
            return
        wholes = [value for value in values if type(value) in _WHOLE]
        if wholes:
            self.whole += sum(wholes)
            self.long = self.long or Int64 in kinds
        doubles = [value for value in values if type(value) is float] if float in kinds else ()
        if doubles:
            self._add_doubles(doubles)
        decimals = [value for value in values if type(value) is Decimal128] if Decimal128 in kinds else ()
        for value in decimals:
            self.decimals = CONTEXT.add(self.decimals or Decimal(0), decimal(value))
        self.count += len(wholes) + len(doubles) + len(decimals)

    def _add_doubles(self, values: Sequence[float]) -> None:
        self.doubles = True
        try:
            parts = [self.high, self.low, *values]
            high = math.fsum(parts)
            if math.isfinite(high):
                parts.append(-high)
                self.low = math.fsum(parts)
                self.high = high
                return
        except (OverflowError, ValueError):  # beyond doubles, or infinities of both signs
            pass
        self.high = sum(values, self.high)
        self.low = 0.0

    def result(self) -> Any:
        """The sum; the int32 0 of nothing."""
        if self.decimals is not None:
            exact = CONTEXT.add(self.decimals, Decimal(self.whole))
            return decimal128(CONTEXT.add(exact, decimal(self._double())) if self.doubles else exact)
        if self.doubles:
            return self._double() + self.whole if not self.whole else self._with_whole()
        return integer(self.whole, 2 if self.long else 1)

    def _double(self) -> float:
        return self.high + self.low

    def _with_whole(self) -> float:
        try:
            return math.fsum((self.high, self.low, float(self.whole)))
        except (OverflowError, ValueError):
            return self.high + float(self.whole)

    def dump(self) -> Any:
        """See :class:`Total`."""
        return [
            str(self.whole),
            self.long,
            self.doubles,
            self.high,
            self.low,
            None if self.decimals is None else decimal128(self.decimals),
            Int64(self.count),
        ]

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        whole, long, doubles, high, low, decimals, count = dumped
        self.whole += int(whole)
        self.long = self.long or long
        if doubles:
            self._add_doubles([high, low])
        if decimals is not None:
            self.decimals = CONTEXT.add(self.decimals or Decimal(0), decimal(decimals))
        self.count += int(count)

    def size(self) -> int:
        """See :class:`Total`."""
        return 200


class Average(Sum):
    """The mean of what :class:`Sum` adds up; null of nothing."""

    __slots__ = ()

    def result(self) -> Any:
        """The mean, a double or a decimal."""
        if not self.count:
            return None
        total = super().result()
        if type(total) is Decimal128:
            return decimal128(CONTEXT.divide(decimal(total), Decimal(self.count)))
        if self.doubles or abs(self.whole) > 2**53:
            return float(total) / self.count
        return self.whole / self.count


class Extreme:
    """The smallest or the largest; null and missing do not count."""

    __slots__ = ("_key", "_pick", "best", "is_simple")

    def __init__(self, pick: Callable[..., Any], collation: Collation) -> None:
        self._pick = pick
        self._key = sorter(collation)
        self.is_simple = collation.is_simple
        self.best: Any = MISSING

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        kinds = set(map(type, values))
        if not kinds.isdisjoint(_NOTHING):
            values = [value for value in values if value is not None and value is not MISSING]
            kinds -= _NOTHING
        if not values:
            return
        if (kinds <= _PLAIN and (float not in kinds or all(value == value for value in values))) or (
            kinds == _STR and self.is_simple
        ):
            best = self._pick(values)
        else:
            best = self._pick(values, key=self._key)
        self.best = best if self.best is MISSING else self._pick(self.best, best, key=self._key)

    def result(self) -> Any:
        """The value; null of nothing."""
        return None if self.best is MISSING else self.best

    def dump(self) -> Any:
        """See :class:`Total`."""
        return [] if self.best is MISSING else [self.best]

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        self.add(dumped)

    def size(self) -> int:
        """See :class:`Total`."""
        return 150


class Deviation:
    """The standard deviation of numbers; anything else does not count."""

    __slots__ = ("_sample", "count", "mean", "squares")

    def __init__(self, *, sample: bool) -> None:
        self._sample = sample
        self.count = 0
        self.mean = 0.0
        self.squares = 0.0

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        numbers = [double(value) for value in values if rank(value)]
        if not numbers:
            return
        mean = sum(numbers) / len(numbers)
        self.merge(
            [len(numbers), mean, sum((number - mean) ** 2 if math.isfinite(number) else math.nan for number in numbers)]
        )

    def result(self) -> Any:
        """A double; null of nothing, and of one number where it is a sample."""
        if self.count < (2 if self._sample else 1):
            return None
        return math.sqrt(self.squares / (self.count - 1 if self._sample else self.count))

    def dump(self) -> Any:
        """See :class:`Total`."""
        return [Int64(self.count), self.mean, self.squares]

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        count, mean, squares = int(dumped[0]), dumped[1], dumped[2]
        if not count:
            return
        total = self.count + count
        gap = mean - self.mean
        self.squares += squares + gap * gap * self.count * count / total
        self.mean += gap * count / total
        self.count = total

    def size(self) -> int:
        """See :class:`Total`."""
        return 150


class Percentiles:
    """Percentiles of numbers, exact: the smallest number that so large a part of them does not exceed."""

    __slots__ = ("_parts", "_single", "numbers")

    def __init__(self, parts: Sequence[float], *, single: bool) -> None:
        self._parts = parts
        self._single = single
        self.numbers: list[float] = []

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        self.numbers += [double(value) for value in values if rank(value)]

    def result(self) -> Any:
        """A double for each part, null of nothing; the median: one."""
        numbers = sorted(self.numbers, key=lambda number: (number == number, number))
        found = [numbers[max(0, math.ceil(part * len(numbers)) - 1)] if numbers else None for part in self._parts]
        return found[0] if self._single else found

    def dump(self) -> Any:
        """See :class:`Total`."""
        return self.numbers

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        self.numbers += dumped

    def size(self) -> int:
        """See :class:`Total`."""
        return 100 + 32 * len(self.numbers)


# --- over an array's items --------------------------------------------------------------------------------------


def _fold(name: str, make: Callable[[Collation], Total]) -> None:
    def build(operand: Any, compiler: Compiler) -> Node:
        collation = compiler.scope.collation
        nodes = compiler.operands(name, operand, 0, -1)

        def over(*values: Any) -> Any:
            total = make(collation)
            total.add(values[0] if len(values) == 1 and type(values[0]) is list else values)
            return total.result()

        return apply(over, nodes)

    operator(name)(build)


_fold("$sum", lambda collation: Sum())
_fold("$avg", lambda collation: Average())
_fold("$min", lambda collation: Extreme(min, collation))
_fold("$max", lambda collation: Extreme(max, collation))
_fold("$stdDevPop", lambda collation: Deviation(sample=False))
_fold("$stdDevSamp", lambda collation: Deviation(sample=True))
