"""``bsonType type enum minimum maximum multipleOf minLength maxLength pattern``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from typing import Any, Final

from ...errors import Code, DocumentError
from ...regex import pattern_of, searcher
from ...scope import Scope
from ...values import ALIASES, NUMBERS, Kind, hash_key, is_number, kind_of
from ...values.numbers import is_nan, to_decimal
from ..comparison import comparison_test
from ..element import type_kinds
from .operands import boolean, count, distinct, failed, mismatched, number
from .rules import Compile, Rule, unlike

__all__ = ["KEYWORDS"]

_JSON_TYPES: Final[Mapping[str, frozenset[Kind]]] = {
    "array": frozenset({Kind.ARRAY}),
    "boolean": frozenset({Kind.BOOL}),
    "null": frozenset({Kind.NULL}),
    "number": NUMBERS,
    "object": frozenset({Kind.OBJECT}),
    "string": frozenset({Kind.STRING}),
}


def _bson_type(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    operand = spec["bsonType"]
    if not isinstance(operand, str | list) or not all(isinstance(name, str) for name in operand):
        raise mismatched("$jsonSchema keyword 'bsonType' must be a string or an array of strings")
    if isinstance(operand, list):
        distinct(operand, "bsonType")
    return _type_rule("bsonType", operand, frozenset(type_kinds(operand, "bsonType")))


def _json_type(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    operand = spec["type"]
    if "bsonType" in spec:
        raise failed("Cannot specify both $jsonSchema keywords 'type' and 'bsonType'")
    if not isinstance(operand, str | list) or not all(isinstance(name, str) for name in operand):
        raise mismatched("$jsonSchema keyword 'type' must be a string or an array of strings")
    named = [operand] if isinstance(operand, str) else distinct(operand, "type")
    if not named:
        raise failed("$jsonSchema keyword 'type' must name at least one type")
    kinds: set[Kind] = set()
    for name in named:
        if name == "integer":
            raise failed("$jsonSchema type 'integer' is not currently supported.")
        if name not in _JSON_TYPES:
            message = "is no JSON type; use 'bsonType'" if name in ALIASES else "is unknown"
            raise DocumentError(Code.BadValue, f"Unknown type name alias: {name} {message}")
        kinds |= _JSON_TYPES[name]
    return _type_rule("type", operand, frozenset(kinds))


def _type_rule(keyword: str, operand: Any, kinds: frozenset[Kind]) -> Rule:
    def rule(value: Any) -> dict[str, Any] | None:
        return None if kind_of(value) in kinds else unlike(keyword, operand, "type did not match", value)

    return rule


def _enum(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    operand = spec["enum"]
    if not isinstance(operand, list):
        raise mismatched("$jsonSchema keyword 'enum' must be an array")
    if not operand:
        raise failed("$jsonSchema keyword 'enum' cannot be an empty array")
    keys = {hash_key(value) for value in distinct(operand, "enum")}
    return lambda value: (
        None if hash_key(value) in keys else unlike("enum", operand, "value was not found in enum", value)
    )


def _bound(keyword: str, operators: tuple[str, str], exclusive: str) -> Callable[..., Rule]:
    def read(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
        operand = number(spec[keyword], keyword)
        is_exclusive = exclusive in spec and boolean(spec[exclusive], exclusive)
        holds = comparison_test(operators[is_exclusive], operand)
        specified = {keyword: operand} | ({exclusive: True} if is_exclusive else {})

        def rule(value: Any) -> dict[str, Any] | None:
            if not is_number(value) or holds(value):
                return None
            return unlike(keyword, operand, "comparison failed", value, specifiedAs=specified)

        return rule

    return read


def _exclusive(keyword: str, bound: str) -> Callable[..., Rule | None]:
    def read(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule | None:
        boolean(spec[keyword], keyword)
        if bound not in spec:
            raise failed(f"$jsonSchema keyword '{bound}' must be a present if {keyword} is present")
        return None

    return read


def _multiple_of(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    operand = number(spec["multipleOf"], "multipleOf")
    divisor = Decimal("NaN") if is_nan(operand) else to_decimal(operand)
    if not divisor.is_finite() or divisor <= 0:
        raise failed("$jsonSchema keyword 'multipleOf' must have a positive value")

    def rule(value: Any) -> dict[str, Any] | None:
        if not is_number(value) or _is_multiple(value, divisor):
            return None
        return unlike("multipleOf", operand, "considered value is not a multiple of the specified value", value)

    return rule


def _is_multiple(value: Any, divisor: Decimal) -> bool:
    if is_nan(value):
        return False
    dividend = to_decimal(value)
    if not dividend.is_finite():
        return False
    if dividend and dividend.adjusted() - divisor.adjusted() > 1_000:
        return False  # such a quotient is nobody's, and would take long
    with localcontext() as context:
        context.prec = 1_100
        return dividend % divisor == 0


def _length(keyword: str, too: Callable[[int, int], bool]) -> Callable[..., Rule]:
    def read(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
        operand = count(spec[keyword], keyword)

        def rule(value: Any) -> dict[str, Any] | None:
            if type(value) is not str or not too(len(value), operand):
                return None
            return unlike(keyword, operand, "specified string length was not satisfied", value)

        return rule

    return read


def _pattern(spec: Mapping[str, Any], compile_inner: Compile, scope: Scope) -> Rule:
    operand = spec["pattern"]
    if not isinstance(operand, str):
        raise mismatched("$jsonSchema keyword 'pattern' must be a string")
    search = searcher(pattern_of(operand), scope)

    def rule(value: Any) -> dict[str, Any] | None:
        if type(value) is not str or search(value):
            return None
        return unlike("pattern", operand, "regular expression did not match", value)

    return rule


KEYWORDS: Final[Mapping[str, Callable[[Mapping[str, Any], Compile, Scope], Rule | None]]] = {
    "bsonType": _bson_type,
    "type": _json_type,
    "enum": _enum,
    "minimum": _bound("minimum", ("$gte", "$gt"), "exclusiveMinimum"),
    "maximum": _bound("maximum", ("$lte", "$lt"), "exclusiveMaximum"),
    "exclusiveMinimum": _exclusive("exclusiveMinimum", "minimum"),
    "exclusiveMaximum": _exclusive("exclusiveMaximum", "maximum"),
    "multipleOf": _multiple_of,
    "minLength": _length("minLength", lambda found, least: found < least),
    "maxLength": _length("maxLength", lambda found, most: found > most),
    "pattern": _pattern,
}
