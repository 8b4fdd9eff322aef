"""Which accumulators there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ...errors import DocumentError
from ...expressions import Compiler
from ...expressions.totals import Total
from ...values import Collation
from ..columns import Column, column_of

__all__ = ["ACCUMULATORS", "Accumulation", "Maker", "accumulator", "simple"]

Maker: TypeAlias = Callable[[Any, Compiler], tuple[Column, Callable[[], Total]]]
"""(argument, compiler) → the values it takes, and how a total is made."""

ACCUMULATORS: Final[dict[str, Maker]] = {}


@dataclass(frozen=True, slots=True)
class Accumulation:
    """A field of ``$group``'s results."""

    name: str
    column: Column
    make: Callable[[], Total]


def accumulator(name: str) -> Callable[[Maker], Maker]:
    """Enter an accumulator."""

    def enter(maker: Maker) -> Maker:
        ACCUMULATORS[name] = maker
        return maker

    return enter


def simple(name: str, make: Callable[[Collation], Total]) -> None:
    """Enter an accumulator of one expression."""

    def build(argument: Any, compiler: Compiler) -> tuple[Column, Callable[[], Total]]:
        if type(argument) is list:
            raise DocumentError(40237, f"The {name} accumulator is a unary operator")
        collation = compiler.scope.collation
        return column_of(compiler.compile(argument)), lambda: make(collation)

    accumulator(name)(build)
