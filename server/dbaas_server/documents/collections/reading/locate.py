"""Documents for whoever is about to change them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from ...codec import Document, Raw
from ...expressions.ordering import SortOrder
from ...match import Node
from ...requests import Hint
from ...scope import Scope
from ..environment import Environment
from ..metadata import Collection

__all__ = ["Located", "locate"]


@dataclass(frozen=True, slots=True)
class Located:
    """A document as it was read.

    Attributes:
        key: in :attr:`~..metadata.Collection.documents`.
        version: to change it only if it is still this one.
    """

    key: bytes
    raw: Raw
    version: int
    document: Document


def locate(
    environment: Environment,
    collection: Collection,
    node: Node,
    scope: Scope,
    *,
    hint: Hint = None,
    sort: SortOrder | None = None,
    limit: int | None = None,
    batch: int = 500,
) -> AsyncIterator[list[Located]]:
    """Documents that match, each once."""
    raise NotImplementedError
