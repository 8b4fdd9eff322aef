"""The one error of this package."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["ShellError", "nearest"]


class ShellError(Exception):
    """A text cannot be read, or says what cannot be done.

    Args:
        message: one sentence saying what is wrong.
        hint: one sentence saying what to do about it.
        instead: the word that was probably meant.
        at, end: which characters of the text it is about.
        line, column: where that begins, both from 1.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        instead: str | None = None,
        at: int = 0,
        end: int = 0,
        line: int = 1,
        column: int = 1,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or (f"Did you mean {instead}?" if instead else None)
        self.instead = instead
        self.at = at
        self.end = end
        self.line = line
        self.column = column


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.55) -> str | None:
    """The word of the ``known`` ones that was probably meant, or None.

    Args:
        cutoff: how much they have to have in common, up to 1.
    """
    matches = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=cutoff)
    return matches[0] if matches else None
