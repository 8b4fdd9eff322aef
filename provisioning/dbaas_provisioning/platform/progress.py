"""What is being done, told while it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Step", "Steps", "Tell"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of several, as it begins: a sentence without its full stop. ``number`` counts from 1."""

    number: int
    of: int
    doing: str


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
        if self._tell is not None:
            self._tell(Step(self._begun, len(self._sentences), self._sentences[self._begun - 1]))
