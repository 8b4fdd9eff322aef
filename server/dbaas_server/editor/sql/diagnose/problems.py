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
    """Names that may have been meant, the likeliest first; case and what separates words count for nothing."""
    by_key: dict[str, str] = {}
    for each in candidates:
        if len(by_key) >= _MOST_COMPARED:
            break
        by_key.setdefault(_key(each), each)
    key = _key(name)
    near = difflib.get_close_matches(key, by_key, n=most, cutoff=0.6 if len(key) <= 4 else 0.7)
    return [by_key[each] for each in near]


def _key(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "").replace("-", "")


def renaming(token: Token, names: Iterable[str]) -> tuple[Fix, ...]:
    """Repairs that put another name in a token's place."""
    return tuple(Fix(f"Change to {if_needed(name)}", ((token.start, token.end, if_needed(name)),)) for name in names)
