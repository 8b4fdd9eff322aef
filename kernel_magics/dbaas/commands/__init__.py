"""The subcommands of ``%dbaas``, one group per module.

1. A command is data: its words, usage and options. Help and completion read the same data that the parser does.
2. A command answers with an object that can display itself; it prints nothing.
3. A secret is displayed only when asked for by name (``--show``), since notebooks are stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..context import Context
from ..errors import UsageError, did_you_mean
from . import connections, databases, help, keys, lifecycle, live, loading, members, operating, schema, tenants
from .command import Command

__all__ = ["COMMANDS", "Command", "find", "run"]

COMMANDS: tuple[Command, ...] = (
    *tenants.COMMANDS,
    *databases.COMMANDS,
    *lifecycle.COMMANDS,
    *schema.COMMANDS,
    *loading.COMMANDS,
    *live.COMMANDS,
    *keys.COMMANDS,
    *members.COMMANDS,
    *operating.COMMANDS,
    *connections.COMMANDS,
)


def find(tokens: Sequence[str]) -> tuple[Command, Sequence[str]]:
    """The command that a line begins with, and the tokens behind it. Raises ``UsageError`` with the nearest."""
    for length in (2, 1):
        for command in COMMANDS:
            if len(command.words) == length and tuple(tokens[:length]) == command.words:
                if _is_half_a_pair(command, tokens[length:]):
                    break
                return command, tokens[length:]
    heads = {command.words[0] for command in COMMANDS} | {"help"}
    if tokens[0] in heads:  # the first word of a pair
        rest = sorted(command.words[1] for command in COMMANDS if command.words[0] == tokens[0] and command.words[1:])
        said = tokens[1] if len(tokens) > 1 else ""
        hint = did_you_mean(said, rest) or f"It goes on with {' or '.join(rest)}."
        raise UsageError(f"There is no command {' '.join(tokens[:2])!r}.", hint=hint)
    raise UsageError(f"There is no command {tokens[0]!r}.", hint=did_you_mean(tokens[0], heads) or "%dbaas help")


def _is_half_a_pair(command: Command, rest: Sequence[str]) -> bool:
    """A word follows one that takes none, and has longer ones: that word is misspelt."""
    longer = any(other.words[:-1] == command.words for other in COMMANDS)
    return longer and not command.positional and bool(rest) and not rest[0].startswith(("-", ">>"))


def run(context: Context, tokens: Sequence[str]) -> object:
    """Carry out a line; the answer displays itself, or is None."""
    if not tokens:
        return help.overview(context, COMMANDS)
    if tokens[0] == "help":
        return help.explain(COMMANDS, tokens[1:])
    command, rest = find(tokens)
    return command.run(context, command.parse(rest))
