"""``$first $last $push $addToSet $mergeObjects $firstN $lastN``: values in the order in which they come."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from ...codec import MISSING, Missing
from ...errors import DocumentError
from ...expressions import Compiler
from ...expressions.iteration import count_of
from ...expressions.totals import Total
from ...values import Collation, alias, hasher
from ..columns import Column, column_of
from ..run import weight
from .registry import accumulator, simple

__all__ = ["constant_count", "named_parts"]


class First:
    """The first value; a missing one is null."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: list[Any] = []

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        if not self.values and values:
            self.values = [None if values[0] is MISSING else values[0]]

    def result(self) -> Any:
        """The value."""
        return self.values[0] if self.values else None

    def dump(self) -> Any:
        """See :class:`Total`."""
        return self.values

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        self.add(dumped)

    def size(self) -> int:
        """See :class:`Total`."""
        return 80 + weight(self.values)


class Last(First):
    """The last value; a missing one is null."""

    __slots__ = ()

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        if values:
            self.values = [None if values[-1] is MISSING else values[-1]]


class Push:
    """All values but missing ones."""

    __slots__ = ("_weight", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._weight = 100

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        new = [value for value in values if value is not MISSING] if Missing in set(map(type, values)) else list(values)
        self.values += new
        self._weight += weight(new)

    def result(self) -> Any:
        """The array."""
        return self.values

    def dump(self) -> Any:
        """See :class:`Total`."""
        return self.values

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        self.add(dumped)

    def size(self) -> int:
        """See :class:`Total`."""
        return self._weight


class AddToSet:
    """All values but missing ones, each once."""

    __slots__ = ("_key", "_weight", "values")

    def __init__(self, collation: Collation) -> None:
        self._key = hasher(collation)
        self.values: dict[Hashable, Any] = {}
        self._weight = 100

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        key, known = self._key, self.values
        new = []
        for value in values:
            if value is not MISSING and (name := key(value)) not in known:
                known[name] = value
                new.append(value)
        self._weight += weight(new)

    def result(self) -> Any:
        """The array, in the order of first occurrence."""
        return list(self.values.values())

    def dump(self) -> Any:
        """See :class:`Total`."""
        return list(self.values.values())

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        self.add(dumped)

    def size(self) -> int:
        """See :class:`Total`."""
        return 2 * self._weight


class Merge:
    """Documents merged, later fields over earlier ones; null and missing do not count."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: dict[str, Any] = {}

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        for value in values:
            if type(value) is dict:
                self.value.update(value)
            elif value is not None and value is not MISSING:
                raise DocumentError(40400, f"$mergeObjects requires object inputs, but input is of type {alias(value)}")

    def result(self) -> Any:
        """The document."""
        return self.value

    def dump(self) -> Any:
        """See :class:`Total`."""
        return self.value

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        self.value.update(dumped)

    def size(self) -> int:
        """See :class:`Total`."""
        return 80 + weight([self.value])


class Ends:
    """The first or the last so many; missing ones are null."""

    __slots__ = ("_count", "_last", "values")

    def __init__(self, count: int, *, last: bool) -> None:
        self._count = count
        self._last = last
        self.values: list[Any] = []

    def add(self, values: Sequence[Any]) -> None:
        """See :class:`Total`."""
        if not self._last and len(self.values) >= self._count:
            return
        new = values[-self._count :] if self._last else values[: self._count]
        both = [*self.values, *(None if value is MISSING else value for value in new)]
        self.values = both[-self._count :] if self._last else both[: self._count]

    def result(self) -> Any:
        """The array."""
        return self.values

    def dump(self) -> Any:
        """See :class:`Total`."""
        return self.values

    def merge(self, dumped: Any) -> None:
        """See :class:`Total`."""
        self.add(dumped)

    def size(self) -> int:
        """See :class:`Total`."""
        return 80 + weight(self.values)


simple("$first", lambda collation: First())
simple("$last", lambda collation: Last())
simple("$push", lambda collation: Push())
simple("$addToSet", AddToSet)
simple("$mergeObjects", lambda collation: Merge())


def named_parts(name: str, argument: Any, required: tuple[str, ...]) -> dict[str, Any]:
    """An accumulator's named arguments.

    Raises:
        DocumentError: 5787801, 5787900, 5787901.
    """
    if type(argument) is not dict:
        raise DocumentError(5787801, f"specification must be an object; found {name}: {alias(argument)}")
    for key in argument:
        if key not in required:
            raise DocumentError(5787901, f"Unknown argument for 'n' operator: {key}")
    for key in required:
        if key not in argument:
            raise DocumentError(5787906 if key == "n" else 5787907, f"Missing value for '{key}'")
    return argument


def constant_count(argument: Any, compiler: Compiler) -> int:
    """The ``n`` of an accumulator.

    Raises:
        DocumentError: 5787902 to 5787908; it is no constant.
    """
    node = compiler.compile(argument)
    if not node.is_constant:
        raise DocumentError(5787902, "Value for 'n' must be a constant")
    return count_of(node.value)


def _ends(name: str, *, last: bool) -> None:
    def build(argument: Any, compiler: Compiler) -> tuple[Column, Callable[[], Total]]:
        parts = named_parts(name, argument, ("input", "n"))
        count = constant_count(parts["n"], compiler)
        return column_of(compiler.compile(parts["input"])), lambda: Ends(count, last=last)

    accumulator(name)(build)


_ends("$firstN", last=False)
_ends("$lastN", last=True)
