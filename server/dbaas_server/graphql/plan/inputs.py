"""Arguments and variables: trees of values, whose leaves may be variables that are filled in when a plan is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)

from dbaas_provisioning.errors import Invalid

from ...nouns import Arg, ArgValue
from ...pipeline import parse_pipeline
from ...stages import Stage

__all__ = ["Arguments", "Inputs", "NeedsValue", "Slot", "fill"]

Encode: TypeAlias = Callable[[Any], ArgValue]


class Slot:
    """A variable's place in a tree."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class NeedsValue(Exception):
    """Planning has to know a variable's value: it decides the shape. Stays inside this door."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Inputs:
    """The variables of one request.

    Args:
        values: coerced.
        leaves: variables of scalars and enums, or lists of them, that need not be looked at while planning.
    """

    def __init__(self, values: Mapping[str, Any], leaves: frozenset[str]) -> None:
        self.values = values
        self.leaves = leaves

    def arguments(self, node: FieldNode, definitions: Mapping[str, GraphQLArgument]) -> dict[str, Any]:
        """A field's arguments by name, as trees; those not given are absent."""
        found: dict[str, Any] = {}
        for argument in node.arguments or ():
            definition = definitions[argument.name.value]
            value = self.tree(argument.value, definition.type)
            if value is not Undefined:
                found[argument.name.value] = value
        return found

    def tree(self, node: ValueNode, kind: GraphQLInputType) -> Any:
        """A literal as a tree. ``Undefined`` for a variable that was not sent."""
        if isinstance(kind, GraphQLNonNull):
            return self.tree(node, kind.of_type)
        if isinstance(node, VariableNode):
            name = node.name.value
            value = self.values.get(name, Undefined)
            if value is None or value is Undefined or name not in self.leaves:
                return value
            return Slot(name)
        if isinstance(node, NullValueNode):
            return None
        if isinstance(kind, GraphQLList):
            if not isinstance(node, ListValueNode):
                return [self.tree(node, kind.of_type)]
            parts = [self.tree(part, kind.of_type) for part in node.values]
            return [None if part is Undefined else part for part in parts]
        if isinstance(kind, GraphQLInputObjectType):
            assert isinstance(node, ObjectValueNode), "the document was validated"
            pairs = (
                (field.name.value, self.tree(field.value, kind.fields[field.name.value].type)) for field in node.fields
            )
            return {name: value for name, value in pairs if value is not Undefined}
        if kind.name == "JSON":
            return self._json(node)
        return kind.parse_literal(node, dict(self.values))

    def _json(self, node: ValueNode) -> Any:
        """A literal of any type; variables in it stay open."""
        if isinstance(node, VariableNode):
            value = self.values.get(node.name.value)
            return Slot(node.name.value) if value is not None and node.name.value in self.leaves else value
        if isinstance(node, ListValueNode):
            return [self._json(part) for part in node.values]
        if isinstance(node, ObjectValueNode):
            return {field.name.value: self._json(field.value) for field in node.fields}
        return value_from_ast_untyped(node)

    def now(self, tree: Any) -> Any:
        """A value that decides the shape. Raises ``NeedsValue`` for a variable that is not looked at."""
        if isinstance(tree, Slot):
            raise NeedsValue(tree.name)
        if isinstance(tree, list):
            return [self.now(part) for part in tree]
        return tree

    def all_now(self, tree: Any) -> Any:
        """A value all of which decides the shape. Raises ``NeedsValue``."""
        if isinstance(tree, dict):
            return {name: self.all_now(part) for name, part in tree.items()}
        if isinstance(tree, list):
            return [self.all_now(part) for part in tree]
        return self.now(tree)


def fill(tree: Any, values: Mapping[str, Any]) -> Any:
    """A tree with its variables in place."""
    if isinstance(tree, Slot):
        return values[tree.name]
    if isinstance(tree, list):
        return [fill(part, values) for part in tree]
    if isinstance(tree, dict):
        return {name: fill(part, values) for name, part in tree.items()}
    return tree


def _has_slots(tree: Any) -> bool:
    if isinstance(tree, list):
        return any(_has_slots(part) for part in tree)
    if isinstance(tree, dict):
        return any(_has_slots(part) for part in tree.values())
    return isinstance(tree, Slot)


class Arguments:
    """The values that go along with shapes: constants at once, the others when a plan is run."""

    def __init__(self) -> None:
        self._constants: list[ArgValue] = []
        self._open: list[tuple[int, Any, Encode]] = []

    def add(self, tree: Any, encode: Encode) -> Arg:
        """Take a value in."""
        place = len(self._constants)
        if _has_slots(tree):
            self._constants.append(None)
            self._open.append((place, tree, encode))
        else:
            self._constants.append(encode(tree))
        return Arg(place)

    def stages(self, pipeline: Any) -> tuple[Stage, ...]:
        """An aggregation pipeline; its values are taken in. Raises ``Invalid`` (``invalid_pipeline``)."""
        return parse_pipeline(pipeline, self._constants)

    def values(self, variables: Mapping[str, Any]) -> list[ArgValue]:
        """All of them for one request."""
        found = list(self._constants)
        for place, tree, encode in self._open:
            found[place] = encode(fill(tree, variables))
        return found


def whole(value: Any) -> str:
    """A limit or an offset. Raises ``Invalid`` (``invalid_limit``)."""
    if value < 0:
        raise Invalid("invalid_limit", "A limit or an offset is not negative.")
    return str(value)
