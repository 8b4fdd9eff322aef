"""Carries out a cell's statements on a database, through pymongo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure

from dbaas_shell import Answer, Plan, Scanner, ShellError, parse, planned

from ..errors import UsageError
from .failures import told_plainly
from .found import Documents, Outcome

__all__ = ["Mongo", "told_where"]

_AUTHENTICATION_FAILED = 18


class Mongo:
    """A document database as cells use it; its connection stays open between them.

    Args:
        where: gives the connection string; asked again when the password is another one by now.
    """

    def __init__(self, name: str, where: Callable[[], str]) -> None:
        self._name = name
        self._where = where
        self._client: MongoClient[dict[str, Any]] | None = None

    def run(self, text: str, variables: Mapping[str, Any], *, first_line: int = 1) -> Any:
        """Run all statements; the last one's value.

        Args:
            first_line: the number of the text's first line, for the places in errors.

        Raises:
            UsageError: the text cannot be read; nothing was sent.
            DbaasError: the database refused, or could not be reached. Statements before that one were carried out.
        """
        with told_where(first_line):
            scanner = Scanner(text)
            plans = [planned(statement, scanner, self._name) for statement in parse(scanner, variables)]
        value: Any = None
        for plan in plans:
            value = self._carry_out(plan)
        return value

    def database(self) -> Database[dict[str, Any]]:
        """pymongo's own object."""
        if self._client is None:
            self._client = MongoClient(self._where(), appname="dbaas notebook")
        return self._client[self._name]

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _carry_out(self, plan: Plan) -> Any:
        with told_plainly():
            try:
                return _value(self.database(), plan)
            except OperationFailure as error:
                if error.code != _AUTHENTICATION_FAILED:
                    raise
            self.close()  # the password may have been changed
            return _value(self.database(), plan)


@contextmanager
def told_where(first_line: int = 1) -> Iterator[None]:
    """What cannot be read inside becomes a ``UsageError`` with line and column."""
    try:
        yield
    except ShellError as refused:
        error = UsageError(refused.message, hint=refused.hint)
        error.details = f"line {refused.line + first_line - 1}, column {refused.column}"
        raise error from None


def _value(database: Database[dict[str, Any]], plan: Plan) -> Any:
    """What comes of a plan. Objects are shown as what an operation did."""
    match plan.answer:
        case Answer.documents:
            return Documents(_fetched(database.cursor_command(plan.body)))
        case Answer.first:
            value = plan.made(next(iter(database.cursor_command(plan.body)), None))
        case Answer.every:
            value = plan.made(list(database.cursor_command(plan.body)))
        case Answer.number:
            value = sum(1 for _ in database.cursor_command(plan.body))
        case Answer.inserted:
            collection = database[plan.body["insert"]]
            done = collection.insert_many(plan.body["documents"], ordered=plan.body["ordered"])
            value = plan.made(done.inserted_ids)
        case Answer.reply:
            target = database.client.admin if plan.of_server else database
            value = plan.made(target.command(plan.body))
    return Outcome(value) if isinstance(value, Mapping) else value


def _fetched(source: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """What goes wrong while documents are fetched is told plainly, too."""
    with told_plainly():
        yield from source
