"""The document that is inserted where none matched."""

from __future__ import annotations

from collections.abc import Callable

from ..codec import Document, encode
from ..match import And, Leaf, Node
from ..requests import WriteContext
from ..update import Update, upsert_document
from ..update.upsert import equalities
from ..values import encode_key
from .entries import cut_key, id_key
from .inserting import new_document
from .metadata import Index
from .writer import Denied, Writer

__all__ = ["upsert"]


async def upsert(
    writer: Writer,
    place: int,
    node: Node,
    compiled: Update,
    context: WriteContext,
    tell: Callable[[Document], Document],
) -> Document | None:
    """Insert what the filter and the update say, and answer what ``tell`` makes of it.

    Returns:
        None: somebody else inserted just now what the filter looks for. It is there to be updated.

    Raises:
        Gone: of the collection.
        DocumentError: ``DuplicateKey``, with a document that the filter does not look for; of the update or validator.
    """
    validated = None if context.bypass_validation else writer.collection
    change = new_document(encode(upsert_document(node, compiled)), validated)
    assert change.after is not None
    result = tell(change.after)
    try:
        await writer.write([change], {place: result})
    except Denied as denied:
        error = writer.duplicate(denied, change.after)
        if _is_looked_for(node, writer.index_of(denied), denied.key):
            return None
        raise error from None
    return result


def _is_looked_for(node: Node, index: Index | None, key: bytes) -> bool:
    """Whether a filter says nothing but what a unique index's key is.

    MongoDB's manual, "update", "Upsert with Unique Index": only then is the update tried again.
    """
    if not _is_equalities(node):
        return False
    values = dict(equalities(node))
    if index is None:
        return values.keys() == {"_id"} and id_key(values["_id"]) == key
    if values.keys() != set(index.fields):
        return False
    sought = [values[field] for field in index.fields]
    return cut_key(encode_key(sought, index.descending, index.collation)) == key


def _is_equalities(node: Node) -> bool:
    if isinstance(node, And):
        return all(map(_is_equalities, node.children))
    return isinstance(node, Leaf) and node.operator == "$eq"
