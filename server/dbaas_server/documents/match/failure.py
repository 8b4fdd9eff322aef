"""Why a document does not match: ``errInfo.details`` of "Document failed validation".

MongoDB's manual, "Improved Error Messages for Schema Validation".
"""

from __future__ import annotations

from typing import Any, Final

from ..codec import MISSING
from ..paths import candidates
from ..scope import Scope
from ..values import Kind, alias
from ..values.kinds import ALIASES
from .compile import compile_filter
from .jsonschema import compile_schema
from .nodes import And, Expr, Leaf, Node, Nor, Not, Or

__all__ = ["explain_failure"]

_REASONS: Final = {
    "$in": ("no matching value found in array", "matching value found in array"),
    "$regex": ("regular expression did not match", "regular expression did match"),
    "$type": ("type did not match", "type did match"),
    "$exists": ("path does not exist", "path does exist"),
    "$size": ("array length was not equal to given size", "array length was equal to given size"),
    "$mod": ("$mod did not evaluate to expected remainder", "$mod did evaluate to expected remainder"),
    "$elemMatch": ("array did not satisfy the child predicate", "array did satisfy the child predicate"),
    "$expr": ("expression did not match", "expression did match"),
    "$jsonSchema": ("schema did not match", "schema did match"),
}
_BITS: Final = ("bitwise operator failed to match", "bitwise operator matched successfully")
_COMPARISON: Final = ("comparison failed", "comparison succeeded")


def explain_failure(node: Node, document: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """Why a document does not match.

    Args:
        node: a filter that it does not match.
        scope: the one that the filter was parsed under.
    """
    return _explain(node, document, scope, wanted=True)


def _explain(node: Node, document: dict[str, Any], scope: Scope, *, wanted: bool) -> dict[str, Any]:
    match node:
        case And(children) | Or(children):
            clauses = _clauses(children, document, scope, wanted)
            name = "$and" if isinstance(node, And) else "$or"
            return {"operatorName": name, f"clauses{'Not' if wanted else ''}Satisfied": clauses}
        case Nor(children):
            clauses = _clauses(children, document, scope, not wanted)
            return {"operatorName": "$nor", f"clauses{'' if wanted else 'Not'}Satisfied": clauses}
        case Not(child):
            return {"operatorName": "$not", "details": _explain(child, document, scope, wanted=not wanted)}
        case Leaf():
            return _leaf(node, document, wanted)
        case Expr(operator="$jsonSchema", operand=schema) if wanted:
            return compile_schema(schema, scope).details(document) or {"operatorName": "$jsonSchema"}
        case Expr(operator=name, operand=operand):
            return {"operatorName": name, "specifiedAs": {name: operand}, "reason": _reason(name, wanted)}
        case _:
            name = "$alwaysFalse" if wanted else "$alwaysTrue"
            return {"operatorName": name, "reason": f"expression always evaluates to {str(not wanted).lower()}"}


def _clauses(children: tuple[Node, ...], document: dict[str, Any], scope: Scope, wanted: bool) -> list[dict[str, Any]]:
    return [
        {"index": place, "details": _explain(child, document, scope, wanted=wanted)}
        for place, child in enumerate(children)
        if compile_filter(child, scope)(document) is not wanted
    ]


def _leaf(leaf: Leaf, document: dict[str, Any], wanted: bool) -> dict[str, Any]:
    found = [value for value in candidates(document, leaf.parts, leaves=False) if value is not MISSING]
    details: dict[str, Any] = {
        "operatorName": leaf.operator,
        "specifiedAs": {leaf.path: {leaf.operator: _operand(leaf)}},
        "reason": _reason(leaf.operator, wanted),
    }
    if not found and leaf.operator != "$exists":
        return details | {"reason": "field was missing"}
    if len(found) > 1:
        return details | {"consideredValues": found}
    if found and leaf.operator != "$exists":
        details["consideredValue"] = found[0]
        if leaf.operator == "$type":
            details["consideredType"] = alias(found[0])
    return details


def _reason(operator: str, wanted: bool) -> str:
    pair = _BITS if operator.startswith("$bits") else _REASONS.get(operator, _COMPARISON)
    return pair[0 if wanted else 1]


def _operand(leaf: Leaf) -> Any:
    if leaf.operator == "$type":
        names = {kind: name for name, kind in ALIASES.items()}
        return [names[Kind(kind)] for kind in leaf.operand]
    if leaf.operator == "$elemMatch":
        return {}
    return list(leaf.operand) if isinstance(leaf.operand, tuple) else leaf.operand
