"""Which operators there are. A family's module enters its own here when it is imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..steps import spend
from .frame import Expression, Frame

if TYPE_CHECKING:
    from .compiler import Compiler

__all__ = ["OPERATORS", "VARYING", "Builder", "Function", "Node", "apply", "function", "operator"]

VARYING: Final[Any] = object()


class Node:
    """A compiled expression and what is known about it before it runs.

    Attributes:
        value: the value it always has (``MISSING`` included), or :data:`VARYING`.
        path: the field of ``$$CURRENT`` that it merely reads, dotted; None for anything else.
    """

    __slots__ = ("evaluate", "path", "value")

    def __init__(self, evaluate: Expression, value: Any = VARYING, path: str | None = None) -> None:
        self.evaluate = evaluate
        self.value = value
        self.path = path

    @property
    def is_constant(self) -> bool:
        """Whether its value never varies."""
        return self.value is not VARYING

    @classmethod
    def constant(cls, value: Any) -> Node:
        """The expression that always has this value."""
        return cls(lambda frame: value, value)


Builder: TypeAlias = Callable[[Any, "Compiler"], Node]
Function: TypeAlias = Callable[..., Any]

OPERATORS: Final[dict[str, Builder]] = {}


def operator(*names: str) -> Callable[[Builder], Builder]:
    """Enter an operator that reads its operand itself: named options, variables of its own, lazy parts."""

    def enter(builder: Builder) -> Builder:
        for name in names:
            OPERATORS[name] = builder
        return builder

    return enter


def function(name: str, least: int, most: int | None = None) -> Callable[[Function], Function]:
    """Enter an operator that is a function of its arguments' values.

    Args:
        least: the fewest arguments.
        most: the most; None: as many as the fewest, -1: any number.
    """
    upper = least if most is None else most

    def enter(body: Function) -> Function:
        def build(operand: Any, compiler: Compiler) -> Node:
            return apply(body, compiler.operands(name, operand, least, upper))

        OPERATORS[name] = build
        return body

    return enter


def apply(body: Function, nodes: Sequence[Node]) -> Node:
    """Call a function with the values of ``nodes``; now, when none of them varies."""
    if all(node.value is not VARYING for node in nodes):
        return Node.constant(body(*(node.value for node in nodes)))
    return Node(_call(body, nodes))


_PRICE: Final = 4
"""Of a call, in turns: it may be about something large."""


def _call(body: Function, nodes: Sequence[Node]) -> Expression:
    parts = [node.evaluate for node in nodes]
    if len(parts) == 1:
        (only,) = parts

        def one(frame: Frame) -> Any:
            spend(_PRICE)
            return body(only(frame))

        return one
    if len(parts) == 2:
        first, second = parts
        if nodes[1].is_constant:
            right = nodes[1].value

            def with_right(frame: Frame) -> Any:
                spend(_PRICE)
                return body(first(frame), right)

            return with_right
        if nodes[0].is_constant:
            left = nodes[0].value

            def with_left(frame: Frame) -> Any:
                spend(_PRICE)
                return body(left, second(frame))

            return with_left

        def both(frame: Frame) -> Any:
            spend(_PRICE)
            return body(first(frame), second(frame))

        return both

    def call(frame: Frame) -> Any:
        spend(_PRICE)
        return body(*[part(frame) for part in parts])

    return call
