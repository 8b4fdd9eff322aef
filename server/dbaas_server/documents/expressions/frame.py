"""What an expression sees while it is evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

__all__ = ["Cell", "Expression", "Frame"]


class Frame:
    """One document under evaluation. A frame serves one document after another: give it the next with :meth:`show`.

    Attributes:
        root: ``$$ROOT``.
        current: ``$$CURRENT``, where ``"$a"`` is looked up.
        variables: what ``$let``, ``$map`` and their kin bound, by the slot that the compiler gave each of them. Two
            variables never share a slot, so that nothing is put back after use.
        turns: how often loops have turned for this document.
    """

    __slots__ = ("current", "root", "turns", "variables")

    def __init__(self, root: Any, variables: dict[int, Any] | None = None) -> None:
        self.root = root
        self.current = root
        self.variables: dict[int, Any] = {} if variables is None else variables
        self.turns = 0

    def show(self, document: Any) -> Frame:
        """Turn to another document; the same frame."""
        self.root = self.current = document
        self.turns = 0
        return self


class Cell:
    """A variable of :class:`~dbaas_server.documents.scope.Scope` whose value changes between two evaluations.

    ``$lookup`` compiles its pipeline once and fills the cells anew for each document.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value


Expression: TypeAlias = Callable[[Frame], Any]
"""A compiled expression: a value, or ``MISSING``."""
