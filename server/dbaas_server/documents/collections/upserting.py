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
from .writer import Denied, Lost, Writer

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
        None: somebody else inserted just now what the filter looks for, or took it away again. It is to be looked for.

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
    except Denied:
        lost = await writer.lost(change)
        if lost is None or _is_looked_for(node, lost):
            return None
        raise lost.error(change.after) from None
    return result


def _is_looked_for(node: Node, lost: Lost) -> bool:
    """Whether a filter says nothing but what the key is that another document has.

    MongoDB's manual, "update", "Upsert with Unique Index": only then is the update tried again.
    """
    if not _is_equalities(node):
        return False
    values, index = dict(equalities(node)), lost.index
    if index is None:
        return values.keys() == {"_id"} and id_key(values["_id"]) == lost.key
    if values.keys() != set(index.fields):
        return False
    sought = [values[field] for field in index.fields]
    return cut_key(encode_key(sought, index.descending, index.collation)) == lost.key


def _is_equalities(node: Node) -> bool:
    if isinstance(node, And):
        return all(map(_is_equalities, node.children))
    return isinstance(node, Leaf) and node.operator == "$eq"
