"""What a selection asks for: fields by response key, in the document's order (October 2021, section 6.3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from ..schema.meanings import KEY

__all__ = ["Collector", "Picked"]


@dataclass(frozen=True, slots=True)
class Picked:
    """One response key: where it is first named, everything selected below it, and what the field is.

    ``definition`` is None for ``__typename``, ``__schema`` and ``__type``.
    """

    key: str
    node: FieldNode
    nodes: tuple[FieldNode, ...]
    definition: GraphQLField | None

    @property
    def name(self) -> str:
        """The field's name."""
        return self.node.name.value

    @property
    def meaning(self) -> Any:
        """What the field means; None without a definition."""
        return self.definition.extensions.get(KEY) if self.definition is not None else None

    @property
    def below(self) -> list[SelectionSetNode]:
        """What is selected of it."""
        return [node.selection_set for node in self.nodes if node.selection_set is not None]

    @property
    def of(self) -> GraphQLObjectType:
        """The type of what is selected of it."""
        assert self.definition is not None
        named = get_named_type(self.definition.type)
        assert isinstance(named, GraphQLObjectType)
        return named


class Collector:
    """Collects fields of one operation. Every type is an object type, so type conditions never decide anything.

    Args:
        variables: None to collect what ``@skip`` and ``@include`` would leave out, too.
    """

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any] | None) -> None:
        self._fragments = fragments
        self._variables = variables

    def collect(self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> list[Picked]:
        """The fields of a selection."""
        found: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for selections in sets:
            self._into(found, selections, seen)
        return [
            Picked(key, nodes[0], tuple(nodes), parent.fields.get(nodes[0].name.value)) for key, nodes in found.items()
        ]

    def _into(self, found: dict[str, list[FieldNode]], selections: SelectionSetNode, seen: set[str]) -> None:
        for selection in selections.selections:
            if not self._included(selection.directives or ()):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias is not None else selection.name.value
                found.setdefault(key, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                self._into(found, selection.selection_set, seen)
            else:
                assert isinstance(selection, FragmentSpreadNode)
                name = selection.name.value
                if name not in seen:
                    seen.add(name)
                    self._into(found, self._fragments[name].selection_set, seen)

    def _included(self, directives: Sequence[DirectiveNode]) -> bool:
        if self._variables is None:
            return True
        for directive in directives:
            name = directive.name.value
            if name in ("skip", "include"):
                condition = (directive.arguments or ())[0].value
                if isinstance(condition, VariableNode):
                    value = bool(self._variables.get(condition.name.value))
                else:
                    value = bool(getattr(condition, "value", False))
                if value == (name == "skip"):
                    return False
        return True
