"""What ``find`` shows of documents."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, TypeAlias

from bson import Binary

from ...aggregate import Run
from ...codec import Document, Raw, encode
from ...paths import index_keys
from ...projection import Projection
from ...store import Entry
from ...values import encode_key
from ..metadata import Index
from .found import Founds
from .hints import BY_ID
from .plan import Plan, Scan

__all__ = ["Shape", "shape_of", "shaped"]

Shape: TypeAlias = Callable[[Entry, Document], Document]

_CHUNK: Final = 256


def shape_of(
    projection: Projection | None, plan: Plan, *, return_key: bool = False, show_record_id: bool = False
) -> Shape | None:
    """How a document is shown; None: as it is."""
    if return_key:
        return _key_shape(plan)
    if show_record_id:
        project = projection.run if projection is not None else _whole
        return lambda entry, document: {**project(document), "$recordId": Binary(entry.key)}
    if projection is None:
        return None
    run = projection.run
    return lambda entry, document: run(document)


async def shaped(founds: Founds, shape: Shape | None, run: Run) -> AsyncGenerator[list[Raw], None]:
    """The bytes of documents as they are shown."""
    async with aclosing(founds):
        async for found in founds:
            if shape is None:
                yield [entry.value for entry in found.entries]
                continue
            shown: list[Raw] = []
            for start in range(0, len(found), _CHUNK):
                part = found.part(start, start + _CHUNK)
                for both in zip(part.entries, part.documents, strict=True):
                    shown.append(encode(shape(*both)))
                    if run.is_out_of_breath():
                        await run.breathe()
            yield shown


def _whole(document: Document) -> Document:
    return document


def _key_shape(plan: Plan) -> Shape:
    """The values of the index entry that a document was found by; nothing where there was none."""
    scan = plan.source
    if not isinstance(scan, Scan) or (scan.index is None and not scan.by_id):
        return lambda entry, document: {}
    index = scan.index or BY_ID
    return lambda entry, document: _entry(index, scan, document)


def _entry(index: Index, scan: Scan, document: Document) -> Document:
    tuples, _ = index_keys(document, index.paths)
    for values in tuples:
        key = encode_key(values, index.descending, index.collation)
        if any(range_.holds(key) for range_ in scan.ranges):
            return dict(zip(index.fields, values, strict=True))
    return {}
