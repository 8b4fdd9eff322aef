"""Names that GraphQL can spell (``[_A-Za-z][_0-9A-Za-z]*``, October 2021 section 2.1.9), each given out once."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["Names", "is_name", "spell"]

_OTHER = re.compile(r"[^_0-9A-Za-z]")
_NAME = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")


def is_name(text: str) -> bool:
    """Whether a text is a name that a schema may define; ``__`` at the beginning belongs to introspection."""
    return _NAME.fullmatch(text) is not None


def spell(text: str) -> str:
    """The nearest name: other characters become ``_``, a digit gets one before it."""
    name = _OTHER.sub("_", text) or "_"
    if name[0].isdigit():
        name = "_" + name
    return "_" + name.lstrip("_") if name.startswith("__") else name


class Names:
    """Gives out names of one namespace; a name that is taken gets a number."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, text: str) -> str:
        """A free name for a text."""
        return self.take_all(text, ("{}",))

    def take_all(self, text: str, patterns: Iterable[str]) -> str:
        """A name of which every pattern (``find_{}``) is free; takes them all and returns the name itself."""
        name, patterns = spell(text), tuple(patterns)
        number = 1
        chosen = name
        while any(pattern.format(chosen) in self._taken for pattern in patterns):
            number += 1
            chosen = f"{name}_{number}"
        self._taken.update(pattern.format(chosen) for pattern in patterns)
        return chosen

    def free(self, name: str) -> bool:
        """Whether nobody has this name."""
        return name not in self._taken
