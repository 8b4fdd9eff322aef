"""Documents: parsed, validated, and planned once for each shape of their variables."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import orjson
from graphql import (
    SKIP,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    ListValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VisitorAction,
    get_named_type,
    is_leaf_type,
    parse,
    print_ast,
    specified_rules,
    type_from_ast,
    validate,
)
from graphql.execution.values import get_variable_values
from graphql.validation import (
    MaxIntrospectionDepthRule,
    NoFragmentCyclesRule,
    OverlappingFieldsCanBeMergedRule,
    ValuesOfCorrectTypeRule,
)  # fmt: skip

from .errors import Refused, graphql_error
from .limits import Limits, measure, scan, weigh
from .plan import Inputs, NeedsValue, Plan, plan_operation
from .plan.fields import Collector

__all__ = ["Document", "Prepared", "prepare"]


class _Values(ValuesOfCorrectTypeRule):
    """The same rule, which for each unknown field of an input object would print the whole object."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        unknown = _unknown_field(node, input_type)
        if unknown is None:
            return super().is_valid_value_node(node, input_type)
        field, of = unknown
        self.report_error(GraphQLError(f"'{of}' has no field '{field.name.value[:63]}'.", [field]))
        return SKIP


def _unknown_field(node: ValueNode, kind: Any) -> tuple[ObjectFieldNode, str] | None:
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(node, ListValueNode):
        inner = kind.of_type if isinstance(kind, GraphQLList) else kind
        return next(filter(None, (_unknown_field(part, inner) for part in node.values)), None)
    if isinstance(kind, GraphQLList):
        return _unknown_field(node, kind.of_type)
    if not isinstance(node, ObjectValueNode) or not isinstance(kind, GraphQLInputObjectType):
        return None
    for field in node.fields:
        known = kind.fields.get(field.name.value)
        if known is None:
            return field, kind.name
        below = _unknown_field(field.value, known.type)
        if below is not None:
            return below
    return None


# Cycles were refused while measuring; merging is checked below in linear time.
_RULES = [
    _Values if rule is ValuesOfCorrectTypeRule else rule
    for rule in (*specified_rules, MaxIntrospectionDepthRule)
    if rule not in (OverlappingFieldsCanBeMergedRule, NoFragmentCyclesRule)
]
_MOST_ERRORS = 5
_PLANS = 32  # kept for each operation of a small document
_PLANNED_BYTES = 1024 * 1024  # of the plans of one document; each takes about as much as the document
_LEAST_BYTES = 4 * 1024
_BYTES_PER_CHARACTER = 200  # of a parsed document
_MOST_BYTES = 1536 * 1024  # of one with as many words as are allowed
_LONGEST_SHAPE = 4 * 1024


class Prepared:
    """One operation of a document, ready to be run with variables.

    Args:
        most_plans: that are kept, one for each shape of its variables.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        most_plans: int,
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.fragments = fragments
        self.mutation = operation.operation.value == "mutation"
        self.subscription = operation.operation.value == "subscription"
        root = schema.get_root_type(operation.operation)
        assert root is not None, "the document was validated"
        self.root: GraphQLObjectType = root
        definitions = operation.variable_definitions or ()
        self._leaves = frozenset(
            definition.variable.name.value
            for definition in definitions
            if _leaf(type_from_ast(schema, definition.type))
        )
        self._rows = frozenset(
            definition.variable.name.value
            for definition in definitions
            if _is_row(type_from_ast(schema, definition.type))
        )
        self._deciding = _directive_variables(operation, fragments) & self._leaves
        self._most_plans = most_plans
        self._plans: OrderedDict[tuple[Any, ...], Plan] = OrderedDict()

    def weigh(self, sent: Mapping[str, Any], limits: Limits) -> int:
        """How many values the variables have. Raises ``Refused`` (``variables_too_large``, ``too_deep``)."""
        names = [definition.variable.name.value for definition in self.operation.variable_definitions or ()]
        return weigh({name: sent[name] for name in names if name in sent}, self._rows, limits)

    def variables(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """The variables, coerced, after they were weighed. Raises ``Refused`` (``invalid_variables``)."""
        definitions = self.operation.variable_definitions
        if not definitions:
            return {}
        found = get_variable_values(
            self.schema, definitions, dict(sent), max_errors=_MOST_ERRORS, hide_suggestions=True
        )
        if isinstance(found, list):
            raise Refused([graphql_error(error, "invalid_variables") for error in found])
        return dict(found.coerced)

    def plan(self, variables: Mapping[str, Any]) -> Plan:
        """The plan for variables of this shape. Raises ``PlanFault``."""
        while True:
            shape = self._shape(variables)
            known = self._plans.get(shape) if shape is not None else None
            if known is not None:
                return known
            collector = Collector(self.fragments, variables)
            try:
                plan = plan_operation(
                    self.operation, self.root, collector, Inputs(variables, self._leaves - self._deciding)
                )
            except NeedsValue as needed:
                self._deciding |= {needed.name}
                self._plans.clear()
                continue
            if shape is not None:
                if len(self._plans) >= self._most_plans:
                    self._plans.popitem(last=False)
                self._plans[shape] = plan
            return plan

    def _shape(self, variables: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """What of the variables decides the plan; None when it is too long to be remembered."""
        shape: list[Any] = []
        for name, value in variables.items():
            if value is None:
                shape.append((name, None))
            elif name in self._leaves and name not in self._deciding:
                shape.append(name)
            else:
                text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=repr)
                if len(text) > _LONGEST_SHAPE:
                    return None
                shape.append((name, text))
        return tuple(shape)


class Document:
    """A validated document.

    Attributes:
        size: bytes of memory that it takes, about.
    """

    def __init__(self, schema: GraphQLSchema, ast: DocumentNode, length: int) -> None:
        self.ast = ast
        self.size = _LEAST_BYTES + length + min(length * _BYTES_PER_CHARACTER, _MOST_BYTES)
        self.fragments = {
            definition.name.value: definition
            for definition in ast.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._schema = schema
        self._operations = {
            definition.name.value if definition.name is not None else None: definition
            for definition in ast.definitions
            if isinstance(definition, OperationDefinitionNode)
        }
        self._prepared: dict[str | None, Prepared] = {}

    def operation(self, name: str | None) -> Prepared:
        """An operation by name, or the only one. Raises ``Refused`` (``unknown_operation``)."""
        prepared = self._prepared.get(name)
        if prepared is not None:
            return prepared
        if not name and len(self._operations) == 1:
            operation = next(iter(self._operations.values()))
        else:
            found = self._operations.get(name or None)
            if found is None or not name:
                message = f"There is no operation “{name[:63]}”." if name else "Say which operation is meant."
                raise Refused.because("unknown_operation", message, "Send `operationName`.")
            operation = found
        prepared = self._prepared[name] = Prepared(
            self._schema, operation, self.fragments, max(1, min(_PLANS, _PLANNED_BYTES // self.size))
        )
        return prepared


def prepare(schema: GraphQLSchema, text: str, limits: Limits) -> Document:
    """Parse and validate.

    Raises:
        Refused: a limit (see :mod:`.limits`), ``syntax_error``, ``invalid_document``.
    """
    scan(text, limits)
    try:
        ast = parse(text, max_tokens=limits.tokens + 1)
    except GraphQLSyntaxError as error:
        raise Refused([graphql_error(error, "syntax_error")]) from None
    except RecursionError:
        raise Refused.because("too_deep", "The document is nested too deep.") from None
    measure(ast, limits)
    errors = validate(schema, ast, _RULES, max_errors=_MOST_ERRORS, hide_suggestions=True)
    if errors:
        raise Refused([graphql_error(error, "invalid_document") for error in errors])
    document = Document(schema, ast, len(text))
    _check_merging(schema, ast, document.fragments)
    return document


def _leaf(kind: Any) -> bool:
    """Whether a variable of this type is a value as a whole: a scalar, an enum, a list of them."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        kind = kind.of_type.of_type if isinstance(kind.of_type, GraphQLNonNull) else kind.of_type
    return is_leaf_type(kind)


def _is_row(kind: Any) -> bool:
    """Whether variables of this type hold rows to insert."""
    named = get_named_type(kind)
    return isinstance(named, GraphQLInputObjectType) and named.name.endswith("_insert_input")


def _directive_variables(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> frozenset[str]:
    """Variables in ``@skip`` and ``@include``: they decide what is selected."""
    found: set[str] = set()

    def look(selections: Any) -> None:
        for selection in selections.selections:
            for directive in selection.directives or ():
                for argument in directive.arguments or ():
                    name = getattr(argument.value, "name", None)
                    if name is not None:
                        found.add(name.value)
            below = getattr(selection, "selection_set", None)
            if below is not None:
                look(below)

    look(operation.selection_set)
    for fragment in fragments.values():
        look(fragment.selection_set)
    return frozenset(found)


def _check_merging(schema: GraphQLSchema, ast: DocumentNode, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
    """That fields of one response key are the same field with the same arguments (section 5.3.2).

    Without interfaces and unions that is all the rule says, and one pass over the expanded selection tells.
    Raises ``Refused`` (``invalid_document``).
    """
    collector = Collector(fragments, None)

    def look(parent: GraphQLObjectType, sets: Any) -> None:
        for picked in collector.collect(parent, sets):
            first = picked.nodes[0]
            for other in picked.nodes[1:]:
                if other is not first and (other.name.value != picked.name or _arguments(other) != _arguments(first)):
                    raise Refused(
                        [
                            graphql_error(
                                GraphQLError(
                                    f"Fields “{picked.key}” conflict: they are different fields or have different"
                                    " arguments. Give one of them an alias.",
                                    [first, other],
                                ),
                                "invalid_document",
                            )
                        ]
                    )
            if not picked.below:
                continue
            definition = schema.get_field(parent, picked.name)
            named = get_named_type(definition.type) if definition is not None else None
            if isinstance(named, GraphQLObjectType):
                look(named, picked.below)

    for definition in ast.definitions:
        if isinstance(definition, OperationDefinitionNode):
            root = schema.get_root_type(definition.operation)
            if root is not None:
                look(root, [definition.selection_set])


def _arguments(node: FieldNode) -> dict[str, str]:
    return {argument.name.value: print_ast(argument.value) for argument in node.arguments or ()}
