"""Suggestions, as matching hands them to IPython."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Suggested", "Word"]


class Word(NamedTuple):
    """A text to insert, and what it names (IPython's ``type``, by which front ends choose a picture)."""

    text: str
    kind: str


class Suggested(NamedTuple):
    """What may replace ``fragment``, the text before the cursor; best first."""

    fragment: str
    words: Sequence[Word] = ()
