"""What a keyword is once it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from ...values import alias

if TYPE_CHECKING:
    from .schema import Schema

__all__ = ["Compile", "Failure", "Rule", "unlike"]

Failure: TypeAlias = dict[str, Any]
"""Why a value is not as a keyword wants it."""

Rule: TypeAlias = Callable[[Any], Failure | None]
"""None where a value is as the keyword wants it."""

Compile: TypeAlias = "Callable[[Any, str], Schema]"
"""A schema within a schema, and the keyword that it is the operand of."""


def unlike(keyword: str, operand: Any, reason: str, value: Any, **more: Any) -> Failure:
    """The usual form of a failure."""
    found = {"operatorName": keyword, "specifiedAs": {keyword: operand}, "reason": reason, "consideredValue": value}
    if keyword in {"bsonType", "type"}:
        found["consideredType"] = alias(value)
    return found | more
