"""The values of a field by its index: from one to the next, past all the entries that have the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ...aggregate import Run
from ...codec import MISSING, decode
from ...match import Always
from ...paths import get
from ...store import Entry, Span
from ...values import encode_key, prefix_range
from ..environment import Environment
from ..metadata import Collection, Index
from .deadlines import in_time, next_of
from .question import Question

__all__ = ["index_of_values", "values_by_index"]

_MOST_STEPS: Final = 200
"""Of more values than these, a look at every document takes no longer."""


def index_of_values(collection: Collection, question: Question, field: str) -> Index | None:
    """The index that has all the values of a field, where no document has several."""
    if not isinstance(question.node, Always) or question.hint:
        return None
    for index in collection.readable:
        is_whole = not (index.is_sparse or index.partial is not None or index.cut)
        is_alike = field not in index.multikey and index.collation == question.scope.collation
        if index.fields[0] == field and is_whole and is_alike:
            return index
    return None


async def values_by_index(
    environment: Environment, collection: Collection, index: Index, run: Run
) -> Sequence[Any] | None:
    """The values of an index's first field, each once; None where the index does not tell, or not soon."""
    values: list[Any] = []
    low: bytes | None = None
    for _ in range(_MOST_STEPS):
        entry = await _first(environment, collection, index, low, run)
        if entry is None:
            return values
        found = await in_time(run.scope, environment.store.get(collection.documents, [entry.value]))
        value = get(decode(found[entry.value].value), index.paths[0]) if entry.value in found else MISSING
        if value is MISSING:
            return None  # others of the same key may have null
        key = encode_key([value], index.descending[:1], index.collation)
        if not entry.key.startswith(key):
            return None  # it has changed since
        values.append(value)
        low = prefix_range(key).high
        if low is None:
            return values
    return None


async def _first(
    environment: Environment, collection: Collection, index: Index, low: bytes | None, run: Run
) -> Entry | None:
    batches = environment.store.scan(index.space(collection.id), Span(low, None), limit=1)
    batch = await in_time(run.scope, next_of(batches))
    return batch[0] if batch else None
