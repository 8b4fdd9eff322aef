"""Of documents ``required properties patternProperties additionalProperties minProperties maxProperties dependencies``;
of arrays ``items additionalItems minItems maxItems uniqueItems``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...regex import pattern_of, searcher
from ...scope import Scope
from ...values import hash_key
from .operands import boolean, count, mismatched, names, schema_document
from .rules import Compile, Failure, Rule, unlike
from .schema import Schema

__all__ = ["KEYWORDS"]


def _required(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    operand = names(spec["required"], "required")

    def rule(value: Any) -> Failure | None:
        if type(value) is not dict:
            return None
        missing = [name for name in operand if name not in value]
        if not missing:
            return None
        return {"operatorName": "required", "specifiedAs": {"required": operand}, "missingProperties": sorted(missing)}

    return rule


def _properties(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    operand = schema_document(spec["properties"], "properties")
    schemas = {name: compile_inner(inner, "properties") for name, inner in operand.items()}

    def rule(value: Any) -> Failure | None:
        if type(value) is not dict:
            return None
        failing = [
            {"propertyName": name, **schema.annotations(), "details": failures}
            for name, schema in schemas.items()
            if name in value and (failures := schema.failures(value[name]))
        ]
        return {"operatorName": "properties", "propertiesNotSatisfied": failing} if failing else None

    return rule


def _patterns(spec: Mapping[str, Any], scope: Scope) -> dict[str, Callable[[str], bool]]:
    operand = schema_document(spec.get("patternProperties", {}), "patternProperties")
    return {pattern: searcher(pattern_of(pattern), scope) for pattern in operand}


def _pattern_properties(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    searches = _patterns(spec, scope)
    operand = spec["patternProperties"]
    schemas = {pattern: compile_inner(inner, "patternProperties") for pattern, inner in operand.items()}

    def rule(value: Any) -> Failure | None:
        if type(value) is not dict:
            return None
        failing = [
            {"propertyName": name, "regexMatched": pattern, "details": failures}
            for pattern, search in searches.items()
            for name, part in value.items()
            if search(name) and (failures := schemas[pattern].failures(part))
        ]
        return {"operatorName": "patternProperties", "details": failing} if failing else None

    return rule


def _additional_properties(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule | None:
    operand = spec["additionalProperties"]
    schema = _boolean_or_schema(operand, "additionalProperties", compile_inner)
    if schema is True:
        return None
    known = schema_document(spec.get("properties", {}), "properties")
    searches = list(_patterns(spec, scope).values())

    def rule(value: Any) -> Failure | None:
        if type(value) is not dict:
            return None
        additional = [name for name in value if name not in known and not any(search(name) for search in searches)]
        if not isinstance(schema, Schema):
            if not additional:
                return None
            return {
                "operatorName": "additionalProperties",
                "specifiedAs": {"additionalProperties": False},
                "additionalProperties": additional,
            }
        for name in additional:
            failures = schema.failures(value[name])
            if failures:
                return {
                    "operatorName": "additionalProperties",
                    "reason": "at least one additional property did not match the subschema",
                    "failingProperty": name,
                    "details": failures,
                }
        return None

    return rule


def _property_count(keyword: str, too: Callable[[int, int], bool]) -> Callable[..., Rule]:
    def read(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
        operand = count(spec[keyword], keyword)

        def rule(value: Any) -> Failure | None:
            if type(value) is not dict or not too(len(value), operand):
                return None
            return unlike(
                keyword,
                operand,
                "specified number of properties was not satisfied",
                value,
                numberOfProperties=len(value),
            )

        return rule

    return read


def _dependencies(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    operand = schema_document(spec["dependencies"], "dependencies")
    needed: dict[str, list[str]] = {}
    schemas: dict[str, Schema] = {}
    for name, inner in operand.items():
        if isinstance(inner, list):
            needed[name] = names(inner, "dependencies")
        else:
            schemas[name] = compile_inner(inner, "dependencies")

    def rule(value: Any) -> Failure | None:
        if type(value) is not dict:
            return None
        failing: list[Failure] = [
            {"conditionalProperty": name, "missingProperties": missing}
            for name, others in needed.items()
            if name in value and (missing := [other for other in others if other not in value])
        ]
        failing += [
            {"conditionalProperty": name, "details": failures}
            for name, schema in schemas.items()
            if name in value and (failures := schema.failures(value))
        ]
        return {"operatorName": "dependencies", "failingDependencies": failing} if failing else None

    return rule


def _items(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    operand = spec["items"]
    if not isinstance(operand, list):
        schema = compile_inner(operand, "items")
        return lambda value: _first_unlike(value, [schema] * len(value)) if type(value) is list else None
    schemas = [compile_inner(inner, "items") for inner in operand]
    return lambda value: _first_unlike(value, schemas) if type(value) is list else None


def _first_unlike(value: list[Any], schemas: list[Schema], start: int = 0, keyword: str = "items") -> Failure | None:
    for place, (element, schema) in enumerate(zip(value[start:], schemas, strict=False), start):
        failures = schema.failures(element)
        if failures:
            return {
                "operatorName": keyword,
                "reason": "At least one item did not match the sub-schema",
                "itemIndex": place,
                "details": failures,
            }
    return None


def _additional_items(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule | None:
    operand = spec["additionalItems"]
    schema = _boolean_or_schema(operand, "additionalItems", compile_inner)
    items = spec.get("items")
    if schema is True or not isinstance(items, list):
        return None
    known = len(items)

    def rule(value: Any) -> Failure | None:
        if type(value) is not list or len(value) <= known:
            return None
        if isinstance(schema, Schema):
            return _first_unlike(value, [schema] * (len(value) - known), known, "additionalItems")
        return {
            "operatorName": "additionalItems",
            "specifiedAs": {"additionalItems": False},
            "reason": "found additional items",
            "additionalItems": value[known:],
        }

    return rule


def _item_count(keyword: str, too: Callable[[int, int], bool]) -> Callable[..., Rule]:
    def read(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
        operand = count(spec[keyword], keyword)

        def rule(value: Any) -> Failure | None:
            if type(value) is not list or not too(len(value), operand):
                return None
            return unlike(keyword, operand, "array did not match specified length", value)

        return rule

    return read


def _unique_items(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule | None:
    if not boolean(spec["uniqueItems"], "uniqueItems"):
        return None

    def rule(value: Any) -> Failure | None:
        if type(value) is not list:
            return None
        seen = set()
        for element in value:
            key = hash_key(element)
            if key in seen:
                return unlike("uniqueItems", True, "found a duplicate item", value, duplicatedValue=element)
            seen.add(key)
        return None

    return rule


def _boolean_or_schema(operand: Any, keyword: str, compile_inner: Compile) -> bool | Schema:
    if isinstance(operand, bool):
        return operand
    if not isinstance(operand, dict):
        raise mismatched(f"$jsonSchema keyword '{keyword}' must be either an object or a boolean")
    return compile_inner(operand, keyword)


KEYWORDS: Final[Mapping[str, Callable[[Mapping[str, Any], Compile, Scope], Rule | None]]] = {
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "minProperties": _property_count("minProperties", lambda found, least: found < least),
    "maxProperties": _property_count("maxProperties", lambda found, most: found > most),
    "dependencies": _dependencies,
    "items": _items,
    "additionalItems": _additional_items,
    "minItems": _item_count("minItems", lambda found, least: found < least),
    "maxItems": _item_count("maxItems", lambda found, most: found > most),
    "uniqueItems": _unique_items,
}
