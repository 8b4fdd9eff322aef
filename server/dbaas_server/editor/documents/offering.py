"""What may be proposed, and the order in which it is. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ..sql.matching import matcher
from .place import Typed

__all__ = ["Offer", "Proposal", "plain_key", "quoted"]

_PLAIN = re.compile(r"[^\W\d]\w*\Z|\$\w+\Z")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One of them, as the editor's doors show it."""

    label: str
    insert: str
    kind: str
    detail: str
    info: str | None


def plain_key(name: str) -> bool:
    """Whether a key needs no quotes."""
    return bool(_PLAIN.match(name))


def quoted(text: str, quote: str = '"') -> str:
    """A text as a string of the language."""
    inner = json.dumps(text, ensure_ascii=False)[1:-1]
    inner = inner.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if quote != '"':
        inner = inner.replace('\\"', '"').replace(quote, f"\\{quote}")
    return f"{quote}{inner}{quote}"


class Offer:
    """Collects proposals that fit what was typed."""

    def __init__(self, typed: Typed) -> None:
        self._typed = typed
        self._fits = matcher(typed.text)
        self._found: dict[tuple[str, str], tuple[float, int, Proposal]] = {}

    def key(self, name: str, kind: str, rank: float, detail: str, info: str | None = None) -> None:
        """Offer a key; in quotes where it needs them."""
        if self._typed.quote:
            self._add(name, quoted(name, self._typed.quote)[1:-1], kind, rank, detail, info)
        else:
            self._add(name, name if plain_key(name) else quoted(name), kind, rank, detail, info)

    def text(self, text: str, kind: str, rank: float, detail: str, info: str | None = None) -> None:
        """Offer a string; where a quote is typed already, what is between."""
        if self._typed.quote:
            self._add(text, quoted(text, self._typed.quote)[1:-1], kind, rank, detail, info)
        else:
            self._add(text, quoted(text), kind, rank, detail, info)

    def plain(
        self, label: str, kind: str, rank: float, detail: str = "", info: str | None = None, insert: str | None = None
    ) -> None:
        """Offer anything else, never within quotes."""
        if not self._typed.quote:
            self._add(label, label if insert is None else insert, kind, rank, detail, info)

    def _add(self, label: str, insert: str, kind: str, rank: float, detail: str, info: str | None) -> None:
        badness = self._fits(label)
        if badness is not None and (label, kind) not in self._found:
            proposal = Proposal(label, insert, kind, detail, info)
            self._found[label, kind] = (badness + rank, len(self._found), proposal)

    def best(self, limit: int) -> tuple[list[Proposal], bool]:
        """The best of them, and whether there are more."""
        typed = bool(self._typed.text.strip("$"))
        found = sorted(self._found.values(), key=lambda each: (each[0], len(each[2].label) if typed else 0, each[1]))
        return [each[2] for each in found[:limit]], len(found) > limit
