"""A document's keys, and its entries in an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from ..codec import MISSING, Document
from ..paths import candidates, index_keys
from ..store import Delete, Put, Space
from ..values import KeyRange, encode_key, encode_value, prefix_range
from .metadata import Index

__all__ = [
    "LONGEST_KEY",
    "MOST_KEYS",
    "NO_KEYS",
    "IndexKeys",
    "cut_key",
    "cut_range",
    "entry_writes",
    "id_key",
    "keys_of",
    "values_of",
]

LONGEST_KEY: Final = 1_024
"""A longer key is cut: its first bytes, then a digest of all. Two such keys fit one entry of any store."""

MOST_KEYS: Final = 100_000
"""Of one document in one index, as in a mongod: ``indexMaxNumGeneratedKeysPerDocument``."""

_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class IndexKeys:
    """What one document has in one index.

    Attributes:
        keys: of its entries, each once.
        multikey: the index's paths that went through an array.
        cut: a key was too long to be kept whole.
    """

    keys: frozenset[bytes]
    multikey: frozenset[str] = frozenset()
    cut: bool = False


NO_KEYS: Final = IndexKeys(frozenset())
"""What a document that is not there has."""


def id_key(value: Any) -> bytes:
    """The key of a document, from its ``_id``."""
    return cut_key(encode_value(value))


def cut_key(key: bytes) -> bytes:
    """A key that is not too long."""
    return key if len(key) <= LONGEST_KEY else key[:_KEPT] + sha256(key).digest()


def cut_range(span: KeyRange) -> KeyRange:
    """A range of whole keys as one of keys that may be cut: never less, at times a little more."""
    low, high = span.low, span.high
    if low is not None and len(low) > _KEPT:
        low = low[:_KEPT]
    if high is not None and len(high) > _KEPT:
        high = prefix_range(high[:_KEPT]).high
    return KeyRange(low, high)


def keys_of(index: Index, document: Document, id: bytes) -> IndexKeys:
    """A document's entries in an index.

    Args:
        id: the document's key; it ends the entries of an index that refuses nobody: of one that is not unique, or is
            still building (:mod:`.index_builds` says why).

    Raises:
        DocumentError: ``CannotIndexParallelArrays``, ``CannotBuildIndexKeys`` or 16746, as :func:`~..paths.index_keys`.
    """
    if index.holds is not None and not index.holds(document):
        return NO_KEYS
    if index.is_sparse and not _has_any(index, document):
        return NO_KEYS
    tuples, through = index_keys(document, index.paths, MOST_KEYS)
    tail = b"" if index.refuses else id
    descending, collation = index.descending, index.collation
    if len(tuples) == 1:
        whole = [encode_key(tuples[0], descending, collation)]
    else:
        whole = [encode_key(values, descending, collation) for values in tuples]
    return IndexKeys(
        frozenset([cut_key(key) + tail for key in whole]),
        frozenset([index.fields[place] for place in through]),
        max(map(len, whole)) > LONGEST_KEY,
    )


def entry_writes(index: Index, space: Space, id: bytes, before: IndexKeys, after: IndexKeys) -> list[Put | Delete]:
    """What turns the entries that a document had in an index to those that it has now.

    A ``Put`` among them that demands that there is nothing (version 0) is refused where another document has the same
    values: a ``DuplicateKey``.

    Args:
        id: the document's key.
        before: :data:`NO_KEYS` for a document that is new.
        after: :data:`NO_KEYS` for one that is removed.
    """
    gone = before.keys - after.keys
    writes: list[Put | Delete] = []
    for key in gone:
        if index.refuses and index.state == "settling":
            # It has one of two forms. First the one that the build moves from: then the other is there, if it is moved.
            writes += [Delete(space, key + id, None), Delete(space, key, None, holding=id)]
        else:
            writes.append(Delete(space, key, None))
    version = 0 if index.refuses else None
    return [*writes, *(Put(space, key, id, version) for key in after.keys - before.keys)]


def values_of(index: Index, document: Document) -> list[Mapping[str, Any]]:
    """The values of a document's entries, for the message that one of them is there already."""
    tuples, _ = index_keys(document, index.paths, MOST_KEYS)
    return [dict(zip(index.fields, values, strict=True)) for values in tuples]


def _has_any(index: Index, document: Document) -> bool:
    return any(value is not MISSING for path in index.paths for value in candidates(document, path, leaves=False))
