"""How well a name fits what was typed: from its beginning, by its words' beginnings, within it, letter by letter."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["matcher"]


def matcher(typed: str) -> Callable[[str], float | None]:
    """A function that says how badly a name fits: 0 where it begins so, up to 4; None where it does not fit.

    Case counts for nothing but a tie. Nothing typed fits everything.
    """
    if not typed:
        return lambda name: 0.0
    wanted = typed.lower()
    plain = wanted.replace("_", "")

    def fits(name: str) -> float | None:
        low = name.lower()
        if low.startswith(wanted):
            return 0.0 if name.startswith(typed) else 0.01
        if wanted[0] not in low:
            return None
        found = low.find(wanted)
        if found > 0:
            return 1.2 if not low[found - 1].isalnum() else 2.0
        if not _holds(wanted, low):
            return None
        if plain and _by_words(plain, low):
            return 1.0
        return 3.0 if low.startswith(wanted[0]) else 4.0

    return fits


def _holds(letters: str, name: str) -> bool:
    """Whether a name has all letters, in order."""
    at = -1
    for letter in letters:
        at = name.find(letter, at + 1)
        if at < 0:
            return False
    return True


def _by_words(letters: str, name: str) -> bool:
    """Whether letters are beginnings of the name's words, in order: ``cn``, ``cuna`` → ``customer_name``."""
    words = [word for word in re.split(r"[^\w]|_", name) if word]

    def from_word(at: int, place: int) -> bool:
        if at == len(letters):
            return True
        for index in range(place, len(words)):
            word = words[index]
            taken = 0
            while at + taken < len(letters) and taken < len(word) and letters[at + taken] == word[taken]:
                taken += 1
            for length in range(taken, 0, -1):
                if from_word(at + length, index + 1):
                    return True
            if index == 0 and taken == 0:
                return False  # the first letter is the name's first
        return False

    return len(letters) <= 30 and len(words) <= 12 and from_word(0, 0)
