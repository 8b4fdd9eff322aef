"""What a store is asked to write where documents change: the documents, and the difference of their entries.

Entries are added before the document and removed after it, so that whoever comes in between finds a document too many
through an index, which he looks at again, and never one too few.

An index that is being built is written like any other but for one thing: a unique one refuses nobody. Its entries are
put whatever is there, and taken away only by the document that they name; that no key was ever given twice is for the
build to find out before the index is ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..codec import Document, Raw
from ..errors import DocumentError
from ..store import Delete, Put, Space
from .entries import LONGEST_KEY, IndexKeys, keys_of
from .metadata import Collection, Index

__all__ = ["Change", "Plan", "plan", "refuses"]

_NOTHING = IndexKeys(frozenset())


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
        own: entries that go only if they name the document that gives them up: space, key, and that document's key.
        collides: two of the changes want one key.
    """

    grown: Collection
    writes: list[Put | Delete] = field(default_factory=list)
    own: list[tuple[Space, bytes, bytes]] = field(default_factory=list)
    collides: bool = False


def refuses(index: Index) -> bool:
    """Whether an index refuses a key that another document has."""
    return index.is_unique and index.state != "building"


def plan(collection: Collection, changes: Sequence[Change]) -> Plan:
    """The writes that carry out some changes.

    Args:
        changes: of documents that differ.

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
    if len(changes) > 1 and len({change.key for change in changes}) < len(changes):
        made.collides = True
    if not collection.long_ids and max(len(change.key) for change in changes) > LONGEST_KEY:
        made.grown = replace(made.grown, long_ids=True)
    return made


def _plan_index(made: Plan, index: Index, changes: Sequence[Change]) -> list[Delete]:
    """Add an index's new entries to a plan, and give back what goes at its end."""
    space = index.space(made.grown.id)
    is_unique, refusing = index.is_unique, refuses(index)
    version = 0 if refusing else None
    multikey, cut = index.multikey, index.cut
    gone: list[bytes] = []
    added: list[bytes] = []
    for change in changes:
        new = _NOTHING if change.after is None else keys_of(index, change.after, change.key)
        old = frozenset() if change.before is None else _old_keys(index, change.before, change.key)
        if new.multikey:
            multikey |= new.multikey
        cut = cut or new.cut
        for key in new.keys - old if old else new.keys:
            made.writes.append(Put(space, key, change.key, version))
            if refusing:
                added.append(key)
        if old:
            going = old - new.keys
            if is_unique and not refusing:
                made.own += [(space, key, change.key) for key in going]
            else:
                gone += going
    if len(changes) > 1 and refusing and len({*added, *gone}) < len(added) + len(gone):
        made.collides = True
    if multikey != index.multikey or cut != index.cut:
        made.grown = made.grown.with_index(replace(index, multikey=multikey, cut=cut))
    return [Delete(space, key, None) for key in gone]


def _old_keys(index: Index, document: Document, id: bytes) -> frozenset[bytes]:
    """What a document has in an index; one that a build has not come to yet may be unfit for it, and has nothing."""
    try:
        return keys_of(index, document, id).keys
    except DocumentError:
        return frozenset()
