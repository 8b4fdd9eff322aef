"""What is asked of a collection, compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...aggregate import Leading
from ...codec import Document
from ...errors import Code, DocumentError
from ...expressions.ordering import SortOrder
from ...match import Always, Node
from ...requests import Hint
from ...scope import Scope
from ...values import parse_collation
from ..metadata import Collection

__all__ = ["Question", "order_of", "scope_of"]


@dataclass(frozen=True, slots=True)
class Question:
    """Which documents, in which order, how many.

    Attributes:
        node: the filter, parsed under ``scope``.
        limit: None is without.
        hint: which index, or ``{$natural: 1}``.
        low, high: ``min`` and ``max``, of the hinted index.
        first: how many are wanted soon; no more are read at first than it may take.
        once: each document once, also if it moves in an index meanwhile.
    """

    node: Node
    scope: Scope
    order: SortOrder | None = None
    skip: int = 0
    limit: int | None = None
    hint: Hint = None
    low: Document | None = None
    high: Document | None = None
    first: int = 101
    once: bool = False

    @classmethod
    def of_leading(cls, leading: Leading, scope: Scope, *, hint: Hint = None, first: int = 1_000) -> Question:
        """What a pipeline begins with."""
        order = None if leading.sort is None else SortOrder(leading.sort, scope.collation)
        node = Always() if leading.match is None else leading.match
        return cls(node, scope, order, leading.skip, leading.limit, hint, first=first)

    @property
    def most(self) -> int | None:
        """How many matching documents are looked at; None: all."""
        return None if self.limit is None else self.skip + self.limit


def scope_of(
    collection: Collection | None,
    collation: Document | None,
    *,
    variables: Mapping[str, Any] | None = None,
    deadline: float | None = None,
) -> Scope:
    """What a command is compiled under; without a collation of its own, under its collection's.

    Raises:
        DocumentError: of the collation.
    """
    if collation:
        chosen = parse_collation(collation)
    else:
        chosen = parse_collation({"locale": "simple"}) if collection is None else collection.collation
    return Scope(collation=chosen, variables=variables or {}, deadline=deadline)


def order_of(sort: Document | None, scope: Scope) -> tuple[SortOrder | None, Hint]:
    """A find's order; or the hint that ``{$natural: 1}`` is.

    Raises:
        DocumentError: it is no order.
    """
    if not sort:
        return None, None
    if "$natural" in sort:
        if len(sort) > 1:
            raise DocumentError(Code.BadValue, "$natural sort cannot be set to a value other than -1 or 1.")
        return None, sort
    return SortOrder(sort, scope.collation), None
