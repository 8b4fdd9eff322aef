"""``%dbaas live``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..arguments import Arguments, Option
from ..changes import Wanted
from ..context import Context
from .command import DATABASE, Command

if TYPE_CHECKING:
    from ..live import Live

__all__ = ["COMMANDS"]


def _live(context: Context, arguments: Arguments) -> Live:
    from ..live import Live  # widgets are loaded by those who show some

    database = context.chosen_database(arguments)
    wanted = Wanted(
        database.tenant,
        database.name,
        arguments.words[0],
        schema=arguments.get("schema"),
        where=arguments.get("where"),
        event=arguments.get("event"),
    )
    live = Live(database.transport, wanted, arguments.get("since"))
    context.bind(arguments.target, live)
    return live


COMMANDS = (
    Command(
        ("live",),
        ("TABLE",),
        "Show a table's changes as they are committed.",
        _live,
        {
            "where": Option("a filter such as amount=gt.100"),
            "since": Option("a position"),
            "event": Option("a kind", choices=("INSERT", "UPDATE", "DELETE", "*")),
            "schema": Option("a schema"),
            **DATABASE,
        },
        "%dbaas live orders --where status=eq.open >> view",
    ),
)
