"""What a diagnostic is, and how a near miss is repaired."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from ..lexer import Token
from ..names import if_needed

__all__ = ["Diagnostic", "Fix", "closest", "renaming"]

_MOST_COMPARED = 5_000


class Fix(NamedTuple):
    """A repair: pieces of the text (code points) and what stands there then."""

    label: str
    changes: tuple[tuple[int, int, str], ...]


class Diagnostic(NamedTuple):
    """What is wrong from ``start`` to ``end`` (code points). ``severity`` is ``error``, ``warning`` or ``info``."""

    start: int
    end: int
    severity: str
    code: str
    message: str
    hint: str | None = None
    fixes: tuple[Fix, ...] = ()


def closest(name: str, candidates: Iterable[str], most: int = 3) -> list[str]:
    """Names that may have been meant, the likeliest first."""
    known = list(candidates)[:_MOST_COMPARED]
    near = [each for each in known if each.lower() == name.lower()]
    return list(dict.fromkeys([*near, *difflib.get_close_matches(name, known, n=most, cutoff=0.7)]))[:most]


def renaming(token: Token, names: Iterable[str]) -> tuple[Fix, ...]:
    """Repairs that put another name in a token's place."""
    return tuple(Fix(f"Change to {if_needed(name)}", ((token.start, token.end, if_needed(name)),)) for name in names)
