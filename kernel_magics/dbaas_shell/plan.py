"""What a call comes to: a command, how it answers, and what is made of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from .errors import ShellError

__all__ = ["Answer", "Body", "Change", "Given", "Plan", "Start", "as_it_is", "reads"]

Body: TypeAlias = dict[str, Any]

_READING = frozenset({
    "aggregate", "buildInfo", "collStats", "connectionStatus", "count", "dbStats", "distinct", "explain", "find",
    "hello", "hostInfo", "listCollections", "listCommands", "listDatabases", "listIndexes", "ping", "serverStatus",
    "validate",
})  # fmt: skip
_WRITING_STAGES = ("$out", "$merge")


class Answer(Enum):
    """How a plan's command answers, and so what :attr:`Plan.made` is given."""

    documents = "documents"
    """By a cursor; its documents are the value, as they are asked for."""
    first = "first"
    """By a cursor; made of its first document, or of None."""
    every = "every"
    """By a cursor; made of the list of all its documents, which are few."""
    number = "number"
    """By a cursor; how many documents come is the value."""
    reply = "reply"
    """By the reply of the command."""
    inserted = "inserted"
    """Its ``documents`` go in as many messages as it takes; made of the list of their keys."""


def as_it_is(answer: Any) -> Any:
    """The answer itself."""
    return answer


@dataclass(frozen=True, slots=True)
class Plan:
    """A command, and what is made of its answer.

    Attributes:
        body: the command; its first field is its name.
        answer: how it answers.
        made: the value, of what ``answer`` says; raises pymongo's ``OperationFailure`` where a part of it failed.
        is_cursor: calls may follow that change it.
        of_server: it is no command of a database, but of ``admin``.
        call: what it was asked for with: the last call of its statement, or the command's name.
    """

    body: Body
    answer: Answer = Answer.reply
    made: Callable[[Any], Any] = as_it_is
    is_cursor: bool = False
    of_server: bool = False
    call: str = ""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, so that it can be run again."""
        return reads(self.body)


def reads(body: Mapping[str, Any]) -> bool:
    """Whether a command changes nothing."""
    name = next(iter(body), "")
    pipeline = body.get("pipeline")
    if name == "aggregate" and isinstance(pipeline, list):
        return not any(
            isinstance(stage, Mapping) and any(one in stage for one in _WRITING_STAGES) for stage in pipeline
        )
    return name in _READING


class Given:
    """A call's arguments, taken in their order.

    Args:
        database: what ``db`` is.
    """

    def __init__(self, name: str, arguments: Sequence[Any], database: str = "") -> None:
        self.database = database
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
            raise ShellError(f"{self._name}() takes {what} as an object.")
        return dict(found)

    def next(self, what: str) -> Any:
        """The next, whatever it is."""
        if not self._left:
            raise ShellError(f"{self._name}() needs {what}.")
        return self._left.pop(0)

    def rest(self) -> list[Any]:
        """All that are left."""
        found, self._left = self._left, []
        return found

    def end(self) -> None:
        """There are no more."""
        if self._left:
            raise ShellError(f"{self._name}() takes fewer arguments.")


Start: TypeAlias = Callable[[Given, str], Plan]
Change: TypeAlias = Callable[[Given, Plan], Plan]
