"""Positions as editors count them (UTF-16 code units) and as Python does (code points)."""

from __future__ import annotations

from bisect import bisect_right

from dbaas_provisioning.errors import Invalid

__all__ = ["Positions"]


class Positions:
    """Converts positions in one text, either way, in logarithmic time.

    Args:
        text: without lone surrogates.
    """

    def __init__(self, text: str) -> None:
        self._size = len(text)
        self._wide = [] if text.isascii() else [at for at, letter in enumerate(text) if letter > "\uffff"]
        # Where each of those letters ends in UTF-16: its own place, the ones before it counted twice, and two.
        self._ends = [at + before + 2 for before, at in enumerate(self._wide)]

    def inner(self, position: int) -> int:
        """A UTF-16 position as a code point; one within a letter is before it.

        Raises:
            Invalid: ``invalid_field``: the position is not in the text.
        """
        found = position - bisect_right(self._ends, position)
        if self._wide and found > 0:
            within = bisect_right(self._ends, position)
            if within < len(self._wide) and found == self._wide[within] + 1:
                found -= 1
        if not 0 <= found <= self._size:
            raise Invalid("invalid_field", "A position must be within the text.", hint="Count UTF-16 code units.")
        return found

    def outer(self, position: int) -> int:
        """A code point as a UTF-16 position."""
        return position + bisect_right(self._wide, position - 1)
