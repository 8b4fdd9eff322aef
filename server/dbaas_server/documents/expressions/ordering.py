"""Orders that a person gives: ``{a: 1, "b.c": -1}``, or 1 and -1 for whole values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, final

from ..codec import MISSING, Missing
from ..errors import Code, DocumentError
from ..paths import index_keys
from ..steps import look, watched
from ..values import Collation, sorter
from .compiler import check_path
from .numeric import double, rank

__all__ = ["SortOrder", "arranged", "direction", "value_order"]


def direction(value: Any) -> bool:
    """Whether an order goes down.

    Raises:
        DocumentError: 15975, it is neither 1 nor -1.
    """
    if rank(value) and double(value) in (1.0, -1.0):
        return double(value) < 0
    raise DocumentError(15975, "$sort key ordering must be 1 (for ascending) or -1 (for descending)")


def value_order(value: Any, collation: Collation) -> tuple[Callable[[Any], Any], bool]:
    """The key of a whole value, and whether the order goes down; for ``sorted``."""
    return sorter(collation), direction(value)


def arranged(items: Sequence[Any], key: Callable[[Any], Any], reverse: bool = False) -> list[Any]:
    """Items in order, by parts: of many, the clock is looked at on the way.

    Raises:
        TooLong: see :mod:`..steps`.
    """
    if len(items) <= _PART:
        return sorted(items, key=key, reverse=reverse)
    keyed = [(key(item), place) for place, item in enumerate(watched(items))]
    done: list[tuple[Any, int]] = []
    for start in range(0, len(keyed), _PART):
        part = keyed[start : start + _PART]
        part.sort(key=_first, reverse=reverse)
        done += part
        look()
    done.sort(key=_first, reverse=reverse)  # what is in order by parts is merged
    return [items[place] for _, place in done]


_PART = 4_096
_first = itemgetter(0)


@final
class _Down:
    """A key whose order is turned around."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def __lt__(self, other: _Down) -> bool:
        return bool(other.key < self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Down) and bool(other.key == self.key)

    __hash__ = None  # type: ignore[assignment]


class SortOrder:
    """An order of documents by their fields.

    Args:
        spec: field → 1 or -1.

    Raises:
        DocumentError: 15976 without fields, 15975 or a path's own.

    Attributes:
        paths: the components of each field's path.
        down: which of them go down.
        key: of a document (or any value, which then has no fields), for ``sorted``.
    """

    def __init__(self, spec: Mapping[str, Any], collation: Collation) -> None:
        if not spec:
            raise DocumentError(15976, "$sort stage must have at least one sort key")
        if len(spec) > 32:
            raise DocumentError(Code.BadValue, "too many compound keys: at most 32")
        self.spec = dict(spec)
        self.collation = collation
        self.paths = [check_path(path) for path in spec]
        self.down = [direction(value) for value in spec.values()]
        self._of = sorter(collation)
        self.key: Callable[[Any], Any] = self._single if len(spec) == 1 else self._compound

    def columns(self, documents: Sequence[Any]) -> list[list[Any]] | None:
        """Each field's values of many documents; None where an array is among them or on the way."""
        columns = []
        for path in self.paths:
            if len(path) == 1:
                (name,) = path
                values = [document.get(name) for document in documents]
            else:
                values = [_plain(document, path) for document in documents]
            kinds = set(map(type, values))
            if list in kinds or Missing in kinds:
                return None
            columns.append(values)
        return columns

    def values(self, document: Any) -> Sequence[Any]:
        """What a document (or any value) is sorted by, a value for each field; of arrays, the one that comes first."""
        values = [_plain(document, path) for path in self.paths]
        if any(type(value) is list or value is MISSING for value in values):
            return self._among(document)
        return values

    def _single(self, document: Any) -> Any:
        (value,) = self.values(document)
        key = self._of(value)
        return _Down(key) if self.down[0] else key

    def _compound(self, document: Any) -> tuple[Any, ...]:
        return self._tuple(self.values(document))

    def _tuple(self, values: Sequence[Any]) -> tuple[Any, ...]:
        of = self._of
        return tuple([_Down(of(value)) if down else of(value) for value, down in zip(values, self.down, strict=True)])

    def _among(self, document: Any) -> Sequence[Any]:
        """The first, in this very order, of the values that an index would hold of the document."""
        if type(document) is not dict:
            return [None] * len(self.paths)
        try:
            keys, _ = index_keys(document, self.paths)
        except DocumentError as error:
            if error.number == Code.CannotIndexParallelArrays:
                raise DocumentError(Code.BadValue, "cannot sort with keys that are parallel arrays") from None
            raise
        return min(keys, key=self._tuple)


def _plain(value: Any, path: Sequence[str]) -> Any:
    """The value at a path through documents, null where there is none; ``MISSING``: an array is on the way."""
    for name in path:
        if type(value) is not dict:
            return MISSING if type(value) is list else None
        value = value.get(name)
    return value
