"""Leaf types, and the namespace that all types of a schema share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLScalarType,
)  # fmt: skip

from .kinds import BUILT_IN, SCALARS, Kind, base_of, description_of, scalar, text_scalar, text_scalar_type
from .names import Names, is_name

__all__ = ["TABLE_TYPES", "Types", "rows_of"]

TABLE_TYPES = (
    "{}", "{}_bool_exp", "{}_order_by", "{}_insert_input", "{}_set_input", "{}_mutation_response", "{}_aggregate",
    "{}_sum", "{}_avg", "{}_min", "{}_max", "{}_on_conflict", "{}_constraint", "{}_update_column",
    "{}_order_by_related", "{}_change", "{}_record",
)  # fmt: skip
"""What belongs to a table called ``{}``."""

_TAKEN = (
    "Query", "Mutation", "Subscription", "ID", "order_by", "change_type", "JSON_null_comparison_exp",
    *BUILT_IN, *SCALARS,
    *(f"{name}_comparison_exp" for name in (*BUILT_IN, *SCALARS)),
    *(f"{name}_array_comparison_exp" for name in (*BUILT_IN, *SCALARS)),
)  # fmt: skip


class Types:
    """Makes each named type once.

    Attributes:
        database: whose types are meant: two databases may each have a ``mood``.
    """

    def __init__(self) -> None:
        self.names = Names(_TAKEN)
        self.bound = dict(SCALARS)
        self.database = ""
        self._lists: dict[str, GraphQLList[Any]] = {}
        self._named: dict[str, GraphQLNamedType] = dict(BUILT_IN)
        self._scalars: dict[tuple[str, str], str] = {}
        self._enums: dict[tuple[str, str], Kind] = {}

    def kind(self, type_text: str, labels: Sequence[str] = ()) -> Kind:
        """How values of one of the engine's types appear.

        Args:
            labels: of an enum.
        """
        known = scalar(type_text)
        if known is not None:
            return known
        bare, _ = base_of(type_text)
        name = bare.rpartition(".")[2] if '"' not in bare else bare
        if labels:
            return self._enum(bare, name, tuple(labels))
        chosen = self._scalars.get((self.database, bare))
        if chosen is None:
            shared = next(
                (found for (_, other), found in self._scalars.items() if other == bare and "." not in bare), None
            )
            chosen = shared or self.names.take_all(name, ("{}", "{}_comparison_exp", "{}_array_comparison_exp"))
            self._scalars[self.database, bare] = chosen
            self.bound.setdefault(chosen, text_scalar_type(chosen))
        return text_scalar(chosen, type_text)

    def _enum(self, bare: str, name: str, labels: tuple[str, ...]) -> Kind:
        known = self._enums.get((self.database, bare))
        if known is None:
            if all(is_name(label) and label not in ("true", "false", "null") for label in labels):
                chosen = self.names.take_all(name, ("{}", "{}_comparison_exp"))
                known = Kind(chosen, labels, extremes=True)
            else:
                known = Kind("String", cast="text", extremes=False)
            self._enums[self.database, bare] = known
        return known

    def named(self, name: str, make: Callable[[], GraphQLNamedType]) -> Any:
        """A type by name; made at the first time."""
        found = self._named.get(name)
        if found is None:
            found = self._named[name] = make()
        return found

    def leaf(self, kind: Kind) -> Any:
        """The type of one value of a kind, without its list."""
        if kind.labels:
            return self.named(
                kind.name, lambda: GraphQLEnumType(kind.name, {label: GraphQLEnumValue(label) for label in kind.labels})
            )
        return self.named(kind.name, lambda: GraphQLScalarType(kind.name, description=description_of(kind.name)))

    def value(self, kind: Kind) -> Any:
        """The type of a value of a kind; a list for an array."""
        leaf = self.leaf(kind)
        if not kind.is_list:
            return leaf
        found = self._lists.get(kind.name)
        if found is None:
            found = self._lists[kind.name] = GraphQLList(leaf)
        return found


def rows_of(of: Any) -> Any:
    """The type of a list without holes."""
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(of)))
