"""Which index a person asks for, and between which of its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...codec import Document
from ...errors import Code, DocumentError
from ...values import KeyRange, encode_key, is_number
from ..entries import cut_range
from ..metadata import ID_INDEX, Collection, Index
from .question import Question

__all__ = ["BY_ID", "hinted", "natural", "range_between"]

BY_ID: Final = Index(0, {**ID_INDEX, "unique": True})
"""The order of the documents themselves, as an index."""


def natural(question: Question) -> bool | None:
    """Whether a hint is ``{$natural: -1}`` (True) or ``{$natural: 1}`` (False); None: it is not of that kind.

    Raises:
        DocumentError: ``BadValue``, it is neither 1 nor -1.
    """
    hint = question.hint
    if not isinstance(hint, Mapping) or "$natural" not in hint:
        return None
    direction = hint["$natural"]
    if len(hint) > 1 or not is_number(direction) or float(str(direction)) not in (1.0, -1.0):
        raise DocumentError(Code.BadValue, "$natural hint cannot be set to a value other than -1 or 1.")
    return float(str(direction)) < 0


def hinted(collection: Collection, question: Question) -> Index | None:
    """The index that a hint names, by its name or its pattern.

    Raises:
        DocumentError: ``BadValue``, there is none (or it is hidden, or not built yet).
    """
    hint = question.hint
    if not hint:
        return None
    for index in (BY_ID, *collection.readable):
        if hint == index.name or (isinstance(hint, Mapping) and _is_pattern_of(index, hint)):
            return index
    raise DocumentError(
        Code.BadValue,
        "error processing query: planner returned error :: caused by :: "
        "hint provided does not correspond to an existing index",
    )


def _is_pattern_of(index: Index, hint: Document) -> bool:
    return list(hint.items()) == list(index.spec["key"].items())


def range_between(index: Index | None, question: Question) -> KeyRange | None:
    """The keys from ``min`` on and before ``max``; None where neither is given.

    Raises:
        DocumentError: 51173 without a hint; 51174 of other fields than the index has; 51175 where none can be between.
    """
    if not question.low and not question.high:
        return None
    if index is None:
        raise DocumentError(51173, "When using min()/max() a hint of which index to use must be provided")
    low = _key(index, question.low, question) if question.low else None
    high = _key(index, question.high, question) if question.high else None
    if low is not None and high is not None and low >= high:
        raise DocumentError(
            51175, "The value provided for min() does not come before the value provided for max() in the hinted index"
        )
    return cut_range(KeyRange(low, high))


def _key(index: Index, bound: Mapping[str, Any], question: Question) -> bytes:
    if tuple(bound) != index.fields:
        raise DocumentError(
            51174, "The index chosen by the hint has to have the fields of min() and max(), in the same order"
        )
    return encode_key(list(bound.values()), index.descending, index.collation)
