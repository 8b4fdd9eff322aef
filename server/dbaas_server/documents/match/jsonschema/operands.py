"""What keywords take, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...errors import Code, DocumentError
from ...values import hash_key, is_number
from ..element import whole_number

__all__ = ["MOST_DEPTH", "boolean", "count", "distinct", "failed", "mismatched", "names", "number", "schema_document"]

MOST_DEPTH: Final = 100
"""How deep schemas may be in schemas."""


def mismatched(message: str) -> DocumentError:
    """An operand of the wrong type."""
    return DocumentError(Code.TypeMismatch, message)


def failed(message: str) -> DocumentError:
    """An operand of the right type that will not do."""
    return DocumentError(Code.FailedToParse, message)


def number(operand: Any, keyword: str) -> Any:
    """A number."""
    if not is_number(operand):
        raise mismatched(f"$jsonSchema keyword '{keyword}' must be a number")
    return operand


def count(operand: Any, keyword: str) -> int:
    """How many of something."""
    found = whole_number(number(operand, keyword))
    if found is None or found < 0:
        raise failed(f"$jsonSchema keyword '{keyword}' must be a non-negative integer")
    return found


def boolean(operand: Any, keyword: str) -> bool:
    """True or false."""
    if not isinstance(operand, bool):
        raise mismatched(f"$jsonSchema keyword '{keyword}' must be a boolean")
    return operand


def names(operand: Any, keyword: str) -> list[str]:
    """Names of fields, one at least and none twice."""
    if not isinstance(operand, list):
        raise mismatched(f"$jsonSchema keyword '{keyword}' must be an array")
    if not operand:
        raise failed(f"$jsonSchema keyword '{keyword}' cannot be an empty array")
    if not all(isinstance(name, str) for name in operand):
        raise mismatched(f"$jsonSchema keyword '{keyword}' must be an array of strings")
    return distinct(operand, keyword)


def distinct(operand: list[Any], keyword: str) -> list[Any]:
    """Values none of which is there twice."""
    if len({hash_key(value) for value in operand}) < len(operand):
        raise failed(f"$jsonSchema keyword '{keyword}' array cannot contain duplicate values")
    return operand


def schema_document(operand: Any, keyword: str) -> Mapping[str, Any]:
    """A schema, or a document of such."""
    if not isinstance(operand, dict):
        raise mismatched(f"$jsonSchema keyword '{keyword}' must be an object")
    return operand
