"""The document that an upsert inserts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bson import ObjectId

from ..codec import Document
from ..errors import Code, DocumentError
from ..match import And, Leaf, Node, Or
from .compile import Update
from .draft import Draft
from .fields import setter

__all__ = ["equalities", "upsert_document"]


def upsert_document(filter_node: Node, update: Update) -> Document:
    """What the filter says that the document has, changed by the update; ``_id`` is first, made where there is none.

    Of a replacement only the filter's ``_id`` counts.

    Raises:
        DocumentError: ``NotSingleValueField``, the filter gives a path two values; what the update raises.
    """
    draft = Draft({}, lambda: None, {})
    seen: set[str] = set()
    for path, value in equalities(filter_node):
        if update.is_replacement and path != "_id":
            continue
        for other in seen:
            if path == other or path.startswith(other + ".") or other.startswith(path + "."):
                raise DocumentError(
                    Code.NotSingleValueField,
                    f"cannot infer query fields to set, {'path' if path == other else 'both paths'} '{path}'"
                    + (" is matched twice" if path == other else f" and '{other}' are matched"),
                )
        seen.add(path)
        draft.change(tuple(path.split(".")), setter(value), creates=True)
    start = draft.result
    result = update.apply(start, filter_node, inserting=True)
    if result is None:
        result = start
    if "_id" not in result:
        return {"_id": ObjectId(), **result}
    return {"_id": result["_id"], **result}


def equalities(node: Node) -> Iterator[tuple[str, Any]]:
    """The paths that have to have one value, in the filter's order; ``$or`` of one counts."""
    if isinstance(node, And):
        for child in node.children:
            yield from equalities(child)
    elif isinstance(node, Or) and len(node.children) == 1:
        yield from equalities(node.children[0])
    elif isinstance(node, Leaf) and node.operator == "$eq" and node.path:
        yield node.path, node.operand
