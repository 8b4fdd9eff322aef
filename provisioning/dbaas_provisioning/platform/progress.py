"""What is being done, told while it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Step", "Steps", "Tell"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of several, as it begins: a sentence without its full stop. ``number`` counts from 1.

    Attributes:
        tables: where a step goes through tables it is told again and again: how many are done, and how many there are.
        size_bytes: of what was written by then.
    """

    number: int
    of: int
    doing: str
    tables: tuple[int, int] | None = None
    size_bytes: int | None = None


Tell = Callable[[Step], None]


class Steps:
    """Steps that are known beforehand, begun one after the other."""

    def __init__(self, sentences: Sequence[str], tell: Tell | None) -> None:
        self._sentences = sentences
        self._tell = tell
        self._begun = 0

    def begin(self) -> None:
        """The next step begins."""
        self._begun += 1
        self._say()

    def at(self, done: int, tables: int, size_bytes: int | None = None) -> None:
        """How far the step is that began last."""
        self._say((done, tables), size_bytes)

    def _say(self, tables: tuple[int, int] | None = None, size_bytes: int | None = None) -> None:
        if self._tell is not None:
            sentence = self._sentences[self._begun - 1]
            self._tell(Step(self._begun, len(self._sentences), sentence, tables, size_bytes))
