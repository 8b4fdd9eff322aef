"""``%dbaas`` alone and ``%dbaas help``: teach, and say what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from .. import discovery
from ..context import NO_DATABASE, NO_TENANT, Context
from ..errors import UsageError, did_you_mean
from ..views import Listing, Note
from .command import Command

__all__ = ["explain", "overview"]

_CELL = "%%dbaas [DATABASE] [--to pandas|polars|arrow] [>> name]"
_GRAPHQL = "%%dbaas [DATABASE] --graphql [--variables NAME] [>> name]"


def overview(context: Context, commands: Sequence[Command]) -> Listing | Note:
    """Where one is and what can be done next; starts nothing."""
    if discovery.find() is None:
        return Note("No platform runs yet; the first command starts it.", [NO_TENANT, "%dbaas help"])
    if not context.client.tenants():
        return Note("There is no tenant yet.", [NO_TENANT, "%dbaas help"])
    if context.tenant is None:
        return Note("No tenant is chosen.", ["%dbaas tenants", "%dbaas use NAME", "%dbaas help"])
    if not context.client.tenant(context.tenant).databases():
        return Note(f"The tenant {context.tenant} has no database yet.", [NO_DATABASE, "%dbaas help"])
    where = f"{context.tenant}/{context.database}" if context.database else context.tenant
    return Note(f"Using {where}.", ["%dbaas schema", "%%dbaas", "%dbaas help"])


def explain(commands: Sequence[Command], tokens: Sequence[str]) -> Listing | Note:
    """Every command, or one."""
    if not tokens:
        rows = [[command.name, command.summary, command.example or command.usage] for command in commands]
        rows.append(["%%dbaas", "Run the cell; :name takes a variable of the notebook, safely.", _CELL])
        rows.append(["%%dbaas --graphql", "Run the cell as a GraphQL document.", _GRAPHQL])
        return Listing(["command", "what it does", "for example"], rows, commands, Note(""))
    asked = " ".join(tokens)
    found = [command for command in commands if command.name == asked or command.words[0] == asked]
    if not found:
        hint = did_you_mean(asked, [command.name for command in commands])
        raise UsageError(f"There is no command {asked!r}.", hint=hint or "%dbaas help")
    return Note(
        "\n".join(f"{command.name}: {command.summary}" for command in found),
        [line for command in found for line in (command.usage, command.example) if line],
    )
