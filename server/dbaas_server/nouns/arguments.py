"""The values that a shape leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Arg", "ArgValue"]

ArgValue: TypeAlias = str | bytes | None
"""A value as text, the way the engine's own parser reads it; ``bytes`` for a body passed on unparsed."""


@dataclass(frozen=True, slots=True)
class Arg:
    """The value at ``index`` of the arguments sent along with a shape."""

    index: int
