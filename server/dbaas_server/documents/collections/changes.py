"""What a store is asked to write where documents change: the documents, and the difference of their entries.

Entries are added before the document and removed after it, so that whoever comes in between finds a document too many
through an index, which he looks at again, and never one too few. Whether an index is ready or being built makes no
difference here: :func:`.entries.entry_writes` knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..codec import Document, Raw
from ..errors import DocumentError
from ..steps import TooLong
from ..store import Delete, Put
from .entries import LONGEST_KEY, NO_KEYS, IndexKeys, entry_writes, keys_of
from .metadata import Collection, Index

__all__ = ["Change", "Plan", "plan"]


@dataclass(slots=True)
class Change:
    """One document, before and after.

    Attributes:
        key: in the collection's documents.
        after: None: it goes.
        raw: ``after`` as bytes.
        before: None: it is new.
        version: that ``before`` was read at; 0: there must be none.
    """

    key: bytes
    after: Document | None = None
    raw: Raw = b""
    before: Document | None = None
    version: int = 0


@dataclass(slots=True)
class Plan:
    """What is to be written.

    Attributes:
        grown: the collection as it has to be known before anything of this is written; itself where it is so already.
        collides: two of the changes want one key, or one wants what another gives up.
    """

    grown: Collection
    writes: list[Put | Delete] = field(default_factory=list)
    collides: bool = False


def plan(collection: Collection, changes: Sequence[Change]) -> Plan:
    """The writes that carry out some changes.

    Raises:
        DocumentError: a document cannot be in an index.
    """
    made = Plan(collection)
    removals: list[Delete] = []
    for index in collection.indexes:
        removals += _plan_index(made, index, changes)
    documents = collection.documents
    made.writes += [
        Delete(documents, change.key, change.version)
        if change.after is None
        else Put(documents, change.key, change.raw, change.version)
        for change in changes
    ]
    made.writes += removals
    if len({change.key for change in changes}) < len(changes):
        made.collides = True
    if not collection.long_ids and max([len(change.key) for change in changes]) > LONGEST_KEY:
        made.grown = replace(made.grown, long_ids=True)
    return made


def _plan_index(made: Plan, index: Index, changes: Sequence[Change]) -> list[Delete]:
    """Add an index's new entries to a plan, and give back what goes at its end."""
    space = index.space(made.grown.id)
    multikey, cut = index.multikey, index.cut
    puts: list[Put] = []
    removals: list[Delete] = []
    for change in changes:
        before = NO_KEYS if change.before is None else _keys_before(index, change.before, change.key)
        after = NO_KEYS if change.after is None else keys_of(index, change.after, change.key)
        if after.multikey:
            multikey |= after.multikey
        cut = cut or after.cut
        for write in entry_writes(index, space, change.key, before, after):
            if isinstance(write, Put):
                puts.append(write)
            else:
                removals.append(write)
    if index.refuses and len(changes) > 1:
        keys = [write.key for write in puts] + [write.key for write in removals]
        made.collides = made.collides or len(set(keys)) < len(keys)
    if multikey != index.multikey or cut != index.cut:
        made.grown = made.grown.with_index(replace(index, multikey=multikey, cut=cut))
    made.writes += puts
    return removals


def _keys_before(index: Index, document: Document, id: bytes) -> IndexKeys:
    """What a document has in an index; one that a build has not come to yet may be unfit for it, and has nothing."""
    try:
        return keys_of(index, document, id)
    except TooLong:
        raise  # it has entries
    except DocumentError:
        return NO_KEYS
