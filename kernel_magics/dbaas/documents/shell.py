"""Runs a cell's statements on a database through pymongo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure

from ..errors import UsageError, did_you_mean
from .calls import COLLECTION, CURSOR, DATABASE, Given, Plan, of_command
from .failures import told_plainly
from .scanner import Scanner
from .statement import Chain, Command, parse

__all__ = ["Mongo"]

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
        scanner = Scanner(text, first_line=first_line)
        value: Any = None
        for plan in [_planned(statement, scanner) for statement in parse(scanner, variables)]:
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
                return plan.finish(self.database(), plan.body)
            except OperationFailure as error:
                if error.code != _AUTHENTICATION_FAILED:
                    raise
            self.close()  # the password may have been changed
            return plan.finish(self.database(), plan.body)


def _planned(statement: Chain | Command, scanner: Scanner) -> Plan:
    """What a statement does, once it is known that all its calls exist and fit. Raises ``UsageError``."""
    if isinstance(statement, Command):
        return of_command(dict(statement.body))
    first, *following = statement.calls
    starts = DATABASE if statement.collection is None else COLLECTION
    start = starts.get(first.name)
    if start is None:
        owner = "the database" if statement.collection is None else "a collection"
        hint = did_you_mean(first.name, starts)
        raise scanner.error(f"There is no call “{first.name}” of {owner}.", first.token, hint=hint)
    call = first
    try:
        given = Given(call.name, call.arguments)
        plan = start(given, statement.collection or "")
        given.end()
        for call in following:
            change = CURSOR.get(call.name) if plan.is_cursor else None
            if change is None:
                hint = did_you_mean(call.name, CURSOR) if plan.is_cursor else None
                raise UsageError(f"“{call.name}” cannot follow here.", hint=hint)
            given = Given(call.name, call.arguments)
            plan = change(given, plan)
            given.end()
    except UsageError as error:
        raise scanner.error(error.message, call.token, hint=error.hint) from None
    return plan
