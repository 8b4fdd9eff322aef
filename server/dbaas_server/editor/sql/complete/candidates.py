"""What may be proposed, and the order in which it is."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..matching import matcher
from ..names import if_needed, quoted
from ..typed import Typed

__all__ = ["Candidate", "Offer"]

Info = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposal.

    Attributes:
        label: what is shown; insert: what is put in its place.
        kind: column, table, view, function, keyword, schema, alias, cte, type, join, snippet, parameter or value.
        detail: a few words; info: more, or None.
    """

    label: str
    insert: str
    kind: str
    detail: str
    info: str | None


class Offer:
    """Collects proposals that fit what was typed, and puts the best first."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self._fits = matcher(typed.text)
        self._found: list[tuple[float, int, int, str, str | None, str, str, Info | None, str]] = []
        self._seen: set[tuple[str, str]] = set()
        self.withheld = False
        """Whether there is more that would fit if more were typed."""

    def name(
        self, name: str, kind: str, rank: float, detail: str = "", info: Info | None = None, *, qualifier: str = ""
    ) -> None:
        """Offer a name of something that exists; in quotes where it needs them, or where they stand already.

        Args:
            rank: how unlikely it is that this is meant, 0 best; as much as a fit's badness weighs.
            qualifier: put before it, when without it the name would be ambiguous.
        """
        badness = self._fits(name)
        if badness is not None and self.typed.quote in ("", '"'):
            self._add(badness + rank, name, None, kind, detail, info, "" if self.typed.quote else qualifier)

    def text(
        self, label: str, kind: str, rank: float, detail: str = "", info: Info | None = None, *,
        insert: str | None = None, match: str | Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Offer anything else, as it is written; never within quotes.

        Args:
            match: what the typed text is compared with, if not with the label; of several, the one that fits best.
        """
        if self.typed.quote:
            return
        compared = (match,) if isinstance(match, str) else match or (label,)
        fits = [badness for one in compared if (badness := self._fits(one)) is not None]
        if fits:
            self._add(min(fits) + rank, label, insert if insert is not None else label, kind, detail, info)

    def value(self, text: str, rank: float, detail: str) -> None:
        """Offer a text as a string; also within a string that is begun."""
        badness = self._fits(text)
        if badness is not None and self.typed.quote in ("", "'"):
            written = "'" + text.replace("'", "''") + "'"
            self._add(badness + rank, written, written, "value", detail, None)

    def parameter(self, name: str) -> None:
        """Offer the name of a parameter that the text has already."""
        badness = self._fits(name)
        if badness is not None and self.typed.quote == ":":
            self._add(badness, name, name, "parameter", "", None)

    def _add(
        self, badness: float, label: str, insert: str | None, kind: str, detail: str, info: Info | None,
        qualifier: str = "",
    ) -> None:  # fmt: skip
        key = (qualifier + label, kind)
        if key not in self._seen:
            self._seen.add(key)
            # Columns keep their table's order; of anything else that fits alike, the shorter name is likelier.
            length = 0 if kind == "column" or not self.typed.text else len(label)
            self._found.append((badness, length, len(self._found), label, insert, kind, detail, info, qualifier))

    def best(self, limit: int) -> tuple[list[Candidate], bool]:
        """The best of them, and whether there are more."""
        found = heapq.nsmallest(limit, self._found)  # their order decides before anything that has none
        return [self._candidate(*each[3:]) for each in found], self.withheld or len(self._found) > limit

    def _candidate(
        self, label: str, insert: str | None, kind: str, detail: str, info: Info | None, qualifier: str
    ) -> Candidate:
        if insert is None:
            insert = qualifier + (quoted(label) if self.typed.quote else if_needed(label))
            label = insert if qualifier else label
        return Candidate(label, insert, kind, detail, info() if info else None)
