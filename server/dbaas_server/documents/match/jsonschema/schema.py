"""A schema: the rules of its keywords, together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...errors import Code, DocumentError
from ...scope import Scope
from .operands import MOST_DEPTH, failed, mismatched, schema_document
from .rules import Compile, Failure, Rule

__all__ = ["Schema", "compile_schema"]


class Schema:
    """What a value has to be like.

    Attributes:
        title: of the schema, shown where it does not hold.
        description: likewise.
    """

    __slots__ = ("_rules", "description", "title")

    def __init__(self, rules: tuple[Rule, ...], title: str | None, description: str | None) -> None:
        self._rules = rules
        self.title = title
        self.description = description

    def holds(self, value: Any) -> bool:
        """Whether a value is like that."""
        return all(rule(value) is None for rule in self._rules)

    def failures(self, value: Any) -> list[Failure]:
        """Which keywords do not hold, as ``schemaRulesNotSatisfied`` and ``details`` list them."""
        return [failure for rule in self._rules if (failure := rule(value)) is not None]

    def annotations(self) -> dict[str, str]:
        """Title and description, those there are."""
        named = {"title": self.title, "description": self.description}
        return {name: text for name, text in named.items() if text is not None}

    def details(self, document: dict[str, Any]) -> Failure | None:
        """``errInfo.details`` of a document that is not like that; None where it is."""
        failures = self.failures(document)
        if not failures:
            return None
        return {"operatorName": "$jsonSchema", **self.annotations(), "schemaRulesNotSatisfied": failures}


def compile_schema(spec: Any, scope: Scope) -> Schema:
    """The rules of a schema.

    Raises:
        DocumentError: ``TypeMismatch`` for an operand of the wrong type; ``FailedToParse`` for an unknown keyword or a
            wrong operand; ``BadValue`` for an unknown type.
    """
    if not isinstance(spec, dict):
        raise mismatched("$jsonSchema must be an object")
    return _compile(spec, scope, 0)


_ANNOTATIONS: Final = frozenset({"title", "description"})
_NOT_SUPPORTED: Final = frozenset(
    {"$ref", "$schema", "default", "definitions", "format", "id", "encrypt", "encryptMetadata"}
)


def _compile(spec: Mapping[str, Any], scope: Scope, depth: int) -> Schema:
    from . import combining, containers, scalars  # they compile schemas within schemas

    if depth > MOST_DEPTH:
        raise failed(f"$jsonSchema is nested more than {MOST_DEPTH} levels deep")
    keywords: Mapping[str, Callable[[Mapping[str, Any], Compile, Scope], Rule | None]] = {
        **scalars.KEYWORDS,
        **containers.KEYWORDS,
        **combining.KEYWORDS,
    }

    def compile_inner(inner: Any, keyword: str) -> Schema:
        return _compile(schema_document(inner, keyword), scope, depth + 1)

    rules: list[Rule] = []
    for name, operand in spec.items():
        if name in _ANNOTATIONS:
            if not isinstance(operand, str):
                raise mismatched(f"$jsonSchema keyword '{name}' must be of type string")
            continue
        if name in _NOT_SUPPORTED:
            raise failed(f"$jsonSchema keyword '{name}' is not currently supported")
        if name not in keywords:
            raise DocumentError(Code.FailedToParse, f"Unknown $jsonSchema keyword: {name}")
        rule = keywords[name](spec, compile_inner, scope)
        if rule is not None:
            rules.append(rule)
    return Schema(tuple(rules), spec.get("title"), spec.get("description"))
