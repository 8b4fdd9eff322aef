"""An expression over many documents at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ..codec import MISSING
from ..expressions import Frame, Node
from ..expressions.limits import bounded
from .run import Batch

__all__ = ["Column", "column_of"]

Column: TypeAlias = Callable[[Batch], Sequence[Any]]


def column_of(node: Node) -> Column:
    """An expression's values for many documents."""
    if node.is_constant:
        value = node.value
        return lambda documents: [value] * len(documents)
    if node.path is not None and "." not in node.path:
        name = node.path
        return lambda documents: [document.get(name, MISSING) for document in documents]
    evaluate, frame = node.evaluate, Frame({})

    def run(documents: Batch) -> list[Any]:
        found = []
        for document in documents:
            found.append(bounded(evaluate(frame.show(document))))
        return found

    return run
