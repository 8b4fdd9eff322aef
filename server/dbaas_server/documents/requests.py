"""What the engine is asked and what it answers: a command's parts, checked for their types but not compiled.

Names and meanings are those of MongoDB's commands (https://www.mongodb.com/docs/manual/reference/command/). Whoever
parses a command refuses fields of a wrong type; what an operator means is the engine's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .codec import Document, Raw
from .errors import DocumentError

__all__ = [
    "Aggregate",
    "Count",
    "CreatedIndexes",
    "DeleteSpec",
    "Distinct",
    "Find",
    "FindAndModify",
    "Modified",
    "Retry",
    "UpdateSpec",
    "Updated",
    "WriteContext",
    "Written",
]

Hint = str | Document | None
"""An index's name, its pattern, or ``{$natural: 1}``."""


@dataclass(frozen=True, slots=True)
class Find:
    """``find``.

    Attributes:
        limit: 0 is without.
        deadline: ``time.monotonic()`` seconds, from ``maxTimeMS``.
        batch_hint: how many documents the first batch is wanted to have; no more are read ahead than must be.
    """

    filter: Document = field(default_factory=dict)
    projection: Document | None = None
    sort: Document | None = None
    skip: int = 0
    limit: int = 0
    hint: Hint = None
    collation: Document | None = None
    let: Mapping[str, Any] = field(default_factory=dict)
    min: Document | None = None
    max: Document | None = None
    return_key: bool = False
    show_record_id: bool = False
    allow_disk_use: bool = True
    batch_hint: int = 101
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``aggregate``."""

    pipeline: list[Document]
    hint: Hint = None
    collation: Document | None = None
    let: Mapping[str, Any] = field(default_factory=dict)
    allow_disk_use: bool = True
    batch_hint: int = 101
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """``count``; ``limit`` 0 is without."""

    query: Document = field(default_factory=dict)
    skip: int = 0
    limit: int = 0
    hint: Hint = None
    collation: Document | None = None
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Distinct:
    """``distinct``."""

    key: str
    query: Document = field(default_factory=dict)
    hint: Hint = None
    collation: Document | None = None
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class UpdateSpec:
    """One of ``update``'s statements.

    Attributes:
        u: operators, a replacement, or a pipeline.
        c: constants of a pipeline.
    """

    q: Document
    u: Document | list[Document]
    multi: bool = False
    upsert: bool = False
    array_filters: Sequence[Document] = ()
    collation: Document | None = None
    hint: Hint = None
    let: Mapping[str, Any] = field(default_factory=dict)
    c: Mapping[str, Any] = field(default_factory=dict)
    sort: Document | None = None


@dataclass(frozen=True, slots=True)
class DeleteSpec:
    """One of ``delete``'s statements.

    Attributes:
        limit: 1, or 0 for all that match.
    """

    q: Document
    limit: int
    collation: Document | None = None
    hint: Hint = None
    let: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FindAndModify:
    """``findAndModify``.

    Attributes:
        update: as :attr:`UpdateSpec.u`; None removes.
        new: the document as it is after, not as it was before.
    """

    query: Document = field(default_factory=dict)
    update: Document | list[Document] | None = None
    new: bool = False
    upsert: bool = False
    fields: Document | None = None
    sort: Document | None = None
    array_filters: Sequence[Document] = ()
    collation: Document | None = None
    hint: Hint = None
    let: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """Which retryable write this is: sent again with the same numbers, it is done once.

    Attributes:
        session: the logical session's id with the digest of its user: what tells it from everybody else's.
        transaction: ``txnNumber``.
        first_statement: the number of the command's first write (``stmtId``).
    """

    session: bytes
    transaction: int
    first_statement: int = 0


@dataclass(frozen=True, slots=True)
class WriteContext:
    """What a write is done under."""

    retry: Retry | None = None
    bypass_validation: bool = False
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What ``insert`` or ``delete`` did.

    Attributes:
        n: documents.
        errors: which of the statements failed, by place, and how.
        retried: statements that a retry found done, by their ``stmtId``.
    """

    n: int
    errors: Sequence[tuple[int, DocumentError]] = ()
    retried: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Updated:
    """What ``update`` did; ``upserted`` has places and the new documents' ids."""

    n: int
    modified: int
    upserted: Sequence[tuple[int, Any]] = ()
    errors: Sequence[tuple[int, DocumentError]] = ()
    retried: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Modified:
    """What ``findAndModify`` did.

    Attributes:
        value: the document as it was or is now, projected.
        n: documents touched: 0 or 1.
        upserted: the new document's id, as a document ``{"": id}`` would hold it; meaningful if ``is_upsert``.
    """

    value: Raw | None
    n: int
    updated_existing: bool = False
    is_upsert: bool = False
    upserted: Any = None


@dataclass(frozen=True, slots=True)
class CreatedIndexes:
    """What ``createIndexes`` did."""

    before: int
    after: int
    created_collection: bool
