"""``allOf anyOf oneOf not``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...scope import Scope
from .operands import failed, mismatched
from .rules import Compile, Failure, Rule
from .schema import Schema

__all__ = ["KEYWORDS"]


def _schemas(spec: Mapping[str, Any], keyword: str, compile_inner: Compile) -> list[Schema]:
    operand = spec[keyword]
    if not isinstance(operand, list):
        raise mismatched(f"$jsonSchema keyword '{keyword}' must be an array")
    if not operand:
        raise failed(f"$jsonSchema keyword '{keyword}' must be a non-empty array")
    return [compile_inner(inner, keyword) for inner in operand]


def _unsatisfied(keyword: str, schemas: list[Schema], value: Any) -> Failure:
    return {
        "operatorName": keyword,
        "schemasNotSatisfied": [
            {"index": place, **schema.annotations(), "details": failures}
            for place, schema in enumerate(schemas)
            if (failures := schema.failures(value))
        ],
    }


def _all_of(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    schemas = _schemas(spec, "allOf", compile_inner)
    return lambda value: (
        None if all(schema.holds(value) for schema in schemas) else _unsatisfied("allOf", schemas, value)
    )


def _any_of(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    schemas = _schemas(spec, "anyOf", compile_inner)
    return lambda value: (
        None if any(schema.holds(value) for schema in schemas) else _unsatisfied("anyOf", schemas, value)
    )


def _one_of(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    schemas = _schemas(spec, "oneOf", compile_inner)

    def rule(value: Any) -> Failure | None:
        matching = [place for place, schema in enumerate(schemas) if schema.holds(value)]
        if len(matching) == 1:
            return None
        if not matching:
            return _unsatisfied("oneOf", schemas, value)
        return {
            "operatorName": "oneOf",
            "reason": "more than one subschema matched",
            "matchingSchemaIndexes": matching,
        }

    return rule


def _not(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    schema = compile_inner(spec["not"], "not")

    def rule(value: Any) -> Failure | None:
        return {"operatorName": "not", "reason": "child expression matched"} if schema.holds(value) else None

    return rule


KEYWORDS: Final[Mapping[str, Callable[[Mapping[str, Any], Compile, Scope], Rule | None]]] = {
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
}
