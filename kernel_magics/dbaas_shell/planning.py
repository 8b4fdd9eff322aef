"""From a statement to its plan: all its calls exist, and fit. Pure."""

from __future__ import annotations

from dataclasses import replace

from .calls import COLLECTION, CURSOR, DATABASE, of_command
from .errors import ShellError, nearest
from .plan import Given, Plan
from .scanner import Scanner
from .statement import Command, Statement

__all__ = ["planned"]


def planned(statement: Statement, scanner: Scanner, database: str) -> Plan:
    """What a statement does.

    Args:
        scanner: of the text that it was read from, for the places in errors.
        database: what ``db`` is.

    Raises:
        ShellError: there is no such call, or it takes other arguments.
    """
    if isinstance(statement, Command):
        plan = of_command(dict(statement.body))
        return replace(plan, call=next(iter(plan.body)))
    first, *following = statement.calls
    starts = DATABASE if statement.collection is None else COLLECTION
    start = starts.get(first.name)
    if start is None:
        owner = "the database" if statement.collection is None else "a collection"
        raise scanner.error(
            f"There is no call “{first.name}” of {owner}.", first.token, instead=nearest(first.name, starts)
        )
    call = first
    try:
        given = Given(call.name, call.arguments, database)
        plan = start(given, statement.collection or "")
        given.end()
        for call in following:
            change = CURSOR.get(call.name) if plan.is_cursor else None
            if change is None:
                instead = nearest(call.name, CURSOR) if plan.is_cursor else None
                raise ShellError(f"“{call.name}” cannot follow here.", instead=instead)
            given = Given(call.name, call.arguments, database)
            plan = change(given, plan)
            given.end()
    except ShellError as error:
        raise scanner.error(error.message, call.token, hint=error.hint, instead=error.instead) from None
    return replace(plan, call=call.name)
