"""What a call comes to: a command, and what is made of its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pymongo.database import Database

from ...errors import UsageError
from ..failures import told_plainly
from ..found import Documents, Outcome

__all__ = ["Body", "Change", "Given", "Mongo", "Plan", "Start", "answer", "cursor_of"]

Body: TypeAlias = dict[str, Any]
Mongo: TypeAlias = "Database[dict[str, Any]]"


@dataclass(frozen=True, slots=True)
class Plan:
    """A command, and what is made of its answer.

    Attributes:
        is_cursor: calls may follow that change it.
    """

    body: Body
    finish: Callable[[Mongo, Body], Any]
    is_cursor: bool = False


class Given:
    """A call's arguments, taken in their order."""

    def __init__(self, name: str, arguments: Sequence[Any]) -> None:
        self._name = name
        self._left = list(arguments)

    def object(self, what: str, *, optional: bool = False) -> Body:
        """The next, which has to be an object; an empty one where it may be left away."""
        if not self._left and optional:
            return {}
        found = self.next(what)
        if found is None and optional:
            return {}
        if not isinstance(found, Mapping):
            raise UsageError(f"{self._name}() takes {what} as an object.")
        return dict(found)

    def next(self, what: str) -> Any:
        """The next, whatever it is."""
        if not self._left:
            raise UsageError(f"{self._name}() needs {what}.")
        return self._left.pop(0)

    def rest(self) -> list[Any]:
        """All that are left."""
        found, self._left = self._left, []
        return found

    def end(self) -> None:
        """There are no more."""
        if self._left:
            raise UsageError(f"{self._name}() takes fewer arguments.")


Start: TypeAlias = Callable[[Given, str], Plan]
Change: TypeAlias = Callable[[Given, Plan], Plan]


def cursor_of(database: Mongo, body: Body) -> Documents:
    """The documents of a command's cursor; what goes wrong while fetching them is told plainly, too."""

    def fetched(source: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        with told_plainly():
            yield from source

    return Documents(fetched(database.cursor_command(body)))


def answer(database: Mongo, body: Body) -> Outcome:
    """The answer itself."""
    return Outcome(database.command(body))
