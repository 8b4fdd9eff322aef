"""Tables that are not what their names meant before: renamed, or dropped and made anew.

The log tells of neither. It shows in the first change that comes after: the same table under another name, or another
table under the same one. Whoever subscribed by that name is told before the first such change that concerns them: one
that they may see, and for a table that was made anew, that they are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...changes import ChangedTable
from ...nouns import TableRef
from .. import Resync
from .audience import Member

__all__ = ["Names", "Notice"]

_KNOWN = 10_000


@dataclass(eq=False, slots=True)
class Notice:
    """What somebody has to be told of a name.

    Attributes:
        waiting: who was not told yet.
    """

    error: Resync
    waiting: set[Member]


class Names:
    """What is known of one run through the log, from its beginning on.

    Args:
        by_name: who subscribed to a table by its name.
        on: who is told of a table, by its name or with all others.

    Attributes:
        replaced: by the identity of the table that bears the name now.
    """

    def __init__(
        self, by_name: Callable[[TableRef], Iterable[Member]], on: Callable[[TableRef], Iterable[Member]]
    ) -> None:
        self.replaced: dict[int, Notice] = {}
        self._by_name = by_name
        self._on = on
        self._name_of: dict[int, TableRef] = {}
        self._bearer: dict[TableRef, int] = {}

    def learn(self, table: ChangedTable) -> Notice | None:
        """Before a change of this table is told; returns what is to be told of its renaming."""
        identity, ref = table.identity, table.ref
        before, bearer = self._name_of.get(identity), self._bearer.get(ref)
        if before == ref and bearer == identity:
            return None
        if len(self._name_of) >= _KNOWN:
            self._name_of.clear()
            self._bearer.clear()
        self._name_of[identity] = ref
        self._bearer[ref] = identity
        if bearer is not None and bearer != identity:
            self.replaced.pop(bearer, None)
            self.replaced[identity] = Notice(_replaced(ref), set(self._on(ref)))
        if before is None or before == ref:
            return None
        if self._bearer.get(before) == identity:
            del self._bearer[before]
        return Notice(_renamed(before, ref), set(self._by_name(before)))

    def tell_replaced(self, identity: int, members: Iterable[Member]) -> list[tuple[Member, Resync]]:
        """Those of these members who were not told yet that this table is another one."""
        notice = self.replaced.get(identity)
        if notice is None:
            return []
        found = [member for member in members if member in notice.waiting]
        notice.waiting = {member for member in notice.waiting.difference(found) if not member.gone}
        if not notice.waiting:
            del self.replaced[identity]
        return [(member, notice.error) for member in found]

    def take(self, other: Names) -> None:
        """What others were not told yet who join this run."""
        for identity, notice in other.replaced.items():
            mine = self.replaced.setdefault(identity, Notice(notice.error, set()))
            mine.waiting |= notice.waiting


def _renamed(before: TableRef, now: TableRef) -> Resync:
    return Resync(
        "resync",
        f"{_full(before)} is called {_full(now)} now.",
        hint="Subscribe to its new name. This subscription waits for another table of the old one.",
        details="the table was renamed",
    )


def _replaced(ref: TableRef) -> Resync:
    return Resync(
        "resync",
        f"{_full(ref)} is another table now: what it held before is gone, and that was not told row by row.",
        hint="Read the table again; what is told from here on is complete.",
        details="the table was made anew",
    )


def _full(ref: TableRef) -> str:
    return f"{ref.schema}.{ref.name}"
